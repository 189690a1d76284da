//! `token`: what programs open the API with, made and taken back.

use super::place::{AT_ONCE, Place};

#[test]
fn a_token_is_shown_once_and_revoked_for_good() {
    let place = Place::new("");
    place.enrol(1, AT_ONCE);
    let made = place.run(&["token", "make", "shop", "--scopes", "read,facts:write", "--days", "30"]);
    let secret = made.fine().trim().to_owned();
    assert!(secret.starts_with("mahnwerk_") && secret.len() > 50, "{secret}");
    let listed = place.run(&["token", "list", "--json"]);
    assert!(!listed.out.contains(&secret), "only its hash is kept");
    let token = listed.objects()[0].clone();
    assert_eq!((&token["name"], &token["state"]), (&"shop".into(), &"holds".into()));
    assert_eq!(token["scopes"], serde_json::json!(["read", "facts:write"]));
    let again = place.run(&["token", "make", "shop", "--scopes", "read"]);
    assert!(again.code == 1 && again.err.contains("there is or was a token with this name"), "{again:#?}");
    let wrong = place.run(&["token", "make", "other", "--scopes", "write"]);
    assert!(wrong.code == 2 && wrong.err.contains("read,facts:write,operate,admin"), "{wrong:#?}");
    assert_eq!(place.run(&["token", "revoke", "shop"]).fine(), "shop holds no more\n");
    assert_eq!(place.run(&["token", "list", "--json"]).objects()[0]["state"], "revoked");
    let gone = place.run(&["token", "revoke", "shop"]);
    assert!(gone.code == 1 && gone.err.contains("there is no token with this name that holds"), "{gone:#?}");
}
