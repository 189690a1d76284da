//! The composition of notices: which due invoices one notice carries, in which order, by which channel.
//!
//! The text is the highest stage's: the later one by kind (dunning over reminder), then by position.

use super::chain::{digest, hex};
use super::ids::{CustomerId, InvoiceId, NoticeId};
use super::money::Currency;
use super::pool::Pool;
use super::workflow::{Automation, Channel, Stage};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// An invoice that is due and may be dunned.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    pub invoice: InvoiceId,
    /// The invoice's own number.
    pub number: &'a str,
    /// How many transitions its instance has had.
    pub seq: i64,
    pub customer: CustomerId,
    pub currency: Currency,
    pub due_date: NaiveDate,
    pub stage_date: NaiveDate,
    /// Its stage's position in its workflow.
    pub position: usize,
    pub stage: &'a Stage,
    pub open_minor: i64,
}

/// Sorts a notice's lines: by stage date, due date, then invoice number by bytes.
pub fn order(lines: &mut [Candidate<'_>]) {
    lines.sort_by(|a, b| (a.stage_date, a.due_date, a.number).cmp(&(b.stage_date, b.due_date, b.number)));
}

/// The line whose stage speaks for the notice; of equal ones the first.
#[must_use]
pub fn highest<'c, 'a>(lines: &'c [Candidate<'a>]) -> Option<&'c Candidate<'a>> {
    lines.iter().min_by_key(|line| Reverse((line.stage.kind, line.position)))
}

/// The channel of a notice: what people chose for its lines' next notice, else what was decided for its customer, else its highest
/// stage's. One notice goes one way: where its lines were given different ones it goes all of them, so that no choice is passed over.
#[must_use]
pub fn channel(of_stage: Channel, of_customer: Option<Channel>, of_lines: impl IntoIterator<Item = Option<Channel>>) -> Channel {
    let both = |one: Channel, other: Channel| if one == other { one } else { Channel::EmailAndPost };
    of_lines.into_iter().flatten().reduce(both).or(of_customer).unwrap_or(of_stage)
}

/// How a notice goes out, and by which sender's throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Email,
    Post,
    /// By e-mail, and the same as a letter.
    EmailAndPost,
    /// No address for the channel: printed, a person posts it.
    Paper(PaperReason),
}

/// Why a notice ends as paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperReason {
    NoAddress,
    AddressBlocked,
}

impl PaperReason {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::AddressBlocked => "address_blocked",
        }
    }
}

/// What is known of the ways to a customer.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    pub email: bool,
    /// The e-mail address bounced or was blocked by a person.
    pub email_blocked: bool,
    pub post: bool,
}

impl Route {
    /// The way that `channel` takes to a customer. No e-mail address means paper, where the channel has no letter of its own.
    #[must_use]
    pub fn choose(channel: Channel, reach: Reach) -> Self {
        let email = reach.email && !reach.email_blocked;
        let reason = if reach.email_blocked { PaperReason::AddressBlocked } else { PaperReason::NoAddress };
        match (channel, email, reach.post) {
            (Channel::Email | Channel::EmailThenPost, true, _) | (Channel::EmailAndPost, true, false) => Self::Email,
            (Channel::EmailAndPost, true, true) => Self::EmailAndPost,
            (Channel::Post | Channel::EmailAndPost | Channel::EmailThenPost, _, true) => Self::Post,
            (Channel::Email, false, _) | (Channel::EmailAndPost | Channel::EmailThenPost, false, false) => Self::Paper(reason),
            (Channel::Post, _, false) => Self::Paper(PaperReason::NoAddress),
        }
    }

    /// The word in SQL and JSON: `email`, `post`, `paper`.
    #[must_use]
    pub fn channel(self) -> &'static str {
        match self {
            Self::Email | Self::EmailAndPost => "email",
            Self::Post => "post",
            Self::Paper(_) => "paper",
        }
    }

    /// The sender whose throttle it takes a slot of; paper takes none.
    #[must_use]
    pub fn sender(self) -> Option<Sender> {
        match self {
            Self::Email | Self::EmailAndPost => Some(Sender::Mail),
            Self::Post => Some(Sender::Post),
            Self::Paper(_) => None,
        }
    }
}

/// A tenant's senders; each has its own throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    Mail,
    Post,
}

impl Sender {
    pub const ALL: [Self; 2] = [Self::Mail, Self::Post];

    /// The sender that a step's effect goes out by; printing stays inside.
    #[must_use]
    pub fn of(pool: Pool) -> Option<Self> {
        match pool {
            Pool::Send => Some(Self::Mail),
            Pool::Post => Some(Self::Post),
            Pool::Print => None,
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Post => "post",
        }
    }
}

/// The most careful automation among the lines: what one of them wants reviewed is reviewed.
#[must_use]
pub fn automation(lines: &[Candidate<'_>]) -> Automation {
    lines.iter().map(|line| line.stage.automation).min().unwrap_or(Automation::Propose)
}

/// The notice's id, 32 hexadecimal digits: the same content has the same id on every run.
///
/// The instance's sequence tells a notice from the recalled one that it replaces. The first digits are the first line's place in
/// the order of a burst, so that what is written together stands together in every index.
#[must_use]
pub fn notice_id(tenant: &str, customer: &str, lines: &[Candidate<'_>]) -> NoticeId {
    let mut content = format!("mahnwerk.notice.2\0{tenant}\0{customer}");
    for line in lines {
        content.push_str(&format!("\0{}\0{}\0{}", line.number, line.stage.key, line.seq));
    }
    let (days, count) = lines.first().map_or((0, 0), place);
    let digest = digest(content.as_bytes());
    NoticeId(format!("{days:04x}{count:08x}{}", hex(digest.first_chunk::<10>().unwrap_or(&[0; 10]))))
}

/// A line's due date in days since 1970, and its number's last nine digits: invoices are numbered as they are written.
fn place(line: &Candidate<'_>) -> (u16, u32) {
    let days = line.due_date.signed_duration_since(NaiveDate::default()).num_days().clamp(0, i64::from(u16::MAX));
    let digits: Vec<u32> = line.number.chars().filter_map(|c| c.to_digit(10)).collect();
    let count = digits[digits.len().saturating_sub(9)..].iter().fold(0, |count, digit| count * 10 + digit);
    (u16::try_from(days).unwrap_or(0), count)
}

#[cfg(test)]
mod tests {
    use super::super::workflow::{StageKind, parse};
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn stages() -> Vec<Stage> {
        let stage =
            |key: &str, kind: &str| format!("[[stages]]\nkey = \"{key}\"\nkind = \"{kind}\"\nanchor = \"due_date\"\nafter_days = 3\n");
        // A reminder above a dunning: the kind counts before the position.
        let text = format!("name = \"w\"\n{}{}{}", stage("a", "reminder"), stage("b", "dunning"), stage("c", "reminder"));
        parse(&text).workflow.expect("a sound workflow").stages
    }

    /// Few dates and short numbers, so that much is equal and only the last key decides.
    fn lines() -> impl Strategy<Value = Vec<(u64, u64, String, usize)>> {
        proptest::collection::btree_map("[aAzZäÄ09-]{1,3}", (0..3_u64, 0..3_u64, 0..3_usize), 1..12)
            .prop_map(|lines| {
                lines.into_iter().map(|(number, (stage_date, due, stage))| (stage_date, due, number, stage)).collect::<Vec<_>>()
            })
            .prop_shuffle()
    }

    fn candidates<'a>(lines: &'a [(u64, u64, String, usize)], stages: &'a [Stage]) -> Vec<Candidate<'a>> {
        let day = NaiveDate::from_ymd_opt(2026, 1, 12).unwrap();
        let line = |(stage_date, due, number, stage): &'a (u64, u64, String, usize)| Candidate {
            invoice: InvoiceId(1),
            number,
            seq: 1,
            customer: CustomerId(1),
            currency: Currency::EUR,
            due_date: day + Days::new(*due),
            stage_date: day + Days::new(*stage_date),
            position: *stage,
            stage: &stages[*stage],
            open_minor: 100,
        };
        lines.iter().map(line).collect()
    }

    proptest! {
        #[test]
        fn the_order_of_lines_and_the_id_hang_on_the_content_alone(lines in lines(), turn in 0..12_usize) {
            let stages = stages();
            let mut turned = lines.clone();
            turned.rotate_left(turn % lines.len());
            let (mut one, mut other) = (candidates(&lines, &stages), candidates(&turned, &stages));
            order(&mut one);
            order(&mut other);
            let numbers = |lines: &[Candidate<'_>]| lines.iter().map(|line| line.number.to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(numbers(&one), numbers(&other));
            prop_assert_eq!(notice_id("t", "c", &one), notice_id("t", "c", &other));
            prop_assert_ne!(notice_id("t", "c", &one), notice_id("t", "d", &one));
            for pair in one.windows(2) {
                let key = |line: &Candidate<'_>| (line.stage_date, line.due_date, line.number.as_bytes().to_vec());
                prop_assert!(key(&pair[0]) < key(&pair[1]), "by date, date and bytes");
            }
        }

        #[test]
        fn the_highest_stage_speaks(lines in lines()) {
            let stages = stages();
            let mut lines = candidates(&lines, &stages);
            order(&mut lines);
            let top = highest(&lines).unwrap();
            prop_assert!(lines.iter().all(|line| (line.stage.kind, line.position) <= (top.stage.kind, top.position)));
            let any_dunning = lines.iter().any(|line| line.stage.kind == StageKind::Dunning);
            prop_assert_eq!(top.stage.kind == StageKind::Dunning, any_dunning);
            let first = lines.iter().find(|line| line.position == top.position).unwrap();
            prop_assert_eq!(first.number, top.number, "of equal ones the first");
        }
    }

    #[test]
    fn another_transition_makes_another_notice() {
        let stages = stages();
        let lines = [(0, 0, "R1".to_owned(), 0)];
        let first = candidates(&lines, &stages);
        let mut second = candidates(&lines, &stages);
        second[0].seq = 3;
        assert_ne!(notice_id("t", "c", &first), notice_id("t", "c", &second));
        assert_eq!(notice_id("t", "c", &first).0.len(), 32);
    }

    #[test]
    fn a_persons_word_stands_above_the_stage_and_no_choice_is_passed_over() {
        use Channel::{Email, EmailAndPost, EmailThenPost, Post};
        assert_eq!(channel(EmailThenPost, None, [None, None]), EmailThenPost);
        assert_eq!(channel(EmailThenPost, Some(Post), [None]), Post);
        assert_eq!(channel(Email, Some(Post), [None, Some(Email)]), Email, "one line's choice counts for the notice");
        assert_eq!(channel(Email, None, [Some(Post), None, Some(Post)]), Post);
        assert_eq!(channel(Email, None, [Some(Post), Some(Email)]), EmailAndPost);
        assert_eq!(channel(Post, Some(Post), [Some(EmailAndPost), Some(Email), Some(Email)]), EmailAndPost);
    }

    #[test]
    fn every_channel_and_every_way_to_a_customer() {
        let mut table = String::new();
        for channel in [Channel::Email, Channel::Post, Channel::EmailAndPost, Channel::EmailThenPost] {
            for (email, email_blocked) in [(true, false), (true, true), (false, false)] {
                for post in [true, false] {
                    let route = Route::choose(channel, Reach { email, email_blocked, post });
                    let address = if !email {
                        "no e-mail"
                    } else if email_blocked {
                        "e-mail blocked"
                    } else {
                        "e-mail"
                    };
                    let letter = if post { "and address" } else { "no address" };
                    let sender = route.sender().map_or("–", Sender::word);
                    let way = format!("{route:?}");
                    table.push_str(&format!(
                        "{:<14} | {address:<14} {letter:<11} | {way:<22} | {:<5} | {sender}\n",
                        format!("{channel:?}"),
                        route.channel()
                    ));
                }
            }
        }
        insta::assert_snapshot!(table);
    }
}
