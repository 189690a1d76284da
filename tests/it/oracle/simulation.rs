//! The calculation itself: every day of the rehearsal in turn, and on each day every instant at which something can happen.
//!
//! A day starts with its facts: invoices that enter, payments that become known. Then, while the day's window is open,
//! at each instant: what has become due enters the queue, and the queue's head leaves as far as the throttle allows.

use super::calendar;
use super::model::{Anchor, Channel, Dispatch, InstanceEnd, Invoice, Line, Medium, Options, Outcome, Stage, Workflow};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// Everything that `mahnwerk rehearse` must print for these invoices.
pub(crate) fn expected(invoices: &[Invoice], workflow: &Workflow, options: &Options) -> Outcome {
    let mut rehearsal = Rehearsal {
        workflow,
        options,
        consolidate: options.consolidate.unwrap_or(workflow.consolidate),
        instances: Vec::new(),
        of_customer: BTreeMap::new(),
        queue: Vec::new(),
        last_sent: BTreeMap::new(),
        sent: Vec::new(),
    };
    for date in options.from.iter_days().take_while(|date| *date < options.to) {
        rehearsal.take_in(invoices, date);
        rehearsal.learn_payments(date);
        rehearsal.fill_places(calendar::midnight(workflow.zone, date));
        rehearsal.work_through(date);
    }
    rehearsal.outcome()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// Due, but all places are taken.
    WaitsForAPlace,
    Blocked,
    Proposed,
    Settled,
    Exhausted,
}

/// One invoice on its way through the stages.
struct Instance<'a> {
    invoice: &'a Invoice,
    state: State,
    /// Index of the next stage among the enabled ones, its date, and that date at the stage's time of day.
    stage: usize,
    stage_date: NaiveDate,
    due_at: DateTime<Tz>,
    /// Whether it is a member of a notice in the queue.
    queued: bool,
    /// Whether it holds one of the places; it counts only where there are so many and no more.
    placed: bool,
    sent: Vec<String>,
}

/// A notice that is due and waits for its sender. It keeps its place as long as one of its members is left.
struct Queued {
    members: Vec<usize>,
}

/// A notice as it would leave now.
struct Notice {
    /// Indexes of the instances, in the order of the notice's lines.
    lines: Vec<usize>,
    highest: usize,
    channel: Channel,
}

struct Rehearsal<'a> {
    workflow: &'a Workflow,
    options: &'a Options,
    consolidate: bool,
    instances: Vec<Instance<'a>>,
    of_customer: BTreeMap<&'a str, Vec<usize>>,
    /// First in, first out, for all senders together: each takes the first notice that is its own.
    queue: Vec<Queued>,
    last_sent: BTreeMap<Channel, DateTime<Tz>>,
    sent: Vec<(DateTime<Utc>, Dispatch)>,
}

impl<'a> Rehearsal<'a> {
    /// An invoice enters at the later of 00:00 of its date and 00:00 of `--from`.
    fn take_in(&mut self, invoices: &'a [Invoice], today: NaiveDate) {
        for invoice in invoices.iter().filter(|invoice| invoice.invoice_date.max(self.options.from) == today) {
            let minimum = self.workflow.minimum.get(&invoice.currency).copied().unwrap_or(0);
            let state = if invoice.amount_minor < minimum { State::Blocked } else { State::Waiting };
            let index = self.instances.len();
            let due_at = calendar::midnight(self.workflow.zone, today);
            self.instances.push(Instance {
                invoice,
                state,
                stage: 0,
                stage_date: today,
                due_at,
                queued: false,
                placed: false,
                sent: Vec::new(),
            });
            self.of_customer.entry(&invoice.customer).or_default().push(index);
            self.wait_for_stage(index, 0, None);
        }
    }

    /// A payment is known from 00:00 of its day, before anything is decided at that instant, and settles in every state.
    fn learn_payments(&mut self, today: NaiveDate) {
        for index in 0..self.instances.len() {
            if self.instances[index].invoice.paid_on.is_some_and(|paid_on| paid_on <= today) {
                self.instances[index].state = State::Settled;
                self.instances[index].placed = false;
                self.leave_the_queue(index);
            }
        }
    }

    /// The date of a stage: the later of its anchor + `after_days` and, once something was sent, that day + the gap.
    fn wait_for_stage(&mut self, index: usize, number: usize, previous_dispatch: Option<NaiveDate>) {
        let Some(stage) = self.workflow.stages.get(number) else {
            self.instances[index].state = State::Exhausted;
            self.instances[index].placed = false;
            return;
        };
        let due_date = calendar::legal_due_date(self.workflow, self.instances[index].invoice.due_date);
        let anchor = match (stage.anchor, previous_dispatch) {
            (Anchor::PreviousStage, Some(dispatched_on)) => dispatched_on,
            (Anchor::DueDate, _) | (Anchor::PreviousStage, None) => due_date,
        };
        let by_anchor = anchor + Days::new(stage.after_days);
        let by_gap = previous_dispatch.map(|dispatched_on| dispatched_on + Days::new(self.workflow.min_gap_days));
        let stage_date = by_gap.map_or(by_anchor, |by_gap| by_gap.max(by_anchor));

        let due_at = calendar::instant(self.workflow.zone, stage_date, self.time_of_day(stage));

        let instance = &mut self.instances[index];
        instance.stage = number;
        instance.stage_date = stage_date;
        instance.due_at = due_at;
    }

    fn time_of_day(&self, stage: &Stage) -> NaiveTime {
        let nine = NaiveTime::from_hms_opt(9, 0, 0).expect("nine o'clock exists");
        let default = self.workflow.hours.as_ref().map_or(nine, |hours| hours.start);
        stage.time_of_day.unwrap_or(default)
    }

    /// One day's window, from instant to instant.
    fn work_through(&mut self, today: NaiveDate) {
        let Some((open, close)) = calendar::window(self.workflow, today) else { return };
        let candidates = self.due_by_date(today);
        let mut now = self.up_from(open);
        while now < close {
            loop {
                self.take_places(&candidates, now, today);
                self.queue_what_is_due(&candidates, now, today);
                self.dispatch_from_queue(now, today);
                // Who has had the last stage makes room at this very instant.
                if !self.fill_places(now) {
                    break;
                }
            }
            let Some(next) = self.next_instant(&candidates, now) else { return };
            now = self.up_from(next);
        }
    }

    /// While the process is down nothing happens; what would have happened does when it is up again.
    fn up_from(&self, at: DateTime<Tz>) -> DateTime<Tz> {
        self.options.up_from(calendar::utc(&at)).with_timezone(&self.workflow.zone)
    }

    fn due_by_date(&self, today: NaiveDate) -> Vec<usize> {
        let waits_for_a_place = |index: usize| self.instances[index].state == State::WaitsForAPlace;
        (0..self.instances.len()).filter(|&index| self.is_waiting_until(index, today) || waits_for_a_place(index)).collect()
    }

    /// How many places are free; `None`: as many as anybody wants.
    fn free_places(&self) -> Option<usize> {
        let taken = self.instances.iter().filter(|instance| instance.placed).count();
        self.options.max_active.map(|max| max.saturating_sub(taken))
    }

    /// Who is due needs a place. If there is not one for each of them, or others wait already, all of them wait.
    fn take_places(&mut self, candidates: &[usize], now: DateTime<Tz>, today: NaiveDate) {
        let Some(free) = self.free_places() else { return };
        let due = |index: &usize| self.is_waiting_until(*index, today) && self.instances[*index].due_at <= now;
        let new: Vec<usize> = candidates.iter().copied().filter(|index| due(index) && !self.instances[*index].placed).collect();
        let others_wait = self.instances.iter().any(|instance| instance.state == State::WaitsForAPlace);
        for index in &new {
            if others_wait || new.len() > free {
                self.instances[*index].state = State::WaitsForAPlace;
            } else {
                self.instances[*index].placed = true;
            }
        }
    }

    /// Free places go to those who wait, by due date and number; whether anybody got one.
    fn fill_places(&mut self, now: DateTime<Tz>) -> bool {
        let mut waiting: Vec<usize> =
            (0..self.instances.len()).filter(|index| self.instances[*index].state == State::WaitsForAPlace).collect();
        waiting.sort_by_key(|index| (self.instances[*index].invoice.due_date, &self.instances[*index].invoice.number));
        waiting.truncate(self.free_places().unwrap_or(0));
        for index in &waiting {
            let instance = &mut self.instances[*index];
            (instance.state, instance.placed, instance.due_at) = (State::Waiting, true, now);
        }
        !waiting.is_empty()
    }

    fn is_waiting_until(&self, index: usize, today: NaiveDate) -> bool {
        self.instances[index].state == State::Waiting && self.instances[index].stage_date <= today
    }

    /// The next instant of this day at which something becomes due or a sender with work becomes free.
    fn next_instant(&self, candidates: &[usize], now: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let waiting = candidates.iter().map(|&index| &self.instances[index]).filter(|instance| instance.state == State::Waiting);
        let due = waiting.map(|instance| instance.due_at);
        let free = self.last_sent.keys().filter(|_| !self.queue.is_empty()).filter_map(|sender| self.free_from(*sender));
        due.chain(free).filter(|instant| *instant > now).min()
    }

    /// When a sender may dispatch again: not before `every_seconds` after its last dispatch. `None`: at any time.
    fn free_from(&self, sender: Channel) -> Option<DateTime<Tz>> {
        let gap = TimeDelta::seconds(self.options.every_seconds.unwrap_or(0));
        self.last_sent.get(&sender).map(|last| *last + gap)
    }

    fn queue_what_is_due(&mut self, candidates: &[usize], now: DateTime<Tz>, today: NaiveDate) {
        let mut arrivals: Vec<Queued> = Vec::new();
        for &index in candidates {
            let due = self.is_waiting_until(index, today) && self.instances[index].due_at <= now;
            if !due || self.instances[index].queued || self.was_noticed_on(index, today) {
                continue;
            }
            if !self.stage_of(index).dispatches {
                self.instances[index].state = State::Proposed;
                continue;
            }
            let members = match self.queued_notice_for(index) {
                Some(place) => {
                    self.queue[place].members.push(index);
                    vec![index]
                }
                None => {
                    let members = self.joining(index, today);
                    arrivals.push(Queued { members: members.clone() });
                    members
                }
            };
            for member in members {
                self.instances[member].queued = true;
            }
        }
        arrivals.sort_by_key(|notice| self.rank(notice.members[0]));
        self.queue.extend(arrivals);
    }

    /// With consolidation a customer gets one notice a day: who gets a place after it left goes on the next day.
    fn was_noticed_on(&self, index: usize, today: NaiveDate) -> bool {
        let invoice = self.instances[index].invoice;
        let same = |dispatch: &Dispatch| dispatch.customer == invoice.customer && dispatch.currency == invoice.currency;
        let on = |at: &DateTime<Utc>| at.with_timezone(&self.workflow.zone).date_naive() == today;
        let limited = self.consolidate && self.options.max_active.is_some();
        limited && self.sent.iter().rev().take_while(|(at, _)| on(at)).any(|(_, dispatch)| same(dispatch))
    }

    /// Lines of a notice, and notices that become due at once, come by stage date, due date and invoice number.
    fn rank(&self, index: usize) -> (NaiveDate, NaiveDate, &str) {
        let instance = &self.instances[index];
        (instance.stage_date, instance.invoice.due_date, &instance.invoice.number)
    }

    fn stage_of(&self, index: usize) -> &Stage {
        &self.workflow.stages[self.instances[index].stage]
    }

    /// With consolidation an instance that becomes due joins its customer's notice if one already waits.
    fn queued_notice_for(&self, index: usize) -> Option<usize> {
        self.queue.iter().position(|notice| self.consolidate && self.share_a_notice(notice.members[0], index))
    }

    fn share_a_notice(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.instances[one].invoice, self.instances[other].invoice);
        one.customer == other.customer && one.currency == other.currency
    }

    /// All instances that leave together with this one today, in the order of the notice's lines.
    fn joining(&self, index: usize, today: NaiveDate) -> Vec<usize> {
        let mut lines = vec![index];
        if self.consolidate {
            let of_customer = self.of_customer[self.instances[index].invoice.customer.as_str()].iter().copied();
            lines = of_customer
                .filter(|&other| self.share_a_notice(index, other) && self.is_waiting_until(other, today))
                .filter(|&other| self.stage_of(other).dispatches)
                .collect();
        }
        lines.sort_by_key(|&line| self.rank(line));
        lines
    }

    /// Each notice in turn leaves if its sender is free; those of a busy sender stay, and those behind them as well.
    fn dispatch_from_queue(&mut self, now: DateTime<Tz>, today: NaiveDate) {
        let mut place = 0;
        while place < self.queue.len() {
            let notice = self.compose(self.queue[place].members[0], today);
            let throttled = notice.channel != Channel::Paper && self.free_from(notice.channel).is_some_and(|free| free > now);
            if throttled {
                place += 1;
                continue;
            }
            self.queue.remove(place);
            self.dispatch(&notice, now);
        }
    }

    /// The composition is decided when the notice leaves: one that waited until another day takes that day's instances along.
    fn compose(&self, member: usize, today: NaiveDate) -> Notice {
        let lines = self.joining(member, today);
        let by_height = |&line: &usize| (self.stage_of(line).kind, self.instances[line].stage);
        let highest = lines.iter().copied().max_by_key(by_height).expect("a notice has at least one line");
        let channel = channel(self.stage_of(highest).medium, self.instances[highest].invoice.has_email);
        Notice { lines, highest, channel }
    }

    fn dispatch(&mut self, notice: &Notice, now: DateTime<Tz>) {
        let line = |&index: &usize| Line {
            invoice: self.instances[index].invoice.number.clone(),
            stage: self.stage_of(index).key.clone(),
            open_minor: self.instances[index].invoice.amount_minor,
        };
        let lines: Vec<Line> = notice.lines.iter().map(line).collect();
        let invoice = self.instances[notice.highest].invoice;
        let dispatch = Dispatch {
            at: calendar::written(&now),
            stage: self.stage_of(notice.highest).key.clone(),
            channel: notice.channel.word().to_owned(),
            customer: invoice.customer.clone(),
            total_minor: lines.iter().map(|line| line.open_minor).sum(),
            currency: invoice.currency.clone(),
            fee_minor: self.stage_of(notice.highest).fee_minor,
            lines,
        };
        self.sent.push((calendar::utc(&now), dispatch));
        if notice.channel != Channel::Paper {
            self.last_sent.insert(notice.channel, now);
        }
        for &index in &notice.lines {
            let key = self.stage_of(index).key.clone();
            self.instances[index].sent.push(key);
            self.instances[index].queued = false;
            self.wait_for_stage(index, self.instances[index].stage + 1, Some(now.date_naive()));
        }
    }

    /// Those behind a notice that has lost its last member move up.
    fn leave_the_queue(&mut self, index: usize) {
        if !std::mem::take(&mut self.instances[index].queued) {
            return;
        }
        for notice in &mut self.queue {
            notice.members.retain(|&member| member != index);
        }
        self.queue.retain(|notice| !notice.members.is_empty());
    }

    fn outcome(mut self) -> Outcome {
        let mut instances: Vec<InstanceEnd> = self.instances.iter().map(end_of).collect();
        instances.sort_by(|one, other| one.invoice.as_bytes().cmp(other.invoice.as_bytes()));
        self.sent.sort_by(|(at, one), (later, other)| (at, &one.lines[0].invoice).cmp(&(later, &other.lines[0].invoice)));
        Outcome { dispatches: self.sent.into_iter().map(|(_, dispatch)| dispatch).collect(), instances }
    }
}

fn end_of(instance: &Instance<'_>) -> InstanceEnd {
    let state = match instance.state {
        State::WaitsForAPlace => "queued_by_quota",
        // Also one whose notice has its place in the queue, but had not left at the end of the rehearsal.
        State::Waiting => "waiting",
        State::Blocked => "blocked",
        State::Proposed => "proposed",
        State::Settled => "settled",
        State::Exhausted => "exhausted",
    };
    InstanceEnd { invoice: instance.invoice.number.clone(), state: state.to_owned(), stages: instance.sent.clone() }
}

/// A customer without an e-mail address gets paper where mail was meant, unless the stage names post.
fn channel(medium: Medium, has_email: bool) -> Channel {
    match (medium, has_email) {
        (Medium::Post, _) | (Medium::EmailAndPost | Medium::EmailThenPost, false) => Channel::Post,
        (Medium::Email | Medium::EmailAndPost | Medium::EmailThenPost, true) => Channel::Email,
        (Medium::Email, false) => Channel::Paper,
    }
}
