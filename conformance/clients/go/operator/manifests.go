package main

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

const crdYAML = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: websites.operator.kubedouble.dev
spec:
  group: operator.kubedouble.dev
  scope: Namespaced
  names: {plural: websites, singular: website, kind: Website, listKind: WebsiteList, shortNames: [ws], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: &subresources
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    selectableFields: [{jsonPath: .spec.host}]
    additionalPrinterColumns: [{name: Host, type: string, jsonPath: .spec.host}]
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [host]
            x-kubernetes-validations:
            - {rule: "self.?replicas.orValue(0) <= 10", message: at most 10 replicas, fieldPath: .replicas}
            properties:
              host: {type: string, minLength: 1, x-kubernetes-validations: [{rule: self == oldSelf, message: host cannot change}]}
              replicas: &replicas {type: integer, format: int32, minimum: 0}
          status: &status
            type: object
            properties:
              replicas: {type: integer, format: int32}
              conditions:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                items:
                  type: object
                  required: [type, status, reason, message, lastTransitionTime]
                  properties:
                    type: {type: string}
                    status: {type: string, enum: ["True", "False", Unknown]}
                    reason: {type: string}
                    message: {type: string}
                    observedGeneration: {type: integer, format: int64}
                    lastTransitionTime: {type: string, format: date-time}
  - name: v2
    served: true
    storage: false
    subresources: *subresources
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [hosts]
            properties:
              hosts: {type: array, minItems: 1, items: {type: string}}
              replicas: *replicas
          status: *status
`

func crd() (*apiextensionsv1.CustomResourceDefinition, error) {
	definition := &apiextensionsv1.CustomResourceDefinition{}
	return definition, yaml.UnmarshalStrict([]byte(crdYAML), definition)
}

var (
	rules = []admissionv1.RuleWithOperations{{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"v1"}, Resources: []string{"websites"}},
	}}
	sideEffects = ptr.To(admissionv1.SideEffectClassNone)
)

// Where the webhooks listen is for envtest to fill in.
func service(path string) admissionv1.WebhookClientConfig {
	return admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Name: "webhooks", Namespace: "default", Path: &path}}
}

func mutatingWebhooks() []*admissionv1.MutatingWebhookConfiguration {
	return []*admissionv1.MutatingWebhookConfiguration{{
		ObjectMeta: metav1.ObjectMeta{Name: "default." + group},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name: "default." + group, Rules: rules, SideEffects: sideEffects, AdmissionReviewVersions: []string{"v1"},
			ClientConfig: service("/mutate-operator-kubedouble-dev-v1-website"),
		}},
	}}
}

func validatingWebhooks() []*admissionv1.ValidatingWebhookConfiguration {
	return []*admissionv1.ValidatingWebhookConfiguration{{
		ObjectMeta: metav1.ObjectMeta{Name: "validate." + group},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name: "validate." + group, Rules: rules, SideEffects: sideEffects, AdmissionReviewVersions: []string{"v1"},
			ClientConfig: service("/validate-operator-kubedouble-dev-v1-website"),
		}},
	}}
}
