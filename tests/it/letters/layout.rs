//! The layout: logo, colours, footer columns and two accounts, by both engines, with the address where it must be.

use super::bbox::{Word, words};
use super::engines::{assert_geometry, picture};
use super::{engines, flat, notice, pages, render};
use mahnwerk::adapters::letters::{Colour, LayoutSettings, LetterSettings, LogoPosition, engine};
use mahnwerk::domain::notice::{Account, Notice};
use std::path::{Path, PathBuf};

const RED: &str = "#c00000";

/// A logo of 40 by 12 in red, as file of this name.
fn logo(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let svg =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 12\"><rect width=\"40\" height=\"12\" fill=\"{RED}\"/></svg>");
    std::fs::write(&path, svg).unwrap();
    path
}

fn with(layout: LayoutSettings) -> LetterSettings {
    LetterSettings { layout, ..LetterSettings::default() }
}

/// The notice with all that makes a sheet full: two accounts, long names.
fn full(language: &str, rows: u32) -> Notice {
    let mut notice = notice(language, rows);
    notice.creditor.name = "Mühlbach & Öttinger Werkzeug- und Vorrichtungsbau Beteiligungsgesellschaft mbH".to_owned();
    notice.creditor.second_account =
        Account { bank: "Deutsche Kreditbank".to_owned(), iban: "DE02120300000000202051".to_owned(), bic: "BYLADEM1001".to_owned() };
    notice
}

fn columns() -> Vec<Vec<String>> {
    let column = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    vec![
        column(&["Mühlbach Werkzeugbau GmbH", "Gerberstraße 12", "86150 Augsburg", "Deutschland"]),
        column(&["Telefon +49 821 555 0180", "buchhaltung@muehlbach.example", "www.muehlbach.example"]),
        column(&["Stadtsparkasse Augsburg", "DE89 3704 0044 0532 0130 00", "Deutsche Kreditbank", "DE02 1203 0000 0000 2020 51"]),
        column(&["USt-IdNr. DE123456789", "Amtsgericht Augsburg", "HRB 12345", "Spalte vier"]),
    ]
}

/// The edges of what is red in the first page's upper 45 mm, in millimetres: left, top, right, bottom.
fn red_box(pdf: &[u8]) -> Option<[f64; 4]> {
    const PER_MM: f64 = 50.0 / 25.4;
    let (width, height, pixels) = picture(pdf, 50);
    let mut edges: Option<[usize; 4]> = None;
    for (index, pixel) in pixels.chunks(3).enumerate().take(width * height) {
        if let [150..=255, 0..60, 0..60] = pixel {
            let (x, y) = (index % width, index / width);
            let [left, top, right, bottom] = edges.unwrap_or([x, y, x, y]);
            edges = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        }
    }
    edges.map(|[left, top, right, bottom]| [left, top, right + 1, bottom + 1].map(|edge| f64::from(u32::try_from(edge).unwrap()) / PER_MM))
}

fn named<'w>(words: &'w [Word], text: &str) -> Option<&'w Word> {
    words.iter().find(|word| word.page == 1 && word.top < 45.0 && word.text == text)
}

#[test]
fn a_logo_stands_where_it_is_wanted_and_the_name_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = logo(folder.path(), "logo.svg");
    for (position, edges, name_edge) in [
        (LogoPosition::Left, [25.0, 10.0, 85.0, 28.0], Some(190.0)),
        (LogoPosition::Right, [130.0, 10.0, 190.0, 28.0], Some(25.0)),
        (LogoPosition::Center, [77.5, 10.0, 137.5, 28.0], None),
    ] {
        let settings = with(LayoutSettings { logo: Some(file.clone().into()), logo_position: position, ..LayoutSettings::default() });
        for engine in engines(&settings) {
            for letter in [notice("de", 1), notice("de", 60)] {
                let pdf = render(engine.as_ref(), &letter).unwrap().bytes;
                let words = words(&pdf);
                assert_geometry(engine.name(), &words);
                let found = red_box(&pdf).unwrap();
                assert!(
                    found.iter().zip(edges).all(|(found, edge)| (found - edge).abs() < 1.0),
                    "{} {position:?}: {found:?}",
                    engine.name()
                );
                let name = named(&words, if position == LogoPosition::Left { "GmbH" } else { "Mühlbach" });
                match (name, name_edge) {
                    (Some(name), Some(190.0)) => assert!((name.right - 190.0).abs() < 1.0 && name.left > 93.0, "{name:?}"),
                    (Some(name), Some(edge)) => assert!((name.left - edge).abs() < 1.0 && name.right < 122.0, "{name:?}"),
                    (name, edge) => assert!(name.is_none() && edge.is_none(), "{} {position:?}: {name:?}", engine.name()),
                }
            }
        }
    }
}

#[test]
fn long_names_stay_above_the_address_whatever_the_logo() {
    let folder = tempfile::tempdir().unwrap();
    let file = logo(folder.path(), "logo.svg");
    for logo_position in [LogoPosition::Left, LogoPosition::Right] {
        for logo_height_mm in [5, 30] {
            let layout = LayoutSettings { logo: Some(file.clone().into()), logo_position, logo_height_mm, ..LayoutSettings::default() };
            for engine in engines(&with(layout)) {
                let words = words(&render(engine.as_ref(), &full("de", 3)).unwrap().bytes);
                assert_geometry(engine.name(), &words);
                let band: Vec<_> = words.iter().filter(|word| word.page == 1 && word.top < 45.0).collect();
                assert!(band.iter().any(|word| word.text == "mbH"), "{}: {band:?}", engine.name());
                assert!(
                    band.iter().all(|word| word.bottom <= 44.5 && word.left >= 24.5 && word.right <= 190.5),
                    "{}: {band:?}",
                    engine.name()
                );
            }
        }
    }
}

#[test]
fn own_columns_stand_below_every_page_side_by_side() {
    let settings = with(LayoutSettings { footer: columns(), ..LayoutSettings::default() });
    for engine in engines(&settings) {
        let pdf = render(engine.as_ref(), &full("de", 60)).unwrap();
        let (name, words) = (engine.name(), words(&pdf.bytes));
        for (index, page) in pages(&pdf.bytes).iter().enumerate() {
            let page = flat(page);
            assert!(page.contains("Spalte vier") && page.contains("Deutschland"), "{name}: page {}: {page}", index + 1);
            assert!(!page.contains("Geschäftsführer: Jörg"), "{name}: the creditor's lines are replaced");
        }
        let foot: Vec<_> = words.iter().filter(|word| word.top > 260.0).collect();
        assert!(foot.iter().all(|word| word.bottom < 292.0 && word.left >= 24.5 && word.right <= 190.5), "{name}: {foot:?}");
        let heads = ["Mühlbach", "Telefon", "Stadtsparkasse", "USt-IdNr."].map(|text| foot.iter().find(|word| word.text == text).unwrap());
        assert!(heads.windows(2).all(|pair| pair[0].left < pair[1].left && (pair[0].top - pair[1].top).abs() < 1.0), "{name}: {heads:?}");
    }
}

#[test]
fn both_accounts_are_named_and_the_sheet_holds_them() {
    for engine in engines(&LetterSettings::default()) {
        for (language, or) in [("de", "oder an IBAN"), ("en", "or to IBAN")] {
            let pdf = render(engine.as_ref(), &full(language, 8)).unwrap();
            let shown = flat(&pages(&pdf.bytes).join("\n"));
            assert!(shown.contains(&format!("{or} DE02 1203 0000 0000 2020 51")), "{}: {shown}", engine.name());
            assert_eq!(shown.matches("DE02 1203 0000 0000 2020 51").count(), 1 + pdf.pages, "beside the code and in each footer: {shown}");
            assert!(words(&pdf.bytes).iter().all(|word| word.bottom < 292.0), "{}", engine.name());
        }
    }
}

#[test]
fn colours_are_those_of_the_layout() {
    let blue = Colour([0, 0x40, 0xc0]);
    let layout = LayoutSettings { accent: Colour([0xc0, 0, 0]), words: blue, text: Colour([0, 0x60, 0]), ..LayoutSettings::default() };
    for engine in engines(&with(layout)) {
        let (_, _, pixels) = picture(&render(engine.as_ref(), &notice("de", 3)).unwrap().bytes, 100);
        let has = |of: fn(&[u8]) -> bool| pixels.chunks(3).any(of);
        assert!(has(|pixel| matches!(pixel, [100..=255, 0..60, 0..60])), "{}: lines", engine.name());
        assert!(has(|pixel| matches!(pixel, [0..60, _, 150..=255])), "{}: name", engine.name());
        assert!(has(|pixel| matches!(pixel, [0..60, 70..130, 0..60])), "{}: text", engine.name());
    }
}

#[test]
fn a_logo_that_can_not_be_used_is_said_before_any_letter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logo.png");
    for (content, why) in
        [("%PDF-1.4", "convert it to SVG"), ("GIF89a", "is neither SVG nor PNG nor JPEG"), ("<svg/>", "does not say how wide")]
    {
        std::fs::write(&path, content).unwrap();
        let made = engine(&with(LayoutSettings { logo: Some(path.clone().into()), ..LayoutSettings::default() }));
        assert!(made.map(|engine| engine.name()).unwrap_err().contains(why), "{content}");
    }
}
