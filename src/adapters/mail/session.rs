//! One SMTP conversation: greeting, EHLO, STARTTLS, AUTH, then any number of messages, one after the other.
//!
//! The one thing that must never be wrong here is what is said about a message:
//!
//! * before its final dot nothing was handed over, whatever broke: it may be tried again;
//! * after the dot the server's reply decides;
//! * the dot may be out and no reply came: nobody knows. Not even the byte count of the operating system tells more
//!   than "the server can't have it yet", so the doubt begins when the first byte of the last line is taken over.
//!
//! The first recipient is the one the message is for. If the server refuses a copy (CC, BCC) and takes the first
//! recipient, the message goes out and the reply that is kept names the refused copies: a debtor's reminder must not
//! hang on a colleague's full mailbox. If the first recipient is refused, nobody gets the message.

use super::reply::Reply;
use super::smtp::{Login, Security, SmtpSettings};
use super::wire::{Lost, Wire};
use crate::engine::ports::{Envelope, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// The last line of a message: CR LF before it belongs to the text.
const DOT: &[u8] = b".\r\n";
/// A server that breaks off in mid-message has often said why; so long we look for it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// After a refused login; servers lock accounts that knock more often.
const LOGIN_PAUSE: Duration = Duration::from_secs(300);

/// Why there is no conversation. It concerns every message to this server, so none of them is given up for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unready {
    pub(super) reason: String,
    pub(super) after: Option<Duration>,
    /// The server greeted us with a 4xx: it may only have too many of our connections.
    pub(super) turned_away: bool,
}

impl Unready {
    fn new(reason: String) -> Self {
        Self { reason, after: None, turned_away: false }
    }
}

/// How a message fared.
pub(super) enum Verdict {
    Settled(Outcome),
    /// The connection ended before the final dot: certainly not handed over.
    Lost(String),
}

/// What the server offers (EHLO).
#[derive(Clone, Copy, Debug, Default)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    eight_bit: bool,
    plain: bool,
    login: bool,
    /// The biggest message it takes, in bytes.
    size: Option<usize>,
    /// It wants to be told sizes (it may still name no limit).
    sized: bool,
}

pub(super) struct Session {
    wire: Wire,
    offers: Offers,
    greeting: String,
    limit: Duration,
    final_limit: Duration,
    /// The message as it goes over the wire; kept to spare an allocation per message.
    outbox: Vec<u8>,
    /// False once the conversation is out of step or over.
    usable: bool,
    /// Messages that this connection has tried to hand over.
    pub(super) messages: u64,
    pub(super) last_used: Instant,
}

impl Session {
    pub(super) async fn open(settings: &SmtpSettings, tls: Option<&(Arc<ClientConfig>, ServerName<'static>)>) -> Result<Self, Unready> {
        let limit = settings.timeouts.reply;
        let place = format!("{}:{}", settings.host, settings.port);
        let tcp = connect(settings, &place).await?;
        let lost = |lost: Lost| Unready::new(format!("{place}: {}", lost.0));
        let mut wire = Wire::plain(tcp);
        if let (Security::Tls, Some((config, name))) = (settings.security, tls) {
            wire = wire.encrypt(config.clone(), name.clone(), settings.timeouts.connect).await.map_err(lost)?;
        }
        let greeting = wire.reply(limit).await.map_err(lost)?;
        if !greeting.is_positive() {
            let reason = format!("{place}: the server turns us away: {greeting}");
            return Err(Unready { turned_away: greeting.is_transient(), ..Unready::new(reason) });
        }
        let mut offers = hello(&mut wire, settings, limit).await?;
        if let (Security::StartTls, Some((config, name))) = (settings.security, tls) {
            if !offers.starttls {
                return Err(Unready::new(format!("{place}: the server does not offer STARTTLS, and security = \"starttls\" demands it")));
            }
            let reply = wire.ask("STARTTLS\r\n", limit).await.map_err(lost)?;
            if !reply.is_positive() {
                return Err(Unready::new(format!("{place}: STARTTLS was refused: {reply}")));
            }
            wire = wire.encrypt(config.clone(), name.clone(), settings.timeouts.connect).await.map_err(lost)?;
            // What was offered without encryption may have been forged; ask again (RFC 3207 4.2).
            offers = hello(&mut wire, settings, limit).await?;
        }
        let mut session = Self {
            wire,
            offers,
            greeting: greeting.to_string(),
            limit,
            final_limit: settings.timeouts.delivery,
            outbox: Vec::new(),
            usable: true,
            messages: 0,
            last_used: Instant::now(),
        };
        if let Some(login) = &settings.login {
            session.log_in(login, &place).await?;
        }
        Ok(session)
    }

    async fn log_in(&mut self, login: &Login, place: &str) -> Result<(), Unready> {
        let lost = |lost: Lost| Unready::new(format!("{place}: {}", lost.0));
        let reply = if self.offers.plain {
            let secret = BASE64.encode(format!("\0{}\0{}", login.user, login.password));
            self.wire.ask(&format!("AUTH PLAIN {secret}\r\n"), self.limit).await.map_err(lost)?
        } else if self.offers.login {
            let mut reply = self.wire.ask("AUTH LOGIN\r\n", self.limit).await.map_err(lost)?;
            for secret in [&login.user, &login.password] {
                if reply.code == 334 {
                    reply = self.wire.ask(&format!("{}\r\n", BASE64.encode(secret)), self.limit).await.map_err(lost)?;
                }
            }
            reply
        } else {
            return Err(Unready::new(format!(
                "{place}: the server offers neither AUTH PLAIN nor AUTH LOGIN, so \"{}\" can't log in",
                login.user
            )));
        };
        if reply.is_positive() {
            return Ok(());
        }
        let reason = format!("{place}: login as \"{}\" was refused: {reply}", login.user);
        Err(Unready { after: reply.is_permanent().then_some(LOGIN_PAUSE), ..Unready::new(reason) })
    }

    /// The server's greeting and how we are connected, for `doctor`.
    pub(super) fn introduction(&self, user: Option<&str>) -> String {
        let mut text = format!("{}; {}", self.greeting, self.wire.encryption().unwrap_or_else(|| "not encrypted".to_owned()));
        if let Some(user) = user {
            let _ = write!(text, "; logged in as \"{user}\"");
        }
        text
    }

    /// Whether another message may follow on this connection.
    pub(super) fn is_usable(&mut self) -> bool {
        self.usable && self.wire.is_quiet()
    }

    pub(super) async fn quit(mut self) {
        if self.usable {
            // Politeness: whatever the server makes of it, the connection is dropped next.
            let _ = self.wire.ask("QUIT\r\n", LAST_WORDS).await;
        }
    }

    /// Hands over one message.
    pub(super) async fn deliver(&mut self, envelope: &Envelope, message: &[u8]) -> Verdict {
        let commands = match self.commands(envelope, message) {
            Ok(commands) => commands,
            Err(reason) => return Verdict::Settled(Outcome::Failed { reason }),
        };
        self.messages += 1;
        self.usable = false;
        match self.negotiate(&commands).await {
            Ok(Go::Text { refused_copies }) => self.hand_over(message, &refused_copies).await,
            Ok(Go::Refused { command, reply, text_expected }) => {
                if !reply.closes() && !text_expected {
                    self.usable = matches!(self.wire.ask("RSET\r\n", self.limit).await, Ok(reply) if reply.is_positive());
                }
                if reply.closes() { Verdict::Lost(refusal(&command, &reply)) } else { Verdict::Settled(refused(&command, &reply)) }
            }
            Err(lost) => Verdict::Lost(lost.0),
        }
    }

    /// The commands up to DATA, checked: an envelope that could smuggle in a command is refused here.
    fn commands(&self, envelope: &Envelope, message: &[u8]) -> Result<Vec<String>, String> {
        for address in std::iter::once(&envelope.from).chain(&envelope.recipients) {
            if address.is_empty() || !address.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>') {
                return Err(format!("the envelope address \"{}\" is no plain ASCII address", address.escape_debug()));
            }
        }
        if envelope.recipients.is_empty() {
            return Err("the envelope has no recipient".to_owned());
        }
        if let Some(size) = self.offers.size.filter(|size| message.len() > *size) {
            return Err(format!("the message has {} bytes and the server takes at most {size}", message.len()));
        }
        let mut mail = format!("MAIL FROM:<{}>", envelope.from);
        if self.offers.sized {
            let _ = write!(mail, " SIZE={}", message.len());
        }
        if !message.is_ascii() {
            if !self.offers.eight_bit {
                return Err("the message has 8-bit text and the server does not offer 8BITMIME".to_owned());
            }
            mail.push_str(" BODY=8BITMIME");
        }
        mail.push_str("\r\n");
        let recipients = envelope.recipients.iter().map(|recipient| format!("RCPT TO:<{recipient}>\r\n"));
        Ok(std::iter::once(mail).chain(recipients).chain(["DATA\r\n".to_owned()]).collect())
    }

    /// MAIL, RCPT…, DATA: in one packet where the server offers PIPELINING (RFC 2920), else one by one.
    async fn negotiate(&mut self, commands: &[String]) -> Result<Go, Lost> {
        let pipelined = self.offers.pipelining;
        if pipelined {
            self.wire.write(commands.concat().as_bytes(), self.limit).await.result?;
        }
        let mut refused: Option<(String, Reply)> = None;
        let mut refused_copies = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            let reply = if pipelined { self.wire.reply(self.limit).await? } else { self.wire.ask(command, self.limit).await? };
            let command = command.trim_end();
            let is_data = index + 1 == commands.len();
            let accepted = if is_data { reply.code == 354 } else { reply.is_positive() };
            if reply.closes() {
                return Ok(Go::Refused { command: command.to_owned(), reply, text_expected: false });
            }
            match (refused.take(), accepted) {
                // The first refusal is the reason; those that follow it in the same packet are its echo.
                (Some((command, reply)), accepted) if is_data => return Ok(Go::Refused { command, reply, text_expected: accepted }),
                (Some(first), _) => refused = Some(first),
                (None, true) => {}
                (None, false) if index > 1 && !is_data => refused_copies.push(refusal(command, &reply)),
                (None, false) if pipelined && !is_data => refused = Some((command.to_owned(), reply)),
                (None, false) => return Ok(Go::Refused { command: command.to_owned(), reply, text_expected: false }),
            }
        }
        Ok(Go::Text { refused_copies })
    }

    /// The text and the final dot; from here on a lost connection is a doubt.
    async fn hand_over(&mut self, message: &[u8], refused_copies: &[String]) -> Verdict {
        self.outbox.clear();
        encode(message, &mut self.outbox);
        let written = self.wire.write(&self.outbox, self.limit).await;
        let dot_is_out = written.taken > self.outbox.len() - DOT.len();
        let answer = match &written.result {
            Ok(()) => self.wire.reply(self.final_limit).await,
            Err(lost) => self.wire.reply(LAST_WORDS).await.map_err(|_| lost.clone()),
        };
        let reply = match answer {
            Ok(reply) => reply,
            Err(lost) if dot_is_out => {
                let reason = format!("the connection ended after the message and before the server's answer: {}", lost.0);
                return Verdict::Settled(Outcome::Unknown { reason });
            }
            Err(lost) => return Verdict::Lost(format!("in mid-message: {}", lost.0)),
        };
        self.usable = written.result.is_ok() && !reply.closes();
        if !dot_is_out && reply.is_positive() {
            return Verdict::Lost(format!("the server answered \"{reply}\" before the end of the message"));
        }
        Verdict::Settled(final_outcome(&reply, refused_copies))
    }
}

/// What MAIL, RCPT and DATA came to.
enum Go {
    /// The server waits for the text.
    Text { refused_copies: Vec<String> },
    /// No message. If the server waits for text all the same, only dropping the connection says "no message".
    Refused { command: String, reply: Reply, text_expected: bool },
}

fn refusal(command: &str, reply: &Reply) -> String {
    // SIZE and the like are of no interest to who reads the reason.
    let command = command.split_inclusive('>').next().unwrap_or(command);
    format!("{command}: {reply}")
}

/// Before the dot: 5xx is for good, everything else may be tried again. So may a demand for login or encryption: it
/// concerns the settings, not this message.
fn refused(command: &str, reply: &Reply) -> Outcome {
    let reason = refusal(command, reply);
    let concerns_settings = matches!(reply.code, 530 | 534 | 535 | 538);
    if reply.is_permanent() && !concerns_settings { Outcome::Failed { reason } } else { Outcome::Retry { reason, after: None } }
}

fn final_outcome(reply: &Reply, refused_copies: &[String]) -> Outcome {
    if reply.is_positive() {
        let mut words = reply.to_string();
        if !refused_copies.is_empty() {
            let _ = write!(words, " (copies refused: {})", refused_copies.join("; "));
        }
        return Outcome::Done { reply: words };
    }
    if reply.is_transient() {
        return Outcome::Retry { reason: reply.to_string(), after: None };
    }
    if reply.is_permanent() {
        return Outcome::Failed { reason: reply.to_string() };
    }
    Outcome::Unknown { reason: format!("the server answered the message with \"{reply}\", which says neither yes nor no") }
}

async fn connect(settings: &SmtpSettings, place: &str) -> Result<TcpStream, Unready> {
    let limit = settings.timeouts.connect;
    let host = settings.host.trim_start_matches('[').trim_end_matches(']');
    let tcp = match tokio::time::timeout(limit, TcpStream::connect((host, settings.port))).await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(error)) => return Err(Unready::new(format!("{place}: no connection: {error}"))),
        Err(_) => return Err(Unready::new(format!("{place}: no connection within {} ms", limit.as_millis()))),
    };
    // Commands and replies are small and wait for each other: Nagle's delay would cost 40 ms a message.
    tcp.set_nodelay(true).map_err(|error| Unready::new(format!("{place}: {error}")))?;
    Ok(tcp)
}

async fn hello(wire: &mut Wire, settings: &SmtpSettings, limit: Duration) -> Result<Offers, Unready> {
    let place = format_args!("{}:{}", settings.host, settings.port).to_string();
    let reply =
        wire.ask(&format!("EHLO {}\r\n", settings.hello_name), limit).await.map_err(|lost| Unready::new(format!("{place}: {}", lost.0)))?;
    if !reply.is_positive() {
        return Err(Unready::new(format!("{place}: EHLO {} was refused: {reply}", settings.hello_name)));
    }
    let mut offers = Offers::default();
    for line in reply.lines.iter().skip(1) {
        let line = line.to_ascii_uppercase();
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("STARTTLS") => offers.starttls = true,
            Some("PIPELINING") => offers.pipelining = true,
            Some("8BITMIME") => offers.eight_bit = true,
            Some("SIZE") => {
                offers.sized = true;
                // RFC 1870: 0 or nothing means that no limit is named.
                offers.size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0);
            }
            Some("AUTH") => {
                for mechanism in words {
                    offers.plain |= mechanism == "PLAIN";
                    offers.login |= mechanism == "LOGIN";
                }
            }
            _ => {}
        }
    }
    Ok(offers)
}

/// The message as DATA wants it: every line ends in CR LF, a dot at the start of a line is doubled (RFC 5321 4.5.2),
/// the final dot at the end. A lone CR or LF becomes CR LF: servers differ about them, and that difference is how mail
/// gets smuggled.
fn encode(message: &[u8], out: &mut Vec<u8>) {
    out.reserve(message.len() + 64);
    let mut rest = message;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            out.push(b'.');
        }
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\r\n");
        let break_length = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + break_length..).unwrap_or_default();
    }
    out.extend_from_slice(DOT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_lines_end_in_cr_lf() {
        for (message, wire) in [
            ("", ".\r\n"),
            ("a", "a\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\n.\nb\r.\rc", "a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n"),
            ("\r\n\r\n..x", "\r\n\r\n...x\r\n.\r\n"),
            ("a\r\r\n", "a\r\n\r\n.\r\n"),
        ] {
            let mut out = Vec::new();
            encode(message.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), wire, "{message:?}");
        }
    }
}
