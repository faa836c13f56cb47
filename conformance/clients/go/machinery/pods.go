package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
	"k8s.io/kubectl/pkg/drain"
	"k8s.io/utils/ptr"
)

func manyTries(steps int) wait.Backoff {
	return wait.Backoff{Steps: steps, Duration: 10 * time.Millisecond, Factor: 1, Jitter: 0.5}
}

func pods(ctx context.Context, all clients) ([]corev1.Pod, error) {
	list, err := all.typed.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=machinery"})
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, errors.New("no pods")
	}
	return list.Items, nil
}

func logs(ctx context.Context, all clients) error {
	all3, err := pods(ctx, all)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	stream, err := all.typed.CoreV1().Pods(namespace).GetLogs(all3[0].Name, &corev1.PodLogOptions{Follow: true, Timestamps: true}).Stream(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	line, err := bufio.NewReader(stream).ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "Z hello\n") {
		return fmt.Errorf("%q, %w", line, err)
	}
	return nil
}

func streamURL(all clients, pod, subresource string, options any) *url.URL {
	request := all.typed.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").Name(pod).SubResource(subresource)
	switch options := options.(type) {
	case *corev1.PodExecOptions:
		request.VersionedParams(options, scheme.ParameterCodec)
	case *corev1.PodAttachOptions:
		request.VersionedParams(options, scheme.ParameterCodec)
	}
	return request.URL()
}

// executors are the two that there are, and kubectl's, which tries one and falls back to the other.
func executors(all clients, target *url.URL) (map[string]remotecommand.Executor, error) {
	overSPDY, err := remotecommand.NewSPDYExecutor(all.config, http.MethodPost, target)
	if err != nil {
		return nil, err
	}
	overWebSocket, err := remotecommand.NewWebSocketExecutor(all.config, http.MethodGet, target.String())
	if err != nil {
		return nil, err
	}
	either, err := remotecommand.NewFallbackExecutor(overWebSocket, overSPDY, httpstream.IsUpgradeFailure)
	return map[string]remotecommand.Executor{"SPDY": overSPDY, "WebSocket": overWebSocket, "either": either}, err
}

func executes(ctx context.Context, all clients) error {
	all3, err := pods(ctx, all)
	if err != nil {
		return err
	}
	script := &corev1.PodExecOptions{Command: []string{"sh", "-c", "echo out; echo err >&2; exit 7"}, Stdout: true, Stderr: true}
	through, err := executors(all, streamURL(all, all3[0].Name, "exec", script))
	if err != nil {
		return err
	}
	for name, executor := range through {
		var stdout, stderr bytes.Buffer
		err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &stdout, Stderr: &stderr})
		var exit exec.CodeExitError
		if !errors.As(err, &exit) || exit.Code != 7 || stdout.String() != "out\n" || stderr.String() != "err\n" {
			return fmt.Errorf("%s: %q, %q, %w", name, &stdout, &stderr, err)
		}
	}
	shell := &corev1.PodExecOptions{Command: []string{"sh"}, Stdin: true, Stdout: true}
	if through, err = executors(all, streamURL(all, all3[0].Name, "exec", shell)); err != nil {
		return err
	}
	for name, executor := range through {
		var stdout bytes.Buffer
		err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: strings.NewReader("echo one\necho two\n"), Stdout: &stdout})
		if err != nil || stdout.String() != "one\ntwo\n" {
			return fmt.Errorf("%s, shell: %q, %w", name, &stdout, err)
		}
	}
	missing, err := remotecommand.NewSPDYExecutor(all.config, http.MethodPost, streamURL(all, "absent", "exec", script))
	if err != nil {
		return err
	}
	if err := missing.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: io.Discard, Stderr: io.Discard}); err == nil || !strings.Contains(err.Error(), `pods "absent" not found`) {
		return fmt.Errorf("want not found, got %w", err)
	}
	return nil
}

func attaches(ctx context.Context, all clients) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "talks"},
		Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{
			Name: "c", Image: "busybox", Command: []string{"sh", "-c", "sleep 2; echo late"},
		}}},
	}
	if _, err := all.typed.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, func() error {
		found, err := all.typed.CoreV1().Pods(namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err == nil && found.Status.Phase != corev1.PodRunning {
			return fmt.Errorf("it is %s", found.Status.Phase)
		}
		return err
	}); err != nil {
		return err
	}
	executor, err := remotecommand.NewSPDYExecutor(all.config, http.MethodPost, streamURL(all, pod.Name, "attach", &corev1.PodAttachOptions{Stdout: true}))
	if err != nil {
		return err
	}
	var stdout bytes.Buffer
	if err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &stdout}); err != nil || stdout.String() != "late\n" {
		return fmt.Errorf("%q, %w", &stdout, err)
	}
	return all.typed.CoreV1().Pods(namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: ptr.To(int64(0))})
}

// forwards over SPDY and over a WebSocket that carries SPDY. Nothing listens behind the port, so what counts is that the connection is
// carried to the pod and its end is told.
func forwards(ctx context.Context, all clients) error {
	all3, err := pods(ctx, all)
	if err != nil {
		return err
	}
	target := streamURL(all, all3[0].Name, "portforward", nil)
	transport, upgrader, err := spdy.RoundTripperFor(all.config)
	if err != nil {
		return err
	}
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(target, all.config)
	if err != nil {
		return err
	}
	for name, dialer := range map[string]httpstream.Dialer{
		"SPDY":      spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, target),
		"WebSocket": tunnel,
	} {
		if err := forward(dialer); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func forward(dialer httpstream.Dialer) error {
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.New(dialer, []string{"0:80"}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-ended:
		return err
	}
	defer close(stop)
	ports, err := forwarder.GetPorts()
	if err != nil {
		return err
	}
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[0].Local))
	if err != nil {
		return err
	}
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = fmt.Fprint(connection, "GET / HTTP/1.0\r\n\r\n")
	var timeout net.Error
	if _, err := io.ReadAll(connection); errors.As(err, &timeout) && timeout.Timeout() {
		return err
	}
	return connection.Close()
}

func drains(ctx context.Context, all clients) error {
	budget := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "machinery"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: ptr.To(intstr.FromInt32(2)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "machinery"}},
		},
	}
	budgets := all.typed.PolicyV1().PodDisruptionBudgets(namespace)
	if _, err := budgets.Create(ctx, budget, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, func() error {
		found, err := budgets.Get(ctx, budget.Name, metav1.GetOptions{})
		if err == nil && found.Status.DisruptionsAllowed != 1 {
			return fmt.Errorf("%+v", found.Status)
		}
		return err
	}); err != nil {
		return err
	}
	all3, err := pods(ctx, all)
	if err != nil {
		return err
	}
	refused := false
	for _, pod := range all3 {
		err := all.typed.PolicyV1().Evictions(namespace).Evict(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: namespace}})
		if apierrors.IsTooManyRequests(err) && apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
			refused = true
		} else if err != nil {
			return err
		}
	}
	if !refused {
		return errors.New("every pod was evicted at once")
	}
	node, err := all.typed.CoreV1().Nodes().Get(ctx, "node-1", metav1.GetOptions{})
	if err != nil {
		return err
	}
	helper := &drain.Helper{
		Ctx: ctx, Client: all.typed, GracePeriodSeconds: -1, IgnoreAllDaemonSets: true, DeleteEmptyDirData: true, Force: true,
		Timeout: 40 * time.Second, Out: io.Discard, ErrOut: io.Discard,
	}
	if err := drain.RunCordonOrUncordon(helper, node, true); err != nil {
		return err
	}
	if err := drain.RunNodeDrain(helper, node.Name); err != nil {
		return err
	}
	left, err := all.typed.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + node.Name})
	if err != nil {
		return err
	}
	if len(left.Items) > 0 {
		return fmt.Errorf("%d pods are left", len(left.Items))
	}
	if err := untilReady(ctx, all, 3); err != nil {
		return err
	}
	return errors.Join(
		drain.RunCordonOrUncordon(helper, node, false),
		budgets.Delete(ctx, budget.Name, metav1.DeleteOptions{}),
		all.typed.AppsV1().Deployments(namespace).Delete(ctx, "machinery", metav1.DeleteOptions{}),
	)
}

// eventually tries again until there is no error.
func eventually(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}
