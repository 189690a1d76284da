//! TLS with real certificates, STARTTLS, logins.

use super::super::support::authority::Authority;
use super::{is_done, mail, sandbox_settings, send, smtp_settings};
use mahnwerk::adapters::mail::{Login, MailError, Security, SmtpMailer, SmtpSettings};
use mahnwerk::adapters::sandbox::smtp::{Act, Encryption, Fault, Point, SmtpSandbox};
use mahnwerk::adapters::tls::TlsError;
use mahnwerk::engine::ports::{Mailer, Outcome};

trait SmtpServer {
    async fn sandbox(&self, security: Security, logins: &[(&str, &str)]) -> SmtpSandbox;
    fn settings(&self, sandbox: &SmtpSandbox, security: Security) -> SmtpSettings;
}

impl SmtpServer for Authority {
    async fn sandbox(&self, security: Security, logins: &[(&str, &str)]) -> SmtpSandbox {
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        let mut settings = sandbox_settings();
        settings.encryption = match security {
            Security::None => Encryption::None,
            Security::StartTls => Encryption::StartTls { certificate, key },
            Security::Tls => Encryption::Tls { certificate, key },
        };
        settings.logins = logins.iter().map(|(user, password)| ((*user).to_owned(), (*password).to_owned())).collect();
        SmtpSandbox::start(settings).await.unwrap()
    }

    fn settings(&self, sandbox: &SmtpSandbox, security: Security) -> SmtpSettings {
        SmtpSettings { security, ca_file: Some(self.file()), ..smtp_settings(sandbox) }
    }
}

fn login(user: &str, password: &str) -> Option<Login> {
    Some(Login { user: user.to_owned(), password: password.to_owned() })
}

fn retry_reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Retry { reason, .. } => reason,
        other => panic!("a retry, not {other:?}"),
    }
}

#[tokio::test]
async fn mail_goes_encrypted_both_ways_and_connections_are_shared() {
    let authority = Authority::for_name("127.0.0.1");
    for security in [Security::Tls, Security::StartTls] {
        let sandbox = authority.sandbox(security, &[("büro", "geh€im")]).await;
        let mailer = SmtpMailer::new(SmtpSettings { login: login("büro", "geh€im"), ..authority.settings(&sandbox, security) }).unwrap();
        let words = mailer.check().await.unwrap();
        assert!(words.contains("TLS 1.3") && words.contains("logged in as \"büro\"") && words.contains("220"), "{words}");
        for n in 0..5 {
            let outcome = send(&mailer, &mail(&format!("tls{n}"))).await;
            assert!(is_done(&outcome), "{outcome:?}");
        }
        let received = sandbox.messages();
        assert!(received.len() == 5 && received.iter().all(|m| m.encrypted && m.login.as_deref() == Some("büro")));
        assert_eq!(sandbox.connections(), 2, "one for the check, one for all mails");
        sandbox.set_fault(Fault::always(Point::Dot, Act::Close { keep: true })).await.unwrap();
        assert!(matches!(send(&mailer, &mail("last")).await, Outcome::Unknown { .. }));
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_no_server_of_ours() {
    let authority = Authority::for_name("127.0.0.1");
    let stranger = Authority::for_name("127.0.0.1");
    let elsewhere = Authority::for_name("mail.elsewhere.example");
    for security in [Security::Tls, Security::StartTls] {
        for (server, trusted) in [(&authority, &stranger), (&elsewhere, &elsewhere)] {
            let sandbox = server.sandbox(security, &[]).await;
            let mailer = SmtpMailer::new(trusted.settings(&sandbox, security)).unwrap();
            let reason = retry_reason(send(&mailer, &mail("x")).await);
            assert!(reason.contains("certificate"), "{reason}");
            assert!(mailer.check().await.unwrap_err().contains("certificate"));
            assert_eq!(sandbox.total(), 0);
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_in_the_clear() {
    let authority = Authority::for_name("127.0.0.1");
    let sandbox = authority.sandbox(Security::None, &[]).await;
    let mailer = SmtpMailer::new(authority.settings(&sandbox, Security::StartTls)).unwrap();
    let reason = retry_reason(send(&mailer, &mail("x")).await);
    assert!(reason.contains("does not offer STARTTLS"), "{reason}");
    assert_eq!(sandbox.total(), 0);
}

#[tokio::test]
async fn a_wrong_password_loses_nothing_and_is_not_tried_for_every_mail() {
    let authority = Authority::for_name("127.0.0.1");
    let sandbox = authority.sandbox(Security::Tls, &[("büro", "richtig")]).await;
    let settings = SmtpSettings { login: login("büro", "falsch"), ..authority.settings(&sandbox, Security::Tls) };
    let mailer = SmtpMailer::new(settings).unwrap();
    for _ in 0..3 {
        let outcome = send(&mailer, &mail("x")).await;
        let Outcome::Retry { reason, after: Some(_) } = outcome else { panic!("a retry later, not {outcome:?}") };
        assert!(reason.contains("login as \"büro\" was refused: 535") && !reason.contains("falsch"), "{reason}");
    }
    assert_eq!(sandbox.connections(), 1, "the account is not locked by knocking");
    assert!(mailer.check().await.unwrap_err().contains("535"));
    assert_eq!(sandbox.connections(), 2, "a check that somebody asked for does knock");
    assert_eq!(sandbox.total(), 0);
    assert!(!format!("{mailer:?}").contains("falsch"));
}

#[tokio::test]
async fn a_login_that_fails_for_now_is_tried_again() {
    let authority = Authority::for_name("127.0.0.1");
    let sandbox = authority.sandbox(Security::None, &[("a", "b")]).await;
    let mailer = SmtpMailer::new(SmtpSettings { login: login("a", "b"), ..authority.settings(&sandbox, Security::None) }).unwrap();
    sandbox.set_fault(Fault::always(Point::Auth, Act::Reply { code: 454, text: "4.7.0 later".to_owned() }).times(1)).await.unwrap();
    assert!(retry_reason(send(&mailer, &mail("x")).await).contains("454"));
    assert!(is_done(&send(&mailer, &mail("x")).await));
}

#[tokio::test]
async fn a_login_where_none_is_offered_or_none_where_one_is_needed() {
    let authority = Authority::for_name("127.0.0.1");
    let open = authority.sandbox(Security::None, &[]).await;
    let mailer = SmtpMailer::new(SmtpSettings { login: login("a", "b"), ..smtp_settings(&open) }).unwrap();
    assert!(retry_reason(send(&mailer, &mail("x")).await).contains("neither AUTH PLAIN nor AUTH LOGIN"));

    let closed = authority.sandbox(Security::None, &[("a", "b")]).await;
    let outcome = send(&SmtpMailer::new(smtp_settings(&closed)).unwrap(), &mail("x")).await;
    assert!(matches!(&outcome, Outcome::Retry { reason, .. } if reason.contains("530")), "{outcome:?}");
}

#[test]
fn settings_that_can_not_work_are_named() {
    let good = || SmtpSettings::new("mail.example.com", 587, Security::StartTls);
    for (settings, field) in [
        (SmtpSettings { connections: 0, ..good() }, "connections: "),
        (SmtpSettings { hello_name: "a b".to_owned(), ..good() }, "hello_name: "),
        (SmtpSettings { host: "not a host".to_owned(), ..good() }, "host: "),
        (SmtpSettings { login: login("", "x"), ..good() }, "login: "),
        (SmtpSettings { ca_file: Some("/nowhere/ca.pem".into()), ..good() }, "ca_file: /nowhere/ca.pem"),
    ] {
        let error = SmtpMailer::new(settings).unwrap_err();
        assert!(error.to_string().starts_with(field), "{error}");
    }
    let empty = tempfile::NamedTempFile::new().unwrap();
    let error = SmtpMailer::new(SmtpSettings { ca_file: Some(empty.path().to_owned()), ..good() }).unwrap_err();
    assert!(matches!(error, MailError::Tls(TlsError::CaFile { .. })), "{error}");
}
