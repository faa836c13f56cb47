package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
)

var (
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
)

func discover(_ context.Context, all clients) error {
	groups, resources, err := all.cached.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	if len(groups) < 20 || len(resources) < 20 {
		return fmt.Errorf("%d groups, %d lists of resources", len(groups), len(resources))
	}
	mapping, err := all.mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	if err != nil || mapping.Resource != deployments {
		return fmt.Errorf("%v, %w", mapping, err)
	}
	short, err := restmapper.NewShortcutExpander(all.mapper, all.cached, nil).KindFor(schema.GroupVersionResource{Resource: "deploy"})
	if err != nil || short.Kind != "Deployment" {
		return fmt.Errorf("deploy is %v, %w", short, err)
	}
	version, err := all.typed.Discovery().ServerVersion()
	if err != nil || version.Major != "1" {
		return fmt.Errorf("version %v, %w", version, err)
	}
	documents, err := all.typed.Discovery().OpenAPIV3().Paths()
	if err != nil || documents["apis/apps/v1"] == nil {
		return fmt.Errorf("no OpenAPI document of apps/v1: %w", err)
	}
	_, err = all.typed.Discovery().OpenAPISchema()
	return err
}

func dynamically(ctx context.Context, all clients) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := make(chan string, 100)
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(all.dynamic, 0, namespace, nil)
	informer := factory.ForResource(configMaps).Informer()
	tell := func(what string) func(any) {
		return func(object any) {
			if o, ok := object.(*unstructured.Unstructured); ok && o.GetName() == "dynamic" {
				seen <- what
			}
		}
	}
	updated := tell("updated")
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: tell("added"), UpdateFunc: func(_, object any) { updated(object) }, DeleteFunc: tell("deleted"),
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	objects := all.dynamic.Resource(configMaps).Namespace(namespace)
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "dynamic"}, "data": map[string]any{"a": "b"},
	}}
	if _, err := objects.Apply(ctx, "dynamic", object, metav1.ApplyOptions{FieldManager: "dynamic"}); err != nil {
		return err
	}
	if _, err := objects.Patch(ctx, "dynamic", types.JSONPatchType, []byte(`[{"op":"add","path":"/data/c","value":"d"}]`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := objects.Delete(ctx, "dynamic", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: ptr.To(types.UID("another"))}}); !apierrors.IsConflict(err) {
		return fmt.Errorf("want a conflict, got %w", err)
	}
	if err := objects.Delete(ctx, "dynamic", metav1.DeleteOptions{}); err != nil {
		return err
	}
	for _, want := range []string{"added", "updated", "deleted"} {
		select {
		case got := <-seen:
			if got != want {
				return fmt.Errorf("%s instead of %s", got, want)
			}
		case <-ctx.Done():
			return fmt.Errorf("never %s", want)
		}
	}
	return nil
}

func onlyMetadata(ctx context.Context, all clients) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	factory := metadatainformer.NewSharedInformerFactory(all.metadata, 0)
	lister := factory.ForResource(corev1.SchemeGroupVersion.WithResource("namespaces")).Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	found, err := lister.Get("kube-system")
	if err != nil {
		return err
	}
	if object := found.(*metav1.PartialObjectMetadata); object.UID == "" {
		return fmt.Errorf("%+v", object)
	}
	return nil
}

func pages(ctx context.Context, all clients) error {
	for i := range 25 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "page-", Labels: map[string]string{"page": fmt.Sprint(i % 2)}}}
		if _, err := all.typed.CoreV1().ConfigMaps(namespace).Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	requests, items := 0, 0
	list := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		requests++
		return all.typed.CoreV1().ConfigMaps(namespace).List(ctx, options)
	})
	list.PageSize = 10
	if err := list.EachListItem(ctx, metav1.ListOptions{LabelSelector: "page in (0,1)"}, func(runtime.Object) error { items++; return nil }); err != nil {
		return err
	}
	if requests != 3 || items != 25 {
		return fmt.Errorf("%d requests for %d items", requests, items)
	}
	return all.typed.CoreV1().ConfigMaps(namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "page"})
}

func retries(ctx context.Context, all clients) error {
	objects := all.typed.CoreV1().ConfigMaps(namespace)
	if _, err := objects.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "counter"}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	var all5 sync.WaitGroup
	failures := make([]error, 5)
	for i := range failures {
		all5.Go(func() {
			failures[i] = retry.RetryOnConflict(manyTries(20), func() error {
				object, err := objects.Get(ctx, "counter", metav1.GetOptions{})
				if err != nil {
					return err
				}
				metav1.SetMetaDataAnnotation(&object.ObjectMeta, fmt.Sprintf("writer-%d", i), "was here")
				_, err = objects.Update(ctx, object, metav1.UpdateOptions{})
				return err
			})
		})
	}
	all5.Wait()
	object, err := objects.Get(ctx, "counter", metav1.GetOptions{})
	if err := errors.Join(append(failures, err)...); err != nil {
		return err
	}
	if len(object.Annotations) != 5 {
		return fmt.Errorf("only %v", object.Annotations)
	}
	return objects.Delete(ctx, "counter", metav1.DeleteOptions{})
}

func elects(ctx context.Context, all clients) error {
	leaders := make(chan string, 10)
	candidate := func(name string) (stop func(), err error) {
		ctx, cancel := context.WithCancel(ctx)
		lock, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, "election", nil, all.typed.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: name})
		if err != nil {
			cancel()
			return nil, err
		}
		go leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: lock, ReleaseOnCancel: true, LeaseDuration: 10 * time.Second, RenewDeadline: 5 * time.Second, RetryPeriod: 100 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { leaders <- name }, OnStoppedLeading: func() {}},
		})
		return cancel, nil
	}
	stopFirst, err := candidate("first")
	if err != nil {
		return err
	}
	if name := <-leaders; name != "first" {
		return errors.New(name)
	}
	stopSecond, err := candidate("second")
	if err != nil {
		return err
	}
	defer stopSecond()
	stopFirst()
	if name := <-leaders; name != "second" {
		return errors.New(name)
	}
	return nil
}

func waitsUntil(ctx context.Context, all clients) error {
	labels := map[string]string{"app": "machinery"}
	if _, err := all.typed.AppsV1().Deployments(namespace).Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "machinery"},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To(int32(2)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name: "c", Image: "busybox", Command: []string{"sh", "-c", "echo hello; sleep 3600"},
				}}},
			},
		},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	return untilReady(ctx, all, 2)
}

func untilReady(ctx context.Context, all clients, replicas int64) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	named := fields.OneTermEqualSelector("metadata.name", "machinery").String()
	list := &dynamicListWatch{all.dynamic.Resource(deployments).Namespace(namespace), named}
	_, err := watchtools.UntilWithSync(ctx, list, &unstructured.Unstructured{}, nil, func(event watch.Event) (bool, error) {
		ready, _, err := unstructured.NestedInt64(event.Object.(*unstructured.Unstructured).Object, "status", "readyReplicas")
		return ready == replicas, err
	})
	return err
}

type dynamicListWatch struct {
	objects  dynamic.ResourceInterface
	selector string
}

func (l *dynamicListWatch) List(options metav1.ListOptions) (runtime.Object, error) {
	options.FieldSelector = l.selector
	return l.objects.List(context.Background(), options)
}

func (l *dynamicListWatch) Watch(options metav1.ListOptions) (watch.Interface, error) {
	options.FieldSelector = l.selector
	return l.objects.Watch(context.Background(), options)
}

func scales(ctx context.Context, all clients) error {
	client, err := scale.NewForConfig(all.config, all.mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(all.cached))
	if err != nil {
		return err
	}
	deployment := schema.GroupResource{Group: "apps", Resource: "deployments"}
	current, err := client.Scales(namespace).Get(ctx, deployment, "machinery", metav1.GetOptions{})
	if err != nil {
		return err
	}
	current.Spec.Replicas = 3
	if _, err := client.Scales(namespace).Update(ctx, deployment, current, metav1.UpdateOptions{}); err != nil {
		return err
	}
	typed, err := all.typed.AppsV1().Deployments(namespace).UpdateScale(ctx, "machinery", &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: "machinery", Namespace: namespace}, Spec: autoscalingv1.ScaleSpec{Replicas: 3},
	}, metav1.UpdateOptions{})
	if err != nil || typed.Spec.Replicas != 3 {
		return fmt.Errorf("%+v, %w", typed, err)
	}
	return untilReady(ctx, all, 3)
}

func extracts(ctx context.Context, all clients) error {
	objects := all.typed.AppsV1().Deployments(namespace)
	wanted := appsapply.Deployment("machinery", namespace).WithLabels(map[string]string{"a": "1", "b": "2"})
	object, err := objects.Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: "labeller"})
	if err != nil {
		return err
	}
	own, err := appsapply.ExtractDeployment(object, "labeller")
	if err != nil || len(own.Labels) != 2 || own.Spec != nil {
		return fmt.Errorf("extracted %+v, %w", own, err)
	}
	delete(own.Labels, "b")
	object, err = objects.Apply(ctx, own, metav1.ApplyOptions{FieldManager: "labeller"})
	if err != nil || object.Labels["a"] != "1" || len(object.Labels) != 1 {
		return fmt.Errorf("labels %v, %w", object.Labels, err)
	}
	return nil
}
