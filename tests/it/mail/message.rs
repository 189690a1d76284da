//! The bytes of a composed mail, read back by a parser that shares no code with the composer.

use super::mail;
use mahnwerk::adapters::mail::compose;
use mahnwerk::engine::ports::{Attachment, Mail};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

fn everything() -> Mail {
    Mail {
        from_name: "Müller & Söhne, \"Bau\" 🏗️".to_owned(),
        to_name: "شركة البناء الحديث".to_owned(),
        cc: vec!["chef@markt.example".to_owned(), "info@müller-bau.example".to_owned()],
        bcc: vec!["archiv@bau.example".to_owned()],
        subject: "Mahnung 🔔 über 1.190,00 € – תזכורת תשלום".to_owned(),
        attachments: vec![
            Attachment {
                name: "Mahnung Müller №1.pdf".to_owned(),
                content_type: "application/pdf".to_owned(),
                bytes: b"%PDF-1.7\n".to_vec(),
            },
            Attachment { name: "liste.csv".to_owned(), content_type: "text/csv; charset=utf-8".to_owned(), bytes: "ä;b\n".into() },
        ],
        ..mail("01J9")
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|b| *b == b'\n').collect()
}

/// Every byte is ASCII, every line ends in CR LF and has at most 998 bytes (RFC 5322 2.1.1).
fn assert_fit_for_the_wire(bytes: &[u8]) {
    assert!(bytes.is_ascii());
    let lines = lines(bytes);
    for line in &lines[..lines.len() - 1] {
        assert_eq!(line.last(), Some(&b'\r'), "{}", String::from_utf8_lossy(line));
        assert!(!line[..line.len() - 1].contains(&b'\r'));
        assert!(line.len() <= 999, "{} bytes: {}…", line.len(), String::from_utf8_lossy(&line[..60]));
    }
}

fn header_names(bytes: &[u8]) -> Vec<String> {
    let head = String::from_utf8_lossy(bytes).split("\r\n\r\n").next().unwrap().to_owned();
    let mut names: Vec<String> =
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_mail_says_what_it_was_given() {
    let given = everything();
    let (envelope, bytes) = compose(&given).unwrap();
    assert_fit_for_the_wire(&bytes);
    assert_eq!(envelope.from, "rechnung@bau.example");
    assert_eq!(envelope.recipients, ["praxis@markt.example", "chef@markt.example", "info@xn--mller-bau-q9a.example", "archiv@bau.example"]);

    let parsed = MessageParser::default().parse(&bytes).unwrap();
    let first = |list: Option<&mail_parser::Address<'_>>| list.unwrap().first().unwrap().clone().into_owned();
    assert_eq!(first(parsed.from()).name().unwrap(), given.from_name);
    assert_eq!(first(parsed.to()).name().unwrap(), given.to_name);
    assert_eq!(first(parsed.to()).address().unwrap(), given.to);
    assert_eq!(first(parsed.reply_to()).address().unwrap(), "buero@bau.example");
    assert_eq!(parsed.cc().unwrap().iter().count(), 2);
    assert!(parsed.bcc().is_none());
    assert!(!String::from_utf8_lossy(&bytes).contains("archiv@"), "BCC stands in the envelope only");
    assert_eq!(parsed.subject().unwrap(), given.subject);
    assert_eq!(parsed.message_id().unwrap(), given.message_id);
    assert_eq!(parsed.date().unwrap().to_timestamp() * 1000, given.date_ms);
    assert_eq!(parsed.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    assert_eq!(parsed.header_raw("Content-Language").unwrap().trim(), "de");
    assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), given.plain.trim_end());
    assert_eq!(parsed.body_html(0).unwrap().trim_end(), given.html);
    assert_eq!(parsed.attachment_count(), 2);
    for (part, attachment) in parsed.attachments().zip(&given.attachments) {
        assert_eq!(part.attachment_name().unwrap(), attachment.name);
        assert_eq!(part.contents(), attachment.bytes);
    }
    assert!(parsed.attachment(0).unwrap().is_content_type("application", "pdf"));
}

#[test]
fn the_same_mail_gives_the_same_bytes() {
    let (first_envelope, first) = compose(&everything()).unwrap();
    let (second_envelope, second) = compose(&everything()).unwrap();
    assert_eq!((first_envelope, first.as_slice()), (second_envelope, second.as_slice()));
    let other = compose(&Mail { message_id: "other@bau.example".to_owned(), ..everything() }).unwrap().1;
    let boundary = |bytes: &[u8]| String::from_utf8_lossy(bytes).split("boundary=\"").nth(1).unwrap()[..40].to_owned();
    assert_ne!(boundary(&first), boundary(&other));
}

#[test]
fn a_text_alone_needs_no_parts() {
    for (plain, html, kind) in [("nur Text", "", "text/plain"), ("", "<p>nur HTML</p>", "text/html")] {
        let (_, bytes) = compose(&Mail { plain: plain.to_owned(), html: html.to_owned(), ..mail("1") }).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(&format!("Content-Type: {kind}; charset=utf-8")) && !text.contains("multipart"), "{text}");
    }
    let error = compose(&Mail { plain: String::new(), html: String::new(), ..mail("1") }).unwrap_err();
    assert!(error.to_string().contains("both empty"));
}

#[test]
fn long_lines_words_and_lists_fit() {
    let long = Mail {
        subject: "W".repeat(5000),
        from_name: "N".repeat(5000),
        to_name: "€".repeat(2000),
        cc: (0..200).map(|n| format!("kollege-{n}@markt.example")).collect(),
        plain: format!("{}\n{}\n", "x".repeat(20_000), "ä".repeat(20_000)),
        html: format!("<p>{}</p>", "y".repeat(20_000)),
        attachments: vec![Attachment {
            name: format!("{}.pdf", "lang".repeat(500)),
            content_type: "application/pdf".to_owned(),
            bytes: vec![0; 100_000],
        }],
        ..mail("1")
    };
    let (envelope, bytes) = compose(&long).unwrap();
    assert_fit_for_the_wire(&bytes);
    assert_eq!(envelope.recipients.len(), 201);
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(parsed.subject().unwrap(), long.subject);
    assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), long.plain.trim_end());
    assert_eq!(parsed.attachment(0).unwrap().contents(), long.attachments[0].bytes);
}

#[test]
fn what_looks_like_an_encoded_word_is_data() {
    let subject = "=?utf-8?b?QmNjOiB4QHk=?= und =?utf-8?q?mehr?=";
    let (_, bytes) = compose(&Mail { subject: subject.to_owned(), ..mail("1") }).unwrap();
    assert_eq!(MessageParser::default().parse(&bytes).unwrap().subject().unwrap(), subject);
}

#[test]
fn errors_name_the_field() {
    type Spoil = fn(&mut Mail);
    let cases: [(&str, Spoil); 12] = [
        ("from: ", |m| m.from = "nobody".to_owned()),
        ("to: ", |m| m.to = "a@b.example\r\nBcc: c@d.example".to_owned()),
        ("to: ", |m| m.to.clear()),
        ("reply_to: ", |m| m.reply_to = Some("x".to_owned())),
        ("cc[1]: ", |m| m.cc = vec!["a@b.example".to_owned(), "a b@c.example".to_owned()]),
        ("bcc[0]: ", |m| m.bcc = vec!["jürgen@b.example".to_owned()]),
        ("message_id: ", |m| m.message_id = "a@b>\r\nX: y".to_owned()),
        ("message_id: ", |m| m.message_id = "without-domain".to_owned()),
        ("date_ms: ", |m| m.date_ms = -1),
        ("date_ms: ", |m| m.date_ms = i64::MAX),
        ("language: ", |m| m.language = "de\r\nX: y".to_owned()),
        ("attachments[0].content_type: ", |m| {
            m.attachments = vec![Attachment { name: "x".to_owned(), content_type: "a/b\r\nX: y".to_owned(), bytes: Vec::new() }];
        }),
    ];
    for (field, spoil) in cases {
        let mut spoiled = mail("1");
        spoil(&mut spoiled);
        let error = compose(&spoiled).unwrap_err().to_string();
        assert!(error.starts_with(field) && !error.contains(['\r', '\n']), "{error}");
    }
}

#[test]
fn an_address_is_written_to_once() {
    let twice = Mail { cc: vec!["praxis@markt.example".to_owned()], bcc: vec!["a@b.example".to_owned(); 2], ..mail("1") };
    assert_eq!(compose(&twice).unwrap().0.recipients, ["praxis@markt.example", "a@b.example"]);
}

proptest! {
    /// Whatever stands in any field: either an error, or exactly the headers that belong there and nothing on the wire
    /// that a server could misread.
    #[test]
    fn no_value_adds_a_header(
        hostile in "(\\PC|\r|\n|\r\n|\u{0}|\u{85}|\u{2028}|\r\nBcc: x@y\\.z\r\n|\r\n\r\n\\.\r\n|=\\?utf-8\\?q\\?=0D=0A\\?=|[\"<>:;,\\\\]){0,12}",
        field in 0usize..12,
    ) {
        let expected = header_names(&compose(&everything()).unwrap().1);
        let mut mail = everything();
        match field {
            0 => mail.subject = hostile,
            1 => mail.from_name = hostile,
            2 => mail.to_name = hostile,
            3 => mail.to = hostile,
            4 => mail.from = hostile,
            5 => mail.reply_to = Some(hostile),
            6 => mail.cc[0] = hostile,
            7 => mail.language = hostile,
            8 => mail.message_id = hostile,
            9 => mail.attachments[0].name = hostile,
            10 => mail.attachments[0].content_type = hostile,
            _ => mail.plain = format!("x{hostile}"),
        }
        if let Ok((envelope, bytes)) = compose(&mail) {
            assert_fit_for_the_wire(&bytes);
            prop_assert_eq!(header_names(&bytes), expected);
            prop_assert!(envelope.recipients.iter().all(|r| r.bytes().all(|b| b.is_ascii_graphic())));
            prop_assert_eq!(MessageParser::default().parse(&bytes).unwrap().attachment_count(), 2);
        }
    }
}
