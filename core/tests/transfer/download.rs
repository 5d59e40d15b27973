//! Downloads, over a network that loses, delays and damages, and a server that lies.

use ferry_core::progress::Phase;
use ferry_core::transfer::download::{Event, Outcome, Request};
use ferry_core::transfer::{Distrust, Failure, TransferError, WaitReason};
use ferry_core::wire::PartState;
use proptest::prelude::*;
use uuid::Uuid;

use crate::driver::{Driver, Weather};
use crate::file::SimFile;
use crate::reader::{Reader, Sink, altered, disk_full};
use crate::server::Server;

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
