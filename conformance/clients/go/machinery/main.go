// What else client-go and kubectl's libraries do with a cluster: discovery and REST mapping, dynamic and metadata clients with informers,
// waiting, paging, scaling, applying, retrying, electing a leader, streams to pods over SPDY and WebSockets, draining a node.
// KUBECONFIG says where. Exit status 0: everything was as with a real cluster.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const namespace = "default"

// clients are all of one cluster.
type clients struct {
	config   *rest.Config
	typed    *kubernetes.Clientset
	dynamic  *dynamic.DynamicClient
	metadata metadata.Interface
	cached   discovery.CachedDiscoveryInterface
	mapper   *restmapper.DeferredDiscoveryRESTMapper
}

func main() {
	klog.SetLogger(logr.Discard())
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "machinery:", err)
		os.Exit(1)
	}
	fmt.Println("machinery: ok")
}

func run(ctx context.Context) error {
	all, err := connect()
	if err != nil {
		return err
	}
	steps := []struct {
		name string
		run  func(context.Context, clients) error
	}{
		{"discovery", discover},
		{"dynamic", dynamically},
		{"metadata", onlyMetadata},
		{"pager", pages},
		{"retry", retries},
		{"leader election", elects},
		{"wait until", waitsUntil},
		{"scale", scales},
		{"extract and apply", extracts},
		{"logs", logs},
		{"exec", executes},
		{"attach", attaches},
		{"port-forward", forwards},
		{"drain", drains},
	}
	for _, step := range steps {
		if err := step.run(ctx, all); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func connect() (all clients, err error) {
	if all.config, err = clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG")); err != nil {
		return
	}
	all.config.QPS, all.config.Burst = 100, 200
	if all.typed, err = kubernetes.NewForConfig(all.config); err != nil {
		return
	}
	if all.dynamic, err = dynamic.NewForConfig(all.config); err != nil {
		return
	}
	if all.metadata, err = metadata.NewForConfig(all.config); err != nil {
		return
	}
	all.cached = memory.NewMemCacheClient(all.typed.Discovery())
	all.mapper = restmapper.NewDeferredDiscoveryRESTMapper(all.cached)
	return
}
