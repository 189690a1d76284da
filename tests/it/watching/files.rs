//! The alerts and the dashboard that we ship name only what there is.

use super::Page;
use super::exposition::Exposition;
use crate::support::ledger::TestLedger;
use crate::support::world::World;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operate").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The queries of the alert file: what follows `expr:`, on its line or as a block below it.
fn alert_queries() -> Vec<String> {
    let text = shipped("alerts.yml");
    let lines: Vec<_> = text.lines().collect();
    let mut queries = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if let Some(query) = line.trim_start().strip_prefix("expr:") {
            let indent = line.len() - line.trim_start().len();
            let more = lines[number + 1..].iter().take_while(|next| next.len() - next.trim_start().len() > indent && !next.is_empty());
            queries.push([query.trim(), &more.copied().collect::<Vec<_>>().join(" ")].join(" "));
        }
    }
    queries
}

fn dashboard_queries(value: &Value, queries: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    // The kind of a data source is no query.
                    Value::String(text) if (key == "expr" || key == "query") && text != "prometheus" => queries.push(text.clone()),
                    _ => dashboard_queries(value, queries),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| dashboard_queries(value, queries)),
        _ => {}
    }
}

/// The words of a query that begin like our metrics.
fn named(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("mahnwerk_") || word.starts_with("process_")).map(str::to_owned).collect()
}

async fn everything() -> Exposition {
    let world = World::new(TestLedger::sqlite().await).await;
    Page::open(&world).await.metrics().await
}

#[tokio::test]
async fn every_metric_of_the_alerts_and_of_the_dashboard_exists() {
    let all = everything().await.names();
    let mut queries = alert_queries();
    assert!(queries.len() >= 10, "{queries:?}");
    let dashboard: Value = serde_json::from_str(&shipped("grafana.json")).expect("the dashboard is JSON");
    let before = queries.len();
    dashboard_queries(&dashboard, &mut queries);
    assert!(queries.len() >= before + 10, "{queries:?}");
    for query in queries {
        let names = named(&query);
        assert!(!names.is_empty() || query.contains("up{"), "{query}");
        let missing: Vec<_> = names.difference(&all).collect();
        assert!(missing.is_empty(), "{query} names {missing:?}, which /metrics does not have");
    }
}

#[tokio::test]
async fn the_page_about_watching_explains_every_metric() {
    let page = shipped("monitoring.md");
    let missing: Vec<_> = everything()
        .await
        .names()
        .into_iter()
        .filter(|name| {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            !page.contains(family)
        })
        .collect();
    assert!(missing.is_empty(), "docs/operate/monitoring.md does not name {missing:?}");
}

#[tokio::test]
async fn labels_are_few_and_known() {
    let all = everything().await;
    let known: BTreeSet<String> =
        ["tenant", "state", "pool", "outcome", "sender", "le", "version", "part", "ledger"].into_iter().map(str::to_owned).collect();
    for name in all.names() {
        let other: Vec<_> = all.labels(&name).difference(&known).cloned().collect();
        assert!(other.is_empty(), "{name} has {other:?}: labels must not grow with the ledger");
    }
}
