//! Mails of the same text and sender are alike: one to nobody, kept once, is the dictionary that the others are packed beside.
//!
//! What stands in it besides the tenant's own particulars is invented, so it may stay when a customer's data must go. The same particulars
//! always give the same bytes, whichever process makes them.

use super::mail::{mail_of, message};
use crate::adapters::texts::{TextSets, example};
use crate::domain::ids::{NoticeId, TenantId};
use crate::domain::notice::{Creditor, Notice};
use crate::domain::tenant::MailIdentity;
use crate::engine::ports::Job;
use crate::store::documents::Dictionary;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Any fee will do: with one, a text says what it says about fees.
const INVENTED_FEE_MINOR: i64 = 250;

/// The dictionaries that this process has made, by what their mails have in common.
#[derive(Debug, Default)]
pub(super) struct Alike(Mutex<BTreeMap<Kind, Made>>);

/// Texts say other things of one invoice and of several, with a fee and without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    tenant: TenantId,
    template: String,
    language: String,
    several: bool,
    fee: bool,
}

impl Kind {
    fn of(job: &Job) -> Self {
        let notice = &job.notice;
        Self {
            tenant: job.tenant,
            template: notice.template.clone(),
            language: notice.language.clone(),
            several: notice.lines.len() > 1,
            fee: notice.fee_minor != 0,
        }
    }
}

#[derive(Debug)]
struct Made {
    /// With what it was made: with anything else it would resemble less.
    texts: Weak<TextSets>,
    creditor: Creditor,
    identity: MailIdentity,
    /// `None` if a mail like it can't be made; then the others are packed by themselves.
    dictionary: Option<Arc<Dictionary>>,
}

impl Made {
    fn fits(&self, texts: &Arc<TextSets>, job: &Job) -> bool {
        std::ptr::eq(self.texts.as_ptr(), Arc::as_ptr(texts)) && self.creditor == job.notice.creditor && self.identity == job.identity
    }
}

impl Alike {
    /// What the job's mail resembles.
    pub(super) fn to(&self, texts: &Arc<TextSets>, job: &Job) -> Option<Arc<Dictionary>> {
        let kind = Kind::of(job);
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.get(&kind).filter(|made| made.fits(texts, job)) {
            return made.dictionary.clone();
        }
        let dictionary = dictionary(texts, job, &kind);
        let (creditor, identity) = (job.notice.creditor.clone(), job.identity.clone());
        made.insert(kind, Made { texts: Arc::downgrade(texts), creditor, identity, dictionary: dictionary.clone() });
        dictionary
    }
}

fn dictionary(texts: &TextSets, job: &Job, kind: &Kind) -> Option<Arc<Dictionary>> {
    let notice = to_nobody(&job.notice, kind);
    let text = texts.render(&notice).ok()?;
    let (_, document) = message(&mail_of(&notice, &text, &job.identity, 0)).ok()?;
    Some(Dictionary::new(document))
}

/// A notice like this one of its kind, to an invented customer about invented invoices.
fn to_nobody(notice: &Notice, kind: &Kind) -> Notice {
    let invented = example(if kind.several { "several" } else { "one" }, NaiveDate::default());
    Notice {
        id: NoticeId("0".repeat(notice.id.0.len())),
        fee_minor: if kind.fee { INVENTED_FEE_MINOR } else { 0 },
        date: invented.date,
        pay_by: invented.pay_by,
        lines: invented.lines,
        recipient: invented.recipient,
        ..notice.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Trial;
    use super::super::mail::prepare;
    use super::*;
    use crate::domain::pool::Pool;
    use crate::domain::time::Timestamp;
    use crate::store::documents::Document;

    fn job(name: &str, invoice: &str, day: i64) -> Job {
        let mut notice = example("one", NaiveDate::from_ymd_opt(2026, 11, 20).unwrap() + chrono::Days::new(day.unsigned_abs()));
        name.clone_into(&mut notice.recipient.name);
        notice.recipient.email = format!("{}@kunde.example", name.to_lowercase().replace([' ', '.'], ""));
        invoice.clone_into(&mut notice.lines[0].invoice);
        let identity = MailIdentity { from: "mahnung@lechtal.example".to_owned(), ..MailIdentity::default() };
        let at = Timestamp(1_795_000_000_000 + day);
        Trial { tenant: TenantId(1), notice, identity, at, attach_letter: false, attach: Vec::new() }.job(Pool::Send)
    }

    fn mail(texts: &TextSets, job: &Job) -> Document {
        prepare(texts, job, None).unwrap().mail.unwrap().1
    }

    #[test]
    fn every_process_makes_the_same_one_and_no_customer_stands_in_it() {
        let texts = Arc::new(TextSets::load(None).unwrap());
        let (first, second) = (job("Ungewöhnlich", "X-4711", 0), job("Anders", "Y-4712", 40));
        let [first, second] = [first, second].map(|job| dictionary(&texts, &job, &Kind::of(&job)).unwrap());
        assert_eq!(first.document(), second.document());
        let text = String::from_utf8(first.document().bytes).unwrap();
        assert!(text.contains("mahnung@lechtal.example") && !text.contains("4711") && !text.to_lowercase().contains("ungew"), "{text}");
    }

    #[test]
    fn it_is_made_once_and_again_when_the_sender_changes() {
        let texts = Arc::new(TextSets::load(None).unwrap());
        let (alike, mut job) = (Alike::default(), job("Meier", "RE-1", 0));
        let first = alike.to(&texts, &job).unwrap();
        assert!(Arc::ptr_eq(&first, &alike.to(&texts, &job).unwrap()));
        "Neue Bank".clone_into(&mut job.notice.creditor.bank);
        let second = alike.to(&texts, &job).unwrap();
        assert_ne!(first.document(), second.document());
        assert!(!Arc::ptr_eq(&second, &alike.to(&Arc::new(TextSets::load(None).unwrap()), &job).unwrap()), "other texts");
    }

    #[test]
    fn a_mail_takes_a_fifth_beside_it_of_what_it_takes_alone() {
        let texts = Arc::new(TextSets::load(None).unwrap());
        let job = job("Zimmerei Anton Obermaier e. K.", "2026/000317", 3);
        let mail = mail(&texts, &job);
        let (alone, beside) = (mail.kept(None).size(), mail.kept(Alike::default().to(&texts, &job).as_ref()).size());
        assert!(beside * 5 < alone, "{beside} of {alone} bytes");
    }
}
