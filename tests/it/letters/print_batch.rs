//! The print batch: the same letter twice, after a crash between its two writes, from several places at once.

use super::notice;
use mahnwerk::adapters::letters::PrintBatch;
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::domain::notice::Notice;
use mahnwerk::engine::ports::{LetterPost, Outcome, PostItem};
use std::collections::BTreeMap;
use std::path::Path;

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Pages/Count 2>>endobj\n%%EOF\n";
const DAY: &str = "2013-11-20";
const FILE: &str = "10023-00112233445566778899aabbccddeeff.pdf";

async fn post(batch: &PrintBatch, notice: &Notice, pdf: &[u8]) -> Outcome {
    batch.post(&PostItem { notice, reason: Some("no e-mail address"), pdf, enclosed: Vec::new() }).await
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder.join(DAY)).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

#[tokio::test]
async fn a_letter_lies_in_its_days_folder_and_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let batch = PrintBatch::new(folder.path());
    batch.check().await.unwrap();
    let Outcome::Done { reply } = post(&batch, &notice("de", 1), PDF).await else { panic!("not done") };
    assert!(reply.starts_with(&format!("{DAY}/{FILE}, 2 pages, sha256 ")), "{reply}");
    let files = files(folder.path());
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), [".lock", FILE, "manifest.csv"]);
    assert_eq!(files[FILE], PDF);
    let manifest = String::from_utf8(files["manifest.csv"].clone()).unwrap();
    let sha256 = reply.rsplit(' ').next().unwrap();
    assert_eq!(
        manifest,
        format!(
            "notice,customer,name,pages,reason,sha256,file\n\
             00112233445566778899aabbccddeeff,10023,Schreinerei Öttinger & Söhne OHG,2,no e-mail address,{sha256},{FILE}\n"
        )
    );
}

#[tokio::test]
async fn posting_again_changes_nothing_even_after_the_pdf_was_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let letter = notice("de", 1);
    let first = post(&PrintBatch::new(folder.path()), &letter, PDF).await;
    let before = files(folder.path());
    assert_eq!(post(&PrintBatch::new(folder.path()), &letter, PDF).await, first);
    assert_eq!(files(folder.path()), before);
    std::fs::remove_file(folder.path().join(DAY).join(FILE)).unwrap();
    assert_eq!(post(&PrintBatch::new(folder.path()), &letter, PDF).await, first);
    assert!(!files(folder.path()).contains_key(FILE), "a letter that was taken away to be printed came back");
}

#[tokio::test]
async fn a_crash_between_the_two_writes_leaves_one_letter_and_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (batch, letter) = (PrintBatch::new(folder.path()), notice("de", 1));
    post(&batch, &letter, PDF).await;
    let whole = files(folder.path());
    let manifest = folder.path().join(DAY).join("manifest.csv");
    // Before the line, in the middle of it, and before the PDF got its name.
    std::fs::write(&manifest, "").unwrap();
    post(&batch, &letter, PDF).await;
    assert_eq!(files(folder.path()), whole);
    std::fs::write(&manifest, &whole["manifest.csv"][..70]).unwrap();
    post(&batch, &letter, PDF).await;
    assert_eq!(files(folder.path()), whole);
    std::fs::remove_file(&manifest).unwrap();
    std::fs::remove_file(folder.path().join(DAY).join(FILE)).unwrap();
    std::fs::write(folder.path().join(DAY).join(".00112233445566778899aabbccddeeff.part"), b"%PDF-1").unwrap();
    post(&batch, &letter, PDF).await;
    assert_eq!(files(folder.path()), whole);
}

#[tokio::test]
async fn another_content_for_the_same_notice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (batch, letter) = (PrintBatch::new(folder.path()), notice("de", 1));
    post(&batch, &letter, PDF).await;
    let before = files(folder.path());
    let other = [PDF, b"%\n"].concat();
    assert!(matches!(post(&batch, &letter, &other).await, Outcome::Failed { reason } if reason.contains("other content")));
    assert!(matches!(post(&batch, &letter, b"<html>").await, Outcome::Failed { reason } if reason.contains("not a PDF")));
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn names_stay_inside_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let batch = PrintBatch::new(folder.path());
    let mut letter = notice("de", 1);
    letter.recipient.number = "../../evil".to_owned();
    let Outcome::Done { .. } = post(&batch, &letter, PDF).await else { panic!("not done") };
    assert!(files(folder.path()).contains_key("______evil-00112233445566778899aabbccddeeff.pdf"));
    letter.id = NoticeId("../x".to_owned());
    assert!(matches!(post(&batch, &letter, PDF).await, Outcome::Failed { .. }));
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_is_tried_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let batch = PrintBatch::new(&file);
    assert!(matches!(post(&batch, &notice("de", 1), PDF).await, Outcome::Retry { .. }));
    assert!(batch.check().await.unwrap_err().contains("make the folder writable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_may_post_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let batch = PrintBatch::new(folder.path());
            let mut letter = notice("de", 1);
            // Each notice twice, from two places.
            letter.id = NoticeId(format!("{:032x}", number / 2));
            tokio::spawn(async move { post(&batch, &letter, PDF).await })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap(), Outcome::Done { .. }));
    }
    let files = files(folder.path());
    assert_eq!(files.keys().filter(|name| name.ends_with(".pdf")).count(), 20);
    assert_eq!(files["manifest.csv"].iter().filter(|byte| **byte == b'\n').count(), 21);
}
