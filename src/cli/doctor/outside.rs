//! Mail server or outbox, letter engine, print batch.

use super::{Finding, Findings, Held};
use crate::adapters::letters::{PictureSource, PrintBatch};
use crate::assembly;
use crate::config::{Config, NamedTenant, Smtp};
use crate::engine::ports::LetterPost;

/// Providers block accounts that send faster.
const USUAL_SECONDS: u32 = 60;

/// Tries each mail account or outbox once, however many tenants share it.
pub(super) async fn mail(tenants: &[Held], findings: &mut Findings) {
    let mut tried: Vec<(&Smtp, &std::path::Path)> = Vec::new();
    for Held { name, tenant, .. } in tenants {
        let way = (&tenant.smtp, tenant.mail.folder.as_path());
        if !tried.contains(&way) {
            tried.push(way);
            findings.add(try_mailer(tenant).await);
        }
        if tenant.smtp.is_configured() && !assembly::is_loopback(&tenant.smtp.host) && tenant.mail.every_seconds < USUAL_SECONDS {
            let what = format!(
                "{name}: every_seconds = {}, and many providers block who sends faster than one mail a minute",
                tenant.mail.every_seconds
            );
            let advice = format!("ask your provider, or write every_seconds = {USUAL_SECONDS} in [mail]");
            findings.add(Finding::warning("throttle", what, advice));
        }
    }
}

async fn try_mailer(tenant: &NamedTenant) -> Finding {
    let part = if tenant.smtp.is_configured() { "smtp" } else { "outbox" };
    let (described, answer) = assembly::try_mail_server(tenant).await;
    match answer {
        Ok(words) if tenant.smtp.is_configured() => Finding::ok(part, format!("{described}: {words}")),
        Ok(words) => Finding::ok(part, format!("{words}; no mail server is configured, so mails become files there")),
        Err(why) if tenant.smtp.is_configured() => {
            let advice = "see whether host, port, tls, user and password in [smtp] are what the provider says, and the server is up";
            Finding::failed(part, format!("{described}: {why}"), advice)
        }
        Err(why) => Finding::failed(part, why, "let this user write the folder, or correct [mail] folder"),
    }
}

/// Tries the letter engine, once for each letterhead and layout.
pub(super) async fn letters(config: &Config, tenants: &[Held], findings: &mut Findings) {
    let mut looks: Vec<_> = tenants.iter().map(|held| (held.pictures.clone(), held.tenant.layout.clone())).collect();
    looks.sort();
    looks.dedup();
    for (pictures, layout) in looks {
        let print = config.print.clone();
        // Engines start programs and read fonts: that may take a while.
        let tried = tokio::task::spawn_blocking(move || {
            let engine = assembly::letter_engine(&print, &pictures, &layout).map_err(|error| format!("{error:#}"))?;
            let named = |word: &str, picture: &Option<PictureSource>| {
                picture.as_ref().map_or_else(String::new, |picture| format!(", {word} {picture}"))
            };
            let on = named("on", &pictures.letterhead) + &named("with", &pictures.logo);
            engine.check().map(|words| format!("{}: {words}{on}", engine.name()))
        });
        let advice = "install what is missing, or choose the other engine under [print]";
        findings.add(match tried.await {
            Ok(Ok(words)) => Finding::ok("letters", words),
            Ok(Err(why)) => Finding::failed("letters", why, advice),
            Err(error) => Finding::failed("letters", error.to_string(), advice),
        });
    }
}

/// Tries the folder of finished letters.
pub(super) async fn print_batch(config: &Config, findings: &mut Findings) {
    findings.add(match PrintBatch::new(config.post.folder.clone()).check().await {
        Ok(words) => Finding::ok("print batch", words),
        Err(why) => Finding::failed("print batch", why, "or choose another one with [post] folder"),
    });
}
