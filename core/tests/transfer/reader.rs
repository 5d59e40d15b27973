//! A driver of downloads in virtual time that opens, writes in order and holds the machine to the contract.

use std::collections::BTreeMap;

use ferry_core::plan::PlanParams;
use ferry_core::progress::Phase;
use ferry_core::transfer::download::{
    Action, Answer, DownloadMachine, DownloadSetup, Event, OpenedFile, Outcome, Request,
};
use ferry_core::transfer::{Distrust, Failure, Ticket};
use ferry_core::wire::{ErrorCode, PartState, Problem};
use uuid::Uuid;

use crate::driver::Weather;
use crate::file::{Chance, Content, SimHash};
use crate::server::{Manifest, Server};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sink {
    Open,
    Closed,
    Aborted,
}

pub(crate) fn altered() -> Failure {
    Failure::NotGenuine {
        reason: Distrust::Altered,
        detail: Some("the body is not the listed one".to_owned()),
    }
}

pub(crate) fn disk_full() -> Failure {
    Failure::SinkFailed {
        detail: Some("disk full".to_owned()),
    }
}

pub(crate) struct Reader {
    pub(crate) machine: DownloadMachine,
    pub(crate) setup: DownloadSetup,
    pub(crate) manifest: Manifest,
    pub(crate) plan: PlanParams,
    pub(crate) now_ms: u64,
    pub(crate) chance: Chance,
    pub(crate) weather: Weather,
    pub(crate) under_way: BTreeMap<Ticket, Request>,
    pub(crate) opened: BTreeMap<Ticket, Content>,
    pub(crate) at_the_sink: Option<Content>,
    pub(crate) later: BTreeMap<(u64, u64), Option<Ticket>>,
    pub(crate) sequence: u64,
    pub(crate) hash: SimHash,
    pub(crate) written: Vec<u64>,
    pub(crate) written_parts: u32,
    pub(crate) sink: Sink,
    pub(crate) sink_fails: bool,
    pub(crate) ended: Option<Outcome>,
    pub(crate) done_bytes: u64,
    pub(crate) fetches: u32,
}

impl Reader {
    pub(crate) fn new(server: &Server, file_id: Uuid, seed: u64) -> Self {
        let upload = &server.files[&file_id];
        let setup = DownloadSetup {
            file_id,
            jitter_seed: seed,
            buffer_bytes: 600_000,
            max_fetches: 3,
        };
        Reader {
            machine: DownloadMachine::new(setup.clone()),
            setup,
            manifest: upload.manifest.clone().unwrap(),
            plan: upload.plan,
            now_ms: 0,
            chance: Chance(seed),
            weather: Weather::default(),
            under_way: BTreeMap::new(),
            opened: BTreeMap::new(),
            at_the_sink: None,
            later: BTreeMap::new(),
            sequence: 0,
            hash: SimHash::default(),
            written: Vec::new(),
            written_parts: 0,
            sink: Sink::Open,
            sink_fails: false,
            ended: None,
            done_bytes: 0,
            fetches: 0,
        }
    }

    pub(crate) fn run(&mut self, server: &mut Server) -> Outcome {
        self.step(Event::Begin);
        while self.ended.is_none() {
            assert!(self.advance(server), "nothing will ever happen");
        }
        self.ended.clone().unwrap()
    }

    pub(crate) fn advance(&mut self, server: &mut Server) -> bool {
        let Some(((at_ms, _), ticket)) = self.later.pop_first() else {
            return false;
        };
        self.now_ms = self.now_ms.max(at_ms);
        match ticket {
            None => self.step(Event::Tick),
            Some(ticket) => {
                let Some(request) = self.under_way.remove(&ticket) else {
                    return true;
                };
                let event = match self.carry_out(server, ticket, &request) {
                    Ok(answer) => Event::Answered { ticket, answer },
                    Err(failure) => Event::Failed { ticket, failure },
                };
                self.step(event.clone());
                if self.chance.percent(self.weather.repeated) {
                    self.step(event);
                }
            }
        }
        true
    }

    fn schedule(&mut self, in_ms: u64, ticket: Option<Ticket>) {
        self.sequence += 1;
        self.later
            .insert((self.now_ms + in_ms, self.sequence), ticket);
    }

    pub(crate) fn step(&mut self, event: Event) {
        for action in self.machine.step(self.now_ms, event) {
            match action {
                Action::Do { ticket, request } => {
                    self.fetches += u32::from(matches!(request, Request::Fetch { .. }));
                    if let Request::Write { buffer, .. } = &request {
                        let content = self.opened.remove(buffer).expect("an opened part");
                        self.at_the_sink = Some(content);
                    }
                    self.under_way.insert(ticket, request);
                    let in_ms = 1 + self.chance.below(50);
                    self.schedule(in_ms, Some(ticket));
                }
                Action::Cancel { ticket } => {
                    let known = self.under_way.remove(&ticket).is_some()
                        | self.opened.remove(&ticket).is_some();
                    assert!(known);
                }
                Action::WakeAt { at_ms } => self.schedule(at_ms - self.now_ms, None),
                Action::Ended(outcome) => {
                    assert!(
                        self.under_way.is_empty() && self.opened.is_empty() && self.ended.is_none()
                    );
                    assert_eq!(self.sink, Sink::Open);
                    self.sink = match outcome {
                        Outcome::Done => Sink::Closed,
                        Outcome::Stopped | Outcome::Failed { .. } => Sink::Aborted,
                    };
                    self.ended = Some(outcome);
                }
            }
        }
        self.check();
    }

    fn check(&mut self) {
        let fetching = self.under_way.values().filter_map(|request| match request {
            Request::Fetch { part, .. } => Some(u64::from(part.len_bytes)),
            _ => None,
        });
        let fetches = fetching.clone().count();
        assert!(fetches <= usize::try_from(self.setup.max_fetches).unwrap());
        let kept = self
            .opened
            .values()
            .chain(&self.at_the_sink)
            .map(|content| u64::from(content.len_bytes));
        let bytes: u64 = fetching.chain(kept).sum();
        assert!(
            bytes <= self.setup.buffer_bytes,
            "{bytes} bytes are in memory"
        );
        let seen = self.machine.progress(self.now_ms);
        assert!(
            seen.done_bytes <= seen.size_bytes && seen.done_bytes >= self.done_bytes,
            "{seen:?}"
        );
        assert_eq!(
            seen.hundredths_of_percent() == 10_000,
            seen.phase == Phase::Done
        );
        self.done_bytes = seen.done_bytes;
    }

    fn carry_out(
        &mut self,
        server: &mut Server,
        ticket: Ticket,
        request: &Request,
    ) -> Result<Answer, Failure> {
        match request {
            Request::Write { part, .. } => {
                let content = self.at_the_sink.take().expect("one write at a time");
                self.written_parts += 1;
                assert_eq!(part.number, self.written_parts, "written in order");
                self.hash.feed(&content, part.len_bytes.into());
                self.written.extend(content.blocks);
                if self.sink_fails {
                    Err(disk_full())
                } else {
                    Ok(Answer::Written)
                }
            }
            Request::FinishHash => Ok(Answer::FileHash(self.hash.finish())),
            _ if self.chance.percent(self.weather.lost) => Err(Failure::Network),
            _ if self.chance.percent(self.weather.busy) => Err(Failure::Problem(Box::new(
                Problem::new(ErrorCode::Busy, 503, None),
            ))),
            Request::Open { .. } => Ok(Answer::Opened(OpenedFile {
                plan: self.plan,
                size_bytes: self.manifest.content.size_bytes,
                parts: self.manifest.parts,
                sha256: self.manifest.content.sha256,
                parts_root: self.manifest.parts_root,
            })),
            Request::FetchParts { file_id, after } => server
                .parts(*file_id, *after)
                .map(Answer::Parts)
                .map_err(Failure::Problem),
            Request::Fetch { file_id, part, row } => {
                let stored = &server.files[file_id].parts[&part.number];
                if stored.state == PartState::Corrupt {
                    return Err(Failure::Problem(Box::new(Problem::new(
                        ErrorCode::PartCorrupt,
                        410,
                        None,
                    ))));
                }
                let is_listed = (stored.body.iv, stored.body.tag) == (row.iv, row.tag);
                if !is_listed || stored.body.content.mac(*file_id, part.number) != row.mac {
                    return Err(altered());
                }
                self.opened.insert(ticket, stored.body.content.clone());
                Ok(Answer::Fetched)
            }
        }
    }
}
