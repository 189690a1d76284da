//! Files as people write them: right ones with what they mean, wrong ones with exactly what is said about them.

use super::*;

const STANDARD: &str = include_str!("../../../workflows/standard.toml");
const GENTLE: &str = include_str!("../../../workflows/gentle.toml");
const BUSINESS: &str = include_str!("../../../workflows/business.toml");

/// The shortest file that is right: two lines above the stage, so that its first key stands in line 4.
const SMALLEST: &str = "name = \"short\"\n\n[[stages]]\nkey = \"first\"\nkind = \"reminder\"\nafter_days = 3\n";

fn workflow(text: &str) -> Workflow {
    let parsed = parse(text);
    assert_eq!(parsed.problems, [], "{text}");
    parsed.workflow.unwrap()
}

/// Problems as `line:column severity field: message`, one a line.
fn problems(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!(parsed.workflow.is_none(), parsed.problems.iter().any(Problem::is_error), "a workflow if and only if no error");
    let lines: Vec<String> =
        parsed.problems.iter().map(|p| format!("{}:{} {} {}: {}", p.line, p.column, p.severity, p.field, p.message)).collect();
    lines.join("\n")
}

#[test]
fn the_shipped_files_have_no_problems() {
    for (text, name, stages, enabled) in [(STANDARD, "standard", 9, 6), (GENTLE, "gentle", 3, 3), (BUSINESS, "business", 4, 4)] {
        let workflow = workflow(text);
        assert_eq!((workflow.name.as_str(), workflow.stages.len()), (name, stages));
        assert_eq!(workflow.stages.iter().filter(|stage| stage.enabled).count(), enabled);
        let first_dunning = workflow.stages.iter().find(|stage| stage.kind == StageKind::Dunning).unwrap();
        assert_eq!(first_dunning.fee, Decimal::ZERO, "{name}: the dunning that causes default carries no fee");
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let workflow = workflow(&format!("{SMALLEST}[[stages]]\nkey = \"second\"\nkind = \"dunning\"\nafter_days = 9\n"));
    assert_eq!((workflow.timezone, &workflow.holidays, &workflow.business_hours), (None, &None, &None));
    let rules = &workflow.rules;
    assert_eq!((rules.consolidate, rules.legal_due_shift, rules.min_gap_days, rules.max_data_age_hours), (true, false, 3, 24));
    assert!(rules.minimum_amount.is_empty());
    let second = Stage {
        key: "second".to_owned(),
        kind: StageKind::Dunning,
        enabled: true,
        anchor: Anchor::PreviousStage,
        after_days: 9,
        time_of_day: None,
        channel: Channel::Email,
        automation: Automation::Dispatch,
        attach_invoice: false,
        attach_letter: None,
        fee: Decimal::ZERO,
        template: "second".to_owned(),
        payment_days: 7,
    };
    assert_eq!(workflow.stages[1], second);
    assert_eq!(workflow.stages[0].anchor, Anchor::DueDate);
    assert_eq!(workflow.title_in("de"), "short");
}

#[test]
fn every_key_is_read() {
    let workflow = workflow(
        r#"
name = "full"
title = { de = "Voll", en = "Full" }
timezone = "Europe/Zurich"
holidays = "CH-ZH"
[business_hours]
days = ["fri", "mon"]
start = "08:15"
end = "12:00"
[rules]
consolidate = false
legal_due_shift = true
min_gap_days = 5
minimum_amount = { CHF = "12.5", JPY = "300" }
max_data_age_hours = 48
[[stages]]
key = "a"
kind = "dunning"
enabled = true
anchor = "due_date"
after_days = 0
time_of_day = "11:59"
channel = "email_then_post"
automation = "propose"
attach_invoice = true
attach_letter = false
fee = "2.50"
interest = false
template = "b"
payment_days = 30
"#,
    );
    assert_eq!(workflow.timezone, Some(Tz::Europe__Zurich));
    assert_eq!(workflow.holidays.as_deref(), Some("CH-ZH"));
    let hours = workflow.business_hours.as_ref().unwrap();
    assert_eq!(hours.days, [Weekday::Mon, Weekday::Fri]);
    assert_eq!((hours.start, hours.end), (NaiveTime::from_hms_opt(8, 15, 0).unwrap(), NaiveTime::from_hms_opt(12, 0, 0).unwrap()));
    let rules = &workflow.rules;
    assert_eq!((rules.consolidate, rules.legal_due_shift, rules.min_gap_days, rules.max_data_age_hours), (false, true, 5, 48));
    let minimum: Vec<_> = rules.minimum_amount.iter().map(|(currency, amount)| format!("{currency} {amount}")).collect();
    assert_eq!(minimum, ["CHF 12.50", "JPY 300"]);
    let stage = &workflow.stages[0];
    assert_eq!((stage.channel, stage.automation), (Channel::EmailThenPost, Automation::Propose));
    assert_eq!((stage.attach_invoice, stage.attach_letter), (true, Some(false)));
    assert_eq!((stage.fee, stage.template.as_str(), stage.payment_days), (Decimal::new(250, 2), "b", 30));
    assert_eq!(stage.time_of_day, NaiveTime::from_hms_opt(11, 59, 0));
    assert_eq!((workflow.title_in("en"), workflow.title_in("fr")), ("Full", "Voll"));
}

#[test]
fn the_canonical_form_reads_back_and_every_word_survives() {
    for text in [STANDARD, GENTLE, BUSINESS, SMALLEST] {
        let once = workflow(text);
        assert_eq!(workflow(&to_toml(&once)), once);
    }
    for channel in ["email", "post", "email_and_post", "email_then_post"] {
        for automation in ["propose", "finalize", "dispatch"] {
            let once = workflow(&format!("{SMALLEST}channel = \"{channel}\"\nautomation = \"{automation}\"\n"));
            assert_eq!(workflow(&to_toml(&once)), once);
        }
    }
    let odd_title = workflow(&format!("title = {{ de = 'Mahnen \"sofort\" \\ ä' }}\n{SMALLEST}"));
    assert_eq!(workflow(&to_toml(&odd_title)), odd_title);
}

#[test]
fn the_hash_is_of_what_it_means_not_of_how_it_is_written() {
    let hash = content_hash(&workflow(SMALLEST));
    assert_eq!(hash.len(), 64);
    let spaced =
        SMALLEST.replace(" = ", "   =  # no, not here\n".split('#').next().unwrap()).replace("[[stages]]", "# a ladder\n[[stages]]");
    assert_eq!(content_hash(&workflow(&spaced)), hash);
    let written_out = format!("{SMALLEST}fee = \"0\"\npayment_days = 7\nanchor = \"due_date\"\ninterest = false\n");
    assert_eq!(content_hash(&workflow(&written_out)), hash);
    for other in
        ["fee = \"1\"", "payment_days = 8", "time_of_day = \"09:00\"", "enabled = true\nattach_invoice = true", "attach_letter = false"]
    {
        assert_ne!(content_hash(&workflow(&format!("{SMALLEST}{other}\n"))), hash, "{other}");
    }
}

/// The hash is pinned in ledgers: if this changes, every instance loses its workflow.
#[test]
fn the_hash_never_changes_between_versions() {
    assert_eq!(content_hash(&workflow(SMALLEST)), "a1cd5b98eaadac991aba04125a725db298580f8dfd6506361ff2ddc6d0505cd9");
}

#[test]
fn each_wrong_file_gets_exactly_its_problems() {
    insta::assert_snapshot!(
        wrong_files().iter().map(|(what, text)| format!("## {what}\n{}", problems(text))).collect::<Vec<_>>().join("\n\n")
    );
}

/// What is wrong, and a file in which just that is wrong.
fn wrong_files() -> Vec<(&'static str, String)> {
    let with = |more: &str| format!("{SMALLEST}{more}\n");
    let above = |more: &str| format!("{more}\n{SMALLEST}");
    let second = |more: &str| format!("{SMALLEST}[[stages]]\nkey = \"second\"\nkind = \"dunning\"\n{more}\n");
    vec![
        ("empty file", String::new()),
        ("no stages", "name = \"none\"\n".to_owned()),
        ("stages is an empty list", "name = \"none\"\nstages = []\n".to_owned()),
        ("stages is a table", "name = \"none\"\n[stages]\nkey = \"a\"\n".to_owned()),
        ("name of a wrong shape", SMALLEST.replace("short", "Mein Verfahren")),
        ("name is a number", SMALLEST.replace("\"short\"", "7")),
        ("unknown keys", above("colour = 1\ntime_zone = \"Europe/Berlin\"")),
        ("unknown keys of a stage", with("afterdays = 3\ntemplte = \"x\"\nxyz = 1")),
        ("keys that stand twice", with("fee = \"1\"\nfee = \"2\"")),
        ("tables that stand twice", with("[rules]\nconsolidate = true\n[rules]\nmin_gap_days = 4")),
        ("stages with equal keys", second("after_days = 9").replace("second", "first")),
        ("title in a language that nobody reads, and a placeholder", above("title = { dee = \"x\", en = \"{{name}}\" }")),
        ("unknown zone", above("timezone = \"Europe/Berln\"")),
        ("unknown zone, nothing like it", above("timezone = \"home\"")),
        ("holidays of no region", above("holidays = \"Bayern\"")),
        ("no day", with("[business_hours]\ndays = []\nstart = \"09:00\"\nend = \"15:00\"")),
        ("a day twice, one unknown", with("[business_hours]\ndays = [\"mon\", \"mon\"]\nstart = \"09:00\"\nend = \"15:00\"")),
        ("an unknown day", with("[business_hours]\ndays = [\"mo\"]\nstart = \"09:00\"\nend = \"15:00\"")),
        ("an empty window", with("[business_hours]\ndays = [\"mon\"]\nstart = \"15:00\"\nend = \"15:00\"")),
        ("a window that ends before it starts", with("[business_hours]\ndays = [\"mon\"]\nstart = \"15:00\"\nend = \"09:00\"")),
        ("a window with nothing in it", with("[business_hours]")),
        ("times that are none", with("[business_hours]\ndays = [\"mon\"]\nstart = 09:00\nend = \"24:00\"")),
        ("rules out of bounds", with("[rules]\nmin_gap_days = 0\nmax_data_age_hours = -1\nconsolidate = \"yes\"")),
        ("amounts", with("[rules]\nminimum_amount = { EUR = 5.0, euro = \"5\", USD = \"-1\", JPY = \"1.50\" }")),
        ("fee with a comma", with("fee = \"2,50\"")),
        ("fee that is negative", with("fee = \"-2.50\"")),
        ("fee with too many places", with("fee = \"2.505\"")),
        ("interest", with("interest = true")),
        ("interest that is no flag", with("interest = \"9 %\"")),
        ("days out of bounds", with("payment_days = 0").replace("after_days = 3", "after_days = 3651")),
        ("days before the due date", SMALLEST.replace("after_days = 3", "after_days = -3")),
        ("words that are nearly right", with("channel = \"e-mail\"\nautomation = \"send\"\nanchor = \"duedate\"")),
        ("a stage with nothing in it", format!("{SMALLEST}[[stages]]\n")),
        ("first stage anchored on a previous one", with("anchor = \"previous_stage\"")),
        (
            "first stage that is switched on anchored on a previous one",
            second("after_days = 9").replace("after_days = 3", "after_days = 3\nenabled = false"),
        ),
        ("all stages switched off", with("enabled = false")),
        (
            "warning: time outside the window",
            with("time_of_day = \"15:00\"\n[business_hours]\ndays = [\"mon\"]\nstart = \"09:00\"\nend = \"15:00\""),
        ),
        ("warning: nearer than the gap", second("after_days = 2")),
        ("warning: nearer than the gap from the due date", second("anchor = \"due_date\"\nafter_days = 5")),
        ("warning: not ascending", second("anchor = \"due_date\"\nafter_days = 3")),
        (
            "warning: reminder after dunning",
            second("after_days = 9").replace("dunning", "x").replace("reminder", "dunning").replace("\"x\"", "\"reminder\""),
        ),
        ("no TOML: value missing", with("fee =")),
        ("no TOML: text without quotes", with("channel = email")),
        ("no TOML: quote not closed", with("channel = \"email")),
        ("no TOML: heading not closed, and what is wrong besides", format!("[rules\n{SMALLEST}feee = 1\n")),
        ("no TOML, and what is wrong besides", above("colour =\ntimezone = \"Europe/Berln\"")),
        ("business hours in one line", above("business_hours = \"9-15\"")),
        ("no TOML at all", "Sehr geehrte Damen und Herren,\nanbei die Mahnstufen.\n".to_owned()),
        ("an umlaut before the mistake counts as one column", above("title = { de = \"Mähnen\", fr = \"x\" }")),
    ]
}

#[test]
fn what_a_file_refers_to_is_asked_for_with_its_line() {
    let region = |region: &str| if region == "DE-BY" { Ok(()) } else { Err(format!("`{region}` is no region that we know")) };
    let template = |name: &str| if name == "known" { Ok(()) } else { Err(format!("there is no template `{name}`")) };
    let references = References { known_region: &region, known_template: &template };
    let text = "name = \"x\"\nholidays = \"DE-XX\"\n[[stages]]\nkey = \"known\"\nkind = \"reminder\"\nafter_days = 1\n\
                [[stages]]\nkey = \"odd\"\nkind = \"reminder\"\nafter_days = 8\n\
                [[stages]]\nkey = \"other\"\nkind = \"reminder\"\nafter_days = 8\ntemplate = \"lost\"\n";
    let parsed = parse_with(text, &references);
    let said: Vec<String> = parsed.problems.iter().map(|problem| problem.in_file("x.toml")).collect();
    assert_eq!(
        said,
        [
            "x.toml:2:12: error: holidays: `DE-XX` is no region that we know",
            "x.toml:7:1: error: stages[2].template: there is no template `odd`",
            "x.toml:15:12: error: stages[3].template: there is no template `lost`",
        ]
    );
    assert!(parse_with(&text.replace("DE-XX", "none").replace("odd", "known2"), &references).problems.len() > 1);
}

#[test]
fn there_may_be_as_many_stages_as_anyone_likes() {
    let stages: String = (1..=500).map(|n| format!("[[stages]]\nkey = \"s-{n}\"\nkind = \"reminder\"\nafter_days = 7\n")).collect();
    assert_eq!(workflow(&format!("name = \"long\"\n{stages}")).stages.len(), 500);
}

proptest::proptest! {
    /// Whatever a text editor may leave behind: reading does not panic, and refuses exactly what has an error.
    #[test]
    fn damaged_files_are_read_to_the_end(
        cut in 0..STANDARD.len(),
        length in 0..200_usize,
        pasted in "[\\[\\]=\"'{}#.,a-z0-9äß\n -]{0,20}",
        above in proptest::bool::ANY,
    ) {
        let (before, after) = STANDARD.split_at((0..=cut).rev().find(|at| STANDARD.is_char_boundary(*at)).unwrap());
        let skipped: String = after.chars().skip(length).collect();
        let text = if above { format!("{pasted}{before}{skipped}") } else { format!("{before}{pasted}{skipped}") };
        let parsed = parse(&text);
        proptest::prop_assert_eq!(parsed.workflow.is_none(), parsed.problems.iter().any(Problem::is_error));
        for problem in &parsed.problems {
            proptest::prop_assert!(problem.line <= text.matches('\n').count() + 1 && problem.column >= 1, "{}", problem);
        }
        if let Some(workflow) = parsed.workflow {
            proptest::prop_assert_eq!(parse(&to_toml(&workflow)).workflow, Some(workflow));
        }
    }
}
