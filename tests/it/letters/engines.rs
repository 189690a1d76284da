//! What both engines must do alike: the geometry of DIN 5008 form B, the table, the language, hostile values.

use super::bbox::{Word, words};
use super::{engines, flat, notice, pages, render, text};
use mahnwerk::adapters::letters::{EngineChoice, LetterSettings, WkhtmltopdfSettings, engine};
use mahnwerk::adapters::texts::TextSets;
use mahnwerk::domain::document::{Block, Inline};
use mahnwerk::domain::notice::Notice;
use mahnwerk::engine::ports::{Letter, LetterError};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;

fn settings() -> LetterSettings {
    LetterSettings::default()
}

/// What stands inside the window of the envelope, 20 / 45 mm, 85 × 45 mm.
fn in_window(words: &[Word]) -> Vec<&Word> {
    let inside = |word: &&Word| word.page == 1 && word.left > 20.0 && word.left < 105.0 && word.top > 45.0 && word.top < 90.0;
    words.iter().filter(inside).collect()
}

pub(super) fn assert_geometry(name: &str, words: &[Word]) {
    let window = in_window(words);
    let return_line: Vec<_> = window.iter().filter(|word| word.top < 61.0).collect();
    let address: Vec<_> = window.iter().filter(|word| word.top >= 61.0).collect();
    assert!(return_line.iter().all(|word| word.bottom <= 62.7), "{name}: return line below its zone: {return_line:?}");
    let shown: Vec<&str> = address.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(shown, ["Schreinerei", "Öttinger", "&", "Söhne", "OHG", "Am", "Färberturm", "7", "87600", "Kaufbeuren"], "{name}");
    for word in &window {
        assert!(word.left >= 24.8 && word.right <= 103.2 && word.bottom <= 90.0, "{name}: outside the window: {word:?}");
    }
    assert!((address[0].left - 25.0).abs() < 0.3, "{name}: {:?}", address[0]);
    assert!((62.0..=64.0).contains(&address[0].top), "{name}: {:?}", address[0]);
    let info = words.iter().find(|word| word.page == 1 && word.text.starts_with("Kundennummer")).unwrap();
    assert!((info.left - 125.0).abs() < 0.5 && info.top >= 49.5, "{name}: {info:?}");
    let subject = words.iter().find(|word| word.page == 1 && word.text == "Mahnung").unwrap();
    assert!((97.0..=101.0).contains(&subject.top), "{name}: {subject:?}");
}

#[test]
fn the_address_stands_in_the_window_whatever_else_is_on_the_sheet() {
    let mut long_word = notice("de", 3);
    long_word.lines[1].invoice = "RE".repeat(60);
    let mut tiny = notice("de", 1);
    tiny.fee_minor = 0;
    for engine in engines(&settings()) {
        for letter in [tiny.clone(), notice("de", 8), notice("de", 60), long_word.clone()] {
            let words = words(&render(engine.as_ref(), &letter).unwrap().bytes);
            assert_geometry(engine.name(), &words);
            for word in &words {
                // The information block of DIN 5008 may reach further right than the text.
                let edge = if word.page == 1 && word.top < 95.0 { 200.5 } else { 190.5 };
                assert!(word.right <= edge && word.left >= 24.5, "{}: outside the margins: {word:?}", engine.name());
            }
        }
    }
}

#[test]
fn every_invoice_is_listed_once_and_each_page_has_head_footer_and_number() {
    for engine in engines(&settings()) {
        for (rows, at_least) in [(1, 1), (8, 1), (60, 2)] {
            let letter = notice("de", rows);
            let pdf = render(engine.as_ref(), &letter).unwrap();
            let (name, pages) = (engine.name(), pages(&pdf.bytes));
            assert_eq!(pages.len(), pdf.pages, "{name}");
            assert!(pages.len() >= at_least, "{name}: {rows} rows on {} pages", pages.len());
            let all = flat(&pages.join("\n"));
            // The number alone stands in the payment reference, too.
            let rows: Vec<String> =
                letter.lines.iter().map(|line| format!("{} {} ", line.invoice, line.invoice_date.format("%d.%m.%Y"))).collect();
            for row in &rows {
                assert_eq!(all.matches(row).count(), 1, "{name}: {row}");
            }
            for (index, page) in pages.iter().enumerate() {
                let page = flat(page);
                assert!(page.contains(&format!("Seite {} von {}", index + 1, pages.len())), "{name}: {page}");
                assert!(page.contains("Amtsgericht Augsburg HRB 12345"), "{name}: footer on page {}", index + 1);
                assert_eq!(
                    rows.iter().any(|row| page.contains(row)),
                    page.contains("Überfällig"),
                    "{name}: head on page {}: {page}",
                    index + 1
                );
            }
        }
    }
}

#[test]
fn the_sheet_speaks_the_notices_language() {
    for engine in engines(&settings()) {
        let german = flat(&pages(&render(engine.as_ref(), &notice("de", 1)).unwrap().bytes).join("\n"));
        for words in [
            "RE-2013-0001 06.01.2013 05.02.2013 288 Tage 179,39 € 179,39 €",
            "Zu zahlen 184,39 €",
            "Mahnkosten 5,00 €",
            "Zahlbar bis 30.11.2013",
            "Seite 1 von 1",
            "IBAN DE89 3704 0044 0532 0130 00",
        ] {
            assert!(german.contains(words), "{}: {words} in {german}", engine.name());
        }
        let english = flat(&pages(&render(engine.as_ref(), &notice("en", 1)).unwrap().bytes).join("\n"));
        for words in [
            "RE-2013-0001 6 Jan 2013 5 Feb 2013 288 days EUR 179.39 EUR 179.39",
            "Amount due EUR 184.39",
            "Payable by 30 November 2013",
            "Page 1 of 1",
            "Reference RE-2013-0001",
        ] {
            assert!(english.contains(words), "{}: {words} in {english}", engine.name());
        }
    }
}

#[test]
fn a_capped_table_says_what_it_leaves_out() {
    for engine in engines(&LetterSettings { max_rows: 10, ..settings() }) {
        let shown = flat(&pages(&render(engine.as_ref(), &notice("de", 60)).unwrap().bytes).join("\n"));
        assert!(shown.contains("50 weitere Rechnungen") && shown.contains("RE-2013-0010") && !shown.contains("RE-2013-0011"), "{shown}");
    }
}

#[test]
fn values_are_printed_as_they_are() {
    let hostile = [
        "#import \"/etc/passwd\": *",
        "#eval(\"1+1\") ] } \\ \"",
        "<script>alert(1)</script>",
        "{{subject}} {{{text}}}",
        "*fett* _x_ $1$ @a",
        "&lt; &amp;",
    ];
    for engine in engines(&settings()) {
        for name in hostile {
            let mut letter = notice("de", 1);
            letter.recipient.name = name.to_owned();
            letter.lines[0].invoice = name.chars().take(12).collect();
            let mut own = text("de");
            own.subject = name.to_owned();
            own.body.insert(0, Block::P { c: vec![Inline::T { t: name.to_owned() }] });
            let pdf = engine.render(&Letter { notice: &letter, text: &own }).unwrap();
            let shown = flat(&pages(&pdf.bytes).join("\n"));
            assert!(shown.matches(&flat(name)).count() >= 3, "{}: {name} in {shown}", engine.name());
        }
    }
}

#[test]
fn characters_without_a_glyph_go_to_a_person() {
    for engine in engines(&settings()) {
        let mut letter = notice("de", 1);
        letter.recipient.name = "Party 🎉 漢字 GmbH".to_owned();
        let Err(LetterError::Content(why)) = render(engine.as_ref(), &letter) else { panic!("{}: accepted", engine.name()) };
        for c in ["🎉 (U+1F389)", "漢 (U+6F22)", "字 (U+5B57)"] {
            assert!(why.contains(c), "{}: {why}", engine.name());
        }
    }
}

#[test]
fn an_address_too_long_for_the_window_goes_to_a_person() {
    for engine in engines(&settings()) {
        let mut letter = notice("de", 1);
        letter.recipient.name = "Vereinigte Werkstätten ".repeat(15).trim().to_owned();
        assert_eq!(letter.recipient.name.chars().count(), 344);
        let Err(LetterError::Content(why)) = render(engine.as_ref(), &letter) else { panic!("{}: accepted", engine.name()) };
        assert!(why.contains("does not fit in the address field"), "{why}");
        letter.recipient.name = "M".repeat(344);
        assert!(matches!(render(engine.as_ref(), &letter), Err(LetterError::Content(_))), "{}", engine.name());
    }
}

#[test]
fn nobody_can_pay_a_test_by_its_code() {
    for engine in engines(&settings()) {
        let mut letter = notice("de", 1);
        for test in [false, true] {
            letter.test = test;
            let shown = flat(&pages(&render(engine.as_ref(), &letter).unwrap().bytes).join("\n"));
            assert_eq!(shown.contains("Banking-App"), !test, "{}: {shown}", engine.name());
        }
    }
}

#[test]
fn a_letterhead_lies_behind_the_first_page_and_a_pdf_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.svg");
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\">\
               <rect x=\"150\" y=\"10\" width=\"40\" height=\"20\" fill=\"#c00000\"/></svg>";
    std::fs::write(&path, svg).unwrap();
    let with_letterhead = LetterSettings { letterhead: Some(path.clone().into()), footer: false, ..settings() };
    for (plain, headed) in engines(&settings()).iter().zip(engines(&with_letterhead)) {
        let pdf = render(headed.as_ref(), &notice("de", 1)).unwrap();
        assert_geometry(headed.name(), &words(&pdf.bytes));
        assert!(!flat(&pages(&pdf.bytes).join("")).contains("Amtsgericht"), "{}: a footer of our own", headed.name());
        assert!(has_red(&pdf.bytes) && !has_red(&render(plain.as_ref(), &notice("de", 1)).unwrap().bytes), "{}", headed.name());
    }
    std::fs::write(&path, b"%PDF-1.4\n").unwrap();
    for choice in [EngineChoice::Typst, EngineChoice::Wkhtmltopdf] {
        let made = engine(&LetterSettings { engine: choice, ..with_letterhead.clone() });
        let why = made.map(|engine| engine.name()).unwrap_err();
        assert!(why.contains("convert it to SVG") || why.contains("not installed"), "{why}");
    }
}

/// Whether the first page, as a picture, has a pixel of the sample letterhead's red.
fn has_red(pdf: &[u8]) -> bool {
    picture(pdf, 20).2.chunks(3).any(|pixel| matches!(pixel, [180..=255, 0..20, 0..20]))
}

/// The first page at so many dots an inch: width, height, and three bytes for each pixel.
pub(super) fn picture(pdf: &[u8], dots: u32) -> (usize, usize, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("page");
    std::fs::write(folder.path().join("letter.pdf"), pdf).unwrap();
    let mut command = std::process::Command::new("pdftoppm");
    command.args(["-r", &dots.to_string(), "-f", "1", "-l", "1", "-singlefile"]).arg(folder.path().join("letter.pdf")).arg(&root);
    assert!(command.status().unwrap().success());
    let file = std::fs::read(root.with_extension("ppm")).unwrap();
    // `P6`, width, height and 255, each before one blank.
    let head: Vec<_> = file.splitn(4, |byte| byte.is_ascii_whitespace()).collect();
    let number = |at: usize| std::str::from_utf8(head[at]).unwrap().parse().unwrap();
    let pixels = head[3].iter().position(u8::is_ascii_whitespace).unwrap() + 1;
    (number(1), number(2), head[3][pixels..].to_vec())
}

#[test]
fn the_second_engine_is_fit_for_use_or_says_what_is_missing() {
    match engine(&LetterSettings { engine: EngineChoice::Wkhtmltopdf, ..settings() }) {
        Ok(engine) => assert!(engine.check().unwrap().starts_with("wkhtmltopdf 0.12")),
        Err(why) => println!("not run: {why}"),
    }
    let wkhtmltopdf = WkhtmltopdfSettings { program: PathBuf::from("/no/such/wkhtmltopdf"), ..WkhtmltopdfSettings::default() };
    let missing = engine(&LetterSettings { engine: EngineChoice::Wkhtmltopdf, wkhtmltopdf, ..settings() });
    assert!(missing.map(|engine| engine.name()).unwrap_err().contains("is not installed: install the package wkhtmltopdf"));
}

#[test]
fn a_long_text_runs_over_pages_and_loses_nothing() {
    let fillings = ["Wir bitten um Zahlung. ", "WWWWW MMMMM @@@@@ ", "iiiii lllll ;;;;; ", "Überfälligkeitsbenachrichtigungsschreiben "];
    let mut long = text("de");
    for number in 1..=60 {
        let filling = fillings[number % fillings.len()].repeat(1 + number % 13);
        let t = Inline::T { t: format!("Absatz{number:02} {filling} Ende{number:02}") };
        let c = if number % 5 == 0 { vec![Inline::B { c: vec![t] }] } else { vec![t] };
        long.body.push(Block::P { c });
    }
    for engine in engines(&settings()) {
        let letter = notice("de", 12);
        let pdf = engine.render(&Letter { notice: &letter, text: &long }).unwrap();
        let words = words(&pdf.bytes);
        for number in 1..=60 {
            for mark in [format!("Absatz{number:02}"), format!("Ende{number:02}")] {
                let found: Vec<&Word> = words.iter().filter(|word| word.text == mark).collect();
                assert!(matches!(found[..], [word] if word.bottom <= 258.5), "{}: {mark} at {found:?}", engine.name());
            }
        }
        assert!(pdf.pages >= 3, "{}: {} pages", engine.name(), pdf.pages);
    }
}

/// A letterhead is the operator's, but may come from anywhere: nothing in it may reach out.
#[test]
fn a_letter_loads_nothing_from_the_network() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.svg");
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210\" height=\"297\"><style>@import url(\"http://{address}/a.css\");\
         rect {{ fill: url(http://{address}/b.svg#c) }}</style><rect width=\"9\" height=\"9\"/>\
         <script>new Image().src = 'http://{address}/d'</script></svg>"
    );
    std::fs::write(&path, svg).unwrap();
    for engine in engines(&LetterSettings { letterhead: Some(path.into()), ..settings() }) {
        // Whether the letter is set without those parts or refused is the engine's; asking for them is what it must not do.
        let _ = render(engine.as_ref(), &notice("de", 1));
        let asked = server.accept().map(|(_, from)| from);
        assert!(asked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{} asked the network", engine.name());
    }
}

#[test]
fn every_built_in_text_becomes_a_letter() {
    let sets = TextSets::load(None).unwrap();
    for engine in engines(&settings()) {
        for template in sets.templates() {
            for language in sets.languages_for(template) {
                let letter = Notice { template: template.to_owned(), ..notice(language, 3) };
                let text = sets.render(&letter).unwrap();
                let pdf = engine.render(&Letter { notice: &letter, text: &text }).unwrap();
                let shown = flat(&pages(&pdf.bytes).join("\n"));
                assert!(
                    shown.contains(&text.subject) && shown.contains("RE-2013-0003"),
                    "{} {template} {language}: {shown}",
                    engine.name()
                );
                assert!(pdf.pages <= 2, "{} {template} {language}: {} pages for three invoices", engine.name(), pdf.pages);
            }
        }
    }
}
