//! A revenue voucher's notice: our letter and the voucher's own file travel with the mail, from lexoffice's files to the mail server.

use super::joined::Joined;
use crate::mail::{SOON, mailer, sandbox};
use crate::sandbox_lexoffice::office::Office;
use crate::support::ledger::TestLedger;
use crate::support::world::{shared, single};
use mahnwerk::adapters::letters::{LetterSettings, PrintBatch, engine};
use mahnwerk::adapters::outside::{Outside, Ways};
use mahnwerk::adapters::sandbox::lexoffice::{Fault, Trouble};
use mahnwerk::adapters::sandbox::smtp::SmtpSandbox;
use mahnwerk::adapters::texts::TextSets;
use mahnwerk::domain::notice::Creditor;
use mahnwerk::domain::tenant::{MailIdentity, TenantSettings};
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::Performer;
use mahnwerk::engine::width::Width;
use mail_parser::{MessageParser, MimeHeaders};
use std::sync::Arc;

on_both!(
    the_letter_and_the_vouchers_file_travel_with_the_mail,
    what_can_not_travel_is_said_at_the_notice,
    one_mail_takes_no_more_than_it_may,
);

/// A customer with these vouchers, overdue since January.
fn photographer(vouchers: &[(&str, &str)]) -> String {
    let contact = "[[contacts]]\ncompany = \"Foto Ösel & Co. KG\"\nnumber = 10099\nemails = [\"foto@oesel.example\"]\n\
                   street = \"Am Färberturm 7\"\nzip = \"87600\"\ncity = \"Kaufbeuren\"\n";
    let voucher = |(number, scan): &(&str, &str)| {
        format!(
            "[[vouchers]]\nnumber = \"{number}\"\ncontact = \"Foto Ösel & Co. KG\"\namount = 119.00\ntax_type = \"gross\"\ndate = 2026-01-12\n\
             due = 2026-01-26\n{scan}\n"
        )
    };
    format!("{contact}{}", vouchers.iter().map(voucher).collect::<String>())
}

/// A tenant that has a name and an account.
fn dress(settings: &mut TenantSettings, attachments_max: Option<usize>) {
    let text = str::to_owned;
    settings.creditor = Creditor {
        name: text("Mühlbach Werkzeugbau GmbH"),
        street: text("Gerberstraße 12"),
        postcode: text("86150"),
        city: text("Augsburg"),
        iban: text("DE89370400440532013000"),
        ..Creditor::default()
    };
    settings.mail = MailIdentity { from: text("mahnung@muehlbach.example"), attachments_max, ..MailIdentity::default() };
}

struct Scene {
    joined: Joined,
    smtp: SmtpSandbox,
    batch: tempfile::TempDir,
}

/// An attachment: name, kind, content.
type Attached = (String, String, Vec<u8>);

impl Scene {
    async fn start(ledger: TestLedger, vouchers: &[(&str, &str)], ladder: &str, stage: &str) -> Self {
        Self::start_with_room(ledger, vouchers, ladder, stage, None).await
    }

    /// In a mail there is room for attachments of so many bytes.
    async fn start_with_room(ledger: TestLedger, vouchers: &[(&str, &str)], ladder: &str, stage: &str, room: Option<usize>) -> Self {
        let office = Office::start_with(&photographer(vouchers)).await;
        let ladder = ladder.replacen("after_days = 3\n", &format!("after_days = 3\n{stage}\n"), 1);
        let joined = Joined::under(ledger, office, &ladder, |settings| dress(settings, room)).await;
        joined.in_step().await;
        Self { joined, smtp: sandbox().await, batch: tempfile::tempdir().unwrap() }
    }

    /// What is due leaves by the real ways; the attachments of the photographer's mails, in the order in which they came.
    async fn leave(&self) -> Vec<Vec<Attached>> {
        let world = &self.joined.world;
        let texts = Arc::new(TextSets::load(None).unwrap());
        let outside = Outside::new(texts);
        let letters = engine(&LetterSettings::default()).unwrap();
        let post = Arc::new(PrintBatch::new(self.batch.path().to_owned()));
        outside.open(world.tenant, Ways { mailer: Arc::new(mailer(&self.smtp)), letters, post });
        let work = Work::new(world.engine.clone(), Arc::new(outside), Width::unbounded());
        let ready = world.round().await;
        for chunk in world.engine.chunks(world.tenant, &ready) {
            work.perform(chunk).await;
        }
        self.smtp.wait_for(1, SOON).await.unwrap();
        let received = self.smtp.messages();
        let own = received.iter().filter(|message| message.recipients == ["foto@oesel.example"]);
        own.map(|message| attached(&message.bytes)).collect()
    }

    async fn reply(&self) -> String {
        let rows = self.joined.world.ledger.rows("SELECT reply FROM notice WHERE recipient = 'foto@oesel.example'").await;
        rows[0].text("reply").unwrap()
    }
}

fn attached(message: &[u8]) -> Vec<Attached> {
    let message = MessageParser::default().parse(message).unwrap();
    let kind = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().unwrap();
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
    };
    message.attachments().map(|part| (part.attachment_name().unwrap().to_owned(), kind(part), part.contents().to_vec())).collect()
}

fn names(attached: &[Attached]) -> Vec<&str> {
    attached.iter().map(|(name, ..)| name.as_str()).collect()
}

async fn the_letter_and_the_vouchers_file_travel_with_the_mail(ledger: TestLedger) {
    let kinds = [("jpg", "image/jpeg"), ("pdf", "application/pdf"), ("png", "image/png"), ("xml", "application/xml")];
    let vouchers = kinds.map(|(ending, _)| (format!("SHOP/{ending}"), format!("scan = \"{ending}\"")));
    let vouchers: Vec<_> = vouchers.iter().map(|(number, scan)| (number.as_str(), scan.as_str())).collect();
    let scene = Scene::start(ledger, &vouchers, &single(), "attach_invoice = true").await;
    let mut mails = scene.leave().await;
    mails.sort();
    assert_eq!(mails.len(), kinds.len());
    for (mail, (ending, kind)) in mails.iter().zip(kinds) {
        assert_eq!(names(mail), [format!("Zahlungserinnerung-SHOP-{ending}.pdf"), format!("Rechnung-SHOP-{ending}.{ending}")]);
        assert_eq!((mail[0].1.as_str(), mail[1].1.as_str()), ("application/pdf", kind));
        let letter = crate::letters::flat(&crate::letters::pages(&mail[0].2).join("\n"));
        for words in
            ["Foto Ösel & Co. KG", &format!("SHOP/{ending} 12.01.2026 26.01.2026"), "Mühlbach Werkzeugbau GmbH", "Zu zahlen 119,00 €"]
        {
            assert!(letter.contains(words), "{words} in {letter}");
        }
    }
    let kept = "SELECT COUNT(*) AS n FROM notice n JOIN document d ON d.tenant_id = n.tenant_id AND d.hash = n.letter_hash
                JOIN document m ON m.tenant_id = n.tenant_id AND m.hash = n.mail_hash WHERE n.recipient = 'foto@oesel.example'";
    assert_eq!(scene.joined.world.ledger.number(kept).await, 4, "the letter is kept beside the mail");
    assert!(!scene.reply().await.contains("without"), "{}", scene.reply().await);
}

async fn what_can_not_travel_is_said_at_the_notice(ledger: TestLedger) {
    let scene = Scene::start(ledger, &[("118", ""), ("119", "scan = \"png\"")], &shared(), "attach_invoice = true").await;
    let too_large = Fault { path: Some("/files".to_owned()), ..Fault::always(Trouble::Oversized { bytes: 50 << 20 }) };
    scene.joined.office.sandbox.set_fault(too_large).unwrap();
    assert_eq!(names(&scene.leave().await[0]), ["Zahlungserinnerung.pdf"]);
    let reply = scene.reply().await;
    assert!(reply.contains("; without the documents of 118 (lexoffice has none), 119 (it is larger than "), "{reply}");
}

async fn one_mail_takes_no_more_than_it_may(ledger: TestLedger) {
    let vouchers = [("118", "scan = \"png\""), ("119", "scan = \"pdf\""), ("120", "scan = \"jpg\"")];
    // For the two pictures, not for the PDF between them.
    let stage = "attach_invoice = true\nattach_letter = false";
    let scene = Scene::start_with_room(ledger, &vouchers, &shared(), stage, Some(500)).await;
    assert_eq!(names(&scene.leave().await[0]), ["Rechnung-118.png", "Rechnung-120.jpg"]);
    let reply = scene.reply().await;
    assert!(reply.ends_with("; without the documents of 119 (with it the attachments come to more than 0 MB)"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_says_whether_a_letter_travels() {
    // Of the other customer an invoice, a down payment and a revenue voucher are due; what is collected by direct debit is not dunned.
    for (stage, voucher, others) in [("", 1, 1), ("attach_letter = true", 1, 3), ("attach_letter = false", 0, 0)] {
        let scene = Scene::start(TestLedger::sqlite().await, &[("118", "")], &single(), stage).await;
        assert_eq!(scene.leave().await[0].len(), voucher, "{stage}");
        let received = scene.smtp.messages();
        let to_others: Vec<_> = received.iter().filter(|message| message.recipients == ["buchhaltung@kunde.example"]).collect();
        assert_eq!(to_others.len(), 3, "{stage}");
        assert_eq!(to_others.iter().map(|message| attached(&message.bytes).len()).sum::<usize>(), others, "{stage}");
    }
}
