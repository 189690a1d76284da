//! What stands on a letter, as finished strings: the model that both engines' templates walk.
//!
//! Here every amount, date and line is written once, so that the engines can't say different things. No layout and no
//! markup: values stay values, and each template escapes (or needn't) for itself.

use super::address::{recipient_lines, return_line, single_line};
use super::epc::{EpcError, transfer_payload};
use super::glyphs::{settable, settable_block};
use super::look::{Look, Name};
use super::settings::LetterSettings;
use super::words::{Words, words};
use crate::domain::document::{Block, Inline};
use crate::domain::format::{self, labels};
use crate::domain::money::Currency;
use crate::domain::notice::{Account, Line, Notice};
use crate::engine::ports::{Letter, LetterError};
use chrono::Datelike;
use serde::Serialize;

/// One row of the table: invoice, date, due, days overdue, amount, open.
pub(super) type Row = [String; 6];

/// A letter's content. Serialised it is `/data.json` of `letter.typ` and the data of `letter.html.hbs`.
#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) lang: &'static str,
    pub(super) subject: String,
    /// The notice's date as year, month, day: the document's date, since no engine may read the clock.
    pub(super) iso_date: (i32, u32, u32),
    pub(super) sender: String,
    /// Where the sender's name stands; nowhere above a letterhead.
    pub(super) name: Option<Name>,
    pub(super) look: Look,
    pub(super) return_line: String,
    pub(super) recipient: Vec<String>,
    pub(super) info: Vec<(&'static str, String)>,
    pub(super) body: Vec<Block>,
    pub(super) table: Table,
    /// Columns of lines.
    pub(super) footer: Vec<Vec<String>>,
    pub(super) page: [&'static str; 2],
    /// What the block below the text is called, and its lines: account, deadline, reference.
    pub(super) payment: (&'static str, Vec<(&'static str, String)>),
    pub(super) qr: Option<Qr>,
    /// The letterhead's name in the engine's world.
    pub(super) background: Option<&'static str>,
}

/// The invoices and what they come to.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) heads: [&'static str; 6],
    pub(super) rows: Vec<Row>,
    /// The sum line of the invoices beyond `max_rows`.
    pub(super) more: Option<Row>,
    /// Label and amount, above the total.
    pub(super) sums: Vec<(&'static str, String)>,
    pub(super) total: (&'static str, String),
}

#[derive(Debug, Serialize)]
pub(super) struct Qr {
    pub(super) hint: &'static str,
    pub(super) alt: &'static str,
    #[serde(skip)]
    pub(super) payload: String,
}

/// What of the settings shapes the content.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) max_rows: usize,
    pub(super) footer: Footer,
    pub(super) background: Option<&'static str>,
    pub(super) look: Look,
}

/// What stands below every page's text.
#[derive(Clone, Debug)]
pub(super) enum Footer {
    /// The letterhead has one.
    None,
    /// What is known of the creditor.
    Creditor,
    /// The operator's own columns.
    Own(Vec<Vec<String>>),
}

impl Shape {
    pub(super) fn new(settings: &LetterSettings, background: Option<&'static str>, look: Look) -> Self {
        let own = &settings.layout.footer;
        let footer = match (settings.footer, own.is_empty()) {
            (false, _) => Footer::None,
            (true, true) => Footer::Creditor,
            (true, false) => Footer::Own(own.clone()),
        };
        Self { max_rows: settings.max_rows, footer, background, look }
    }
}

impl Content {
    /// # Errors
    /// [`LetterError::Content`] when there is nobody to write to, or the creditor's account number is wrong.
    pub(super) fn new(letter: &Letter<'_>, shape: &Shape) -> Result<Self, LetterError> {
        let notice = letter.notice;
        let (words, labels) = (words(&notice.language), labels(&notice.language));
        let recipient = recipient_lines(&notice.recipient, &notice.creditor);
        if recipient.is_empty() {
            return Err(LetterError::Content("the recipient has neither name nor address: complete the customer's master data".to_owned()));
        }
        let sender = single_line(&notice.creditor.name);
        Ok(Self {
            lang: words.lang,
            subject: settable(&letter.text.subject),
            iso_date: (notice.date.year(), notice.date.month(), notice.date.day()),
            name: if shape.background.is_none() { shape.look.name(&sender) } else { None },
            sender,
            look: shape.look.clone(),
            return_line: return_line(&notice.creditor),
            recipient,
            info: info(notice, words),
            body: with_invoices(&letter.text.body),
            table: table(notice, words, shape.max_rows),
            payment: (
                labels.payment,
                format::payment_details(notice).into_iter().map(|(label, value)| (label, single_line(&value))).collect(),
            ),
            footer: match &shape.footer {
                Footer::None => Vec::new(),
                Footer::Creditor => footer(notice, words),
                Footer::Own(columns) => lines_of(columns.clone()),
            },
            page: words.page,
            qr: qr(notice, words)?,
            background: shape.background,
        })
    }
}

/// The text with its table. A text that names no place for it gets it at its end: a letter never lacks its claims.
fn with_invoices(body: &[Block]) -> Vec<Block> {
    let mut body: Vec<Block> = body.iter().cloned().map(settable_block).collect();
    if !body.iter().any(holds_invoices) {
        body.push(Block::Invoices);
    }
    body
}

fn holds_invoices(block: &Block) -> bool {
    match block {
        Block::Invoices => true,
        Block::Quote { c } => c.iter().any(holds_invoices),
        Block::List { items, .. } => items.iter().flatten().any(holds_invoices),
        Block::P { .. } | Block::H { .. } | Block::Rule => false,
    }
}

/// The printed characters of inlines, without marks and link targets.
pub(super) fn inline_text(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::T { t } => t.clone(),
            Inline::B { c } | Inline::I { c } | Inline::A { c, .. } => inline_text(c),
            Inline::Br => "\n".to_owned(),
        })
        .collect()
}

fn table(notice: &Notice, words: &Words, max_rows: usize) -> Table {
    let labels = labels(&notice.language);
    let (shown, rest) = notice.lines.split_at(notice.lines.len().min(max_rows));
    let sum = |of: fn(&Line) -> i64| money(notice, rest.iter().map(of).fold(0, i64::saturating_add));
    let more = (!rest.is_empty()).then(|| {
        let [none, nor, neither] = [const { String::new() }; 3];
        [words.more(rest.len()), none, nor, neither, sum(|line| line.amount_minor), sum(|line| line.open_minor)]
    });
    let mut sums: Vec<_> = format::totals(notice).into_iter().map(|(label, amount)| (label, unbroken(&amount))).collect();
    let total = sums.pop().unwrap_or((labels.total, money(notice, notice.total_minor())));
    let heads = [labels.invoice, labels.invoice_date, labels.due_date, labels.days_overdue, labels.amount, labels.open];
    Table { heads, rows: shown.iter().map(|line| row(line, notice)).collect(), more, sums, total }
}

fn row(line: &Line, notice: &Notice) -> Row {
    let language = notice.language.as_str();
    [
        single_line(&line.invoice),
        unbroken(&format::short_date(language, line.invoice_date)),
        unbroken(&format::short_date(language, line.due_date)),
        unbroken(&format::days(language, line.days_overdue)),
        money(notice, line.amount_minor),
        money(notice, line.open_minor),
    ]
}

fn money(notice: &Notice, minor: i64) -> String {
    unbroken(&format::money(&notice.language, minor, notice.currency))
}

/// A figure with its unit stays on one line of its column.
fn unbroken(figure: &str) -> String {
    figure.replace(' ', "\u{a0}")
}

fn info(notice: &Notice, words: &Words) -> Vec<(&'static str, String)> {
    let (creditor, labels) = (&notice.creditor, labels(&notice.language));
    let values = [
        (labels.invoice_date, format::short_date(&notice.language, notice.date)),
        (labels.customer_number, single_line(&notice.recipient.number)),
        (words.contact, single_line(&creditor.contact)),
        (labels.phone, single_line(&creditor.phone)),
        (labels.email, single_line(&creditor.email)),
    ];
    values.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Who, how to reach them, where to pay, tax and register; a column without a line is left out.
fn footer(notice: &Notice, words: &Words) -> Vec<Vec<String>> {
    let (creditor, labels) = (&notice.creditor, labels(&notice.language));
    let labelled = |label: &str, value: &str| if value.trim().is_empty() { String::new() } else { format!("{label} {value}") };
    let mut register = vec![labelled(words.tax_label(&creditor.tax_id), &creditor.tax_id)];
    register.extend(creditor.footer.iter().cloned());
    let account =
        |bank: &String, iban: &str, bic: &str| [bank.clone(), unbroken(&labelled("IBAN", &format::iban(iban))), labelled("BIC", bic)];
    let Account { bank, iban, bic } = &creditor.second_account;
    let accounts = [account(&creditor.bank, &creditor.iban, &creditor.bic), account(bank, iban, bic)].concat();
    let columns = [
        vec![creditor.name.clone(), creditor.street.clone(), format!("{} {}", creditor.postcode, creditor.city)],
        vec![labelled(labels.phone, &creditor.phone), creditor.email.clone(), creditor.website.clone()],
        accounts,
        register,
    ];
    lines_of(columns)
}

/// Columns as they stand on paper; what has nothing in it is left out.
fn lines_of(columns: impl IntoIterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let lines = |column: Vec<String>| column.iter().map(|line| single_line(line)).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    columns.into_iter().map(lines).filter(|column| !column.is_empty()).collect()
}

/// The payment code of a letter that asks for euros and names an account. A test letter has none: nobody shall pay it.
fn qr(notice: &Notice, words: &Words) -> Result<Option<Qr>, LetterError> {
    let wanted = notice.currency == Currency::EUR && !notice.creditor.iban.trim().is_empty() && !notice.test;
    if !wanted {
        return Ok(None);
    }
    match transfer_payload(&notice.creditor, notice.total_minor(), &format::payment_reference(notice)) {
        Ok(payload) => Ok(Some(Qr { hint: words.qr_hint, alt: words.qr_alt, payload })),
        // An amount that a transfer can't carry leaves the code out; a wrong account would stand in every letter.
        Err(error) if error.is_account() => Err(LetterError::Content(format!("the creditor's bank account: {error}"))),
        Err(EpcError::Amount(_) | EpcError::Name(_) | EpcError::Text(_) | EpcError::Size(_) | EpcError::Iban(_) | EpcError::Bic(_)) => {
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn shape(settings: &LetterSettings) -> Shape {
        Shape::new(settings, None, Look::new(&settings.layout).unwrap().0)
    }

    fn content(notice: &Notice) -> Result<Content, LetterError> {
        content_in(notice, &shape(&LetterSettings::default()))
    }

    fn content_in(notice: &Notice, shape: &Shape) -> Result<Content, LetterError> {
        let text = samples::text(&notice.language);
        Content::new(&Letter { notice, text: &text }, shape)
    }

    #[test]
    fn a_capped_table_keeps_the_sums_whole() {
        let notice = samples::notice("de", 60);
        let table = content_in(&notice, &Shape { max_rows: 58, ..shape(&LetterSettings::default()) }).unwrap().table;
        assert_eq!(table.rows.len(), 58);
        let more = table.more.unwrap();
        assert_eq!(more[0], "2 weitere Rechnungen");
        let rest: i64 = notice.lines[58..].iter().map(|line| line.open_minor).sum();
        assert_eq!(more[5], money(&notice, rest));
        assert_eq!(table.total.1, money(&notice, notice.total_minor()));
    }

    #[test]
    fn without_a_fee_only_the_total_is_summed() {
        let notice = Notice { fee_minor: 0, ..samples::notice("en", 2) };
        assert!(content(&notice).unwrap().table.sums.is_empty());
    }

    #[test]
    fn the_code_asks_for_the_total_and_names_the_invoices() {
        let notice = samples::notice("de", 1);
        let qr = content(&notice).unwrap().qr.unwrap();
        let elements: Vec<&str> = qr.payload.lines().collect();
        assert_eq!(elements[7], format!("EUR{}.{:02}", notice.total_minor() / 100, notice.total_minor() % 100));
        assert_eq!(elements[10], "RE-2013-0001");
    }

    #[test]
    fn two_accounts_stand_in_the_footer_and_beside_the_code_which_names_the_first() {
        let mut notice = samples::notice("de", 1);
        notice.creditor.second_account =
            Account { bank: "Zweitbank".to_owned(), iban: "DE02120300000000202051".to_owned(), bic: "BYLADEM1001".to_owned() };
        let content = content(&notice).unwrap();
        let iban = "DE02 1203 0000 0000 2020 51";
        assert_eq!(content.footer[2][3..], ["Zweitbank", &unbroken(&format!("IBAN {iban}")), "BIC BYLADEM1001"]);
        let labels: Vec<_> = content.payment.1.iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(labels[4], format!("oder an IBAN: {iban}, BIC BYLADEM1001, Zweitbank"));
        assert_eq!(content.qr.unwrap().payload.lines().nth(6), Some(notice.creditor.iban.as_str()));
    }

    #[test]
    fn own_columns_stand_in_place_of_the_creditors() {
        let mut settings = LetterSettings::default();
        settings.layout.footer = vec![vec!["Eins".to_owned(), " ".to_owned()], vec!["Zwei".to_owned()]];
        let notice = samples::notice("de", 1);
        assert_eq!(content_in(&notice, &shape(&settings)).unwrap().footer, [["Eins"], ["Zwei"]]);
        settings.footer = false;
        assert!(content_in(&notice, &shape(&settings)).unwrap().footer.is_empty(), "the letterhead has its own");
    }

    #[test]
    fn only_letters_that_ask_for_euros_carry_a_code() {
        let plain = samples::notice("de", 1);
        let franc = Notice { currency: Currency::parse("CHF").unwrap(), ..plain.clone() };
        let test = Notice { test: true, ..plain.clone() };
        let mut without_account = plain.clone();
        without_account.creditor.iban.clear();
        let mut nothing = plain;
        nothing.lines.clear();
        nothing.fee_minor = 0;
        for notice in [franc, test, without_account, nothing] {
            assert!(content(&notice).unwrap().qr.is_none());
        }
    }

    #[test]
    fn a_wrong_account_number_stops_the_letter() {
        let mut notice = samples::notice("de", 1);
        notice.creditor.iban = "DE89370400440532013001".to_owned();
        let Err(LetterError::Content(why)) = content(&notice) else { panic!("accepted") };
        assert!(why.contains("DE89370400440532013001"), "{why}");
    }

    #[test]
    fn a_text_without_a_place_for_the_table_gets_it_at_the_end() {
        let block = Block::P { c: vec![Inline::T { t: "x".to_owned() }] };
        assert_eq!(with_invoices(std::slice::from_ref(&block)), [block.clone(), Block::Invoices]);
        let quoted = [Block::Quote { c: vec![Block::Invoices] }, block];
        assert_eq!(with_invoices(&quoted), quoted);
    }
}
