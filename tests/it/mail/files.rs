//! Mail into a folder.

use super::{envelope, is_done};
use mahnwerk::adapters::mail::FileMailer;
use mahnwerk::engine::ports::{Mailer, Outcome};
use std::fs;

#[tokio::test]
async fn a_file_is_whole_and_writing_it_again_is_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = FileMailer::new(folder.path().to_owned());
    assert!(mailer.check().await.is_ok());
    for _ in 0..2 {
        assert!(is_done(&mailer.send("01J9-1", &envelope(&["a@b.example"]), b"Subject: x\r\n\r\n.\r\n").await));
    }
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["01J9-1.eml"]);
    assert_eq!(fs::read(folder.path().join("01J9-1.eml")).unwrap(), b"Subject: x\r\n\r\n.\r\n");
}

#[tokio::test]
async fn a_missing_folder_is_a_retry_and_a_bad_name_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let missing = FileMailer::new(folder.path().join("missing"));
    assert!(missing.check().await.unwrap_err().contains("missing"));
    let outcome = missing.send("x", &envelope(&["a@b.example"]), b"x").await;
    assert!(matches!(&outcome, Outcome::Retry { reason, .. } if reason.contains("missing")), "{outcome:?}");
    let outcome = FileMailer::new(folder.path().to_owned()).send("../x", &envelope(&["a@b.example"]), b"x").await;
    assert!(matches!(outcome, Outcome::Failed { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
