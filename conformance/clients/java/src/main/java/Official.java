import com.google.gson.reflect.TypeToken;
import io.kubernetes.client.Exec;
import io.kubernetes.client.PodLogs;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.extended.controller.builder.ControllerBuilder;
import io.kubernetes.client.extended.controller.reconciler.Result;
import io.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.kubernetes.client.extended.leaderelection.LeaderElector;
import io.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.Configuration;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ConfigMapList;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import io.kubernetes.client.util.generic.dynamic.DynamicKubernetesApi;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * What the official Java client does with a cluster: a controller over a shared informer, watches, patches and server-side apply, exec,
 * logs, dynamic objects, leader election. KUBECONFIG says where. Exit status 0: everything was as with a real cluster.
 */
public class Official {
  static final String NAMESPACE = "default";
  static final String NAME = "client-java";

  public static void main(String[] arguments) throws Exception {
    ApiClient client = Config.defaultClient();
    client.setReadTimeout(0);
    Configuration.setDefaultApiClient(client);
    controller(client);
    patches(client);
    pods(client);
    dynamic(client);
    election(client);
    System.out.println("client-java: ok");
    // Informers and electors have threads that go on.
    System.exit(0);
  }

  static void check(boolean holds, Object message) {
    if (!holds) throw new AssertionError(String.valueOf(message));
  }

  static Thread start(Runnable runnable) {
    Thread thread = new Thread(runnable);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  static void controller(ApiClient client) throws Exception {
    var configMaps = new GenericKubernetesApi<>(V1ConfigMap.class, V1ConfigMapList.class, "", "v1", "configmaps", client);
    var factory = new SharedInformerFactory(client);
    factory.sharedIndexInformerFor(configMaps, V1ConfigMap.class, 0, NAMESPACE);
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    var controller = ControllerBuilder.defaultBuilder(factory)
        .watch(queue -> ControllerBuilder.controllerWatchBuilder(V1ConfigMap.class, queue).build())
        .withReconciler(request -> { seen.add(request.getName()); return new Result(false); })
        .withName(NAME).withWorkerCount(1).build();
    factory.startAllRegisteredInformers();
    start(controller);
    var wanted = new V1ConfigMap().metadata(new V1ObjectMeta().name(NAME)).putDataItem("a", "b");
    new CoreV1Api(client).createNamespacedConfigMap(NAMESPACE, wanted).execute();
    String name;
    do {
      name = seen.poll(10, TimeUnit.SECONDS);
      check(name != null, "never reconciled");
    } while (!name.equals(NAME));
  }

  static void patches(ApiClient client) throws Exception {
    var core = new CoreV1Api(client);
    var merged = PatchUtils.patch(V1ConfigMap.class,
        () -> core.patchNamespacedConfigMap(NAME, NAMESPACE, new V1Patch("{\"data\":{\"c\":\"d\"}}")).buildCall(null),
        V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH, client);
    check(merged.getData().size() == 2, merged);
    String own = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" + NAME + "\"},\"data\":{\"c\":\"e\"}}";
    var applied = PatchUtils.patch(V1ConfigMap.class,
        () -> core.patchNamespacedConfigMap(NAME, NAMESPACE, new V1Patch(own)).fieldManager("java").force(true).buildCall(null),
        V1Patch.PATCH_FORMAT_APPLY_YAML, client);
    check(applied.getData().get("c").equals("e"), applied);
    core.deleteNamespacedConfigMap(NAME, NAMESPACE).execute();
  }

  static void pods(ApiClient client) throws Exception {
    var core = new CoreV1Api(client);
    var container = new V1Container().name("c").image("busybox").command(List.of("sh", "-c", "echo begun; sleep 3600"));
    // Without null it is an empty map, which real servers refuse, too (kubernetes-client/java, issue 3285).
    var spec = new V1PodSpec().containers(List.of(container)).overhead(null);
    core.createNamespacedPod(NAMESPACE, new V1Pod().metadata(new V1ObjectMeta().name(NAME)).spec(spec)).execute();
    var call = core.listNamespacedPod(NAMESPACE).fieldSelector("metadata.name=" + NAME).watch(true).buildCall(null);
    try (Watch<V1Pod> watch = Watch.createWatch(client, call, new TypeToken<Watch.Response<V1Pod>>() {}.getType())) {
      for (var event : watch) if ("Running".equals(event.object.getStatus().getPhase())) break;
    }
    Process script = new Exec(client).exec(NAMESPACE, NAME, new String[] {"sh", "-c", "echo out; exit 3"}, false);
    check(new String(script.getInputStream().readAllBytes()).equals("out\n") && script.waitFor() == 3, "exec");
    var log = new BufferedReader(new InputStreamReader(new PodLogs(client).streamNamespacedPodLog(NAMESPACE, NAME, "c")));
    check("begun".equals(log.readLine()), "log");
    core.deleteNamespacedPod(NAME, NAMESPACE).gracePeriodSeconds(0).execute();
  }

  static void dynamic(ApiClient client) throws Exception {
    var nodes = new DynamicKubernetesApi("", "v1", "nodes", client).list().throwsApiException().getObject();
    check(!nodes.getItems().isEmpty(), "no nodes");
    var absent = new DynamicKubernetesApi("apps", "v1", "deployments", client).get(NAMESPACE, "absent");
    check(absent.getHttpStatusCode() == 404 && "NotFound".equals(absent.getStatus().getReason()), absent.getStatus());
  }

  static void election(ApiClient client) throws Exception {
    CountDownLatch elected = new CountDownLatch(1);
    var lock = new LeaseLock(NAMESPACE, NAME, "me", client);
    var elector = new LeaderElector(new LeaderElectionConfig(lock, Duration.ofSeconds(5), Duration.ofSeconds(3), Duration.ofMillis(500)));
    start(() -> elector.run(elected::countDown, () -> {}));
    check(elected.await(10, TimeUnit.SECONDS), "nobody was elected");
  }
}
