package main

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

const group = "operator.kubedouble.dev"

// Website is v1, which is stored and the hub of conversion.
type Website struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              WebsiteSpec   `json:"spec"`
	Status            WebsiteStatus `json:"status,omitempty"`
}

type WebsiteSpec struct {
	Host     string `json:"host"`
	Replicas *int32 `json:"replicas,omitempty"`
}

type WebsiteStatus struct {
	Replicas   int32              `json:"replicas,omitempty"`
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

type WebsiteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Website `json:"items"`
}

// WebsiteV2 has several hosts where v1 has one.
type WebsiteV2 struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              WebsiteSpecV2 `json:"spec"`
	Status            WebsiteStatus `json:"status,omitempty"`
}

type WebsiteSpecV2 struct {
	Hosts    []string `json:"hosts"`
	Replicas *int32   `json:"replicas,omitempty"`
}

type WebsiteV2List struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WebsiteV2 `json:"items"`
}

func (*Website) Hub() {}

// The hosts that v1 has no place for are kept in an annotation.
const moreHosts = group + "/more-hosts"

func (from *WebsiteV2) ConvertTo(hub conversion.Hub) error {
	to := hub.(*Website)
	to.ObjectMeta = *from.ObjectMeta.DeepCopy()
	to.Spec.Replicas, to.Status = from.Spec.Replicas, from.Status
	if len(from.Spec.Hosts) > 0 {
		to.Spec.Host = from.Spec.Hosts[0]
	}
	if len(from.Spec.Hosts) > 1 {
		more, err := json.Marshal(from.Spec.Hosts[1:])
		if err != nil {
			return err
		}
		metav1.SetMetaDataAnnotation(&to.ObjectMeta, moreHosts, string(more))
	}
	return nil
}

func (to *WebsiteV2) ConvertFrom(hub conversion.Hub) error {
	from := hub.(*Website)
	to.ObjectMeta = *from.ObjectMeta.DeepCopy()
	to.Spec.Replicas, to.Status = from.Spec.Replicas, from.Status
	to.Spec.Hosts = []string{from.Spec.Host}
	if text, found := to.Annotations[moreHosts]; found {
		var more []string
		if err := json.Unmarshal([]byte(text), &more); err != nil {
			return err
		}
		to.Spec.Hosts = append(to.Spec.Hosts, more...)
		delete(to.Annotations, moreHosts)
	}
	return nil
}

func deepCopy[T any](from *T) *T {
	text, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	to := new(T)
	if err := json.Unmarshal(text, to); err != nil {
		panic(err)
	}
	return to
}

func (from *Website) DeepCopyObject() runtime.Object       { return deepCopy(from) }
func (from *WebsiteList) DeepCopyObject() runtime.Object   { return deepCopy(from) }
func (from *WebsiteV2) DeepCopyObject() runtime.Object     { return deepCopy(from) }
func (from *WebsiteV2List) DeepCopyObject() runtime.Object { return deepCopy(from) }

func addToScheme(scheme *runtime.Scheme) {
	v1, v2 := schema.GroupVersion{Group: group, Version: "v1"}, schema.GroupVersion{Group: group, Version: "v2"}
	scheme.AddKnownTypeWithName(v1.WithKind("Website"), &Website{})
	scheme.AddKnownTypeWithName(v1.WithKind("WebsiteList"), &WebsiteList{})
	scheme.AddKnownTypeWithName(v2.WithKind("Website"), &WebsiteV2{})
	scheme.AddKnownTypeWithName(v2.WithKind("WebsiteList"), &WebsiteV2List{})
	metav1.AddToGroupVersion(scheme, v1)
	metav1.AddToGroupVersion(scheme, v2)
}
