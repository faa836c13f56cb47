"""Creates a Deployment with the official Python client, watches it until it is available, scales and deletes it.

KUBECONFIG says where. Needs the package `kubernetes`. Exit status 0: everything was as with a real cluster.
"""
from kubernetes import client, config, watch

NAMESPACE = "default"
NAME = "python-web"


def main():
    config.load_kube_config()
    apps, core = client.AppsV1Api(), client.CoreV1Api()
    labels = {"app": NAME}
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[client.V1Container(name="web", image="nginx:1.27")]),
    )
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)
    created = apps.create_namespaced_deployment(
        NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name=NAME, labels=labels), spec=spec)
    )
    assert created.metadata.uid and created.spec.strategy.type == "RollingUpdate", created

    wait_available(apps, 2, created.metadata.resource_version)
    pods = core.list_namespaced_pod(NAMESPACE, label_selector=f"app={NAME}").items
    assert len(pods) == 2 and all(pod.status.phase == "Running" for pod in pods), pods

    apps.patch_namespaced_deployment_scale(NAME, NAMESPACE, {"spec": {"replicas": 3}})
    wait_available(apps, 3, None)

    try:
        apps.create_namespaced_deployment(NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name=NAME), spec=spec))
        raise AssertionError("a second one of the same name was created")
    except client.ApiException as error:
        assert error.status == 409 and "AlreadyExists" in error.body, error

    apps.delete_namespaced_deployment(NAME, NAMESPACE)
    print("python: ok")


def wait_available(apps, replicas, resource_version):
    options = {"field_selector": f"metadata.name={NAME}", "timeout_seconds": 20}
    if resource_version:
        options["resource_version"] = resource_version
    for event in watch.Watch().stream(apps.list_namespaced_deployment, NAMESPACE, **options):
        if event["object"].status.available_replicas == replicas:
            return
    raise AssertionError(f"never {replicas} available")


main()
