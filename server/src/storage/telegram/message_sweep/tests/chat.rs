//! A chat in memory: what Telegram holds, what the rows say, and what is on its way. It writes down what happens to the
//! rows, so that the real statements can be told the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::bot_sweeps::SweptChatRow;
use crate::storage::telegram::message_sweep::{Plan, plan};

/// Seconds that a send has.
pub(super) const TIMEOUT_SECS: i64 = 30;
/// Seconds that it may arrive later.
pub(super) const LATE_SECS: i64 = 60;
/// Few, so that a sweep takes several looks.
pub(super) const IDS_AT_ONCE: i64 = 7;

/// Something that happens. The number picks one of those that it can happen to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// A part is leased.
    Begin,
    /// A barrier is leased, by whatever sweeper thinks it is due.
    BeginMark,
    /// A request reaches Telegram.
    Arrive(u8),
    /// A sender reads that its message is stored.
    Answer(u8),
    /// A sender reads that nothing was stored.
    Refuse(u8),
    /// A sender gives up without an answer.
    Lose(u8),
    /// A sender dies.
    Abandon(u8),
    /// A part is not needed any more.
    Delete(u8),
    /// Seconds pass.
    Wait(u8),
    /// A sweeper looks at the rows and decides.
    Look(u8),
    /// A sweeper carries out the next piece of what it decided.
    Carry(u8),
    /// Rows that decide nothing go.
    Prune,
}

/// What happened to the rows.
#[derive(Debug, Clone)]
pub(super) enum Written {
    Begun {
        id: Uuid,
        is_mark: bool,
        now: i64,
    },
    Stored {
        id: Uuid,
        message_id: i64,
        now: i64,
        counts: bool,
    },
    Lost {
        id: Uuid,
        state: State,
        now: i64,
    },
    Looked {
        now: i64,
        facts: SweptChatRow,
    },
    Swept(i64),
    Forgotten(Uuid),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    InFlight,
    Stored,
    Refused,
    Unknown,
}

#[derive(Debug, Clone)]
struct Row {
    state: State,
    is_mark: bool,
    started_at: i64,
    settled_at: Option<i64>,
    high_at_start: i64,
    message_id: Option<i64>,
}

impl Row {
    fn deadline(&self) -> i64 {
        self.started_at + TIMEOUT_SECS
    }

    fn ends_at(&self) -> i64 {
        match (self.state, self.settled_at) {
            (State::Unknown, Some(at)) => at.max(self.deadline()),
            (_, Some(at)) => at,
            (_, None) => self.deadline(),
        }
    }
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
struct Request {
    /// It arrives before that, or never.
    until: i64,
    arrived: Option<i64>,
    /// A process waits for the answer.
    has_sender: bool,
}

#[derive(Debug, Default)]
pub(super) struct Chat {
    pub(super) written: Vec<Written>,
    now: i64,
    rows: BTreeMap<Uuid, Row>,
    high: i64,
    swept_to: i64,
    last_start: Option<i64>,
    requests: BTreeMap<Uuid, Request>,
    /// In Telegram.
    messages: BTreeSet<i64>,
    next_id: i64,
    /// Belongs to a part.
    live: BTreeSet<i64>,
    /// What people wrote before.
    others: BTreeSet<i64>,
    sweepers: [Option<Plan>; 2],
    attempts: u128,
}

pub(super) fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + secs, 0).unwrap()
}

fn pick<T>(from: impl IntoIterator<Item = T>, number: u8) -> Option<T> {
    let all: Vec<T> = from.into_iter().collect();
    let index = usize::from(number).checked_rem(all.len())?;
    all.into_iter().nth(index)
}

impl Chat {
    /// One in which people wrote before. Its attempts have ids after `attempts`.
    pub(super) fn new(first_id: i64, attempts: u128) -> Self {
        let others: BTreeSet<i64> = (1..first_id).rev().take(5).collect();
        Chat {
            next_id: first_id,
            messages: others.clone(),
            others,
            attempts,
            ..Chat::default()
        }
    }

    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Begin => self.begin(false),
            Event::BeginMark => self.begin(true),
            Event::Arrive(number) => self.arrive(number),
            Event::Answer(number) => self.answer(number),
            Event::Refuse(number) => self.refuse(number),
            Event::Lose(number) => self.lose(number),
            Event::Abandon(number) => self.abandon(number),
            Event::Delete(number) => self.delete(number),
            Event::Wait(secs) => self.now += i64::from(secs),
            Event::Look(number) => self.look(number),
            Event::Carry(number) => self.carry(number),
            Event::Prune => self.prune(),
        }
        self.nothing_live_was_deleted();
    }

    fn begin(&mut self, is_mark: bool) {
        self.attempts += 1;
        let id = Uuid::from_u128(self.attempts);
        let row = Row {
            state: State::InFlight,
            is_mark,
            started_at: self.now,
            settled_at: None,
            high_at_start: self.high,
            message_id: None,
        };
        let request = Request {
            until: row.deadline() + LATE_SECS,
            arrived: None,
            has_sender: true,
        };
        self.rows.insert(id, row);
        self.requests.insert(id, request);
        let now = self.now;
        self.written.push(Written::Begun { id, is_mark, now });
    }

    fn waiting(&self) -> impl Iterator<Item = (Uuid, Request)> + '_ {
        let requests = self.requests.iter().map(|(id, request)| (*id, *request));
        requests.filter(|(_, request)| request.has_sender)
    }

    fn arrive(&mut self, number: u8) {
        let requests = self.requests.iter_mut();
        let open = requests.filter(|(_, r)| r.arrived.is_none() && r.until > self.now);
        if let Some((_, request)) = pick(open, number) {
            request.arrived = Some(self.next_id);
            self.messages.insert(self.next_id);
            self.next_id += 1;
        }
    }

    fn answer(&mut self, number: u8) {
        let answered = self.waiting().filter(|(_, r)| r.arrived.is_some());
        let Some((id, request)) = pick(answered, number) else {
            return;
        };
        self.requests.remove(&id);
        let (message_id, now) = (request.arrived.unwrap(), self.now);
        // a row that was pruned away counts as little as one that was given up
        let row = self.rows.get_mut(&id);
        let row = row.filter(|row| row.state == State::InFlight && row.deadline() > now);
        self.written.push(Written::Stored {
            id,
            message_id,
            now,
            counts: row.is_some(),
        });
        if let Some(row) = row {
            row.state = State::Stored;
            row.settled_at = Some(now);
            row.message_id = Some(message_id);
            let (started_at, is_mark) = (row.started_at, row.is_mark);
            self.stored(message_id, started_at, is_mark);
        }
    }

    fn stored(&mut self, message_id: i64, started_at: i64, is_mark: bool) {
        if self.high == 0 {
            let ever = self.rows.values().filter(|row| row.state != State::Refused);
            self.swept_to = 0.max(message_id - i64::try_from(ever.count()).unwrap());
        }
        self.high = self.high.max(message_id);
        self.last_start = self.last_start.max(Some(started_at));
        if !is_mark {
            self.live.insert(message_id);
        }
    }

    fn refuse(&mut self, number: u8) {
        let refused = self.waiting().filter(|(_, r)| r.arrived.is_none());
        if let Some((id, _)) = pick(refused, number) {
            self.requests.remove(&id);
            self.settle_lost(id, State::Refused);
        }
    }

    fn lose(&mut self, number: u8) {
        if let Some((id, _)) = pick(self.waiting(), number) {
            self.requests.get_mut(&id).unwrap().has_sender = false;
            self.settle_lost(id, State::Unknown);
        }
    }

    fn abandon(&mut self, number: u8) {
        if let Some((id, _)) = pick(self.waiting(), number) {
            self.requests.get_mut(&id).unwrap().has_sender = false;
        }
    }

    fn settle_lost(&mut self, id: Uuid, state: State) {
        let now = self.now;
        let row = self.rows.get_mut(&id);
        if let Some(row) = row.filter(|row| row.state == State::InFlight) {
            (row.state, row.settled_at) = (state, Some(now));
        }
        self.written.push(Written::Lost { id, state, now });
    }

    fn delete(&mut self, number: u8) {
        let Some(message_id) = pick(self.live.clone(), number) else {
            return;
        };
        self.live.remove(&message_id);
        self.messages.remove(&message_id);
        let row = self.rows.iter();
        let row = row.filter(|(_, row)| row.message_id == Some(message_id));
        if let Some(id) = row.map(|(id, _)| *id).next() {
            self.rows.remove(&id);
            self.written.push(Written::Forgotten(id));
        }
    }

    fn facts(&self) -> SweptChatRow {
        let rows = self.rows.values();
        let in_flight = rows.clone().filter(|row| row.state == State::InFlight);
        let lowest = in_flight.map(|row| row.high_at_start).min();
        let horizon = (self.swept_to + IDS_AT_ONCE)
            .min(self.high)
            .min(lowest.unwrap_or(i64::MAX));
        let owned = rows.clone().filter(|row| !row.is_mark);
        let ids: BTreeSet<i64> = owned.filter_map(|row| row.message_id).collect();
        let stored = ids
            .into_iter()
            .filter(|id| *id > self.swept_to && *id <= horizon);
        let lost = rows.filter(|row| row.state == State::Unknown);
        let arrive_by = lost.map(|row| row.ends_at() + LATE_SECS);
        let above = arrive_by.filter(|until| self.last_start.is_none_or(|start| *until > start));
        SweptChatRow {
            swept_to: self.swept_to,
            horizon,
            stored: stored.collect(),
            lost_until: above.max().map(at),
        }
    }

    fn look(&mut self, number: u8) {
        let now = self.now;
        for row in self.rows.values_mut() {
            if row.state == State::InFlight && row.deadline() <= now {
                (row.state, row.settled_at) = (State::Unknown, Some(row.deadline()));
            }
        }
        let facts = self.facts();
        *pick(&mut self.sweepers, number).unwrap() = Some(plan(&facts, at(now)));
        self.written.push(Written::Looked { now, facts });
    }

    /// Deletes one id; after the last, says how far it came.
    fn carry(&mut self, number: u8) {
        let busy = self.sweepers.iter_mut().filter(|plan| plan.is_some());
        let Some(slot) = pick(busy, number) else {
            return;
        };
        let decided = slot.as_mut().unwrap();
        match decided.orphans.pop() {
            Some(id) => {
                self.messages.remove(&id);
            }
            None => {
                self.swept_to = self.swept_to.max(decided.swept_to);
                self.written.push(Written::Swept(decided.swept_to));
                *slot = None;
            }
        }
    }

    fn prune(&mut self) {
        let (swept_to, last_start) = (self.swept_to, self.last_start);
        self.rows.retain(|_, row| match row.state {
            State::InFlight => true,
            State::Refused => false,
            State::Unknown => last_start.is_none_or(|start| row.ends_at() + LATE_SECS > start),
            State::Stored => row.message_id.unwrap() > swept_to,
        });
    }

    fn nothing_live_was_deleted(&self) {
        let lost: Vec<_> = self.live.difference(&self.messages).collect();
        assert!(lost.is_empty(), "parts were deleted: {lost:?}");
        assert!(self.swept_to <= self.high);
    }

    /// Everything on its way ends somehow, and a sweep follows that nobody disturbs.
    pub(super) fn come_to_rest(&mut self) {
        self.sweepers = [None, None];
        self.now += TIMEOUT_SECS + LATE_SECS;
        self.requests.clear();
        for round in 0.. {
            assert!(round < 10_000, "the sweep does not end");
            self.look(0);
            let decided = self.sweepers[0].clone().unwrap();
            while self.sweepers[0].is_some() {
                self.carry(0);
            }
            self.nothing_live_was_deleted();
            if decided.needs_barrier {
                self.begin(true);
                self.arrive(0);
                self.answer(0);
            } else if self.swept_to == self.high {
                break;
            }
        }
        let orphans = self.messages.difference(&self.live);
        let ours: Vec<_> = orphans.filter(|id| !self.others.contains(id)).collect();
        assert!(ours.is_empty(), "orphans stay: {ours:?}");
    }
}
