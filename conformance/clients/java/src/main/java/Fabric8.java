import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * What fabric8's client does with a cluster: informers over custom objects, server-side apply, editing, scaling, exec, logs, eviction,
 * leader election. KUBECONFIG says where. Exit status 0: everything was as with a real cluster.
 */
public class Fabric8 {
  static final String NAMESPACE = "default";

  public static class Spec {
    public String title;
    public Integer size;
  }

  public static class Status {
    public Boolean ready;
  }

  @Group("fabric8.kubedouble.dev")
  @Version("v1")
  @Plural("gadgets")
  public static class Gadget extends CustomResource<Spec, Status> implements Namespaced {}

  static final String CRD =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: gadgets.fabric8.kubedouble.dev}
      spec:
        group: fabric8.kubedouble.dev
        scope: Namespaced
        names: {plural: gadgets, singular: gadget, kind: Gadget}
        versions:
        - name: v1
          served: true
          storage: true
          subresources: {status: {}}
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec: {type: object, properties: {title: {type: string}, size: {type: integer}}}
                status: {type: object, properties: {ready: {type: boolean}}}
      """;

  public static void main(String[] arguments) throws Exception {
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      customObjects(client);
      deployment(client);
      election(client);
      refusals(client);
    }
    System.out.println("fabric8: ok");
  }

  static void check(boolean holds, Object message) {
    if (!holds) throw new AssertionError(String.valueOf(message));
  }

  static void customObjects(KubernetesClient client) throws Exception {
    client.resource(CRD).createOr(NonDeletingOperation::update);
    client.apiextensions().v1().customResourceDefinitions().withName("gadgets.fabric8.kubedouble.dev").waitUntilCondition(
        crd -> crd != null && crd.getStatus() != null && crd.getStatus().getConditions().stream()
            .anyMatch(condition -> condition.getType().equals("Established") && condition.getStatus().equals("True")),
        10, TimeUnit.SECONDS);
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    var gadgets = client.resources(Gadget.class).inNamespace(NAMESPACE);
    try (var informer = gadgets.inform(new ResourceEventHandler<>() {
      public void onAdd(Gadget gadget) { seen.add("added"); }
      public void onUpdate(Gadget old, Gadget gadget) { seen.add("updated"); }
      public void onDelete(Gadget gadget, boolean unknown) { seen.add("deleted"); }
    })) {
      Gadget gadget = new Gadget();
      gadget.setMetadata(new ObjectMetaBuilder().withName("one").withNamespace(NAMESPACE).build());
      gadget.setSpec(new Spec());
      gadget.getSpec().title = "first";
      client.resource(gadget).fieldManager("java").serverSideApply();
      expect(seen, "added");
      Gadget current = gadgets.withName("one").get();
      current.setStatus(new Status());
      current.getStatus().ready = true;
      check(client.resource(current).updateStatus().getStatus().ready, "status");
      expect(seen, "updated");
      gadgets.withName("one").edit(found -> { found.getSpec().size = 3; return found; });
      expect(seen, "updated");
      GenericKubernetesResource generic =
          client.genericKubernetesResources("fabric8.kubedouble.dev/v1", "Gadget").inNamespace(NAMESPACE).withName("one").get();
      check(Objects.equals(generic.get("spec", "size"), 3), generic);
      gadgets.withName("one").delete();
      expect(seen, "deleted");
    }
    client.resource(CRD).delete();
  }

  static void expect(BlockingQueue<String> seen, String wanted) throws InterruptedException {
    String got = seen.poll(10, TimeUnit.SECONDS);
    check(wanted.equals(got), got + " instead of " + wanted);
  }

  static void deployment(KubernetesClient client) throws Exception {
    Deployment wanted = new DeploymentBuilder()
        .withNewMetadata().withName("fabric8").endMetadata()
        .withNewSpec().withReplicas(1)
        .withNewSelector().addToMatchLabels("app", "fabric8").endSelector()
        .withNewTemplate()
        .withNewMetadata().addToLabels("app", "fabric8").endMetadata()
        .withNewSpec().addNewContainer().withName("c").withImage("busybox").withCommand("sh", "-c", "echo begun; sleep 3600").endContainer().endSpec()
        .endTemplate().endSpec().build();
    var deployments = client.apps().deployments().inNamespace(NAMESPACE);
    deployments.resource(wanted).create();
    deployments.withName("fabric8").waitUntilReady(20, TimeUnit.SECONDS);
    deployments.withName("fabric8").scale(2);
    deployments.withName("fabric8").waitUntilCondition(
        found -> Objects.equals(found.getStatus().getReadyReplicas(), 2), 20, TimeUnit.SECONDS);
    Pod pod = client.pods().inNamespace(NAMESPACE).withLabel("app", "fabric8").list().getItems().get(0);
    var resource = client.pods().inNamespace(NAMESPACE).withName(pod.getMetadata().getName());

    var stdout = new ByteArrayOutputStream();
    var stderr = new ByteArrayOutputStream();
    try (ExecWatch exec = resource.writingOutput(stdout).writingError(stderr).exec("sh", "-c", "echo out; echo err >&2; exit 4")) {
      check(exec.exitCode().get(10, TimeUnit.SECONDS) == 4, "exit code");
    }
    check(stdout.toString().equals("out\n") && stderr.toString().equals("err\n"), stdout + " " + stderr);
    stdout.reset();
    try (ExecWatch shell = resource.redirectingInput().writingOutput(stdout).exec("sh")) {
      shell.getInput().write("echo one\nexit 2\n".getBytes());
      shell.getInput().flush();
      check(shell.exitCode().get(10, TimeUnit.SECONDS) == 2 && stdout.toString().equals("one\n"), stdout);
    }
    check(resource.getLog().equals("begun\n"), "log");
    check(resource.evict(), "eviction");
    deployments.withName("fabric8").withPropagationPolicy(DeletionPropagation.FOREGROUND).delete();
    deployments.withName("fabric8").waitUntilCondition(Objects::isNull, 20, TimeUnit.SECONDS);
  }

  static void election(KubernetesClient client) throws Exception {
    CountDownLatch elected = new CountDownLatch(1);
    var running = client.leaderElector().withConfig(new LeaderElectionConfigBuilder()
        .withName("fabric8").withLock(new LeaseLock(NAMESPACE, "fabric8", "me"))
        .withLeaseDuration(Duration.ofSeconds(5)).withRenewDeadline(Duration.ofSeconds(3)).withRetryPeriod(Duration.ofMillis(500))
        .withReleaseOnCancel(true).withLeaderCallbacks(new LeaderCallbacks(elected::countDown, () -> {}, leader -> {})).build()).build().start();
    check(elected.await(10, TimeUnit.SECONDS), "nobody was elected");
    running.cancel(true);
  }

  static void refusals(KubernetesClient client) {
    try {
      client.configMaps().inNamespace(NAMESPACE).resource(
          new ConfigMapBuilder().withNewMetadata().withName("Bad_Name").endMetadata().build()).create();
      throw new AssertionError("a bad name was taken");
    } catch (KubernetesClientException error) {
      check(error.getCode() == 422 && error.getStatus().getDetails().getCauses().get(0).getField().equals("metadata.name"), error);
    }
  }
}
