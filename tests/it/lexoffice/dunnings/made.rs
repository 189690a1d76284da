//! What is made there, what goes along, and what is not made.

use super::stage::{Says, Stage, files, ladder};
use crate::support::ledger::TestLedger;
use crate::support::world::World;
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::engine::operate::Resolution;
use mahnwerk::engine::ports::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

on_both!(
    a_dunning_is_made_there_and_its_document_leaves_with_the_mail,
    of_several_invoices_each_has_its_own,
    what_was_paid_a_moment_before_is_not_dunned_there_either,
    composed_anew_it_takes_what_is_there,
    without_a_letterhead_nothing_leaves_and_a_tick_mends_it,
    a_letter_is_the_dunning_and_several_lie_in_the_envelope,
    switched_off_or_of_another_kind_it_is_our_own,
    a_mail_that_is_sent_again_takes_the_same_dunning,
    a_mail_that_takes_its_letter_along_has_the_dunning_once,
);

/// A dunning as it was asked for, without what is different each time.
async fn content(stage: &Stage, number: &str) -> String {
    let all = stage.office.look("dunnings").await;
    let made = all.as_array().unwrap().iter().find(|made| made["voucherNumber"] == number).unwrap();
    let mut read = stage.office.get(&format!("/dunnings/{}", made["id"].as_str().unwrap())).await.with(200);
    let object = read.as_object_mut().unwrap();
    for key in ["id", "organizationId", "createdDate", "updatedDate", "relatedVouchers", "version"] {
        object.remove(key);
    }
    object["address"].as_object_mut().unwrap().remove("contactId");
    object["lineItems"].as_array_mut().unwrap().iter_mut().for_each(|line| drop(line.as_object_mut().unwrap().remove("id")));
    serde_json::to_string_pretty(&read).unwrap()
}

async fn a_dunning_is_made_there_and_its_document_leaves_with_the_mail(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.live_until("2026-03-02 12:00").await;
    assert_eq!((stage.there().await, stage.here().await), (vec!["AR1".into(), "RE1".into()], vec!["AR1 made".into(), "RE1 made".into()]));
    stage.agrees().await;
    assert_eq!(stage.mails(), [["Mahnung-2026-118.pdf"], ["Mahnung-AR1.pdf"], ["Mahnung-RE1.pdf"]], "the booked voucher's is our own");
    insta::assert_snapshot!("content", content(&stage, "RE1").await);
    // The history says which document it was.
    let rows = stage.world.ledger.rows("SELECT detail FROM transition WHERE cause = 'delivered' ORDER BY seq").await;
    let details: Vec<Value> = rows.iter().map(|row| serde_json::from_str(&row.text("detail").unwrap()).unwrap()).collect();
    assert_eq!(details.iter().filter(|detail| detail["dunning"].is_string()).count(), 2, "{details:?}");
    // At the invoice there it is seen; what is open there is the same as before.
    let invoice = stage.office.get(&format!("/invoices/{}", stage.office.id("RE1").await)).await.with(200);
    assert_eq!(invoice["relatedVouchers"][0]["voucherType"], "dunning");
    stage.live_until("2026-03-20 12:00").await;
    assert_eq!(stage.there().await, ["AR1", "RE1", "RE2"], "each once");
}

async fn of_several_invoices_each_has_its_own(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", true)).await;
    stage.live_until("2026-03-02 12:00").await;
    assert_eq!(stage.there().await, ["AR1", "RE1"]);
    let mails = stage.mails();
    assert_eq!(mails.len(), 1, "one notice about all three: {mails:?}");
    assert_eq!(mails[0].iter().filter(|name| name.starts_with("Mahnung-")).count(), 2, "{mails:?}");
    // The fee stands once, at the invoice whose stage speaks.
    let all = stage.office.look("dunnings").await;
    let mut amounts: Vec<_> = all.as_array().unwrap().iter().map(|made| made["amount"].as_str().unwrap().to_owned()).collect();
    amounts.sort();
    assert!(amounts == ["0.00", "2.50"] || amounts == ["0.00", "0.00"], "{amounts:?}");
    stage.agrees().await;
}

async fn what_was_paid_a_moment_before_is_not_dunned_there_either(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.wait_until("2026-03-02 09:05");
    stage.world.round().await;
    stage.office.control("pay", json!({"voucher": "RE1"})).await;
    stage.work_off().await;
    assert_eq!((stage.there().await, stage.tells("RE1").await.as_str()), (vec!["AR1".to_owned()], "settled"));
    stage.agrees().await;
}

async fn composed_anew_it_takes_what_is_there(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", true)).await;
    stage.mail_by(Arc::new(Says(Outcome::Retry { reason: "451 later".to_owned(), after: Some(Duration::from_secs(120)) })));
    stage.work_off().await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (2, 0));
    stage.office.control("pay", json!({"voucher": "AR1"})).await;
    stage.mail();
    stage.live_until("2026-03-02 14:00").await;
    assert_eq!(stage.there().await, ["AR1", "RE1"], "RE1's is used again: {:?}", stage.notices().await);
    let mails = stage.mails();
    assert_eq!(mails.len(), 1, "{:?}", stage.notices().await);
    assert!(mails[0].contains(&"Mahnung-RE1.pdf".to_owned()) && !mails[0].contains(&"Mahnung-AR1.pdf".to_owned()), "{mails:?}");
    let sql = "SELECT n.state FROM source_dunning d JOIN notice n ON n.tenant_id = d.tenant_id AND n.id = d.notice_id ORDER BY d.id";
    let states: Vec<_> = stage.world.ledger.rows(sql).await.iter().map(|row| row.text("state").unwrap()).collect();
    assert!(states.contains(&"sent".to_owned()) && states.contains(&"recalled".to_owned()), "{states:?}");
    stage.agrees().await;
}

async fn without_a_letterhead_nothing_leaves_and_a_tick_mends_it(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.office.control("letterhead", json!({"printed": false})).await;
    stage.live_until("2026-03-02 12:00").await;
    assert_eq!(stage.mails(), [["Mahnung-2026-118.pdf"]], "the booked voucher's letter is our own");
    let failed: Vec<_> = stage.notices().await.into_iter().filter(|notice| notice.starts_with("failed")).collect();
    assert!(failed.len() == 2 && failed.iter().all(|notice| notice.contains("Briefpapier mitdrucken")), "{failed:?}");
    stage.office.control("letterhead", json!({"printed": true})).await;
    for number in ["RE1", "AR1"] {
        let invoice = stage.invoice(number).await;
        stage.world.engine.retry(stage.world.tenant, invoice, &World::cause("it is ticked now")).await.unwrap();
    }
    stage.live_until("2026-03-03 12:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (2, 3), "{:?}", stage.notices().await);
    stage.agrees().await;
}

async fn a_letter_is_the_dunning_and_several_lie_in_the_envelope(ledger: TestLedger) {
    let postgres = ledger.dialect() == mahnwerk::store::statement::Dialect::Postgres;
    let stage = Stage::new(ledger, &ladder("post", false)).await;
    stage.live_until("2026-03-02 12:00").await;
    let posted = files(&stage.folder.path().join("post"), "pdf");
    assert_eq!((posted.len(), stage.there().await.len()), (3, 2), "{:?}", stage.notices().await);
    let hashes = stage.world.ledger.rows("SELECT document_hash FROM source_dunning ORDER BY id").await;
    let kept: Vec<_> = hashes.iter().map(|row| row.blob("document_hash").unwrap()).collect();
    let theirs = posted.iter().filter(|(_, bytes)| kept.iter().any(|hash| *hash == mahnwerk::domain::chain::digest(bytes)));
    assert_eq!(theirs.count(), 2, "two letters are lexoffice's documents, byte for byte");
    stage.agrees().await;
    let ledger = if postgres { TestLedger::postgres().await } else { TestLedger::sqlite().await };
    let stage = Stage::new(ledger, &ladder("post", true)).await;
    stage.live_until("2026-03-02 12:00").await;
    let names: Vec<_> = files(&stage.folder.path().join("post"), "pdf").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 3, "our letter and two that lie in the envelope: {names:?}");
    assert!(names.iter().any(|name| name.ends_with("-RE1.pdf")) && names.iter().any(|name| name.ends_with("-AR1.pdf")), "{names:?}");
}

async fn switched_off_or_of_another_kind_it_is_our_own(ledger: TestLedger) {
    let stage = Stage::with(ledger, &ladder("email", false), |settings| settings.dunnings = false).await;
    stage.live_until("2026-03-02 12:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (0, 3));
    assert!(stage.here().await.is_empty());
}

async fn a_mail_that_is_sent_again_takes_the_same_dunning(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.mail_by(Arc::new(Says(Outcome::Unknown { reason: "the answer was lost".to_owned() })));
    stage.live_until("2026-03-02 10:00").await;
    let ids = stage.world.ledger.rows("SELECT id FROM notice WHERE state = 'unknown' ORDER BY id").await;
    assert_eq!((ids.len(), stage.there().await.len()), (3, 2));
    stage.mail();
    for row in ids {
        let (id, cause) = (NoticeId(row.text("id").unwrap()), World::cause("it is not in the log"));
        stage.world.engine.resolve(stage.world.tenant, &id, Resolution::SendAgain, &cause).await.unwrap();
    }
    stage.live_until("2026-03-03 12:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (2, 3), "{:?}", stage.notices().await);
    stage.agrees().await;
}

async fn a_mail_that_takes_its_letter_along_has_the_dunning_once(ledger: TestLedger) {
    let ladder = ladder("email", false).replace("fee =", "attach_letter = true\nfee =");
    let stage = Stage::new(ledger, &ladder).await;
    stage.live_until("2026-03-02 12:00").await;
    // The booked voucher's mail has our own letter.
    assert_eq!(stage.mails(), [["Mahnung-2026-118.pdf"], ["Mahnung-AR1.pdf"], ["Mahnung-RE1.pdf"]]);
}
