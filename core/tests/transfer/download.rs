//! Downloads: a driver in virtual time that opens, writes in order and checks the contract.

use std::collections::BTreeMap;

use ferry_core::plan::PlanParams;
use ferry_core::progress::Phase;
use ferry_core::transfer::download::{
    Action, Answer, DownloadMachine, DownloadSetup, Event, OpenedFile, Outcome, Request,
};
use ferry_core::transfer::{Distrust, Failure, Ticket, TransferError, WaitReason};
use ferry_core::wire::{ErrorCode, PartState, Problem};
use proptest::prelude::*;
use uuid::Uuid;

use crate::driver::{Driver, Weather};
use crate::file::{Chance, Content, SimFile, SimHash};
use crate::server::{Manifest, Server};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sink {
    Open,
    Closed,
    Aborted,
}

fn altered() -> Failure {
    Failure::NotGenuine {
        reason: Distrust::Altered,
        detail: Some("the body is not the listed one".to_owned()),
    }
}

fn disk_full() -> Failure {
    Failure::SinkFailed {
        detail: Some("disk full".to_owned()),
    }
}

struct Reader {
    machine: DownloadMachine,
    setup: DownloadSetup,
    manifest: Manifest,
    plan: PlanParams,
    now_ms: u64,
    chance: Chance,
    weather: Weather,
    under_way: BTreeMap<Ticket, Request>,
    opened: BTreeMap<Ticket, Content>,
    at_the_sink: Option<Content>,
    later: BTreeMap<(u64, u64), Option<Ticket>>,
    sequence: u64,
    hash: SimHash,
    written: Vec<u64>,
    written_parts: u32,
    sink: Sink,
    sink_fails: bool,
    ended: Option<Outcome>,
    done_bytes: u64,
    fetches: u32,
}

impl Reader {
    fn new(server: &Server, file_id: Uuid, seed: u64) -> Self {
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

    fn run(&mut self, server: &mut Server) -> Outcome {
        self.step(Event::Begin);
        while self.ended.is_none() {
            assert!(self.advance(server), "nothing will ever happen");
        }
        self.ended.clone().unwrap()
    }

    fn advance(&mut self, server: &mut Server) -> bool {
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

    fn step(&mut self, event: Event) {
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

fn stored(size_bytes: u64) -> (Server, Uuid, SimFile) {
    let file = SimFile::new(size_bytes, 3);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), "~label", 4);
    driver.run(&mut server);
    let file_id = *server.files.keys().next().unwrap();
    (server, file_id, file)
}

#[test]
fn a_file_comes_back_whole() {
    for size_bytes in [0, 1, 65_536, 65_537, 3 << 20] {
        let (mut server, file_id, file) = stored(size_bytes);
        let mut reader = Reader::new(&server, file_id, 1);
        assert_eq!(reader.run(&mut server), Outcome::Done);
        assert_eq!((&reader.written, reader.sink), (&file.blocks, Sink::Closed));
    }
}

/// Refused before a byte of content was fetched, and nothing is kept.
fn refused_unfetched(tamper: impl FnOnce(&mut Server, &mut Reader, Uuid)) {
    let (mut server, file_id, _) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    tamper(&mut server, &mut reader, file_id);
    let outcome = reader.run(&mut server);
    assert!(
        matches!(outcome.error(), Some(TransferError::NotGenuine { .. })),
        "{outcome:?}"
    );
    assert_eq!((reader.fetches, reader.sink), (0, Sink::Aborted));
}

#[test]
fn a_list_that_the_manifest_does_not_vouch_for_is_refused_before_anything_is_fetched() {
    refused_unfetched(|server, _, file_id| {
        server
            .files
            .get_mut(&file_id)
            .unwrap()
            .parts
            .get_mut(&5)
            .unwrap()
            .body
            .iv[3] ^= 1;
    });
    refused_unfetched(|server, _, file_id| {
        server.files.get_mut(&file_id).unwrap().parts.remove(&5);
    });
    refused_unfetched(|server, _, file_id| {
        server.files.get_mut(&file_id).unwrap().parts.pop_last();
    });
    refused_unfetched(|server, _, file_id| {
        let parts = &mut server.files.get_mut(&file_id).unwrap().parts;
        let (two, three) = (parts.remove(&2).unwrap(), parts.remove(&3).unwrap());
        parts.extend([(2, three), (3, two)]);
    });
    refused_unfetched(|server, _, file_id| {
        let parts = &mut server.files.get_mut(&file_id).unwrap().parts;
        let (last, part) = parts
            .last_key_value()
            .map(|(number, part)| (*number, part.clone()))
            .unwrap();
        parts.insert(last + 1, part);
    });
    refused_unfetched(|_, reader, _| reader.manifest.parts += 1);
    refused_unfetched(|_, reader, _| reader.manifest.content.size_bytes += 1 << 20);
}

#[test]
fn a_wrong_hash_at_the_end_aborts_the_output() {
    let (mut server, file_id, _) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    reader.manifest.content.sha256[0] ^= 1;
    assert_eq!(
        reader.run(&mut server),
        Outcome::Failed {
            error: TransferError::NotGenuine { part: None },
            cause: None
        }
    );
    assert_eq!(reader.sink, Sink::Aborted);
}

#[test]
fn a_damaged_part_is_named() {
    let (mut server, file_id, _) = stored(3 << 20);
    server
        .files
        .get_mut(&file_id)
        .unwrap()
        .parts
        .get_mut(&6)
        .unwrap()
        .body
        .content
        .blocks[0] ^= 1;
    let mut reader = Reader::new(&server, file_id, 1);
    assert_eq!(
        reader.run(&mut server),
        Outcome::Failed {
            error: TransferError::NotGenuine { part: Some(6) },
            cause: Some(Box::new(altered()))
        }
    );
    assert_eq!(
        (reader.sink, reader.written_parts < 6),
        (Sink::Aborted, true)
    );

    server
        .files
        .get_mut(&file_id)
        .unwrap()
        .parts
        .get_mut(&6)
        .unwrap()
        .state = PartState::Corrupt;
    let mut reader = Reader::new(&server, file_id, 1);
    assert_eq!(
        reader.run(&mut server).error(),
        Some(TransferError::PartCorrupt { part: 6 })
    );
}

#[test]
fn a_body_damaged_on_its_way_is_fetched_once_more() {
    let (mut server, file_id, file) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    reader.step(Event::Begin);
    while !reader
        .under_way
        .values()
        .any(|request| matches!(request, Request::Fetch { .. }))
    {
        assert!(reader.advance(&mut server));
    }
    let ticket = *reader.under_way.keys().next().unwrap();
    reader.under_way.remove(&ticket);
    reader.step(Event::Failed {
        ticket,
        failure: altered(),
    });
    while reader.ended.is_none() {
        assert!(reader.advance(&mut server));
    }
    assert_eq!(
        (reader.ended, &reader.written),
        (Some(Outcome::Done), &file.blocks)
    );
}

#[test]
fn a_manifest_that_is_older_than_a_seen_one_is_told_as_that() {
    let (server, file_id, _) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    reader.step(Event::Begin);
    let ticket = *reader.under_way.keys().next().unwrap();
    reader.under_way.remove(&ticket);
    let failure = Failure::NotGenuine {
        reason: Distrust::RolledBack,
        detail: Some("the manifest is older".to_owned()),
    };
    reader.step(Event::Failed {
        ticket,
        failure: failure.clone(),
    });
    assert_eq!(
        reader.ended,
        Some(Outcome::Failed {
            error: TransferError::RolledBack { part: None },
            cause: Some(Box::new(failure))
        })
    );
}

#[test]
fn a_sink_that_refuses_ends_it() {
    let (mut server, file_id, _) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    reader.sink_fails = true;
    assert_eq!(
        reader.run(&mut server),
        Outcome::Failed {
            error: TransferError::SinkFailed,
            cause: Some(Box::new(disk_full()))
        }
    );
    assert_eq!(reader.sink, Sink::Aborted);
}

#[test]
fn offline_waits_and_stop_aborts() {
    let (mut server, file_id, file) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    reader.step(Event::Begin);
    (0..12).for_each(|_| assert!(reader.advance(&mut server)));
    reader.step(Event::Offline);
    while reader.advance(&mut server) {}
    let seen = reader.machine.progress(reader.now_ms);
    assert_eq!(
        seen.phase,
        Phase::Waiting {
            reason: WaitReason::Offline,
            until_ms: None
        }
    );
    reader.step(Event::Online);
    while reader.ended.is_none() {
        assert!(reader.advance(&mut server));
    }
    assert_eq!(
        (reader.ended, &reader.written),
        (Some(Outcome::Done), &file.blocks)
    );

    let mut reader = Reader::new(&server, file_id, 1);
    reader.step(Event::Begin);
    (0..12).for_each(|_| assert!(reader.advance(&mut server)));
    reader.step(Event::Stop);
    assert_eq!(
        (reader.ended, reader.sink),
        (Some(Outcome::Stopped), Sink::Aborted)
    );
}

#[test]
fn in_line_it_is_queued_whatever_the_network_does_and_can_be_stopped() {
    let (server, file_id, _) = stored(3 << 20);
    let mut reader = Reader::new(&server, file_id, 1);
    for event in [Event::Offline, Event::Online, Event::SignedIn, Event::Tick] {
        reader.step(event);
        assert_eq!(reader.machine.progress(0).phase, Phase::Queued);
    }
    reader.step(Event::Stop);
    assert_eq!(
        (reader.ended, reader.sink),
        (Some(Outcome::Stopped), Sink::Aborted)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn through_bad_weather_the_content_is_equal(seed in any::<u64>(), size_bytes in 0..5_000_000u64, lost in 0..30u64, busy in 0..20u64, repeated in 0..20u64) {
        let (mut server, file_id, file) = stored(size_bytes);
        let mut reader = Reader::new(&server, file_id, seed);
        reader.weather = Weather { lost, busy, repeated, ..Weather::default() };
        prop_assert_eq!(reader.run(&mut server), Outcome::Done);
        prop_assert_eq!(&reader.written, &file.blocks);
        prop_assert_eq!(reader.sink, Sink::Closed);
    }
}
