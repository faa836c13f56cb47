// An operator in the style of kubebuilder, with its test: a CRD of two versions, defaulting, validating and converting webhooks over TLS,
// finalizers, owner references, conditions, events, server-side apply, an indexed cache and leader election.
// KUBECONFIG says where. Exit status 0: everything was as with a real cluster.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

func main() {
	// Losing an election and lost races are no news.
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
	fmt.Println("operator: ok")
}

func run(ctx context.Context) (err error) {
	definition, err := crd()
	if err != nil {
		return err
	}
	types := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(types), apiextensionsv1.AddToScheme(types)); err != nil {
		return err
	}
	addToScheme(types)
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	existing := true
	environment := &envtest.Environment{
		UseExistingCluster: &existing,
		Config:             config,
		Scheme:             types,
		CRDInstallOptions:  envtest.CRDInstallOptions{CRDs: []*apiextensionsv1.CustomResourceDefinition{definition}, CleanUpAfterUse: true},
		WebhookInstallOptions: envtest.WebhookInstallOptions{
			MutatingWebhooks: mutatingWebhooks(), ValidatingWebhooks: validatingWebhooks(),
		},
	}
	if _, err := environment.Start(); err != nil {
		return fmt.Errorf("envtest: %w", err)
	}
	defer func() { err = errors.Join(err, environment.Stop()) }()
	api, err := client.NewWithWatch(config, client.Options{Scheme: types})
	if err != nil {
		return err
	}
	if err := serveWebhooks(ctx, config, environment.WebhookInstallOptions, types); err != nil {
		return err
	}
	stopFirst, err := startManager(ctx, config, types, "first")
	if err != nil {
		return err
	}
	if err := eventually(ctx, "the first is elected", func(ctx context.Context) error {
		return api.Get(ctx, client.ObjectKey{Namespace: "default", Name: lock}, &coordinationv1.Lease{})
	}); err != nil {
		return err
	}
	stopSecond, err := startManager(ctx, config, types, "second")
	if err != nil {
		return err
	}
	defer stopSecond()
	return check(ctx, api, stopFirst)
}

const lock = "website-operator"

// startManager runs one replica of the operator, which takes part in the election.
func startManager(ctx context.Context, config *rest.Config, types *runtime.Scheme, name string) (stop func(), err error) {
	retry := 200 * time.Millisecond
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        types,
		Metrics:                       server.Options{BindAddress: "0"},
		LeaderElection:                true,
		LeaderElectionID:              lock,
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
		RetryPeriod:                   &retry,
	})
	if err != nil {
		return nil, err
	}
	byHost := func(object client.Object) []string { return []string{object.(*Website).Spec.Host} }
	if err := manager.GetFieldIndexer().IndexField(ctx, &Website{}, hostField, byHost); err != nil {
		return nil, err
	}
	controller := &reconciler{Client: manager.GetClient(), events: manager.GetEventRecorder(lock), name: name}
	if err := controller.setUp(manager); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := manager.Start(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "manager", name, err)
		}
	})
	return func() { cancel(); running.Wait() }, nil
}

// serveWebhooks answers webhooks whoever is elected, so in a manager of its own.
func serveWebhooks(ctx context.Context, config *rest.Config, options envtest.WebhookInstallOptions, types *runtime.Scheme) error {
	hooks := webhook.NewServer(webhook.Options{
		Host: options.LocalServingHost, Port: options.LocalServingPort, CertDir: options.LocalServingCertDir,
	})
	manager, err := ctrl.NewManager(config, ctrl.Options{Scheme: types, Metrics: server.Options{BindAddress: "0"}, WebhookServer: hooks})
	if err != nil {
		return err
	}
	if err := errors.Join(
		ctrl.NewWebhookManagedBy(manager, &Website{}).WithDefaulter(defaulter{}).WithValidator(validator{}).Complete(),
		ctrl.NewWebhookManagedBy(manager, &WebsiteV2{}).Complete(),
	); err != nil {
		return err
	}
	go func() {
		if err := manager.Start(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "webhooks:", err)
		}
	}()
	address := net.JoinHostPort(options.LocalServingHost, strconv.Itoa(options.LocalServingPort))
	return eventually(ctx, "the webhooks listen", func(context.Context) error {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		return connection.Close()
	})
}

// eventually tries again until there is no error.
func eventually(ctx context.Context, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("never: %s: %w", what, err)
		}
	}
}
