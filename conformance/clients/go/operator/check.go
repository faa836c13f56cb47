package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: "default"} }

// check plays the users of the operator. stopFirst ends the replica that was elected first.
func check(ctx context.Context, api client.WithWatch, stopFirst func()) error {
	steps := []struct {
		name string
		run  func(context.Context, client.WithWatch) error
	}{
		{"webhooks default, validate and warn", webhooksAnswer},
		{"schema and rules hold", rulesHold},
		{"the operator makes it available", becomesAvailable},
		{"the status is no one else's", statusIsApart},
		{"scale", scales},
		{"what is deleted comes back", heals},
		{"versions convert", converts},
		{"fields select", selects},
		{"another replica takes over", func(ctx context.Context, api client.WithWatch) error { stopFirst(); return takesOver(ctx, api) }},
		{"deletion waits for the finalizer and takes what is owned", disappears},
	}
	for _, step := range steps {
		if err := step.run(ctx, api); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func webhooksAnswer(ctx context.Context, api client.WithWatch) error {
	err := api.Create(ctx, &Website{ObjectMeta: named("bad"), Spec: WebsiteSpec{Host: "a.forbidden"}})
	const want = `admission webhook "validate.operator.kubedouble.dev" denied the request: this host is forbidden`
	if !apierrors.IsForbidden(err) || err.Error() != want {
		return fmt.Errorf("want a refusal, got %v", err)
	}
	website := &Website{ObjectMeta: named("site"), Spec: WebsiteSpec{Host: "example.com"}}
	if err := api.Create(ctx, website, client.DryRunAll); err != nil {
		return err
	}
	website = &Website{ObjectMeta: named("site"), Spec: WebsiteSpec{Host: "example.com"}}
	if err := api.Create(ctx, website); err != nil {
		return err
	}
	if ptr.Deref(website.Spec.Replicas, 0) != 2 {
		return errors.New("the replicas were not defaulted")
	}
	return nil
}

func rulesHold(ctx context.Context, api client.WithWatch) error {
	err := api.Create(ctx, &Website{ObjectMeta: named("bad"), Spec: WebsiteSpec{Host: "b.example.com", Replicas: ptr.To(int32(11))}})
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.replicas: Invalid value: ") || !strings.Contains(err.Error(), "at most 10 replicas") {
		return fmt.Errorf("want a refusal, got %v", err)
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"host":"other.example.com"}}`))
	if err := api.Patch(ctx, &Website{ObjectMeta: named("site")}, patch); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "host cannot change") {
		return fmt.Errorf("want a refusal, got %v", err)
	}
	return nil
}

func available(ctx context.Context, api client.WithWatch, replicas int32, by string) error {
	return eventually(ctx, "available", func(ctx context.Context) error {
		website := &Website{}
		if err := api.Get(ctx, client.ObjectKey{Namespace: "default", Name: "site"}, website); err != nil {
			return err
		}
		condition := meta.FindStatusCondition(website.Status.Conditions, conditionUp)
		if condition == nil || condition.Status != metav1.ConditionTrue || website.Status.Replicas != replicas {
			return fmt.Errorf("%+v", website.Status)
		}
		if condition.ObservedGeneration != website.Generation || !strings.HasSuffix(condition.Message, by) {
			return fmt.Errorf("generation %d, %+v", website.Generation, *condition)
		}
		return nil
	})
}

func becomesAvailable(ctx context.Context, api client.WithWatch) error {
	if err := available(ctx, api, 2, ""); err != nil {
		return err
	}
	return eventually(ctx, "an event", func(ctx context.Context) error {
		list := &eventsv1.EventList{}
		if err := api.List(ctx, list, client.InNamespace("default"), client.MatchingFields{"reason": reasonReady}); err != nil {
			return err
		}
		if len(list.Items) == 0 || list.Items[0].Regarding.Name != "site" || list.Items[0].ReportingController != "website-operator" {
			return fmt.Errorf("%d events", len(list.Items))
		}
		return nil
	})
}

func statusIsApart(ctx context.Context, api client.WithWatch) error {
	website := &Website{}
	if err := api.Get(ctx, client.ObjectKey{Namespace: "default", Name: "site"}, website); err != nil {
		return err
	}
	generation := website.Generation
	website.Status.Replicas = 99
	metav1.SetMetaDataAnnotation(&website.ObjectMeta, "touched", "yes")
	if err := api.Update(ctx, website); err != nil {
		return err
	}
	if website.Status.Replicas == 99 || website.Generation != generation {
		return fmt.Errorf("replicas %d, generation %d instead of %d", website.Status.Replicas, website.Generation, generation)
	}
	return nil
}

func scales(ctx context.Context, api client.WithWatch) error {
	website := &Website{ObjectMeta: named("site")}
	scale := &autoscalingv1.Scale{}
	if err := api.SubResource("scale").Get(ctx, website, scale); err != nil {
		return err
	}
	scale.Spec.Replicas = 3
	if err := api.SubResource("scale").Update(ctx, website, client.WithSubResourceBody(scale)); err != nil {
		return err
	}
	return available(ctx, api, 3, "")
}

func heals(ctx context.Context, api client.WithWatch) error {
	key := client.ObjectKey{Namespace: "default", Name: "site"}
	old := &appsv1.Deployment{}
	if err := api.Get(ctx, key, old); err != nil {
		return err
	}
	if owner := metav1.GetControllerOf(old); owner == nil || owner.Kind != "Website" {
		return errors.New("the Deployment has no controller")
	}
	if err := api.Delete(ctx, old); err != nil {
		return err
	}
	return eventually(ctx, "another Deployment", func(ctx context.Context) error {
		deployment := &appsv1.Deployment{}
		if err := api.Get(ctx, key, deployment); err != nil {
			return err
		}
		if deployment.UID == old.UID {
			return errors.New("the old one")
		}
		return nil
	})
}

func converts(ctx context.Context, api client.WithWatch) error {
	website := &WebsiteV2{ObjectMeta: named("many"), Spec: WebsiteSpecV2{Hosts: []string{"one.example.com", "two.example.com"}, Replicas: ptr.To(int32(1))}}
	if err := api.Create(ctx, website); err != nil {
		return err
	}
	v1 := &Website{}
	if err := api.Get(ctx, client.ObjectKeyFromObject(website), v1); err != nil {
		return err
	}
	if v1.Spec.Host != "one.example.com" || v1.Annotations[moreHosts] == "" {
		return fmt.Errorf("as v1: %+v", v1)
	}
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(group + "/v2")
	list.SetKind("WebsiteList")
	if err := api.List(ctx, list, client.InNamespace("default")); err != nil {
		return err
	}
	for _, item := range list.Items {
		hosts, _, _ := unstructured.NestedStringSlice(item.Object, "spec", "hosts")
		if item.GetAPIVersion() != group+"/v2" || len(hosts) != map[string]int{"site": 1, "many": 2}[item.GetName()] {
			return fmt.Errorf("as v2: %+v", item.Object)
		}
	}
	return nil
}

func selects(ctx context.Context, api client.WithWatch) error {
	list := &WebsiteList{}
	if err := api.List(ctx, list, client.MatchingFields{"spec.host": "one.example.com"}); err != nil {
		return err
	}
	if len(list.Items) != 1 || list.Items[0].Name != "many" {
		return fmt.Errorf("%d selected", len(list.Items))
	}
	return nil
}

func takesOver(ctx context.Context, api client.WithWatch) error {
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"replicas":1}}`))
	if err := api.Patch(ctx, &Website{ObjectMeta: named("site")}, patch); err != nil {
		return err
	}
	return available(ctx, api, 1, "second")
}

func disappears(ctx context.Context, api client.WithWatch) error {
	for _, name := range []string{"site", "many"} {
		if err := api.Delete(ctx, &Website{ObjectMeta: named(name)}, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
			return err
		}
	}
	if err := eventually(ctx, "gone", func(ctx context.Context) error {
		websites, deployments := &WebsiteList{}, &appsv1.DeploymentList{}
		if err := errors.Join(api.List(ctx, websites), api.List(ctx, deployments, client.InNamespace("default"))); err != nil {
			return err
		}
		if len(websites.Items)+len(deployments.Items) > 0 {
			return fmt.Errorf("%d websites, %d deployments", len(websites.Items), len(deployments.Items))
		}
		return nil
	}); err != nil {
		return err
	}
	left := &corev1.ConfigMap{ObjectMeta: named(registry)}
	if err := api.Get(ctx, client.ObjectKeyFromObject(left), left); err != nil {
		return err
	}
	if len(left.Data) > 0 {
		return fmt.Errorf("still registered: %v", left.Data)
	}
	return api.Delete(ctx, left)
}
