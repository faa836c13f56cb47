// Starts envtest of controller-runtime on the stand-ins for its binaries, installs a definition, and works as two users.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

func main() {
	assets, err := os.MkdirTemp("", "envtest-")
	check(err, "make a folder")
	defer os.RemoveAll(assets)
	output, err := exec.Command("node", os.Getenv("KUBEDOUBLE"), "envtest", assets).CombinedOutput()
	check(err, "write the stand-ins: "+string(output))

	environment := &envtest.Environment{BinaryAssetsDirectory: assets, CRDs: []*apiextensionsv1.CustomResourceDefinition{definition()}}
	started := time.Now()
	config, err := environment.Start()
	check(err, "start envtest")
	fmt.Printf("envtest started in %s\n", time.Since(started).Round(time.Millisecond))

	ctx := context.Background()
	crates := schema.GroupVersionResource{Group: "envtest.example.com", Version: "v1", Resource: "crates"}
	crate := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "envtest.example.com/v1", "kind": "Crate", "metadata": map[string]any{"name": "one"}, "spec": map[string]any{"size": int64(3)},
	}}
	_, err = dynamic.NewForConfigOrDie(config).Resource(crates).Namespace("default").Create(ctx, crate, metav1.CreateOptions{})
	check(err, "create a custom object")

	user, err := environment.AddUser(envtest.User{Name: "jane", Groups: []string{"guests"}}, nil)
	check(err, "add a user")
	_, err = kubernetes.NewForConfigOrDie(user.Config()).CoreV1().Pods("default").List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		log.Fatalf("jane may list pods: %v", err)
	}

	client := kubernetes.NewForConfigOrDie(config)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}
	_, err = client.CoreV1().ServiceAccounts("default").Create(ctx, account, metav1.CreateOptions{})
	check(err, "create a service account")
	request, err := client.CoreV1().ServiceAccounts("default").CreateToken(ctx, "robot", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	check(err, "ask for a token")
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: request.Status.Token}}
	review, err = client.AuthenticationV1().TokenReviews().Create(ctx, review, metav1.CreateOptions{})
	check(err, "review the token")
	if name := review.Status.User.Username; name != "system:serviceaccount:default:robot" {
		log.Fatalf("the token is one of %q: %s", name, review.Status.Error)
	}
	check(environment.Stop(), "stop envtest")
}

func definition() *apiextensionsv1.CustomResourceDefinition {
	keep := true
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "crates.envtest.example.com"},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: "envtest.example.com",
			Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "crates", Kind: "Crate"},
			Scope: apiextensionsv1.NamespaceScoped,
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Schema: &apiextensionsv1.CustomResourceValidation{
					OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: &keep},
				},
			}},
		},
	}
}

func check(err error, what string) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}
