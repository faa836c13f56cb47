"""An operator of kopf with its test: a CRD, webhooks that validate and mutate over TLS, finalizers, children with owners, events, timers,
daemons.

KUBECONFIG says where. Needs the packages `kopf` and `kubernetes`, and openssl. Exit status 0: everything was as with a real cluster.
"""
import asyncio
import subprocess
import tempfile
import threading
import time

import kopf
from kubernetes import client, config

GROUP, PLURAL, NAMESPACE = "kopf.kubedouble.dev", "volumes", "default"
HOOKS = f"hooks.{GROUP}"
ANY_FIELDS = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"{PLURAL}.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": PLURAL, "singular": "volume", "kind": "Volume"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": ANY_FIELDS, "status": ANY_FIELDS}}},
            }
        ],
    },
}
certificates = tempfile.TemporaryDirectory()
calls = set()


@kopf.on.startup()
def start(settings, **_):
    certificate, key = f"{certificates.name}/tls.crt", f"{certificates.name}/tls.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    settings.peering.standalone = True
    settings.admission.managed = HOOKS
    settings.admission.server = kopf.WebhookServer(
        host="127.0.0.1", addr="127.0.0.1", certfile=certificate, pkeyfile=key, cafile=certificate
    )


@kopf.on.validate(GROUP, "v1", PLURAL)
def validate(spec, warnings, **_):
    warnings.append("sizes are not checked")
    if spec.get("size") == "bad":
        raise kopf.AdmissionError("this size is bad", code=400)


@kopf.on.mutate(GROUP, "v1", PLURAL)
def mutate(spec, patch, **_):
    patch.spec.setdefault("class", spec.get("class", "standard"))


@kopf.on.create(GROUP, "v1", PLURAL)
def created(spec, name, namespace, body, **_):
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"size": spec["size"]}}
    kopf.adopt(child)
    kopf.info(body, reason="Provisioned", message="the volume is there")
    made = client.CoreV1Api().create_namespaced_config_map(namespace, child)
    return {"child": made.metadata.name}


@kopf.on.update(GROUP, "v1", PLURAL, field="spec.size")
def resized(new, name, namespace, **_):
    client.CoreV1Api().patch_namespaced_config_map(name, namespace, {"data": {"size": new}})


@kopf.on.delete(GROUP, "v1", PLURAL)
def deleted(**_):
    calls.add("deleted")


@kopf.daemon(GROUP, "v1", PLURAL)
async def watch_over(stopped, **_):
    await stopped.wait()
    calls.add("daemon stopped")


@kopf.timer(GROUP, "v1", PLURAL, interval=0.5)
def tick(**_):
    calls.add("timer")


def eventually(what, check):
    """Tries until there is something true."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if found := check():
                return found
        except client.ApiException as error:
            if error.status != 404:
                raise
        time.sleep(0.05)
    raise AssertionError(f"never: {what}; {calls}")


def is_gone(read):
    try:
        read()
    except client.ApiException as error:
        return error.status == 404
    return False


def use():
    core, objects, admission = client.CoreV1Api(), client.CustomObjectsApi(), client.AdmissionregistrationV1Api()
    eventually("validating webhooks", lambda: admission.read_validating_webhook_configuration(HOOKS).webhooks)
    eventually("mutating webhooks", lambda: admission.read_mutating_webhook_configuration(HOOKS).webhooks)
    where = (GROUP, "v1", NAMESPACE, PLURAL)

    def volume(name, size):
        return {"apiVersion": f"{GROUP}/v1", "kind": "Volume", "metadata": {"name": name}, "spec": {"size": size}}

    try:
        objects.create_namespaced_custom_object(*where, volume("bad", "bad"))
        raise AssertionError("what the webhook denies was created")
    except client.ApiException as error:
        assert error.status == 400 and "denied the request: this size is bad" in error.body, error
    made = objects.create_namespaced_custom_object(*where, volume("data", "1Gi"))
    assert made["spec"]["class"] == "standard", made

    read = lambda: objects.get_namespaced_custom_object(*where, "data")
    read_child = lambda: core.read_namespaced_config_map("data", NAMESPACE)
    owner = eventually("a child", read_child).metadata.owner_references[0]
    assert owner.controller and owner.uid == made["metadata"]["uid"], owner
    eventually("a status", lambda: read().get("status", {}).get("created", {}).get("child") == "data")
    objects.patch_namespaced_custom_object(*where, "data", {"spec": {"size": "2Gi"}})
    eventually("the new size", lambda: read_child().data["size"] == "2Gi")
    eventually(
        "an event", lambda: [e for e in core.list_namespaced_event(NAMESPACE, field_selector="reason=Provisioned").items]
    )
    eventually("a timer", lambda: "timer" in calls)
    assert "kopf.zalando.org/KopfFinalizerMarker" in read()["metadata"]["finalizers"], read()
    objects.delete_namespaced_custom_object(*where, "data")
    eventually("the object gone", lambda: is_gone(read))
    eventually("its child gone", lambda: is_gone(read_child))
    assert {"deleted", "daemon stopped"} <= calls, calls


def main():
    config.load_kube_config()
    extensions = client.ApiextensionsV1Api()
    extensions.create_custom_resource_definition(CRD)
    ready, stop = threading.Event(), threading.Event()
    operator = threading.Thread(
        target=lambda: asyncio.run(kopf.operator(clusterwide=True, ready_flag=ready, stop_flag=stop)), daemon=True
    )
    operator.start()
    try:
        assert ready.wait(20), "the operator did not start"
        use()
    finally:
        stop.set()
        operator.join(20)
        extensions.delete_custom_resource_definition(CRD["metadata"]["name"])
    print("kopf: ok")


main()
