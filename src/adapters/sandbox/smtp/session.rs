//! One conversation as the server sees it.
//!
//! Replies are collected and written when no whole command is left in the inbox, so pipelined commands are answered in
//! one packet. A disturbance answers or closes instead; whatever came before it is written first.

use super::command::{Command, plain_login, word};
use super::fault::{Disturbance, Point};
use super::inbox::{self, Received};
use super::server::Shared;
use super::settings::Encryption;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// RFC 5321 4.5.3.2.7: a server waits five minutes for the next command.
const IDLE_MAX: Duration = Duration::from_secs(300);
/// No command is longer (RFC 5321 4.5.3.1.4 says 512; AUTH responses may be longer).
const LINE_BYTES_MAX: usize = 16 * 1024;
const MOVE_UP_BYTES: usize = 32 * 1024;
const RECIPIENTS_MAX: usize = 1000;

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Whether the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Go,
    Close,
    /// The client may now start TLS.
    Encrypt,
}

pub(super) async fn serve(shared: &Shared, tcp: TcpStream, connection: u64, too_many: bool) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let implicit = matches!(shared.settings.encryption, Encryption::Tls { .. });
    let mut stream: Box<dyn Duplex> = match &shared.acceptor {
        Some(acceptor) if implicit => Box::new(acceptor.accept(tcp).await?),
        _ => {
            let mut session = Session::new(shared, Box::new(tcp), connection, false);
            if session.greet(too_many).await? == Next::Go && session.converse().await? == Next::Encrypt {
                // Only reached if there is an acceptor; bytes sent before the handshake were dropped with the session.
                match &shared.acceptor {
                    Some(acceptor) => Box::new(acceptor.accept(session.stream).await?),
                    None => return Ok(()),
                }
            } else {
                return session.close().await;
            }
        }
    };
    if implicit {
        let mut session = Session::new(shared, stream, connection, true);
        if session.greet(too_many).await? == Next::Go {
            session.converse().await?;
        }
        return session.close().await;
    }
    stream.flush().await?;
    let mut session = Session::new(shared, stream, connection, true);
    session.converse().await?;
    session.close().await
}

struct Session<'a> {
    shared: &'a Shared,
    stream: Box<dyn Duplex>,
    connection: u64,
    encrypted: bool,
    inbox: Vec<u8>,
    /// How much of the inbox is done with.
    at: usize,
    outbox: Vec<u8>,
    login: Option<String>,
    sender: Option<String>,
    recipients: Vec<String>,
}

impl<'a> Session<'a> {
    fn new(shared: &'a Shared, stream: Box<dyn Duplex>, connection: u64, encrypted: bool) -> Self {
        Self {
            shared,
            stream,
            connection,
            encrypted,
            inbox: Vec::with_capacity(8 * 1024),
            at: 0,
            outbox: Vec::with_capacity(1024),
            login: None,
            sender: None,
            recipients: Vec::new(),
        }
    }

    async fn greet(&mut self, too_many: bool) -> io::Result<Next> {
        if let Some(next) = self.disturbed(Point::Connect).await? {
            return Ok(if next == Next::Go { Next::Close } else { next });
        }
        if too_many {
            self.say(421, "4.7.0 Too many connections, closing");
            return Ok(Next::Close);
        }
        self.say(220, "sandbox.invalid ESMTP Mahnwerk sandbox: nothing leaves here");
        self.flush().await?;
        Ok(Next::Go)
    }

    /// Answers commands until the conversation ends or changes to TLS.
    async fn converse(&mut self) -> io::Result<Next> {
        loop {
            let Some(line) = self.line().await? else { return Ok(Next::Close) };
            let next = self.obey(&line).await?;
            if next != Next::Go {
                return Ok(next);
            }
        }
    }

    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        match Command::parse(line) {
            Command::Ehlo => return self.hello(true).await,
            Command::Helo => return self.hello(false).await,
            Command::StartTls => return self.start_tls().await,
            Command::Auth(mechanism, initial) => return self.authenticate(mechanism, initial).await,
            Command::Mail(sender, size) => return self.mail(sender, size).await,
            Command::Rcpt(recipient) => return self.rcpt(recipient).await,
            Command::Data => return self.data().await,
            Command::Rset => {
                self.reset();
                self.say(250, "2.0.0 Ok");
            }
            Command::Noop => self.say(250, "2.0.0 Ok"),
            Command::Quit => {
                self.say(221, "2.0.0 Bye");
                return Ok(Next::Close);
            }
            Command::Unknown => self.say(500, "5.5.2 Command not recognized"),
            Command::Malformed => self.say(501, "5.5.4 Syntax error in the arguments"),
        }
        Ok(Next::Go)
    }

    async fn hello(&mut self, extended: bool) -> io::Result<Next> {
        if let Some(next) = self.disturbed(Point::Ehlo).await? {
            return Ok(next);
        }
        self.reset();
        if !extended {
            self.say(250, "sandbox.invalid");
            return Ok(Next::Go);
        }
        let settings = &self.shared.settings;
        let mut lines = vec!["sandbox.invalid".to_owned(), "8BITMIME".to_owned(), format!("SIZE {}", settings.message_bytes_max)];
        if settings.pipelining {
            lines.push("PIPELINING".to_owned());
        }
        if !self.encrypted && matches!(settings.encryption, Encryption::StartTls { .. }) {
            lines.push("STARTTLS".to_owned());
        } else if !settings.logins.is_empty() {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        let last = lines.len() - 1;
        for (index, line) in lines.iter().enumerate() {
            let mark = if index == last { ' ' } else { '-' };
            self.outbox.extend_from_slice(format!("250{mark}{line}\r\n").as_bytes());
        }
        Ok(Next::Go)
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        if self.encrypted || !matches!(self.shared.settings.encryption, Encryption::StartTls { .. }) {
            self.say(502, "5.5.1 TLS is not available");
            return Ok(Next::Go);
        }
        self.say(220, "2.0.0 Ready to start TLS");
        self.flush().await?;
        Ok(Next::Encrypt)
    }

    async fn authenticate(&mut self, mechanism: &str, initial: Option<&str>) -> io::Result<Next> {
        if let Some(next) = self.disturbed(Point::Auth).await? {
            return Ok(next);
        }
        let given = if mechanism.eq_ignore_ascii_case("PLAIN") {
            let response = match initial {
                Some(response) => Some(response.to_owned()),
                None => self.challenge("").await?,
            };
            response.as_deref().and_then(plain_login)
        } else if mechanism.eq_ignore_ascii_case("LOGIN") {
            let user = match initial {
                Some(user) => Some(user.to_owned()),
                None => self.challenge("VXNlcm5hbWU6").await?,
            };
            let password = self.challenge("UGFzc3dvcmQ6").await?;
            user.as_deref().and_then(word).zip(password.as_deref().and_then(word))
        } else {
            self.say(504, "5.5.4 Unknown authentication mechanism");
            return Ok(Next::Go);
        };
        match given.filter(|given| self.shared.settings.logins.contains(given)) {
            Some((user, _)) => {
                self.login = Some(user);
                self.say(235, "2.7.0 Authentication successful");
            }
            None => self.say(535, "5.7.8 Authentication credentials invalid"),
        }
        Ok(Next::Go)
    }

    async fn challenge(&mut self, text: &str) -> io::Result<Option<String>> {
        self.say(334, text);
        self.line().await
    }

    async fn mail(&mut self, sender: &str, size: usize) -> io::Result<Next> {
        if !self.shared.settings.logins.is_empty() && self.login.is_none() {
            self.say(530, "5.7.0 Authentication required");
            return Ok(Next::Go);
        }
        if self.sender.is_some() {
            self.say(503, "5.5.1 Nested MAIL command");
            return Ok(Next::Go);
        }
        if size > self.shared.settings.message_bytes_max {
            self.say(552, "5.3.4 Message too big");
            return Ok(Next::Go);
        }
        self.sender = Some(sender.to_owned());
        if let Some(next) = self.disturbed(Point::Mail).await? {
            self.sender = None;
            return Ok(next);
        }
        self.say(250, "2.1.0 Ok");
        Ok(Next::Go)
    }

    async fn rcpt(&mut self, recipient: &str) -> io::Result<Next> {
        let Some(sender) = &self.sender else {
            self.say(503, "5.5.1 Need MAIL first");
            return Ok(Next::Go);
        };
        if self.recipients.len() >= RECIPIENTS_MAX {
            self.say(452, "4.5.3 Too many recipients");
            return Ok(Next::Go);
        }
        let recipient = [recipient.to_owned()];
        let disturbance = self.shared.disturbance(Point::Rcpt, sender, &recipient);
        if let Some(next) = self.act_on(disturbance).await? {
            return Ok(next);
        }
        self.recipients.extend(recipient);
        self.say(250, "2.1.5 Ok");
        Ok(Next::Go)
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.recipients.is_empty() {
            self.say(503, "5.5.1 Need RCPT first");
            return Ok(Next::Go);
        }
        if let Some(next) = self.disturbed(Point::Data).await? {
            return Ok(next);
        }
        self.say(354, "End with a dot on a line of its own");
        self.flush().await?;
        let Some(message) = self.text().await? else { return Ok(Next::Close) };
        self.finish(message).await
    }

    /// After the final dot: keep, disturb, answer.
    async fn finish(&mut self, bytes: Vec<u8>) -> io::Result<Next> {
        let sender = self.sender.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        let disturbance = self.shared.disturbance(Point::Dot, &sender, &recipients);
        let too_big = bytes.len() > self.shared.settings.message_bytes_max;
        let kept = !too_big && !matches!(disturbance, Some(Disturbance::Reply { .. } | Disturbance::Close { keep: false }));
        let mut number = 0;
        if kept {
            let message = Received {
                number: 0,
                received_ms: (self.shared.settings.now_ms)(),
                connection: self.connection,
                encrypted: self.encrypted,
                login: self.login.clone(),
                sender,
                recipients,
                message_id: inbox::message_id(&bytes),
                bytes,
            };
            number = self.shared.keep(message).await?;
        }
        if let Some(next) = self.act_on(disturbance).await? {
            return Ok(next);
        }
        if too_big {
            self.say(552, "5.3.4 Message too big");
        } else {
            self.say(250, &format!("2.0.0 Ok: kept as {number}"));
        }
        Ok(Next::Go)
    }

    /// The text up to the final dot, without the doubled dots. `None` if the connection is to end before.
    async fn text(&mut self) -> io::Result<Option<Vec<u8>>> {
        // Counted from where the text begins: the inbox may be moved up while we wait for more.
        let mut searched = 0;
        let mut disturbed = false;
        loop {
            if !disturbed && self.inbox.len() > self.at {
                disturbed = true;
                if self.disturbed(Point::Body).await?.is_some() {
                    return Ok(None);
                }
            }
            if let Some((end, after)) = final_dot(&self.inbox, self.at, self.at + searched) {
                let message = without_doubled_dots(&self.inbox[self.at..end]);
                self.at = after;
                return Ok(Some(message));
            }
            searched = (self.inbox.len() - self.at).saturating_sub(4);
            // A client that never ends its text is cut off; what is over the limit by less is refused after the dot.
            if self.inbox.len() - self.at > self.shared.settings.message_bytes_max.saturating_mul(2).saturating_add(LINE_BYTES_MAX) {
                return Ok(None);
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    async fn disturbed(&mut self, at: Point) -> io::Result<Option<Next>> {
        let disturbance = self.shared.disturbance(at, self.sender.as_deref().unwrap_or_default(), &self.recipients);
        self.act_on(disturbance).await
    }

    /// Carries out a disturbance. `None`: go on as usual.
    async fn act_on(&mut self, disturbance: Option<Disturbance>) -> io::Result<Option<Next>> {
        match disturbance {
            None => Ok(None),
            Some(Disturbance::Delay(time)) => {
                self.flush().await?;
                tokio::time::sleep(time).await;
                Ok(None)
            }
            Some(Disturbance::Close { .. }) => Ok(Some(Next::Close)),
            Some(Disturbance::Reply { code, text }) => {
                self.say(code, &text);
                Ok(Some(if code == 421 { Next::Close } else { Next::Go }))
            }
        }
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn say(&mut self, code: u16, text: &str) {
        self.outbox.extend_from_slice(format!("{code} {text}\r\n").as_bytes());
    }

    /// The next line. Writes what was said as soon as it has to wait for more.
    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            let rest = &self.inbox[self.at..];
            if let Some(length) = rest.iter().position(|b| *b == b'\n') {
                let line = String::from_utf8_lossy(rest[..length].strip_suffix(b"\r").unwrap_or(&rest[..length])).into_owned();
                self.at += length + 1;
                return Ok(Some(line));
            }
            if rest.len() > LINE_BYTES_MAX || !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Waits for more bytes; false at the end of the connection.
    async fn fill(&mut self) -> io::Result<bool> {
        self.flush().await?;
        // What is done with makes room; a few bytes of it are not worth the move.
        if self.at == self.inbox.len() || self.at > MOVE_UP_BYTES {
            self.inbox.drain(..self.at);
            self.at = 0;
        }
        match tokio::time::timeout(IDLE_MAX, self.stream.read_buf(&mut self.inbox)).await {
            Ok(read) => Ok(read? > 0),
            Err(_) => Ok(false),
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.outbox.is_empty() {
            self.stream.write_all(&self.outbox).await?;
            self.stream.flush().await?;
            self.outbox.clear();
        }
        Ok(())
    }

    async fn close(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await
    }
}

/// Where the text ends and where what follows it begins. Only CR LF . CR LF counts (see RFC 5321 4.1.1.4).
fn final_dot(bytes: &[u8], start: usize, searched: usize) -> Option<(usize, usize)> {
    if bytes[start..].starts_with(b".\r\n") {
        return Some((start, start + 3));
    }
    let mut at = searched;
    while let Some(found) = bytes[at..].iter().position(|b| *b == b'.') {
        let dot = at + found;
        if dot >= start + 2 && bytes[..dot].ends_with(b"\r\n") && bytes[dot..].starts_with(b".\r\n") {
            return Some((dot, dot + 3));
        }
        at = dot + 1;
    }
    None
}

fn without_doubled_dots(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|b| *b == b'.') {
        let dot = at + found;
        if dot == 0 || text[..dot].ends_with(b"\r\n") {
            out.extend_from_slice(&text[from..dot]);
            from = dot + 1;
            // The dot behind a doubling one is text.
            at = dot + 2;
        } else {
            at = dot + 1;
        }
        if at >= text.len() {
            break;
        }
    }
    out.extend_from_slice(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_wherever_the_packets_break() {
        let bytes = b"x\r\n..\r\n.a\r\n\r\n.\r\nNOOP\r\n";
        let end = (13, 16);
        assert_eq!(final_dot(bytes, 0, 0), Some(end));
        for cut in 0..end.1 {
            assert_eq!(final_dot(&bytes[..cut], 0, 0), None, "{cut}");
            assert_eq!(final_dot(bytes, 0, cut.saturating_sub(4)), Some(end), "{cut}");
        }
        assert_eq!(final_dot(b".\r\nQUIT", 0, 0), Some((0, 3)));
        assert_eq!(final_dot(b"DATA\r\n.\r\n", 6, 6), Some((6, 9)));
        assert_eq!(final_dot(b"a\n.\nb\r\n", 0, 0), None);
    }

    #[test]
    fn doubled_dots_are_taken_back() {
        for (wire, text) in [("", ""), ("..\r\n", ".\r\n"), ("a.b\r\n...\r\n", "a.b\r\n..\r\n"), ("..a\r\n..b", ".a\r\n.b"), ("a.", "a.")] {
            assert_eq!(String::from_utf8(without_doubled_dots(wire.as_bytes())).unwrap(), text, "{wire:?}");
        }
    }
}
