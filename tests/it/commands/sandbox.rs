//! `sandbox`: what it refuses to start with.

use super::place::{Ended, Place};

fn sandbox(place: &Place, more: &[&str]) -> Ended {
    let free = "127.0.0.1:0";
    place.run(&[&["sandbox", "--smtp", free, "--page", free][..], more].concat())
}

#[test]
fn a_wrong_scenario_is_named_with_file_and_line() {
    let place = Place::new("");
    place.write("world.toml", "[[organizations]]\nname = \"X\"\nkey = \"k\"\n");
    let ended = sandbox(&place, &["--lexoffice", "127.0.0.1:0", "--lexoffice-scenario", "world.toml"]);
    assert_ne!(ended.code, 0, "{ended:#?}");
    assert!(ended.err.contains("world.toml:3:7: error: organizations[1].key: unknown field `key`"), "{ended:#?}");
}

#[test]
fn it_serves_this_machine_only() {
    let place = Place::new("");
    let ended = sandbox(&place, &["--lexoffice", "0.0.0.0:0"]);
    assert_ne!(ended.code, 0, "{ended:#?}");
    assert!(ended.err.contains("--lexoffice 0.0.0.0:0: the sandbox serves this machine only"), "{ended:#?}");
}
