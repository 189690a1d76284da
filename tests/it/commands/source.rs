//! `source`: what is said where there is none, and of a configuration that can't work.

use super::place::Place;

#[test]
fn a_tenant_without_a_source_is_told_what_to_write() {
    let place = Place::new("[tenants.muster]\n");
    place.run(&["migrate"]).fine();
    assert_eq!(place.run(&["source", "status"]).fine(), "no tenant has a source\n");
    let said = place.run(&["source", "sync", "--tenant", "muster"]);
    assert_eq!(said.code, 1, "{said:#?}");
    let said = said.err;
    assert!(said.contains("tenant muster has no source: [tenants.muster.lexoffice] in the configuration names one"), "{said}");
}

#[test]
fn webhooks_that_can_not_come_are_named() {
    let tenant = "[tenants.muster.lexoffice]\napi_key = \"key\"\n";
    let said = |more: &str| {
        let place = Place::new("");
        place.write("worker.toml", more);
        let ended = place.run(&["doctor"]);
        ended.out.split("webhooks ").nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let missing = said(tenant);
    assert!(missing.contains("asked every quarter of an hour") && missing.contains("as [server] public_url"), "{missing}");
    let loopback = said(&format!("[server]\npublic_url = \"http://127.0.0.1:8750\"\n{tenant}"));
    assert!(loopback.contains("leads to this machine only"), "{loopback}");
    let well = said(&format!("[server]\npublic_url = \"https://dunning.example.com\"\n{tenant}"));
    assert!(well.contains("muster: lexoffice is to call https://dunning.example.com"), "{well}");
    let no_key = said(&format!("{tenant}webhook_key_file = \"worker.toml\"\n"));
    assert!(no_key.contains("webhook_key_file: worker.toml") && no_key.contains("BEGIN PUBLIC KEY"), "{no_key}");
    assert_eq!(said(&format!("{tenant}webhooks = false\n")), "");
}

#[test]
fn a_key_is_neither_shown_nor_said() {
    let place = Place::new("[tenants.muster.lexoffice]\napi_key = \"s3cret-key\"\nmax_data_age_hours = 1000\n");
    let said = place.run(&["config", "check"]);
    assert_ne!(said.code, 0, "{said:#?}");
    let said = format!("{}{}", said.out, said.err);
    assert!(said.contains("max_data_age_hours") && !said.contains("s3cret"), "{said}");
    let place = Place::new("[tenants.muster.lexoffice]\napi_key = \"s3cret-key\"\n");
    let shown = place.run(&["config", "show"]).fine().to_owned();
    assert!(shown.contains("[tenants.muster.lexoffice]") && !shown.contains("s3cret"), "{shown}");
}
