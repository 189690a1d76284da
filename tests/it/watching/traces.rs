//! Traces as a collector gets them: a real HTTP server on loopback that decodes what `serve` and `import` send.

use mahnwerk::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use mahnwerk::engine::clock::{Clock, SystemClock};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const COMES_ABOUT_WITHIN: Duration = Duration::from_secs(60);

/// A collector: keeps the spans that are posted to `/v1/traces`, with the names of their services.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(String, Span)>>>);

impl Collector {
    async fn start() -> (Self, std::net::SocketAddr) {
        let collector = Self::default();
        let own = collector.clone();
        let take = move |body: axum::body::Bytes| async move { own.take(&body) };
        let router = axum::Router::new().route("/v1/traces", axum::routing::post(take));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, address)
    }

    fn take(&self, body: &[u8]) {
        let request = ExportTraceServiceRequest::decode(body).expect("an export");
        for resource in request.resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            let service = attributes.iter().find(|pair| pair.key == "service.name").and_then(text).unwrap_or_default();
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.0.lock().unwrap().extend(spans.map(|span| (service.clone(), span)));
        }
    }

    fn named(&self, name: &str) -> Vec<Span> {
        let spans = self.0.lock().unwrap();
        spans.iter().filter(|(_, span)| span.name == name).map(|(_, span)| span.clone()).collect()
    }

    async fn wait_for(&self, name: &str, count: usize) -> Vec<Span> {
        let began = Instant::now();
        loop {
            let found = self.named(name);
            if found.len() >= count {
                return found;
            }
            assert!(began.elapsed() < COMES_ABOUT_WITHIN, "{} spans {name}", found.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn text(pair: &opentelemetry_proto::tonic::common::v1::KeyValue) -> Option<String> {
    match pair.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

fn attribute(span: &Span, key: &str) -> String {
    span.attributes.iter().find(|pair| pair.key == format!("mahnwerk.{key}")).and_then(text).unwrap_or_default()
}

fn trace(span: &Span) -> String {
    span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mahnwerk"));
    command.args(args).current_dir(folder).env("USER", "tester").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").stdin(Stdio::null());
    command
}

fn prepare(folder: &Path, smtp_port: u16, more: &str) {
    let toml = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\ntls = \"none\"\n[mail]\nfrom = \"dunning@creditor.example\"\n\
         [tenant.creditor]\nname = \"Creditor GmbH\"\n{more}"
    );
    std::fs::write(folder.join("worker.toml"), toml).unwrap();
    std::fs::write(
        folder.join("workflow.toml"),
        "name = \"w\"\nholidays = \"none\"\n[[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 0\n",
    )
    .unwrap();
    let mut rows =
        "invoice_number,invoice_date,due_date,amount,customer_number,customer_name,email,street,postcode,city,country\n".to_owned();
    for n in 1..=3 {
        rows.push_str(&format!("RE-{n},2025-01-02,2025-02-01,10.00,C{n},Erika Muster,c{n}@customers.example,,,,DE\n"));
    }
    std::fs::write(folder.join("invoices.csv"), rows).unwrap();
}

fn import(folder: &Path, endpoint: Option<&str>) -> Output {
    let mut command = command(folder, &["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml"]);
    command.envs(endpoint.map(|endpoint| ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)));
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_one_trace_through_every_process_and_names_nobody() {
    let (collector, address) = Collector::start().await;
    let endpoint = format!("http://{address}");
    let sandbox = SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0))).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), sandbox.addr().port(), &format!("[telemetry]\notlp = \"{endpoint}\"\n"));
    let imported = import(folder.path(), None);
    assert!(imported.status.success(), "{imported:?}");
    let import = collector.wait_for("import", 1).await;
    assert_eq!(attribute(&import[0], "source"), "file");

    let mut serving = Serving(command(folder.path(), &["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    sandbox.wait_for(3, COMES_ABOUT_WITHIN).await.unwrap();
    // What is left is sent when it ends well.
    Command::new("kill").args(["-TERM", &serving.0.id().to_string()]).status().unwrap();
    assert!(serving.0.wait().unwrap().success());
    let listed = command(folder.path(), &["notice", "list", "--json"]).output().unwrap();
    let notices: BTreeSet<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(notices.len(), 3);
    for name in ["issue", "start", "effect", "settle"] {
        let traces: BTreeSet<_> = collector.wait_for(name, 3).await.iter().map(trace).collect();
        assert_eq!(traces, notices, "{name}");
    }
    for effect in collector.named("effect") {
        assert_eq!(attribute(&effect, "outcome"), "done");
        assert!(attribute(&effect, "reply").starts_with("250"), "{effect:?}");
        assert!(effect.end_time_unix_nano > effect.start_time_unix_nano && effect.start_time_unix_nano > 1_700_000_000_000_000_000);
    }
    assert!(!collector.named("round").is_empty());
    for (service, span) in collector.0.lock().unwrap().iter() {
        assert_eq!(service, "mahnwerk");
        let told = format!("{span:?}");
        assert!(!told.contains('@') && !told.contains("Erika") && !told.contains("customers"), "{told}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variable_of_open_telemetry_is_heard_and_a_collector_that_is_gone_holds_nobody_up() {
    let (collector, address) = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 1, "");
    assert!(import(folder.path(), None).status.success());
    assert!(collector.named("import").is_empty(), "off unless it is asked for");
    assert!(import(folder.path(), Some(&format!("http://{address}"))).status.success());
    collector.wait_for("import", 1).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let began = Instant::now();
    assert!(import(folder.path(), Some(&format!("http://{nobody}"))).status.success());
    assert!(began.elapsed() < COMES_ABOUT_WITHIN, "{:?}", began.elapsed());
    let refused = import(folder.path(), Some("https://collector.example"));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("TLS is not built in"), "{refused:?}");
}
