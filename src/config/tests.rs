//! The documented file is the defaults, every mistake is named, and no secret is ever shown.

use super::*;
use crate::domain::address::AddressKind;
use std::collections::BTreeSet;
use std::path::PathBuf;

const DOCUMENTED: &str = include_str!("../../worker.toml");

fn env(variables: &[(&str, &str)]) -> std::vec::IntoIter<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>().into_iter()
}

/// Reads with variables above the text and with one password file, as `load` would.
fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let secrets =
        |path: &Path| if path == Path::new("/secret") { Ok("from-file".to_owned()) } else { Err("there is no such file".to_owned()) };
    read(text, environment::overrides(env(variables)), &secrets).map_err(|problems| said(&problems))
}

fn said(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.in_file("w.toml")).collect::<Vec<_>>().join("\n")
}

/// The paths of all keys that are no tables.
fn keys(table: &toml::Table, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => keys(inner, &format!("{prefix}{key}."), found),
            _ => {
                found.insert(format!("{prefix}{key}"));
            }
        }
    }
}

fn keys_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    keys(&toml::from_str(text).unwrap(), "", &mut found);
    found
}

#[test]
fn the_documented_file_is_the_defaults_and_has_every_key() {
    assert_eq!(parse(DOCUMENTED), Ok(Config::default()));
    assert_eq!(keys_of(DOCUMENTED), keys_of(&Config::default().redacted()));
    assert_eq!(parse(""), Ok(Config::default()));
}

#[test]
fn every_documented_key_is_read_and_is_not_just_its_default() {
    let defaults: toml::Table = toml::from_str(DOCUMENTED).unwrap();
    let mut paths = BTreeSet::new();
    keys(&defaults, "", &mut paths);
    for path in paths {
        let (table, key) = path.rsplit_once('.').unwrap();
        let problems = parse(&format!("[{table}]\n{key} = 2027-01-01\n")).expect_err(&path);
        assert!(problems.iter().any(|problem| problem.field == path && problem.line == 2), "{path}: {problems:?}");
    }
}

#[test]
fn the_example_of_a_tenant_is_right() {
    let example: String = DOCUMENTED
        .lines()
        .skip_while(|line| *line != "# [tenants.bakery]")
        .map(|line| line.trim_start_matches("# ").trim_start_matches('#'))
        .fold(String::new(), |text, line| text + line + "\n");
    let bakery = parse(&example).unwrap().tenant_named("bakery");
    assert_eq!((bakery.tenant.holidays.as_str(), bakery.tenant.creditor.iban.as_str()), ("AT", "AT611904300234573201"));
    assert_eq!(bakery.smtp.password_file, PathBuf::from("/run/secrets/bakery-smtp"));
    let lexoffice = bakery.lexoffice.unwrap();
    assert_eq!(lexoffice.api_key_file, PathBuf::from("/run/secrets/bakery-lexoffice"));
    assert_eq!((lexoffice.sync, lexoffice.max_data_age_hours, lexoffice.workflow.as_str()), (true, 24, "standard"));
    assert_eq!((lexoffice.webhooks, lexoffice.webhook_key_file), (true, PathBuf::new()));
}

#[test]
fn the_public_url_is_encrypted_or_on_this_machine() {
    let read = |url: &str| parse(&format!("[server]\npublic_url = \"{url}\"\n")).map(|config| config.server.public_url);
    for (url, kept) in [
        ("", ""),
        ("https://dunning.example.com/", "https://dunning.example.com"),
        ("https://example.com:8443/mahnwerk", "https://example.com:8443/mahnwerk"),
        ("http://127.0.0.1:8750", "http://127.0.0.1:8750"),
    ] {
        assert_eq!(read(url).as_deref(), Ok(kept));
    }
    for url in
        ["http://dunning.example.com", "dunning.example.com", "https://", "https://a@b.example", "https://a.example/?x", "https://a b"]
    {
        let said = said(&read(url).expect_err(url));
        assert!(said.starts_with("w.toml:2:14") && said.contains("\"https://dunning.example.com\""), "{url}: {said}");
    }
}

#[test]
fn a_lexoffice_account_is_read_strictly_and_its_key_is_not_shown() {
    let table = "[tenants.a.lexoffice]\n";
    let config =
        read_with(&format!("{table}api_key_file = \"/secret\"\nsync_from = \"2026-01-01\"\nrevenue_vouchers = true\n"), &[]).unwrap();
    let lexoffice = config.tenants["a"].lexoffice.clone().unwrap();
    assert_eq!((lexoffice.api_key.expose(), lexoffice.sync_from), ("from-file", Some("2026-01-01".parse().unwrap())));
    assert!(!config.redacted().contains("from-file") && !format!("{config:?}").contains("from-file"));
    let shown = read_with(&config.redacted(), &[]).unwrap();
    assert_eq!(shown, config);
    let by_variable = read_with("[tenants.a]\n", &[("MAHNWERK__TENANTS__A__LEXOFFICE__API_KEY", "k")]).unwrap();
    assert_eq!(by_variable.tenants["a"].lexoffice.as_ref().unwrap().api_key.expose(), "k");
    for (lines, problem) in [
        ("sync = true", "w.toml:1:"),
        ("api_key = \"k\"\napi_key_file = \"/secret\"", "w.toml:3:16"),
        ("api_key = \"k\"\nbase_url = \"http://api.lexware.io/v1\"", "w.toml:3:12"),
        ("api_key = \"k\"\nbase_url = \"https://user@api.lexware.io\"", "w.toml:3:12"),
        ("api_key = \"k\"\nexcluded_terms = [\" \"]", "w.toml:3:18"),
        ("api_key = \"k\"\nmax_data_age_hours = 0", "w.toml:3:22"),
        ("api_key = \"k\"\nsync_from = \"1.1.2026\"", "w.toml:3:13"),
        ("api_key = \"k\"\nsandbox = true", "w.toml:3:1"),
    ] {
        let said = read_with(&format!("{table}{lines}\n"), &[]).expect_err(lines);
        assert!(said.starts_with(problem), "{lines}: {said}");
    }
    for url in ["http://127.0.0.1:8080/v1", "http://[::1]:8080/v1/", "https://proxy.example/v1"] {
        read_with(&format!("{table}api_key = \"k\"\nbase_url = \"{url}\"\n"), &[]).unwrap();
    }
}

#[test]
fn what_is_written_can_be_read_again() {
    let text = "[print.wkhtmltopdf]\nhtml_zoom = \"1\"\n[log]\nlevel = \"debug\"\nformat = \"json\"\n\
                [tenant]\nholidays_added = [\"2027-12-24\"]\n[tenants.a]\ncurrency = \"CHF\"\n[tenants.a.mail]\ncc = [\"x@y.example\"]\n";
    let config = parse(text).unwrap();
    assert_eq!(parse(&config.redacted()), Ok(config));
}

#[test]
fn everything_wrong_is_named_at_once() {
    let text = r#"
[ledgr]
[ledger]
url = "mysql://root:s3cret@db/x"
conections = 3
[queue]
url = "redis:s3cret"
chunk = "64"
[pools]
send = 4.5
first_retry_seconds = 60
longest_retry_seconds = 30
[server]
listen = "localhost"
[smtp]
host = "mail.example.com:465"
tls = "ssl"
password = 123
[mail]
from = "Anna <anna@example.com>"
reply_to = "a@b\nBcc: x@y"
cc = "x@example.com"
[print]
engine = "tyspt"
letterhead = "letterhead.pdf"
[print.wkhtmltopdf]
html_zoom = 1.3014
[post]
folder = ""
[log]
level = "verbose"
[tenant]
zone = "Europe/Berln"
holidays = "Bayern"
holidays_added = ["24.12.2027"]
language = "deutsch"
currency = "Euro"
[tenant.creditor]
iban = "DE89 3704 0044 0532 0130 01"
country = "Deutschland"
nmae = "x"
[tenants.Bakery]
[tenants.shop]
colour = "red"
"#;
    insta::assert_snapshot!(said(&parse(text).unwrap_err()));
}

#[test]
fn logins_that_cannot_work_or_would_leak_are_refused() {
    let smtp = |keys: &str| read_with(&format!("[smtp]\nhost = \"mail.example.com\"\n{keys}"), &[]).unwrap_err();
    let plain = "would send the password readable through the network";
    assert!(smtp("user = \"a\"\npassword = \"b\"\ntls = \"none\"").contains(plain));
    assert!(smtp("user = \"a\"").contains("w.toml:1:1: error: smtp.password_file: is missing beside `user`"));
    assert!(smtp("password = \"b\"").contains("smtp.user: is missing"));
    assert!(
        smtp("user = \"a\"\npassword = \"b\"\npassword_file = \"/secret\"")
            .contains("w.toml:5:17: error: smtp.password_file: stands beside")
    );
    assert!(smtp("user = \"a\"\npassword_file = \"/lost\"").contains("w.toml:4:17: error: smtp.password_file: there is no such file"));
    for host in ["localhost", "127.0.0.1", "::1", "[::1]"] {
        assert!(read_with(&format!("[smtp]\nhost = \"{host}\"\ntls = \"none\"\nuser = \"a\"\npassword = \"b\""), &[]).is_ok(), "{host}");
    }
}

#[test]
fn the_queue_never_is_the_ledger() {
    let problems = parse("[queue]\nurl = \"sqlite:data/ledger.db\"\n").unwrap_err();
    assert_eq!(
        said(&problems),
        "w.toml:2:7: error: queue.url: must not be the ledger's file: write another one, such as \"sqlite:data/queue.db\""
    );
}

#[test]
fn the_environment_stands_above_the_file() {
    let text = "[smtp]\nhost = \"one.example\"\nport = 25\n[tenants.blue-sky]\n[tenants.blue-sky.smtp]\nhost = \"two.example\"\n";
    let config = read_with(
        text,
        &[
            ("MAHNWERK__SMTP__PORT", "587"),
            ("MAHNWERK__SMTP__USER", "12345"),
            ("MAHNWERK__SMTP__PASSWORD", "true"),
            ("MAHNWERK__MAIL__CC", "a@x.example, b@x.example"),
            ("MAHNWERK__MAIL__BCC", "[\"c@x.example\"]"),
            ("MAHNWERK__PRINT__FOOTER", "false"),
            ("MAHNWERK__PRINT__WKHTMLTOPDF__HTML_ZOOM", "1.5"),
            ("MAHNWERK__TENANTS__BLUE_SKY__SMTP__USER", "sky"),
            ("MAHNWERK__TENANTS__BLUE_SKY__SMTP__PASSWORD_FILE", "/secret"),
            ("MAHNWERK_LOG", "not ours"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!((config.smtp.host.as_str(), config.smtp.port, config.smtp.user.as_str()), ("one.example", 587, "12345"));
    assert_eq!(config.smtp.password.expose(), "true");
    assert_eq!((config.mail.cc.len(), config.mail.bcc.len(), config.print.footer), (2, 1, false));
    assert_eq!(config.print.wkhtmltopdf.html_zoom.to_string(), "1.5");
    let sky = config.tenant_named("blue-sky").smtp;
    assert_eq!((sky.host.as_str(), sky.user.as_str(), sky.password.expose()), ("two.example", "sky", "from-file"));
}

#[test]
fn wrong_variables_are_named() {
    let wrong = |name: &str, value: &str| read_with("", &[(name, value)]).unwrap_err();
    assert_eq!(
        wrong("MAHNWERK__SMTP__PORT", "many"),
        "error: MAHNWERK__SMTP__PORT: must be a whole number from 1 to 65535, without quotes, not text"
    );
    assert_eq!(wrong("MAHNWERK__SMTP__PORT", "0"), "error: MAHNWERK__SMTP__PORT: must be a whole number from 1 to 65535, not 0");
    assert_eq!(wrong("MAHNWERK__SMTP__PROT", "25"), "error: MAHNWERK__SMTP__PROT: names no key; did you mean the one for `smtp.port`?");
    assert_eq!(wrong("MAHNWERK__TENANTS__NOBODY__ZONE", "UTC"), "error: MAHNWERK__TENANTS__NOBODY__ZONE: names no key; unset it");
}

#[test]
fn a_tenant_has_its_own_tables_whole_and_the_rest_from_the_general_ones() {
    let text = r#"
[tenant]
zone = "Europe/Vienna"
holidays = "AT"
[tenant.creditor]
name = "General"
iban = "DE89370400440532013000"
[mail]
from = "general@example.com"
bcc = ["archive@example.com"]
[smtp]
host = "mail.example.com"
user = "general"
password = "s3cret"
[print]
letterhead = "general.svg"
[tenants.one]
holidays = "AT-9"
[tenants.one.creditor]
name = "One"
[tenants.one.mail]
from = "one@example.org"
[tenants.one.smtp]
host = "mail.example.org"
[tenants.two]
"#;
    let config = parse(text).unwrap();
    let one = config.tenant_named("one");
    assert_eq!((one.tenant.zone.name(), one.tenant.holidays.as_str()), ("Europe/Vienna", "AT-9"));
    assert_eq!((one.tenant.creditor.name.as_str(), one.tenant.creditor.iban.as_str()), ("One", ""), "no bank account of another creditor");
    assert_eq!((one.mail.from.as_str(), one.mail.bcc.len()), ("one@example.org", 0), "no copies to another creditor");
    assert_eq!((one.smtp.host.as_str(), one.smtp.password.expose()), ("mail.example.org", ""), "no password for another server");
    assert_eq!(one.letterhead, PathBuf::from("general.svg"));
    let two = config.tenant_named("two");
    assert_eq!(two, config.tenant_named("never heard of"));
    assert_eq!((two.tenant.creditor.name.as_str(), two.smtp.password.expose()), ("General", "s3cret"));
}

#[test]
fn layouts_are_checked_where_they_stand_and_a_tenants_own_replaces_the_general_one() {
    let text = "[print.layout]\nlogo = \"general.svg\"\naccent = \"#ffcc00\"\n[tenants.a.layout]\ntext = \"#202020\"\n[tenants.b]\n";
    let config = parse(text).unwrap();
    let (own, general) = (config.tenant_named("a").layout, config.tenant_named("b").layout);
    assert_eq!((own.logo, own.text, own.accent), (PathBuf::new(), Colour([0x20; 3]), Layout::default().accent));
    assert_eq!((general.logo, general.accent.hex().as_str()), (PathBuf::from("general.svg"), "#ffcc00"));
    assert!(!general.accent.is_readable() && Layout::default().accent.is_readable() && Colour([0x1f, 0x4e, 0x79]).is_readable());
    assert_eq!(parse(&config.redacted()), Ok(config));
    let line = "x".repeat(61);
    let wrong = format!(
        "[print.layout]\nlogo = \"logo.gif\"\nlogo_position = \"middle\"\nlogo_height_mm = 31\naccent = \"1f4e79\"\ntext = \"#777777\"\n\
         footer = [[\"a\"], [\"b\"], [\"c\"], [\"d\"], [\"e\"]]\n[tenants.a.layout]\nfooter = [\"a\"]\n[tenants.b.layout]\nfooter = [[]]\n\
         [tenants.c.layout]\nfooter = [[\"a\"], [\"{line}\"]]\n[tenants.d.layout]\nfooter = [[1]]\ncolour = \"#000000\"\n\
         [tenants.d.creditor]\nname = \"D\"\n[tenants.d.creditor.second_account]\niban = \"DE02120300000000202051\"\n\
         [tenant.creditor]\niban = \"DE02120300000000202051\"\nsecond_account = {{ bank = \"B\" }}\n"
    );
    insta::assert_snapshot!(said(&parse(&wrong).unwrap_err()), @r##"
    w.toml:2:8: error: print.layout.logo: `logo.gif` is no .svg, .png or .jpg file: convert the picture to one of these
    w.toml:3:17: error: print.layout.logo_position: must be `left`, `center` or `right`, not `middle`
    w.toml:4:18: error: print.layout.logo_height_mm: must be a whole number from 5 to 30, not 31
    w.toml:5:10: error: print.layout.accent: `1f4e79` is no colour: write red, green and blue as "#rrggbb", such as "#1f4e79"
    w.toml:6:8: error: print.layout.text: `#777777` is too pale to be read on paper: its contrast with white is 4.5 and must be 7 at least; write a darker one
    w.toml:7:10: error: print.layout.footer: has 5 columns: at most 4 stand side by side
    w.toml:9:10: error: tenants.a.layout.footer: must be a list of columns, each a list of lines, such as [["Muster GmbH", "Berlin"], ["HRB 12345"]]
    w.toml:11:10: error: tenants.b.layout.footer: has 0 lines in column 1: write 1 to 7
    w.toml:13:10: error: tenants.c.layout.footer: has a line of 61 characters in column 2: at most 60 fit; begin a new one
    w.toml:15:10: error: tenants.d.layout.footer: must be a list of columns, each a list of lines, such as [["Muster GmbH", "Berlin"], ["HRB 12345"]]
    w.toml:16:1: error: tenants.d.layout.colour: is no key here; write one of `logo`, `logo_position`, `logo_height_mm`, `accent`, `text` or `footer`
    w.toml:19:1: error: tenants.d.creditor.second_account: stands without a first account: write `iban` of the creditor, or take this table out
    w.toml:23:18: error: tenant.creditor.second_account.iban: is missing: write the number of this account
    "##);
}

#[test]
fn places_have_names_and_addresses_an_order() {
    let max = |written: &str| parse(&format!("[tenant]\nmax_active = {written}\n")).map(|config| config.tenant.max_active);
    for (written, places) in [("\"small\"", 10), ("\"medium\"", 50), ("\"large\"", 250), ("1", 1), ("0", 0)] {
        assert_eq!(max(written), Ok(places));
    }
    let own = parse("[tenant]\nmax_active = \"small\"\n[tenants.a]\nmax_active = 7\n[tenants.b]\n").unwrap();
    assert_eq!((own.tenant_named("a").tenant.max_active, own.tenant_named("b").tenant.max_active), (7, 10));
    let told = parse("[tenant]\nlast_stage_notice = \"chef@a.example\"\n[tenants.a]\nlast_stage_notice = \"\"\n[tenants.b]\n").unwrap();
    assert_eq!(
        (told.tenant_named("a").tenant.last_stage_notice, told.tenant_named("b").tenant.last_stage_notice.as_str()),
        (String::new(), "chef@a.example")
    );
    let wrong = said(&parse("[tenant]\nlast_stage_notice = \"chef\"\n").unwrap_err());
    assert!(wrong.contains("w.toml:2:21: error: tenant.last_stage_notice: "), "{wrong}");
    let rule = parse("[mail]\naddress_rule = [\"contact_person\", \"business\"]\n").unwrap().mail.address_rule;
    assert_eq!(rule, [AddressKind::ContactPerson, AddressKind::Business]);
    let wrong = "[tenant]\nmax_active = \"smal\"\n[tenants.a]\nmax_active = -1\n[tenants.a.mail]\naddress_rule = []\n\
                 [mail]\naddress_rule = [\"business\", \"fax\"]\n[tenants.b.mail]\naddress_rule = [\"office\", \"office\"]\n";
    insta::assert_snapshot!(said(&parse(wrong).unwrap_err()), @r#"
    w.toml:2:14: error: tenant.max_active: must be `small`, `medium` or `large`, not `smal`; did you mean `small`?
    w.toml:4:14: error: tenants.a.max_active: must be a whole number from 0 to 1000000, not -1, or "small", "medium" or "large"
    w.toml:6:16: error: tenants.a.mail.address_rule: must name at least one of `by_hand`, `business`, `contact_person`, `office`, `private` or `other`
    w.toml:8:16: error: mail.address_rule: `fax` is no kind of address: write some of `by_hand`, `business`, `contact_person`, `office`, `private` or `other`
    w.toml:10:16: error: tenants.b.mail.address_rule: `office` stands in it twice
    "#);
}

#[test]
fn no_secret_is_ever_shown() {
    let text = "[ledger]\nurl = \"postgres://anna:s3cret-1@db/x?password=s3cret-2\"\n[queue]\nurl = \"redis://:s3cret-3@cache/0\"\n\
                [smtp]\nhost = \"h\"\nuser = \"u\"\npassword = \"s3cret-4\"\n[tenants.a.smtp]\nhost = \"h\"\nuser = \"u\"\npassword = \"s3cret-5\"\n";
    let config = parse(text).unwrap();
    for shown in [config.redacted(), format!("{config:?}"), format!("{config:#?}"), serde_json::to_string(&config).unwrap()] {
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("***"));
    }
    let wrong = "[ledger]\nurl = \"mysql://s3cret\"\n[smtp]\npassword = [\"s3cret\"]\nuser = { s = \"s3cret\" }\n";
    assert!(!said(&parse(wrong).unwrap_err()).contains("s3cret"));
    let wrong_above = [("MAHNWERK__SMTP__PASWORD", "s3cret"), ("MAHNWERK__LEDGER__URL", "s3cret"), ("MAHNWERK__POOLS__SEND", "s3cret")];
    assert!(!read_with("", &wrong_above).unwrap_err().contains("s3cret"));
    assert!(!format!("{:?}", environment::overrides(env(&wrong_above))).contains("s3cret"));
}

#[test]
fn files_are_found_read_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.toml");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "top s3cret\r\n").unwrap();
    std::fs::write(&file, format!("[smtp]\nhost = \"h\"\nuser = \"u\"\npassword_file = {:?}\n", secret.to_str().unwrap())).unwrap();
    let config = load(Some(&file), env(&[])).unwrap();
    assert_eq!(config.smtp.password.expose(), "top s3cret");
    assert!(config.redacted().contains("password = \"\""), "what is shown names the file alone");

    std::fs::write(&secret, "").unwrap();
    let empty = load(Some(&file), env(&[])).unwrap_err().to_string();
    assert!(
        empty.contains("w.toml:4:17: error: smtp.password_file:") && empty.ends_with("must hold the secret in one line and nothing else"),
        "{empty}"
    );

    let lost = load(Some(&folder.path().join("lost.toml")), env(&[])).unwrap_err();
    assert!(matches!(lost, LoadError::File { .. }) && lost.to_string().contains("lost.toml can't be read"));
}
