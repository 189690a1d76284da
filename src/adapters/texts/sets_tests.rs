//! Text sets as a whole: what they say (read the snapshots as a customer would), and what they never let through.

use super::samples::{self, bare, hostile, one, several, with_fee};
use super::{Origin, OwnText, TextError, TextSets, html, plain};
use crate::domain::document::{Block, Inline};
use crate::domain::notice::{Kind, Notice};
use std::fs;
use std::path::Path;

fn built_in() -> TextSets {
    TextSets::load(None).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn notice(language: &str, template: &str, sample: Notice) -> Notice {
    let kind = if template.starts_with("dunning") { Kind::Dunning } else { Kind::Reminder };
    Notice { language: language.to_owned(), template: template.to_owned(), stage: template.to_owned(), kind, ..sample }
}

fn as_mail(sets: &TextSets, notice: &Notice) -> String {
    let text = sets.render(notice).unwrap();
    format!("Subject: {}\n\n{}", text.subject, plain(notice, &text))
}

#[test]
fn every_built_in_set_reads_well() {
    let sets = built_in();
    assert_eq!(sets.templates().len(), 9);
    for template in sets.templates() {
        for language in sets.languages_for(template) {
            insta::assert_snapshot!(format!("{language}-{template}-one"), as_mail(&sets, &notice(language, template, one())));
            insta::assert_snapshot!(
                format!("{language}-{template}-several"),
                as_mail(&sets, &notice(language, template, with_fee(several())))
            );
        }
    }
}

#[test]
fn a_notice_that_knows_little_still_reads_well() {
    let sets = built_in();
    insta::assert_snapshot!("de-bare", as_mail(&sets, &notice("de", "dunning-1", bare())));
    insta::assert_snapshot!("en-bare", as_mail(&sets, &notice("en", "dunning-3", bare())));
}

#[test]
fn the_html_mail_is_complete_and_fetches_nothing() {
    let notice = notice("de", "dunning-2", with_fee(several()));
    let page = html(&notice, &built_in().render(&notice).unwrap());
    insta::assert_snapshot!("html", page);
    for outside in ["http:", "src=", "url(", "<img", "<link", "<script", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_test_says_so_first() {
    let sets = built_in();
    for (language, hint) in [("de", "Bitte nicht bezahlen"), ("en", "Please do not pay")] {
        let notice = Notice { test: true, ..notice(language, "reminder-1", one()) };
        let text = sets.render(&notice).unwrap();
        assert!(text.subject.starts_with("TEST – "), "{}", text.subject);
        assert!(plain(&notice, &text).starts_with("TEST") && plain(&notice, &text).contains(hint));
        assert!(html(&notice, &text).contains(hint));
    }
    assert!(!as_mail(&sets, &notice("de", "reminder-1", one())).contains("TEST"));
}

#[test]
fn no_fee_is_mentioned_where_there_is_none() {
    let sets = built_in();
    for template in sets.templates() {
        for sample in [one(), several()] {
            let german = as_mail(&sets, &notice("de", template, sample.clone()));
            assert!(!german.contains("Mahnkosten") && !german.contains("Gebühr"), "{german}");
            let english = as_mail(&sets, &notice("en", template, sample));
            assert!(!english.contains("Dunning costs") && !english.contains("fee"), "{english}");
        }
    }
}

#[test]
fn a_language_without_a_set_falls_back_to_the_whole_german_message() {
    let sets = built_in();
    for (wanted, language) in
        [("en", "en"), ("EN", "en"), ("en-GB", "en"), ("en_US", "en"), ("de-AT", "de"), ("fr", "de"), ("", "de"), ("english", "de")]
    {
        assert_eq!(sets.resolve_language("reminder-1", wanted), language, "{wanted}");
    }
    let text = sets.render(&notice("fr", "reminder-1", one())).unwrap();
    assert!(text.subject.starts_with("Zahlungserinnerung"), "{}", text.subject);
    assert!(serde_json::to_string(&text.body).unwrap().contains("1.190,00 €"));
}

#[test]
fn a_notice_that_should_not_exist_is_refused() {
    let sets = built_in();
    assert!(!sets.has("reminder-9") && sets.has("dunning-3"));
    let refusal = sets.render(&notice("de", "reminder-9", one())).unwrap_err();
    assert!(matches!(&refusal, TextError::NoSuchTemplate { known, .. } if known.contains("reminder-1")), "{refusal}");
    let mut empty = one();
    empty.lines.clear();
    assert!(matches!(sets.render(&empty), Err(TextError::Missing { .. })));
    let mut nobody = one();
    nobody.creditor.name = "\u{202E}".to_owned();
    assert!(matches!(sets.render(&nobody), Err(TextError::Missing { .. })));
}

/// What a body is made of, without its words.
fn shape(blocks: &[Block]) -> Vec<String> {
    fn inlines(c: &[Inline]) -> String {
        c.iter()
            .map(|inline| match inline {
                Inline::T { .. } => "t".to_owned(),
                Inline::B { c } => format!("b({})", inlines(c)),
                Inline::I { c } => format!("i({})", inlines(c)),
                Inline::A { url, .. } => format!("a({url})"),
                Inline::Br => "br".to_owned(),
            })
            .collect()
    }
    let of = |block: &Block| match block {
        Block::P { c } => format!("p {}", inlines(c)),
        Block::H { c } => format!("h {}", inlines(c)),
        Block::List { items, .. } => items.iter().flat_map(|item| shape(item)).collect::<Vec<_>>().join(","),
        Block::Quote { c } => shape(c).join(","),
        Block::Rule => "rule".to_owned(),
        Block::Invoices => "invoices".to_owned(),
    };
    blocks.iter().map(of).collect()
}

#[test]
fn hostile_values_are_text_in_every_text_and_target() {
    let sets = built_in();
    for template in sets.templates() {
        for language in ["de", "en"] {
            let (harmless, attack) = (notice(language, template, several()), notice(language, template, hostile()));
            let text = sets.render(&attack).unwrap();
            assert_eq!(shape(&text.body), shape(&sets.render(&harmless).unwrap().body), "{language}/{template}");
            assert!(!text.subject.chars().any(char::is_control) && text.subject.chars().count() <= 200);
            let page = html(&attack, &text);
            for markup in ["<script", "<img", "<i>", "href=\"https://evil"] {
                assert!(!page.contains(markup), "{markup}");
            }
            for unreadable in ['\0', '\u{7}', '\u{202E}', '\u{E000}', '\u{E002}'] {
                assert!(!page.contains(unreadable) && !plain(&attack, &text).contains(unreadable), "{unreadable:?}");
            }
            assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
        }
    }
}

/// The table of `reference`'s A.5: a name goes in, and comes out as it was.
#[test]
fn names_come_out_as_they_went_in() {
    let sets = built_in();
    for (name, shown) in [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{total}} {{{total}}}", "{{total}} {{{total}}}"),
        ("#import \"/etc/passwd\": * #read(1)", "#import \"/etc/passwd\": * #read(1)"),
        ("**fett** [Klick](https://evil) ![x](y)", "**fett** [Klick](https://evil) ![x](y)"),
        ("    code\n# H1\n- list\n1. x", "code # H1 - list 1. x"),
        ("Meier\r\nBcc: a@evil.example", "Meier  Bcc: a@evil.example"),
        ("a\u{202E}b\u{2066}c\0d\u{7}e\u{E000}f\u{FFFE}g", "abcdefg"),
        ("Müller & Söhne \u{1F44D}", "Müller & Söhne \u{1F44D}"),
        ("\u{E002}", "Sir or Madam"),
    ] {
        let mut notice = notice("en", "reminder-1", one());
        name.clone_into(&mut notice.recipient.name);
        let text = sets.render(&notice).unwrap();
        assert_eq!(text.body[0], Block::P { c: vec![Inline::T { t: format!("Dear {shown},") }] });
    }
    let mut notice = notice("en", "reminder-1", one());
    "R1\r\nBcc: a@evil.example\r\n\r\nx".clone_into(&mut notice.lines[0].invoice);
    assert_eq!(sets.render(&notice).unwrap().subject, "Payment reminder: invoice R1 Bcc: a@evil.example x");
}

fn write_set(folder: &Path, set: &str, subject: &str, body: &str) {
    let set = folder.join(set);
    fs::create_dir_all(&set).unwrap();
    fs::write(set.join("subject.hbs"), subject).unwrap();
    fs::write(set.join("body.hbs"), body).unwrap();
}

#[test]
fn an_owners_set_takes_the_place_of_a_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("README.md"), "mine").unwrap();
    write_set(folder.path(), "de/reminder-1", "Hallo {{date}}", "\u{FEFF}Bitte **{{total}}** zahlen.\r\n\r\n{{invoice_table}}\r\n");
    write_set(folder.path(), "de/friendly", "Servus", "{{#each invoices}}{{number}}{{#unless @last}}, {{/unless}}{{/each}}");
    let sets = TextSets::load(Some(folder.path())).unwrap();
    assert_eq!(sets.templates().len(), 10);
    let text = sets.render(&notice("de", "reminder-1", one())).unwrap();
    assert_eq!((text.subject.as_str(), shape(&text.body)), ("Hallo 23.11.2026", vec!["p tb(t)t".to_owned(), "invoices".to_owned()]));
    assert_eq!(sets.resolve_language("friendly", "en"), "de");
    assert!(sets.render(&notice("en", "reminder-1", one())).unwrap().subject.starts_with("Payment reminder"));
}

#[test]
fn a_folder_with_mistakes_tells_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_set(root, "de/reminder-1", "{{totl}}", "a\n\n{{#if several}}b");
    write_set(root, "en/only-english", "x", "y");
    write_set(root, "de/silent", "{{#if several}}x{{/if}}", "{{! nothing }}");
    write_set(root, "deutsch/reminder-1", "x", "y");
    fs::write(root.join("de/silent/bodi.hbs"), "x").unwrap();
    fs::create_dir_all(root.join("de/half")).unwrap();
    fs::write(root.join("de/half/subject.hbs"), b"\xff").unwrap();
    let problems = TextSets::load(Some(root)).unwrap_err();
    let told: Vec<_> = problems.iter().map(|problem| problem.to_string().replace(&format!("{}/", root.display()), "")).collect();
    insta::assert_snapshot!("folder-mistakes", told.join("\n"));
    let missing = TextSets::load(Some(&root.join("nowhere"))).unwrap_err();
    assert!(missing[0].file.ends_with("nowhere"), "{missing:?}");
}

#[test]
fn sets_are_shared_by_all_workers() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&built_in());
}

#[test]
fn samples_differ_in_what_they_know() {
    assert!(samples::all().iter().any(|(_, sample)| sample.creditor.iban.is_empty()));
    assert!(samples::all().iter().any(|(_, sample)| sample.fee_minor != 0 && sample.lines.len() > 1));
}

#[test]
fn a_tenants_own_sets_stand_above_the_folders() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path(), "de/reminder-1", "Ordner", "Aus dem Ordner");
    let own = |name: &str, body: &str| OwnText::new(name, "Eigener Betreff {{level}}", body).unwrap();
    let (first, new, french) = (own("de/reminder-1", "Eigener Text"), own("de/last-call", "Neu"), own("fr/last-call", "Nouveau"));
    let sets = TextSets::load_with(Some(folder.path()), &[first, new, french.clone()]).unwrap();
    let origin = |template: &str, language: &str| sets.written(template, language).map(|written| written.origin);
    assert_eq!(origin("reminder-1", "de"), Some(Origin::Published));
    assert_eq!((origin("reminder-1", "en"), origin("reminder-1", "fr")), (Some(Origin::BuiltIn), None));
    assert!(as_mail(&sets, &notice("de", "reminder-1", one())).contains("Eigener Text"));
    assert!(as_mail(&sets, &notice("fr", "last-call", one())).contains("Nouveau"));
    let without = TextSets::load(Some(folder.path())).unwrap();
    assert!(as_mail(&without, &notice("de", "reminder-1", one())).contains("Aus dem Ordner"));

    let problems = TextSets::load_with(None, std::slice::from_ref(&french)).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("no German set")), "{problems:#?}");
    assert!(TextSets::alone(&french).is_ok());
    let wrong = OwnText::new("de/reminder-1", "{{totl}}", "Gut\n\n{{customer.name}}").unwrap();
    let problems = TextSets::load_with(None, &[wrong]).unwrap_err();
    let told: Vec<_> = problems.iter().map(|problem| (problem.is_of_subject(), problem.line, problem.name.as_str())).collect();
    assert_eq!(told, [(false, Some(3), "customer.name"), (true, Some(1), "totl")]);
}
