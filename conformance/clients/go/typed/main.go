// Creates, lists, watches, patches and applies through typed client-go, over JSON or (with -protobuf) Kubernetes protobuf.
// KUBECONFIG says where. Exit status 0: everything was as with a real cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	namespace = "default"
	name      = "go-web"
)

func main() {
	protobuf := flag.Bool("protobuf", false, "speak Kubernetes protobuf")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := run(ctx, *protobuf); err != nil {
		fmt.Fprintln(os.Stderr, "go:", err)
		os.Exit(1)
	}
	fmt.Println("go: ok")
}

func run(ctx context.Context, protobuf bool) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	if protobuf {
		config.ContentType = "application/vnd.kubernetes.protobuf"
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf"
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	defer cleanUp(client)
	if err := deploymentBecomesAvailable(ctx, client); err != nil {
		return fmt.Errorf("deployment: %w", err)
	}
	if err := applyConfigMap(ctx, client); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	if err := updateLease(ctx, client); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	if err := listEvents(ctx, client); err != nil {
		return fmt.Errorf("events: %w", err)
	}
	return nil
}

// deploymentBecomesAvailable follows a Deployment with a shared informer (WatchList where client-go uses it by default) and patches it.
func deploymentBecomesAvailable(ctx context.Context, client kubernetes.Interface) error {
	available := make(chan int32, 1000)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	informer := factory.Apps().V1().Deployments().Informer()
	seen := func(object any) {
		if deployment, ok := object.(*appsv1.Deployment); ok && deployment.Name == name {
			available <- deployment.Status.AvailableReplicas
		}
	}
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    seen,
		UpdateFunc: func(_, object any) { seen(object) },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return errors.New("the informer did not sync")
	}

	deployments := client.AppsV1().Deployments(namespace)
	labels := map[string]string{"app": name}
	replicas := int32(2)
	created, err := deployments.Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx:1.27"}}},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if created.Spec.Strategy.RollingUpdate == nil || created.Spec.Template.Spec.DNSPolicy != corev1.DNSClusterFirst {
		return errors.New("defaults are missing")
	}
	if err := waitFor(ctx, available, 2); err != nil {
		return err
	}
	patch := []byte(`{"spec":{"replicas":3}}`)
	if _, err := deployments.Patch(ctx, name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := waitFor(ctx, available, 3); err != nil {
		return err
	}
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + name})
	if err != nil {
		return err
	}
	for _, pod := range pods.Items {
		if pod.Status.Phase != corev1.PodRunning || pod.Status.PodIP == "" {
			return fmt.Errorf("pod %s is %s", pod.Name, pod.Status.Phase)
		}
	}
	return nil
}

func waitFor(ctx context.Context, available <-chan int32, want int32) error {
	for {
		select {
		case got := <-available:
			if got == want {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("never %d available", want)
		}
	}
}

func applyConfigMap(ctx context.Context, client kubernetes.Interface) error {
	configMaps := client.CoreV1().ConfigMaps(namespace)
	first := corev1apply.ConfigMap(name, namespace).WithData(map[string]string{"key": "one"})
	if _, err := configMaps.Apply(ctx, first, metav1.ApplyOptions{FieldManager: "first"}); err != nil {
		return err
	}
	second := corev1apply.ConfigMap(name, namespace).WithData(map[string]string{"key": "two"})
	if _, err := configMaps.Apply(ctx, second, metav1.ApplyOptions{FieldManager: "second"}); !apierrors.IsConflict(err) {
		return fmt.Errorf("want a conflict, got %v", err)
	}
	forced, err := configMaps.Apply(ctx, second, metav1.ApplyOptions{FieldManager: "second", Force: true})
	if err != nil {
		return err
	}
	if forced.Data["key"] != "two" {
		return errors.New("the forced value is not there")
	}
	return nil
}

func updateLease(ctx context.Context, client kubernetes.Interface) error {
	leases := client.CoordinationV1().Leases(namespace)
	holder := "me"
	lease, err := leases.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &metav1.MicroTime{Time: time.Now()}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	stale := lease.DeepCopy()
	lease.Spec.RenewTime = &metav1.MicroTime{Time: time.Now()}
	if _, err := leases.Update(ctx, lease, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if _, err := leases.Update(ctx, stale, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("want a conflict, got %v", err)
	}
	return nil
}

func listEvents(ctx context.Context, client kubernetes.Interface) error {
	events, err := client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.kind=Deployment"})
	if err != nil {
		return err
	}
	for _, event := range events.Items {
		if event.Reason == "ScalingReplicaSet" {
			return nil
		}
	}
	return errors.New("no ScalingReplicaSet among the Deployment's events")
}

func cleanUp(client kubernetes.Interface) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = client.AppsV1().Deployments(namespace).Delete(ctx, name, metav1.DeleteOptions{})
	_ = client.CoreV1().ConfigMaps(namespace).Delete(ctx, name, metav1.DeleteOptions{})
	_ = client.CoordinationV1().Leases(namespace).Delete(ctx, name, metav1.DeleteOptions{})
}
