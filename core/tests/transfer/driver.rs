//! A driver that keeps the contract, in virtual time, over a network that loses, delays, repeats and reorders; and
//! that fails the test where the machine breaks its own promises.

mod answers;
mod promises;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ferry_core::plan::PlanParams;
use ferry_core::progress::{Phase, Progress};
use ferry_core::transfer::upload::{
    Action, Answer, Changed, Decision, Event, Outcome, Request, UploadLimits, UploadMachine,
    UploadSetup,
};
use ferry_core::transfer::{Checkpoint, Failure, Ticket};
use uuid::Uuid;

use crate::file::{Chance, Content, SimFile, SimHash};
use crate::server::{Manifest, Server};

/// How bad the network is, in percent of requests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    /// The request never arrives.
    pub(crate) lost: u64,
    /// It is carried out, its answer is lost.
    pub(crate) unanswered: u64,
    /// 503 with Retry-After.
    pub(crate) busy: u64,
    /// Damaged on its way: 422.
    pub(crate) damaged: u64,
    /// The driver reports an answer twice.
    pub(crate) repeated: u64,
}

/// What comes later.
#[derive(Debug, Clone)]
enum Later {
    /// Carry it out at the server (or the disk), then report.
    Execute {
        ticket: Ticket,
        request: Request,
    },
    Report(Event),
    Timer(u64),
}

pub(crate) struct Driver {
    pub(crate) machine: UploadMachine,
    pub(crate) file: SimFile,
    pub(crate) now_ms: u64,
    pub(crate) chance: Chance,
    pub(crate) weather: Weather,
    /// Answer to a changed file, and the questions asked.
    pub(crate) decision: Decision,
    pub(crate) asked: Vec<Changed>,
    pub(crate) ended: Option<Outcome>,
    pub(crate) checkpoints: BTreeMap<Uuid, Checkpoint>,
    pub(crate) actions: Vec<Action>,
    pub(crate) progress: Vec<Progress>,
    /// The file is edited in this part once so many reads were done.
    pub(crate) edit_after_reads: Option<(u32, u32)>,
    /// Files that other uploads of this device work on.
    pub(crate) in_use: BTreeSet<Uuid>,
    reads: u32,
    pub(crate) first_send_ms: Option<u64>,
    store_was_full: bool,
    later: BTreeMap<(u64, u64), Later>,
    sequence: u64,
    timer: u64,
    label: String,
    limits: UploadLimits,
    current: Option<Uuid>,
    /// The last new file: its id and plan.
    started: Option<(Uuid, PlanParams)>,
    pub(crate) plan: Option<PlanParams>,
    under_way: BTreeMap<Ticket, Request>,
    buffers: BTreeMap<Ticket, Content>,
    /// What sends took over; it may arrive although it is not waited for any more.
    sealed: BTreeMap<Ticket, Content>,
    /// Reads in the order of the actions.
    reader: VecDeque<Ticket>,
    hash: SimHash,
    manifest: Option<Manifest>,
    /// What was acknowledged to this driver.
    acknowledged: BTreeMap<(Uuid, u32), [u8; 32]>,
    pub(crate) resent_acknowledged: u32,
    /// Most sends that were on their way at one time.
    pub(crate) most_sends: usize,
}

impl Driver {
    pub(crate) fn new(file: SimFile, label: &str, seed: u64) -> Self {
        Driver::with_limits(
            file,
            label,
            seed,
            UploadLimits {
                buffer_bytes: 12 * 65_536,
                max_sends: 4,
            },
        )
    }

    pub(crate) fn with_limits(file: SimFile, label: &str, seed: u64, limits: UploadLimits) -> Self {
        let setup = UploadSetup {
            label: label.to_owned(),
            size_bytes: file.size_bytes,
            jitter_seed: seed,
            limits,
        };
        Driver {
            machine: UploadMachine::new(setup),
            file,
            now_ms: 0,
            chance: Chance(seed),
            weather: Weather::default(),
            decision: Decision::Stop,
            asked: Vec::new(),
            ended: None,
            checkpoints: BTreeMap::new(),
            actions: Vec::new(),
            progress: Vec::new(),
            edit_after_reads: None,
            in_use: BTreeSet::new(),
            reads: 0,
            first_send_ms: None,
            store_was_full: false,
            later: BTreeMap::new(),
            sequence: 0,
            timer: 0,
            label: label.to_owned(),
            limits,
            current: None,
            started: None,
            plan: None,
            under_way: BTreeMap::new(),
            buffers: BTreeMap::new(),
            sealed: BTreeMap::new(),
            reader: VecDeque::new(),
            hash: SimHash::default(),
            manifest: None,
            acknowledged: BTreeMap::new(),
            resent_acknowledged: 0,
            most_sends: 0,
        }
    }

    /// Runs until the run ends.
    pub(crate) fn run(&mut self, server: &mut Server) -> Outcome {
        self.step(Event::Begin);
        self.go_on(server)
    }

    pub(crate) fn go_on(&mut self, server: &mut Server) -> Outcome {
        while self.ended.is_none() {
            let last = self.progress.last().map(|seen| seen.phase);
            assert!(
                self.advance(server),
                "nothing is under way and nothing will ever happen: {last:?}"
            );
        }
        self.ended.clone().unwrap()
    }

    /// A new run of the same machine.
    pub(crate) fn resume(&mut self, server: &mut Server) -> Outcome {
        self.ended = None;
        self.progress.clear();
        self.step(Event::Resume);
        self.go_on(server)
    }

    /// Runs until `so_many` more things happened; false: it ended before.
    pub(crate) fn run_some(&mut self, server: &mut Server, so_many: u32) -> bool {
        if self.now_ms == 0 && self.actions.is_empty() {
            self.step(Event::Begin);
        }
        (0..so_many).all(|_| self.ended.is_none() && self.advance(server)) && self.ended.is_none()
    }

    /// Of a request that is over, or never was.
    pub(crate) fn settled_ticket(&mut self) -> Ticket {
        let number = self.chance.below(200);
        let is_open = |number: &u64| self.under_way.contains_key(&Ticket::from_number(*number));
        Ticket::from_number((number..).find(|number| !is_open(number)).unwrap())
    }

    /// The next thing happens; false: there is none.
    pub(crate) fn advance(&mut self, server: &mut Server) -> bool {
        let Some(((at_ms, _), later)) = self.later.pop_first() else {
            return false;
        };
        self.now_ms = self.now_ms.max(at_ms);
        assert!(
            self.now_ms < 100 * 86_400_000,
            "it takes more than a hundred days"
        );
        match later {
            Later::Timer(timer) if timer == self.timer => {
                self.step(Event::Tick);
                self.now_ms += 1;
            }
            Later::Timer(_) => {}
            Later::Report(event) => self.report(event),
            Later::Execute { ticket, request } => self.execute(server, ticket, request),
        }
        true
    }

    fn later(&mut self, in_ms: u64, later: Later) {
        self.sequence += 1;
        self.later
            .insert((self.now_ms + in_ms, self.sequence), later);
    }

    pub(crate) fn step(&mut self, event: Event) {
        let is_new_file = matches!(event, Event::Decide(Decision::Fresh));
        let actions = self.machine.step(self.now_ms, event);
        for action in actions {
            self.actions.push(action.clone());
            self.act(action);
        }
        self.check_bounds();
        self.watch_progress(is_new_file);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Do { ticket, request } => self.begin(ticket, request),
            Action::Cancel { ticket } => {
                let was_under_way = self.under_way.remove(&ticket).is_some();
                let was_kept = self.buffers.remove(&ticket).is_some();
                assert!(
                    was_under_way || was_kept,
                    "{ticket:?} is cancelled, but nothing is known of it"
                );
                self.reader.retain(|reading| *reading != ticket);
            }
            Action::WakeAt { at_ms } => {
                assert!(at_ms > self.now_ms, "a timer in the past");
                self.timer += 1;
                // Timers of browsers may fire a little too early.
                let in_ms = (at_ms - self.now_ms).saturating_sub(self.chance.below(3));
                self.later(in_ms, Later::Timer(self.timer));
            }
            Action::AskChanged(changed) => {
                assert!(
                    self.buffers.is_empty(),
                    "a person may think for hours: nothing is kept in memory"
                );
                self.asked.push(changed);
                let decision = if changed.choices().contains(&self.decision) {
                    self.decision
                } else {
                    Decision::Fresh
                };
                self.later(1_000, Later::Report(Event::Decide(decision)));
            }
            Action::SaveCheckpoint(checkpoint) => {
                let restored = Checkpoint::from_cbor(&checkpoint.to_cbor().unwrap()).unwrap();
                assert_eq!(restored, *checkpoint);
                self.checkpoints.insert(checkpoint.file_id(), restored);
            }
            Action::DropCheckpoint { file_id } => {
                self.checkpoints.remove(&file_id);
            }
            Action::Ended(outcome) => {
                assert!(self.ended.is_none(), "ended twice");
                assert!(
                    self.under_way.is_empty(),
                    "ended with {:?} under way",
                    self.under_way
                );
                assert!(self.buffers.is_empty(), "ended with buffers kept");
                self.ended = Some(outcome);
            }
        }
    }

    fn begin(&mut self, ticket: Ticket, request: Request) {
        assert!(self.ended.is_none(), "asked for after the end: {request:?}");
        if matches!(request, Request::Start { .. } | Request::OpenCandidate(_)) {
            let others = self
                .under_way
                .values()
                .any(|other| matches!(other, Request::Read { .. } | Request::Send { .. }));
            assert!(!others, "the current file changes under reads or sends");
        }
        if let Request::Send {
            file_id,
            part,
            mac,
            buffer,
            ..
        } = &request
        {
            let content = self.buffers.remove(buffer).expect("a kept buffer");
            self.sealed.insert(ticket, content);
            assert_eq!(Some(*file_id), self.current);
            self.first_send_ms.get_or_insert(self.now_ms);
            self.resent_acknowledged +=
                u32::from(self.acknowledged.get(&(*file_id, part.number)) == Some(mac));
        }
        let in_ms = match &request {
            Request::Read { .. } => 1 + self.chance.below(3),
            Request::Send { .. } => 20 + self.chance.below(400),
            _ => 1 + self.chance.below(30),
        };
        if matches!(request, Request::Read { .. }) {
            self.reader.push_back(ticket);
        }
        self.under_way.insert(ticket, request.clone());
        self.later(in_ms, Later::Execute { ticket, request });
    }

    fn report(&mut self, event: Event) {
        if let Event::Answered { ticket, answer } = &event {
            let request = self.under_way.remove(ticket);
            if let (
                Some(Request::Send {
                    file_id, part, mac, ..
                }),
                Answer::Sent { .. },
            ) = (request, answer)
            {
                self.acknowledged.insert((file_id, part.number), mac);
            }
        }
        if let Event::Failed { ticket, .. } = &event {
            self.under_way.remove(ticket);
        }
        self.step(event);
    }

    /// Runs until such a request is under way.
    pub(crate) fn run_to(&mut self, server: &mut Server, is_it: impl Fn(&Request) -> bool) {
        while !self.under_way.values().any(&is_it) {
            assert!(self.run_some(server, 1), "it never asks for that");
        }
    }

    /// The file is gone when it is read next.
    pub(crate) fn fail_a_read(&mut self) {
        let reads = |(_, request): &(&Ticket, &Request)| matches!(request, Request::Read { .. });
        let ticket = *self.under_way.iter().find(reads).unwrap().0;
        self.reader.retain(|reading| *reading != ticket);
        self.buffers.remove(&ticket);
        self.report(Event::Failed {
            ticket,
            failure: Failure::NotReadable {
                detail: Some("NotFoundError".to_owned()),
            },
        });
    }

    pub(crate) fn phases(&self) -> Vec<Phase> {
        let mut phases: Vec<Phase> = self.progress.iter().map(|seen| seen.phase).collect();
        phases.dedup();
        phases
    }

    pub(crate) fn sends(&self) -> Vec<u32> {
        self.actions
            .iter()
            .filter_map(|action| match action {
                Action::Do {
                    request: Request::Send { part, .. },
                    ..
                } => Some(part.number),
                _ => None,
            })
            .collect()
    }
}
