//! Authors' mistakes: each is refused when the text is loaded, with file, line and name.

use super::check::{Part, compile};
use super::problem::TextProblem;

fn mistakes(part: Part, source: &str) -> Vec<TextProblem> {
    compile("de/x/body.hbs", part, source).err().unwrap_or_default()
}

/// `source` has exactly the mistake at `line` about `name` whose message holds `message`.
fn refused(source: &str, line: usize, name: &str, message: &str) {
    let found = mistakes(Part::Body, source);
    let fits = |problem: &TextProblem| {
        problem.file == "de/x/body.hbs" && problem.line == Some(line) && problem.name == name && problem.message.contains(message)
    };
    assert!(found.len() == 1 && found.iter().all(fits), "{source:?} gave {found:#?}");
}

#[test]
fn unknown_names_are_found_in_every_branch_with_the_nearest_known_one() {
    refused("Hallo\n\n{{custmer.name}}", 3, "custmer.name", "did you mean customer.name?");
    refused("{{#if several}}a{{else}}{{totl}}{{/if}}", 1, "totl", "did you mean total?");
    refused("{{#if (eq level 7)}}\n{{#unless several}}\n{{pay_bye}}\n{{/unless}}\n{{/if}}", 3, "pay_bye", "did you mean pay_by?");
    refused("{{#if several}}\na\n{{else if has_fee}}\nb\n{{else}}\n{{opne}}\n{{/if}}", 6, "opne", "did you mean open?");
    refused("{{#if (gt levle 1)}}x{{/if}}", 1, "levle", "did you mean level?");
    refused("{{#each invoices}}{{numbr}}{{/each}}", 1, "numbr", "did you mean number?");
    refused("{{#each invoices}}{{total}}{{/each}}", 1, "total", "write ../total");
    refused("{{customer}}", 1, "customer", "customer.name, customer.number");
    refused("{{@first}}", 1, "@first", "did you mean");
    refused("{{customer/name}}", 1, "customer/name", "did you mean customer.name?");
}

#[test]
fn a_value_that_may_be_empty_needs_its_question() {
    refused("IBAN: {{creditor.iban}}", 1, "creditor.iban", "{{#if creditor.iban}}");
    refused("a\n{{#if creditor.bic}}{{creditor.iban}}{{/if}}", 2, "creditor.iban", "{{#if creditor.iban}}");
    refused("{{#if creditor.iban}}a{{else}}{{creditor.iban}}{{/if}}", 1, "creditor.iban", "has no value");
    refused("Gebühr {{fee}}", 1, "fee", "{{#if has_fee}}");
    refused("Rechnung {{invoice}}", 1, "invoice", "{{#unless several}}");
    refused("{{#if several}}{{invoice}}{{/if}}", 1, "invoice", "{{#unless several}}");
    refused("{{#if (or creditor.iban creditor.bic)}}{{creditor.bic}}{{/if}}", 1, "creditor.bic", "has no value");
    for fine in [
        "{{#if creditor.iban}}{{creditor.iban}}{{/if}}",
        "{{#if (and creditor.iban creditor.bic)}}{{creditor.iban}} {{creditor.bic}}{{/if}}",
        "{{#unless (or (not creditor.iban) several)}}{{creditor.iban}} {{invoice}}{{/unless}}",
        "{{#if several}}{{invoice_count}}{{else}}{{invoice}} {{due_date}}{{/if}}",
        "{{#unless has_fee}}{{else}}{{fee}}{{/unless}}",
        "{{#if creditor.phone}}{{#each invoices}}{{number}} {{../creditor.phone}} {{@root.creditor.phone}}{{/each}}{{/if}}",
        "{{#if several}}a{{else if has_fee}}{{fee}} {{invoice}}{{/if}}",
        "{{#each invoices}}{{this.number}}{{#unless @last}}, {{/unless}}{{#if (gt days_overdue 30)}}!{{/if}}{{/each}}",
        "{{! ask {{nothing}} }}x",
    ] {
        assert_eq!(mistakes(Part::Body, fine), [], "{fine}");
    }
}

#[test]
fn what_would_make_values_markup_is_refused() {
    refused("a\n{{{total}}}", 2, "total", "write {{total}}");
    refused("{{&total}}", 1, "total", "write {{total}}");
    refused("{{#each invoices}}\n{{{number}}}\n{{/each}}", 2, "number", "write {{number}}");
    refused("{{> footer}}", 1, "", "partials");
    refused("a\n{{#> footer}}x{{/footer}}", 2, "", "partials");
    refused("{{* inline \"x\"}}", 1, "", "decorators");
}

#[test]
fn things_stand_where_they_make_sense() {
    refused("{{has_fee}}", 1, "has_fee", "{{#if has_fee}}");
    refused("{{invoices}}", 1, "invoices", "{{#each invoices}}");
    refused("Tabelle: {{invoice_table}}", 1, "invoice_table", "alone on a line");
    refused("{{#each invoices}}\n{{../invoice_table}}\n{{/each}}", 2, "../invoice_table", "alone on a line");
    refused("{{#each total}}x{{/each}}", 1, "total", "is no list");
    refused("{{#if invoices}}x{{/if}}", 1, "invoices", "always there");
    refused("{{#several}}x{{/several}}", 1, "several", "write {{#if several}}");
    refused("{{#with customer}}{{name}}{{/with}}", 1, "with", "is no block");
    refused("{{if several}}", 1, "if", "lacks its #");
    refused("{{lookup invoices 0}}", 1, "lookup", "takes nothing behind its name");
    refused("{{#if level 1}}x{{/if}}", 1, "if", "exactly one thing");
    refused("{{#if (gt total 100)}}x{{/if}}", 1, "gt", "amounts and dates are text");
    refused("{{#if (eq level \"2\")}}x{{/if}}", 1, "eq", "a number with a number");
    refused("{{#if (contains currency \"E\")}}x{{/if}}", 1, "contains", "is no comparison");
    refused("{{#each invoices as |invoice|}}x{{/each}}", 1, "each", "as |…|");
    assert_eq!(mistakes(Part::Subject, "{{invoice_table}}")[0].name, "invoice_table");
}

#[test]
fn links_are_checked_in_branches_that_no_sample_takes() {
    refused("a\n\n[x](javascript:alert)", 3, "javascript:alert", "https://");
    refused("{{#if (eq level 99)}}\n[x](http://a.example)\n{{/if}}", 2, "http://a.example", "https://");
    refused("[x](https://{{creditor.name}}/)", 1, "https://", "placeholders only after that");
}

#[test]
fn broken_templates_name_the_place_where_they_break() {
    refused("a\n{{#if several}}\nb", 2, "#if several", "write {{/if}}");
    refused("a\n{{/if}}", 2, "/if", "never opened");
    refused("a\nb {{total", 2, "total", "never closed");
    refused("{{#if several}}a{{/unless}}", 1, "", "close the inner one first");
    refused("a\n{{total + 1}}", 2, "", "can't be read");
    refused("a\n\u{F0B7} eins", 2, "U+F0B7", "word processor");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let found = mistakes(Part::Body, "{{a1}}\n{{{total}}}\n{{fee}}\n[x](ftp://a)\n");
    let places: Vec<_> = found.iter().map(|problem| (problem.line, problem.name.as_str())).collect();
    assert_eq!(places, [(Some(1), "a1"), (Some(2), "total"), (Some(3), "fee"), (Some(4), "ftp://a")]);
    assert_eq!(found[2].to_string().split(": ").take(2).collect::<Vec<_>>(), ["de/x/body.hbs:3", "`fee`"]);
}
