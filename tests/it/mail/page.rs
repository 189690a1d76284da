//! The mailbox page over real HTTP: what it shows, what it forbids, what it switches.

use super::{SOON, envelope, is_done, mail, mailer, sandbox, send};
use mahnwerk::adapters::sandbox::smtp::SmtpSandbox;
use mahnwerk::engine::ports::{Attachment, Mail, Mailer};
use mahnwerk::web::mailbox::{Mailbox, router};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Page {
    sandbox: SmtpSandbox,
    addr: SocketAddr,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Page {
    async fn open() -> Self {
        let sandbox = sandbox().await;
        let mailbox = Mailbox { sandbox: sandbox.clone(), base: String::new(), zone: chrono_tz::Europe::Berlin };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(mailbox).unwrap()).await });
        Self { sandbox, addr }
    }

    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}",
            self.addr
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer { status: head[9..12].parse().unwrap(), head: head.to_lowercase(), body: body.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "").await
    }

    async fn submit(&self, path: &str, form: &str) -> Answer {
        self.ask("POST", path, "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n", form).await
    }

    async fn receive(&self, mail: &Mail) {
        assert!(is_done(&send(&mailer(&self.sandbox), mail).await));
    }
}

fn hostile() -> Mail {
    let script = "<script>alert(1)</script>";
    Mail {
        subject: format!("{script}\" onload=x 🔔"),
        to_name: format!("{script}'"),
        plain: format!("Text {script}"),
        html: format!("<html><head><title>x</title></head><body onload=alert(1)>{script}<img src=http://evil.example/x.png></body></html>"),
        attachments: vec![
            Attachment { name: format!("{script}.html"), content_type: "text/html".to_owned(), bytes: script.into() },
            Attachment {
                name: "Mahnung Ä.pdf".to_owned(),
                content_type: "application/octet-stream".to_owned(),
                bytes: b"%PDF-1.7".to_vec(),
            },
            Attachment { name: "not.pdf".to_owned(), content_type: "application/pdf".to_owned(), bytes: script.into() },
        ],
        ..mail("hostile")
    }
}

#[tokio::test]
async fn a_hostile_mail_runs_nothing() {
    let page = Page::open().await;
    page.receive(&hostile()).await;
    for path in ["/", "/?q=script", "/messages/1", "/messages/1?view=text", "/messages/1?view=source"] {
        let answer = page.get(path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.contains("<script"), "{path}: {}", answer.body);
        assert!(answer.head.contains("content-security-policy: default-src 'none'; style-src 'self';"), "{path}");
    }
    let frame = page.get("/messages/1/html").await;
    assert!(frame.body.contains("<script>"), "the frame holds the mail as it came");
    assert!(frame.body.contains("<head><base target=\"_blank\">"));
    let policy = frame.head.split("content-security-policy: ").nth(1).unwrap().lines().next().unwrap();
    assert!(policy.starts_with("default-src 'none';") && policy.contains("; sandbox "), "{policy}");
    for forbidden in ["allow-scripts", "allow-same-origin", "allow-forms", "allow-top", "script-src", "http"] {
        assert!(!policy.contains(forbidden), "{policy}");
    }
    assert!(page.get("/messages/1").await.body.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
}

#[tokio::test]
async fn attachments_are_downloads_and_only_real_pdf_is_shown() {
    let page = Page::open().await;
    page.receive(&hostile()).await;
    let html = page.get("/messages/1/attachments/0").await;
    assert!(html.head.contains("content-type: application/octet-stream") && html.head.contains("content-disposition: attachment;"));
    assert!(html.head.contains("sandbox") && html.head.contains("nosniff"));
    let pdf = page.get("/messages/1/attachments/1").await;
    assert!(pdf.head.contains("content-type: application/pdf"), "{}", pdf.head);
    assert!(pdf.head.contains("inline; filename=\"mahnung__.pdf\"; filename*=utf-8''mahnung%20%c3%84.pdf"), "{}", pdf.head);
    assert_eq!(pdf.body, "%PDF-1.7");
    let fake = page.get("/messages/1/attachments/2").await;
    assert!(fake.head.contains("content-type: application/octet-stream") && fake.head.contains("content-disposition: attachment;"));
    assert_eq!(page.get("/messages/1/attachments/3").await.status, 404);
    let source = page.get("/messages/1/source.eml").await;
    assert_eq!(source.body.as_bytes(), page.sandbox.messages()[0].bytes);
}

#[tokio::test]
async fn the_list_is_newest_first_and_can_be_searched() {
    let page = Page::open().await;
    for n in 1..=60 {
        page.receive(&Mail { subject: format!("Rechnung RE-{n}"), to: format!("kunde{n}@markt.example"), ..mail(&format!("n{n}")) }).await;
    }
    let first = page.get("/").await.body;
    assert!(first.contains("RE-60") && first.contains("RE-11") && !first.contains("RE-10<"));
    assert!(first.find("RE-60").unwrap() < first.find("RE-59").unwrap());
    assert!(page.get("/?page=2").await.body.contains("RE-10<"));
    let found = page.get("/?q=KUNDE42+rechnung").await.body;
    assert!(found.contains("RE-42") && !found.contains("RE-41"));
    assert!(page.get("/?q=Rechnung+%26+RE&page=1").await.body.contains("Keine E-Mail passt"));
    assert!(page.get("/?q=markt.example+rechnung").await.body.contains("/?q=markt.example%20rechnung&amp;page=2"));
    assert!(page.get("/?q=nirgends").await.body.contains("Keine E-Mail passt"));
    assert!(page.get("/?page=99999999999999999").await.status < 500);
    // 1 January 2026, 00:00 UTC is 01:00 in Berlin.
    assert!(first.contains("01.01.2026 01:00"));
}

#[tokio::test]
async fn mail_that_is_no_mail_is_shown_all_the_same() {
    let page = Page::open().await;
    let mailer = mailer(&page.sandbox);
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"no header at all",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x",
        b"Subject: =?utf-8?b?////?=\r\nFrom:\r\n\r\n\xff",
    ] {
        assert!(is_done(&mailer.send("n", &envelope(&["kunde@markt.example"]), bytes).await));
    }
    assert!(page.get("/").await.body.contains("kunde@markt.example"));
    for number in 1..=5 {
        for view in ["", "?view=text", "?view=source", "/source.eml"] {
            assert_eq!(page.get(&format!("/messages/{number}{view}")).await.status, 200, "{number}{view}");
        }
    }
    assert_eq!(page.get("/messages/6").await.status, 404);
    assert_eq!(page.get("/messages/1/html").await.status, 404);
}

#[tokio::test]
async fn programs_read_and_switch_by_json() {
    let page = Page::open().await;
    page.receive(&hostile()).await;
    let list: serde_json::Value = serde_json::from_str(&page.get("/api/messages").await.body).unwrap();
    assert_eq!(list[0]["message_id"], "hostile@bau.example");
    assert_eq!(list[0]["recipients"][0], "praxis@markt.example");
    let one: serde_json::Value = serde_json::from_str(&page.get("/api/messages/1").await.body).unwrap();
    assert!(one["text"].as_str().unwrap().starts_with("Text ") && one["attachments"][1]["name"] == "Mahnung Ä.pdf");
    assert_eq!(page.get("/api/counts").await.body, r#"{"hostile@bau.example":1}"#);
    assert_eq!(page.get("/api/messages/9").await.status, 404);

    let fault = r#"{"at": "rcpt", "act": {"reply": {"code": 550, "text": "no"}}, "matching": "@markt", "times": 3}"#;
    assert_eq!(page.ask("POST", "/api/faults", "", fault).await.status, 200);
    assert_eq!(page.sandbox.faults()[0].times, Some(3));
    assert!(!is_done(&send(&mailer(&page.sandbox), &mail("x")).await));
    let status: serde_json::Value = serde_json::from_str(&page.get("/api/status").await.body).unwrap();
    assert_eq!((status["total"].as_u64(), status["faults"][0]["times"].as_u64()), (Some(1), Some(2)));
    for (bad, named) in [
        ("{", "EOF"),
        (r#"{"at": "nowhere"}"#, "nowhere"),
        (r#"{"at": "mail", "act": "greylist"}"#, "rcpt"),
        (r#"{"at":"dot","act":"greylist","tims":1}"#, "tims"),
    ] {
        let answer = page.ask("POST", "/api/faults", "", bad).await;
        assert!(answer.status == 400 && answer.body.contains(named), "{}", answer.body);
    }
    assert_eq!(page.ask("DELETE", "/api/faults", "", "").await.status, 204);
    assert_eq!(page.ask("DELETE", "/api/messages", "", "").await.status, 204);
    assert!(page.sandbox.faults().is_empty() && page.sandbox.messages().is_empty());
}

#[tokio::test]
async fn people_switch_by_forms_and_other_sites_do_not() {
    let page = Page::open().await;
    page.receive(&mail("1")).await;
    assert_eq!(page.submit("/faults", "preset=4&matching=%40markt&times=2").await.status, 303);
    let list = page.get("/").await.body;
    assert!(list.contains("Empfänger abgelehnt (550)") && list.contains("@markt") && list.contains("2 mal"), "{list}");
    assert_eq!(page.submit("/faults", "preset=99").await.status, 400);
    assert_eq!(page.submit("/faults", "preset=4&times=oft").await.status, 400);
    assert_eq!(page.submit("/faults", "preset=0&matching=x").await.status, 400);
    for evil in ["Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n"] {
        assert_eq!(page.ask("POST", "/clear", evil, "").await.status, 403);
        assert_eq!(page.ask("DELETE", "/api/messages", evil, "").await.status, 403);
    }
    assert_eq!(page.sandbox.messages().len(), 1);
    assert_eq!(page.submit("/faults/clear", "").await.status, 303);
    assert_eq!(page.submit("/clear", "").await.status, 303);
    assert!(page.sandbox.faults().is_empty() && page.sandbox.messages().is_empty());
    assert!(page.get("/").await.body.contains("Noch keine E-Mail"));
}

#[tokio::test]
async fn it_speaks_german_and_english() {
    let page = Page::open().await;
    assert!(page.get("/").await.body.contains("<html lang=\"de\">"));
    assert!(page.ask("GET", "/", "Accept-Language: en-GB,de;q=0.5\r\n", "").await.body.contains("No e-mail has arrived yet"));
    let chosen = page.get("/?lang=en").await;
    assert!(chosen.status == 303 && chosen.head.contains("set-cookie: lang=en;"));
    assert!(page.ask("GET", "/", "Cookie: lang=en\r\n", "").await.body.contains("<html lang=\"en\">"));
    assert!(page.get("/page.css").await.head.contains("text/css"));
}
