//! Calls that are not lexoffice's, or not for us: refused in a way that costs no subscription and no memory, and before anything is read.

use super::hooked::{Hooked, signed};
use crate::support::ledger::TestLedger;
use serde_json::Value;

on_both!(only_what_lexoffice_signed_for_this_tenant_is_kept, a_ledger_that_is_away_is_called_again);

async fn only_what_lexoffice_signed_for_this_tenant_is_kept(ledger: TestLedger) {
    let mut hooked = Hooked::start(ledger).await;
    hooked.stop().await;
    let kept = "SELECT COUNT(*) AS n FROM source_event";
    let before = hooked.joined.world.ledger.number(kept).await;
    let body = hooked.body("payment.changed", "RE1").await;
    let (signature, url) = (signed(&body), hooked.callback.clone());
    let changed = |field: &str, value: Value| {
        let mut call: Value = serde_json::from_slice(&body).unwrap();
        call[field] = value;
        call.to_string().into_bytes()
    };
    let altered = changed("resourceId", "00000000-0000-0000-0000-000000000000".into());
    let spaced = [body.as_slice(), b" "].concat();
    for (call, signature, why) in [
        (&body, None, "unsigned"),
        (&body, Some("AAAA"), "no signature"),
        (&body, Some("not base64"), "no base64"),
        (&altered, Some(signature.as_str()), "an altered body"),
        (&spaced, Some(signature.as_str()), "a body that was written anew"),
    ] {
        assert_eq!(hooked.call(&url, call, signature).await, 400, "{why}");
    }
    for (field, value) in [
        ("organizationId", "11111111-2222-3333-4444-555555555555".into()),
        ("organizationId", Value::Null),
        ("resourceId", "../../etc".into()),
        ("eventDate", "yesterday".into()),
        ("eventType", "x".repeat(200).into()),
    ] {
        let call = changed(field, value);
        assert_eq!(hooked.call(&url, &call, Some(&signed(&call))).await, 400, "{field}");
    }
    let long = changed("eventType", "x".repeat(70_000).into());
    assert_eq!(hooked.call(&url, &long, Some(&signed(&long))).await, 413);
    let of_years_ago = changed("eventDate", "2020-03-02T09:00:00.000+01:00".into());
    assert_eq!(hooked.call(&url, &of_years_ago, Some(&signed(&of_years_ago))).await, 204);
    for elsewhere in [url.replace("/muster", "/nobody"), url.replace("/lexoffice/", "/other/"), url.replace("/muster", "/%00")] {
        assert_eq!(hooked.call(&elsewhere, &body, Some(&signature)).await, 400, "{elsewhere}");
        assert_eq!(hooked.office().call("HEAD", &elsewhere, &[], "").await.unwrap().status, 204);
    }
    assert_eq!(hooked.joined.world.ledger.number(kept).await, before);
    for method in ["HEAD", "GET"] {
        assert_eq!(hooked.office().call(method, &url, &[], "").await.unwrap().status, 204);
    }
    assert_eq!(hooked.call(&url, &body, Some(&signature)).await, 204);
    assert_eq!(hooked.call(&url, &body, Some(&signature)).await, 204, "told twice");
    assert_eq!(hooked.joined.world.ledger.number(kept).await, before + 1);
    let counts: std::collections::BTreeMap<_, _> = hooked.joined.world.engine.metrics.calls().collect();
    let refused = ["unsigned", "forged", "unreadable", "wrong_organisation", "too_large", "late", "off"].map(|word| counts[word]);
    assert_eq!(refused, [1, 4, 4, 1, 1, 1, 3], "{counts:?}");
}

async fn a_ledger_that_is_away_is_called_again(ledger: TestLedger) {
    let mut hooked = Hooked::start(ledger).await;
    hooked.stop().await;
    let body = hooked.body("payment.changed", "RE1").await;
    hooked.joined.world.ledger.store.close().await;
    assert_eq!(hooked.call(&hooked.callback, &body, Some(&signed(&body))).await, 503);
    assert_eq!(hooked.call(&hooked.callback, &body, Some("AAAA")).await, 400, "checked before the ledger is asked");
}
