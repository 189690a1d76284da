//! Texts, workflows, and what each tenant says about itself.

use super::{Finding, Findings};
use crate::adapters::texts::TextSets;
use crate::assembly;
use crate::config::{Config, NamedTenant, Workflows};
use crate::domain::calendar::Region;
use std::path::PathBuf;

/// Reads the texts.
pub(super) fn texts(config: &Config, findings: &mut Findings) -> Option<TextSets> {
    match assembly::texts(config) {
        Ok(texts) => {
            let from = match config.templates.folder.as_os_str().is_empty() {
                true => "built in".to_owned(),
                false => format!("built in, with those of {} above them", config.templates.folder.display()),
            };
            findings.add(Finding::ok("texts", format!("{} text sets, {from}", texts.templates().len())));
            Some(texts)
        }
        Err(error) => {
            findings.add(Finding::failed("texts", format!("{error:#}"), "correct the lines that are named"));
            None
        }
    }
}

/// Reads every workflow of the folder.
pub(super) fn workflows(config: &Config, texts: Option<&TextSets>, findings: &mut Findings) {
    let Some(texts) = texts else { return };
    let folder = &config.workflows.folder;
    if !folder.is_dir() {
        let what = format!("there is no folder {}; standard, gentle and business are built in", folder.display());
        let is_default = config.workflows == Workflows::default();
        findings.add(if is_default {
            Finding::ok("workflows", what)
        } else {
            Finding::warning("workflows", what, "make the folder, or correct [workflows] folder")
        });
        return;
    }
    let files = match toml_files(config) {
        Ok(files) => files,
        Err(error) => {
            let advice = "let this user read the folder, or correct [workflows] folder";
            findings.add(Finding::failed("workflows", format!("{}: {error}", folder.display()), advice));
            return;
        }
    };
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for file in &files {
        let shown = file.display().to_string();
        match assembly::workflow::workflow_file(file, texts) {
            Ok(parsed) => {
                for problem in parsed.problems {
                    if problem.is_error() { &mut errors } else { &mut warnings }.push(problem.in_file(&shown));
                }
            }
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    let advice = "correct the lines that are named; `mahnwerk workflow check` looks again";
    findings.add(match (errors.is_empty(), warnings.is_empty()) {
        (false, _) => Finding::failed("workflows", [errors, warnings].concat().join("\n"), advice),
        (true, false) => Finding::warning("workflows", warnings.join("\n"), advice),
        (true, true) => Finding::ok("workflows", format!("{} files in {} can be used", files.len(), folder.display())),
    });
}

fn toml_files(config: &Config) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(&config.workflows.folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<_> =
        entries.into_iter().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    Ok(files)
}

/// What notices of this tenant would lack.
pub(super) fn tenant(name: &str, settings: &NamedTenant, findings: &mut Findings) {
    let creditor = &settings.tenant.creditor;
    let named =
        |pairs: &[(&'static str, bool)]| pairs.iter().filter(|(_, is_missing)| *is_missing).map(|(key, _)| *key).collect::<Vec<_>>();
    let missing = named(&[("[tenant.creditor] name", creditor.name.is_empty()), ("[mail] from", settings.mail.from.is_empty())]);
    let no_address = creditor.street.is_empty() || creditor.postcode.is_empty() || creditor.city.is_empty();
    let lacking = named(&[("street, postcode and city", no_address), ("iban", creditor.iban.is_empty())]);
    if let Err(error) = Region::parse(&settings.tenant.holidays) {
        findings.add(Finding::failed(name, format!("holidays: {error}"), "write a region such as DE-BY, AT or CH-ZH, or none"));
    }
    if !missing.is_empty() {
        let (keys, advice) = (missing.join(" and "), "write it there, or for this tenant alone under [tenants.NAME]");
        let outward = settings.smtp.is_configured() && !assembly::is_loopback(&settings.smtp.host);
        findings.add(if outward {
            Finding::failed(name, format!("`serve` refuses to send to the world without {keys}"), advice)
        } else {
            Finding::warning(name, format!("{keys} is missing; something made up stands in while mails stay on this machine"), advice)
        });
    }
    if !lacking.is_empty() {
        let what = format!("the creditor has no {}: letters and payment details lack it", lacking.join(" and no "));
        findings.add(Finding::warning(name, what, "write it under [tenant.creditor]"));
    }
    if missing.is_empty() && lacking.is_empty() {
        findings.add(Finding::ok(name, format!("{}, {}; mails from {}", creditor.name, creditor.city, settings.mail.from)));
    }
}
