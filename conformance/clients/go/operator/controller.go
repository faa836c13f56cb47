package main

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

const (
	finalizer   = group + "/registered"
	registry    = "registry" // the ConfigMap that stands for something outside of the cluster
	conditionUp = "Available"
	reasonReady = "AllReady"
	reasonWaits = "Progressing"
	fieldOwner  = client.FieldOwner("website-operator")
	hostField   = "spec.host"
)

// reconciler makes a Deployment of every Website and keeps its host in a registry that nobody cleans up but the finalizer.
type reconciler struct {
	client.Client
	events events.EventRecorder
	name   string
}

func (r *reconciler) setUp(manager ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(manager).For(&Website{}).Owns(&appsv1.Deployment{}).
		WithOptions(controller.Options{SkipNameValidation: ptr.To(true)}).Complete(r)
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	website := &Website{}
	if err := r.Get(ctx, request.NamespacedName, website); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !website.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.release(ctx, website)
	}
	if controllerutil.AddFinalizer(website, finalizer) {
		if err := r.Update(ctx, website); err != nil {
			return ctrl.Result{}, err
		}
	}
	if err := r.register(ctx, website.Name, &website.Spec.Host); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.Apply(ctx, deploymentOf(website), fieldOwner, client.ForceOwnership); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.report(ctx, website)
}

// register sets the host in the registry, or removes it.
func (r *reconciler) register(ctx context.Context, name string, host *string) error {
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: registry, Namespace: "default"}}
	_, err := controllerutil.CreateOrPatch(ctx, r.Client, object, func() error {
		if host == nil {
			delete(object.Data, name)
			return nil
		}
		if object.Data == nil {
			object.Data = map[string]string{}
		}
		object.Data[name] = *host
		return nil
	})
	return err
}

func (r *reconciler) release(ctx context.Context, website *Website) error {
	if !controllerutil.ContainsFinalizer(website, finalizer) {
		return nil
	}
	if err := r.register(ctx, website.Name, nil); err != nil {
		return err
	}
	old := website.DeepCopyObject().(*Website)
	controllerutil.RemoveFinalizer(website, finalizer)
	return r.Patch(ctx, website, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{}))
}

func (r *reconciler) report(ctx context.Context, website *Website) error {
	deployment := &appsv1.Deployment{}
	if err := r.Get(ctx, types.NamespacedName{Namespace: website.Namespace, Name: website.Name}, deployment); err != nil {
		return client.IgnoreNotFound(err)
	}
	old := website.DeepCopyObject().(*Website)
	website.Status.Replicas = deployment.Status.ReadyReplicas
	condition := metav1.Condition{
		Type: conditionUp, Status: metav1.ConditionFalse, Reason: reasonWaits, Message: "by " + r.name, ObservedGeneration: website.Generation,
	}
	if website.Spec.Replicas != nil && deployment.Status.ReadyReplicas == *website.Spec.Replicas {
		condition.Status, condition.Reason = metav1.ConditionTrue, reasonReady
	}
	if meta.SetStatusCondition(&website.Status.Conditions, condition) && condition.Status == metav1.ConditionTrue {
		r.events.Eventf(website, nil, corev1.EventTypeNormal, reasonReady, "Reconcile", "%s has %d replicas", website.Name, website.Status.Replicas)
	}
	return r.Status().Patch(ctx, website, client.MergeFrom(old))
}

func deploymentOf(website *Website) *appsapply.DeploymentApplyConfiguration {
	labels := map[string]string{"website": website.Name}
	owner := metaapply.OwnerReference().WithAPIVersion(group + "/v1").WithKind("Website").WithName(website.Name).WithUID(website.UID).
		WithController(true).WithBlockOwnerDeletion(true)
	container := coreapply.Container().WithName("web").WithImage("nginx:1.27")
	template := coreapply.PodTemplateSpec().WithLabels(labels).WithSpec(coreapply.PodSpec().WithContainers(container))
	spec := appsapply.DeploymentSpec().WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).WithTemplate(template)
	if website.Spec.Replicas != nil {
		spec.WithReplicas(*website.Spec.Replicas)
	}
	return appsapply.Deployment(website.Name, website.Namespace).WithOwnerReferences(owner).WithSpec(spec)
}
