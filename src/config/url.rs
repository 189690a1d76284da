//! URLs that people write: where something is served over HTTP.

use crate::domain::toml_reader::value;
use toml::de::DeValue;

/// A URL that is encrypted, or leads to this machine; without a slash at its end. The message does not repeat it: people put keys there.
///
/// # Errors
/// What to write instead, such as `example`.
pub(super) fn read_web_url(value: &DeValue<'_>, example: &str) -> Result<String, String> {
    let url = value::text(value)?;
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let wrong = || format!("must be a URL such as \"{example}\", without login or query; plain http:// only to this machine");
    let sound = match url.split_once("://") {
        Some(("https", rest)) => !host(rest).is_empty(),
        Some(("http", rest)) => is_this_machine(&host(rest)),
        _ => false,
    };
    let plain = !url.contains(['@', '?', '#']) && !url.contains(char::is_whitespace);
    if sound && plain { Ok(url.trim_end_matches('/').to_owned()) } else { Err(wrong()) }
}

fn is_this_machine(authority: &str) -> bool {
    let host =
        authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(authority, |(host, _)| host);
    super::smtp::is_this_machine(host)
}
