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
