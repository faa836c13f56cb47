//! An operator of kube-rs with its test: a derived CRD, a controller with a finalizer and what it owns, server-side apply, scale, events,
//! conditions, over list-and-watch and over streamed lists; then exec, logs, reflectors, port-forward and eviction.
//! KUBECONFIG says where. Exit status 0: everything was as with a real cluster.
use std::{sync::Arc, time::Duration};

use anyhow::{ensure, Context as _, Result};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    AttachParams, DeleteParams, EvictParams, ListParams, LogParams, Patch, PatchParams, PostParams,
};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::events::{Event as Note, EventType, Recorder, Reporter};
use kube::runtime::finalizer::{finalizer, Event};
use kube::runtime::wait::{await_condition, conditions, Condition};
use kube::runtime::{reflector, watcher, WatchStreamExt};
use kube::{Api, Client, CustomResource, CustomResourceExt, Resource, ResourceExt};
use schemars::JsonSchema;
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MANAGER: &str = "kube-rs";

#[derive(CustomResource, Deserialize, Serialize, Clone, Debug, JsonSchema)]
#[kube(
    group = "rust.kubedouble.dev",
    version = "v1",
    kind = "Document",
    namespaced,
    status = "DocumentStatus",
    shortname = "doc",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas"
    ),
    printcolumn(name = "Title", type_ = "string", json_path = ".spec.title"),
    selectable = ".spec.title"
)]
struct DocumentSpec {
    title: String,
    #[serde(default)]
    replicas: i32,
    format: Format,
    tags: Option<Vec<String>>,
}

#[derive(Deserialize, Serialize, Clone, Debug, JsonSchema)]
enum Format {
    Text,
    Html,
}

#[derive(Deserialize, Serialize, Clone, Debug, Default, JsonSchema)]
struct DocumentStatus {
    replicas: i32,
    ready: bool,
}

#[derive(thiserror::Error, Debug)]
#[error("{0}")]
struct Failed(String);

async fn reconcile(document: Arc<Document>, client: Arc<Client>) -> Result<Action, Failed> {
    let client = Client::clone(&client);
    let documents: Api<Document> = Api::default_namespaced(client.clone());
    let work = |event| async move {
        match event {
            Event::Apply(document) => keep(client, &document).await,
            Event::Cleanup(_) => Ok(Action::await_change()),
        }
    };
    let name = "rust.kubedouble.dev/cleanup";
    finalizer(&documents, name, document, work)
        .await
        .map_err(|error| Failed(error.to_string()))
}

/// Applies what the document owns and its status, and tells of it.
async fn keep(client: Client, document: &Document) -> Result<Action, kube::Error> {
    let name = document.name_any();
    let force = PatchParams::apply(MANAGER).force();
    let owner = document.controller_owner_ref(&());
    let child = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "ownerReferences": [owner]},
        "data": {"title": document.spec.title},
    });
    let children: Api<ConfigMap> = Api::default_namespaced(client.clone());
    children.patch(&name, &force, &Patch::Apply(child)).await?;
    let status = json!({
        "apiVersion": "rust.kubedouble.dev/v1", "kind": "Document",
        "status": {"ready": true, "replicas": document.spec.replicas},
    });
    let documents: Api<Document> = Api::default_namespaced(client.clone());
    documents
        .patch_status(&name, &force, &Patch::Apply(status))
        .await?;
    let reporter = Reporter {
        controller: MANAGER.into(),
        instance: None,
    };
    let note = Note {
        type_: EventType::Normal,
        reason: "Kept".into(),
        note: None,
        action: "Reconcile".into(),
        secondary: None,
    };
    let about = document.object_ref(&());
    Recorder::new(client, reporter)
        .publish(&note, &about)
        .await?;
    Ok(Action::await_change())
}

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::try_default().await?;
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let definition = Document::crd();
    let name = definition.name_any();
    let apply = PatchParams::apply(MANAGER);
    definitions
        .patch(&name, &apply, &Patch::Apply(definition))
        .await?;
    until(&definitions, &name, conditions::is_crd_established()).await?;
    operate(&client, watcher::Config::default())
        .await
        .context("over list and watch")?;
    operate(&client, watcher::Config::default().streaming_lists())
        .await
        .context("over streamed lists")?;
    definitions.delete(&name, &DeleteParams::default()).await?;
    streams(&client).await?;
    println!("kube-rs: ok");
    Ok(())
}

async fn until<K>(api: &Api<K>, name: &str, condition: impl Condition<K>) -> Result<()>
where
    K: Clone + std::fmt::Debug + Send + DeserializeOwned + Resource + 'static,
{
    let wait = await_condition(api.clone(), name, condition);
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .with_context(|| format!("waiting for {name}"))??;
    Ok(())
}

async fn operate(client: &Client, config: watcher::Config) -> Result<()> {
    let documents: Api<Document> = Api::default_namespaced(client.clone());
    let children: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let controller =
        Controller::new(documents.clone(), config.clone()).owns(children.clone(), config);
    let failed = |_, _: &Failed, _| Action::requeue(Duration::from_millis(200));
    let running = controller.run(reconcile, failed, Arc::new(client.clone()));
    let operator = tokio::spawn(running.for_each(|_| async {}));

    let spec = DocumentSpec {
        title: "first".into(),
        replicas: 3,
        format: Format::Text,
        tags: None,
    };
    let made = documents
        .create(&PostParams::default(), &Document::new("one", spec))
        .await?;
    let is_ready = |found: Option<&Document>| {
        found
            .and_then(|document| document.status.as_ref())
            .is_some_and(|status| status.ready)
    };
    until(&documents, "one", is_ready).await?;
    let child = children.get("one").await?;
    ensure!(child.data.is_some_and(|data| data["title"] == "first"));
    let scale = documents.get_scale("one").await?;
    ensure!(scale.spec.and_then(|spec| spec.replicas) == Some(3));
    let selected = ListParams::default().fields("spec.title=first");
    ensure!(documents.list(&selected).await?.items.len() == 1);
    ensure!(documents.list_metadata(&selected).await?.items.len() == 1);

    let old = child.metadata.uid.unwrap_or_default();
    children.delete("one", &DeleteParams::default()).await?;
    let another = move |found: Option<&ConfigMap>| {
        found.is_some_and(|map| map.metadata.uid.as_ref() != Some(&old))
    };
    until(&children, "one", another).await?;
    documents.delete("one", &DeleteParams::foreground()).await?;
    let uid = made.uid().unwrap_or_default();
    until(&documents, "one", conditions::is_deleted(&uid)).await?;
    operator.abort();
    Ok(())
}

async fn streams(client: &Client) -> Result<()> {
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let command = ["sh", "-c", "echo begun; sleep 3600"];
    let pod = json!({
        "metadata": {"name": "streams", "labels": {"by": MANAGER}},
        "spec": {"containers": [{"name": "c", "image": "busybox", "command": command}]},
    });
    pods.create(&PostParams::default(), &serde_json::from_value(pod)?)
        .await?;
    until(&pods, "streams", conditions::is_pod_running()).await?;

    let (store, writer) = reflector::store();
    let labelled = watcher::Config::default().labels(&format!("by={MANAGER}"));
    let reflected = reflector(writer, watcher(pods.clone(), labelled)).touched_objects();
    let reflecting = tokio::spawn(reflected.for_each(|_| async {}));
    store.wait_until_ready().await?;
    ensure!(store.state().len() == 1);

    let script = vec!["sh", "-c", "echo out; exit 4"];
    let mut ran = pods
        .exec("streams", script, &AttachParams::default())
        .await?;
    let mut out = String::new();
    ran.stdout()
        .context("no stdout")?
        .read_to_string(&mut out)
        .await?;
    let status = ran.take_status().context("no status")?.await;
    ensure!(out == "out\n", "{out:?}");
    let reason = status.and_then(|status| status.reason);
    ensure!(reason.as_deref() == Some("NonZeroExitCode"), "{reason:?}");

    let with_input = AttachParams::default().stdin(true).stderr(false);
    let mut shell = pods.exec("streams", vec!["sh"], &with_input).await?;
    let mut input = shell.stdin().context("no stdin")?;
    input.write_all(b"echo one\nexit\n").await?;
    let mut out = String::new();
    shell
        .stdout()
        .context("no stdout")?
        .read_to_string(&mut out)
        .await?;
    ensure!(out == "one\n", "{out:?}");

    ensure!(pods.logs("streams", &LogParams::default()).await? == "begun\n");
    // Nothing listens in the pod.
    let mut forwarded = pods.portforward("streams", &[80]).await?;
    let error = forwarded.take_error(80).context("no error stream")?.await;
    ensure!(error.is_some_and(|text| text.contains("connection refused")));
    pods.evict("streams", &EvictParams::default()).await?;
    reflecting.abort();
    Ok(())
}
