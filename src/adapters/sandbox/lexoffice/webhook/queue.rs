//! What is to be sent to whom and when, on the sandbox's clock.

use super::super::super::dice::Dice;
use super::super::fault::{Faults, Trouble};
use super::super::ids::Id;
use super::super::time::stamp;
use super::super::world::{Happening, World};
use super::retry::{Next, next};
use serde::Serialize;
use serde_json::json;
use std::collections::{HashSet, VecDeque};

/// How many attempts the sandbox remembers.
const REMEMBERED: usize = 10_000;

#[derive(Clone, Debug)]
pub(in super::super) struct Delivery {
    pub(super) subscription: Id,
    pub(super) callback: String,
    pub(super) body: String,
    event_type: String,
    due: i64,
    attempts: u32,
}

/// One attempt that was made.
#[derive(Clone, Debug, Serialize)]
pub(in super::super) struct Sent {
    event_type: String,
    callback: String,
    at: String,
    /// Without one there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

#[derive(Debug, Default)]
pub(in super::super) struct Queue {
    waiting: VecDeque<Delivery>,
    /// Until another one to the same address stands in line.
    held: Vec<Delivery>,
    /// Addresses that are being talked to.
    busy: HashSet<String>,
    sent: VecDeque<Sent>,
}

impl Queue {
    /// Puts in what `world`'s subscribers are to be told of.
    pub(in super::super) fn spread(&mut self, happenings: &[Happening], world: &mut World, faults: &mut Faults) {
        for happening in happenings {
            let Some(organization) = world.organizations.iter_mut().find(|organization| organization.id == happening.organization) else {
                continue;
            };
            for subscription in organization.subscriptions.iter().filter(|known| known.event_type == happening.event_type) {
                self.add(delivery(happening, subscription.id, &subscription.callback), faults, &mut world.dice);
            }
            // A key takes the subscriptions with it that were made with it.
            if happening.event_type == "token.revoked" {
                let keys = &world.keys;
                organization.subscriptions.retain(|known| keys.get(known.key).is_none_or(|key| key.connection != happening.resource));
            }
        }
    }

    fn add(&mut self, delivery: Delivery, faults: &mut Faults, dice: &mut Dice) {
        let trouble = faults.of_webhook(&delivery.event_type, dice);
        let callback = delivery.callback.clone();
        match trouble {
            Some(Trouble::WebhookLost) => {}
            Some(Trouble::WebhookReordered) => self.held.push(delivery),
            Some(Trouble::WebhookDoubled) => self.waiting.extend([delivery.clone(), delivery]),
            _ => {
                self.waiting.push_back(delivery);
                let (overtaken, held): (Vec<_>, Vec<_>) =
                    std::mem::take(&mut self.held).into_iter().partition(|held| held.callback == callback);
                self.held = held;
                self.waiting.extend(overtaken);
            }
        }
    }

    /// Lets go what was held back and never overtaken.
    pub(in super::super) fn release(&mut self) {
        self.waiting.extend(self.held.drain(..));
    }

    /// Forgets what nobody wants any more; a key that was revoked still hears of that.
    pub(super) fn forget_unsubscribed(&mut self, world: &World) {
        let known: HashSet<Id> =
            world.organizations.iter().flat_map(|organization| organization.subscriptions.iter().map(|known| known.id)).collect();
        let wanted = |delivery: &Delivery| known.contains(&delivery.subscription) || delivery.event_type == "token.revoked";
        self.waiting.retain(wanted);
        self.held.retain(wanted);
    }

    /// What is to be sent now: at most one for each address at a time, so that only faults change the order.
    pub(super) fn take_due(&mut self, now: i64) -> Vec<Delivery> {
        let mut due = Vec::new();
        let mut waiting = VecDeque::new();
        for delivery in std::mem::take(&mut self.waiting) {
            if delivery.due <= now && !self.busy.contains(&delivery.callback) {
                self.busy.insert(delivery.callback.clone());
                due.push(delivery);
            } else {
                waiting.push_back(delivery);
            }
        }
        self.waiting = waiting;
        due
    }

    /// When the next one is due that nothing stands in the way of.
    pub(super) fn next_due(&self) -> Option<i64> {
        self.waiting.iter().filter(|delivery| !self.busy.contains(&delivery.callback)).map(|delivery| delivery.due).min()
    }

    /// An attempt ended at `now` with this status, or without an answer. Says which subscription is to be deleted.
    pub(super) fn settle(&mut self, mut delivery: Delivery, status: Option<u16>, now: i64) -> Option<Id> {
        self.busy.remove(&delivery.callback);
        self.sent.push_back(Sent { event_type: delivery.event_type.clone(), callback: delivery.callback.clone(), at: stamp(now), status });
        if self.sent.len() > REMEMBERED {
            self.sent.pop_front();
        }
        delivery.attempts += 1;
        match next(status, delivery.attempts) {
            Next::Delivered | Next::GivenUp => None,
            Next::Again(wait) => {
                delivery.due = now.saturating_add(wait);
                self.waiting.push_back(delivery);
                None
            }
            Next::Unsubscribed => {
                let gone = delivery.subscription;
                self.waiting.retain(|waiting| waiting.subscription != gone);
                Some(gone)
            }
        }
    }

    pub(in super::super) fn sent(&self) -> impl Iterator<Item = &Sent> {
        self.sent.iter()
    }

    /// How many wait, held back ones and those under way included.
    pub(in super::super) fn unsettled(&self) -> usize {
        self.waiting.len() + self.held.len() + self.busy.len()
    }
}

/// The body is a pointer: whoever gets it reads the resource again.
fn delivery(happening: &Happening, subscription: Id, callback: &str) -> Delivery {
    let body = json!({
        "organizationId": happening.organization, "eventType": happening.event_type,
        "resourceId": happening.resource, "eventDate": stamp(happening.at),
    });
    Delivery {
        subscription,
        callback: callback.to_owned(),
        body: body.to_string(),
        event_type: happening.event_type.clone(),
        due: happening.at,
        attempts: 0,
    }
}
