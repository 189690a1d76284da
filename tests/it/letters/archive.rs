//! What only the embedded engine promises: archivable, tagged, the same bytes every time.
#![cfg(feature = "typst")]

use super::{notice, pages, poppler, render};
use mahnwerk::adapters::letters::{LetterSettings, TypstEngine};
use sha2::{Digest, Sha256};
use std::sync::Arc;

fn engine() -> TypstEngine {
    TypstEngine::new(&LetterSettings::default()).unwrap()
}

#[test]
fn letters_are_marked_and_tagged_for_the_archive() {
    let pdf = render(&engine(), &notice("en", 8)).unwrap();
    let info = poppler("pdfinfo", &[], &pdf.bytes);
    assert!(info.lines().any(|line| line.starts_with("Tagged:") && line.ends_with("yes")), "{info}");
    assert!(info.lines().any(|line| line.starts_with("CreationDate:") && line.contains("Nov 20") && line.contains("2013")), "{info}");
    assert!(info.contains("Second dunning notice, customer no. 10023") && info.contains("(A4)"), "{info}");
    let metadata: String = poppler("pdfinfo", &["-meta"], &pdf.bytes).split_whitespace().collect();
    assert!(
        metadata.contains("<pdfaid:part>2</pdfaid:part>") && metadata.contains("<pdfaid:conformance>B</pdfaid:conformance>"),
        "{metadata}"
    );
    let structure = poppler("pdfinfo", &["-struct"], &pdf.bytes);
    for tag in ["H1", "Table", "TR", "TH", "Figure", "L "] {
        assert!(structure.lines().any(|line| line.trim_start().starts_with(tag.trim())), "{tag} in {structure}");
    }
}

#[test]
fn two_engines_in_two_threads_give_the_same_bytes() {
    let letters = [notice("de", 60), notice("en", 1), notice("de", 8)];
    let hashes = || letters.iter().map(|letter| Sha256::digest(render(&engine(), letter).unwrap().bytes)).collect::<Vec<_>>();
    let other = std::thread::scope(|scope| scope.spawn(hashes).join().unwrap());
    assert_eq!(hashes(), other);
}

#[test]
fn one_engine_serves_many_threads() {
    let engine = Arc::new(engine());
    let alone: Vec<_> = (1..=8).map(|rows| render(engine.as_ref(), &notice("de", rows)).unwrap()).collect();
    let threads: Vec<_> = (1..=8)
        .map(|rows| {
            let engine = Arc::clone(&engine);
            std::thread::spawn(move || render(engine.as_ref(), &notice("de", rows)).unwrap())
        })
        .collect();
    let together: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(alone == together, "a letter differs when others are set beside it");
}

#[test]
fn a_total_never_stands_alone_on_a_page() {
    let engine = engine();
    for rows in 18..=30 {
        for page in pages(&render(&engine, &notice("de", rows)).unwrap().bytes) {
            assert!(!page.contains("Zu zahlen") || page.contains("RE-2013-"), "{rows} rows: {page}");
        }
    }
}
