//! Uploads, one story a test.

use ferry_core::plan::PartSpan;
use ferry_core::progress::Phase;
use ferry_core::transfer::upload::UploadLimits;
use ferry_core::transfer::upload::{
    Action, Decision, Done, Event, Outcome, Request, SealedContent,
};
use ferry_core::transfer::{TransferError, WaitReason};
use ferry_core::wire::{ErrorCode, PartState};
use uuid::Uuid;

use crate::driver::Driver;
use crate::file::{SimFile, plan_of};
use crate::server::{Body, Manifest, Server, Stored, Upload};

const MIB: u64 = 1 << 20;
const LABEL: &str = "~label";

fn done(outcome: Outcome) -> Done {
    match outcome {
        Outcome::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

/// A server that holds the first parts of the file, and the file.
fn interrupted(size_bytes: u64, parts: u32) -> (Server, SimFile, Uuid) {
    let file = SimFile::new(size_bytes, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 3);
    let is_stored = |server: &Server, number| {
        server
            .files
            .values()
            .any(|upload| upload.parts.contains_key(&number))
    };
    while server.files.is_empty() || !(1..=parts).all(|number| is_stored(&server, number)) {
        assert!(driver.run_some(&mut server, 1), "it ended too early");
    }
    let file_id = *server.files.keys().next().unwrap();
    server
        .files
        .get_mut(&file_id)
        .unwrap()
        .parts
        .retain(|number, _| *number <= parts);
    server.counts = Default::default();
    (server, file, file_id)
}

/// A server that holds the whole file.
fn complete(file: &SimFile) -> (Server, Uuid) {
    let mut server = Server::new();
    let finished = done(Driver::new(file.clone(), LABEL, 4).run(&mut server));
    server.counts = Default::default();
    (server, finished.file_id)
}

fn upload(server: &Server, file_id: Uuid) -> &Upload {
    &server.files[&file_id]
}

fn span(server: &Server, file_id: Uuid, size_bytes: u64, number: u32) -> PartSpan {
    plan_of(upload(server, file_id).plan, size_bytes)
        .part(number)
        .unwrap()
}

fn holds(server: &Server, file_id: Uuid, file: &SimFile) {
    let upload = upload(server, file_id);
    assert!(upload.is_complete);
    assert_eq!(upload.content().as_ref(), Some(file));
    let manifest = upload.manifest.as_ref().unwrap();
    assert_eq!(manifest.content.sha256, file.sha256());
    assert_eq!(manifest.content.size_bytes, file.size_bytes);
    assert_eq!(manifest.parts_root, crate::server::root(upload));
}

#[test]
fn a_new_file_is_read_once_and_sent_once() {
    for size_bytes in [0, 1, 65_536, 65_537, MIB, 9 * MIB + 17] {
        let file = SimFile::new(size_bytes, 1);
        let mut server = Server::new();
        let mut driver = Driver::new(file.clone(), LABEL, 2);
        let finished = done(driver.run(&mut server));
        assert!(!finished.already_stored);
        holds(&server, finished.file_id, &file);
        assert!(server.counts.bodies.values().all(|bodies| *bodies == 1));
        let reads = driver.actions.iter().filter(|action| {
            matches!(
                action,
                Action::Do {
                    request: Request::Read { .. },
                    ..
                }
            )
        });
        assert_eq!(
            reads.count(),
            server.counts.bodies.len(),
            "one read a part serves hash, MAC and seal"
        );
        assert_eq!(
            driver.progress.last().unwrap().hundredths_of_percent(),
            10_000
        );
        assert!(driver.checkpoints.is_empty());
    }
}

#[test]
fn the_first_part_goes_out_before_the_file_is_read() {
    let mut server = Server::new();
    let mut driver = Driver::new(SimFile::new(400 * MIB, 1), LABEL, 2);
    while driver.first_send_ms.is_none() {
        assert!(driver.run_some(&mut server, 1));
    }
    assert!(driver.now_ms < 200, "{} ms", driver.now_ms);
    assert!(driver.progress.last().unwrap().compared_bytes < MIB);
}

#[test]
fn a_resumed_file_sends_what_is_missing_at_once_and_nothing_else() {
    let (mut server, file, file_id) = interrupted(40 * MIB, 200);
    let total = upload(&server, file_id).total_parts();
    let stored_bytes = upload(&server, file_id)
        .parts
        .values()
        .map(|part| u64::from(part.body.content.len_bytes))
        .sum::<u64>();
    let mut driver = Driver::new(file.clone(), LABEL, 77);
    while driver.first_send_ms.is_none() {
        assert!(driver.run_some(&mut server, 1));
    }
    assert!(
        driver.progress.last().unwrap().compared_bytes < stored_bytes / 2,
        "it waits for the comparison"
    );
    let finished = done(driver.go_on(&mut server));
    assert_eq!(finished.file_id, file_id);
    holds(&server, file_id, &file);
    assert_eq!(driver.sends().iter().min(), Some(&201));
    assert_eq!(driver.sends().len(), usize::try_from(total - 200).unwrap());
    let resuming = driver
        .progress
        .iter()
        .find(|seen| seen.phase == Phase::Resuming)
        .unwrap();
    let resumed = resuming.resumed.unwrap();
    assert_eq!((resumed.first_part, resumed.total_parts), (201, total));
    assert_eq!(
        u64::from(resumed.stored_percent),
        stored_bytes * 100 / file.size_bytes
    );
    assert_eq!(resuming.stored_before_bytes, stored_bytes);
    assert_eq!(driver.progress.last().unwrap().parts_stored_before, 200);
}

#[test]
fn only_complete_was_missing() {
    let file = SimFile::new(5 * MIB, 9);
    let (mut server, file_id) = complete(&file);
    let upload = server.files.get_mut(&file_id).unwrap();
    (upload.is_complete, upload.manifest) = (false, None);
    let mut driver = Driver::new(file.clone(), LABEL, 1);
    assert_eq!(done(driver.run(&mut server)).file_id, file_id);
    holds(&server, file_id, &file);
    assert!(server.counts.bodies.is_empty());
    assert!(driver.phases().contains(&Phase::Comparing));
}

#[test]
fn a_file_that_is_there_already_is_compared_and_not_sent() {
    let file = SimFile::new(5 * MIB, 9);
    let (mut server, file_id) = complete(&file);
    let mut driver = Driver::new(file.clone(), LABEL, 1);
    let finished = done(driver.run(&mut server));
    assert_eq!(
        finished,
        Done {
            file_id,
            sha256: file.sha256(),
            already_stored: true,
            not_renamed: None
        }
    );
    assert!(server.counts.bodies.is_empty());
    assert_eq!(
        driver.progress.last().unwrap().compared_bytes,
        file.size_bytes
    );
}

#[test]
fn a_complete_file_whose_manifest_tells_another_hash_is_not_believed() {
    let file = SimFile::new(5 * MIB, 9);
    let (mut server, file_id) = complete(&file);
    server
        .files
        .get_mut(&file_id)
        .unwrap()
        .manifest
        .as_mut()
        .unwrap()
        .content
        .sha256[0] ^= 1;
    let outcome = Driver::new(file, LABEL, 1).run(&mut server);
    assert_eq!(
        outcome,
        Outcome::Failed(TransferError::NotGenuine { part: None })
    );
}

#[test]
fn another_file_of_the_same_name_and_size_is_never_asked_about() {
    for is_complete in [true, false] {
        let (mut server, _, old_id) = interrupted(6 * MIB, 20);
        server.files.get_mut(&old_id).unwrap().is_complete = false;
        if is_complete {
            server = complete(&SimFile::new(6 * MIB, 5)).0;
        }
        let before = server.files.clone();
        let other = SimFile::new(6 * MIB, 6);
        let mut driver = Driver::new(other.clone(), LABEL, 8);
        let finished = done(driver.run(&mut server));
        assert!(driver.asked.is_empty());
        assert!(!before.contains_key(&finished.file_id));
        holds(&server, finished.file_id, &other);
        for (file_id, upload) in before {
            assert_eq!(
                server.files[&file_id].rows(),
                upload.rows(),
                "the old one stays as it was"
            );
        }
    }
}

#[test]
fn a_changed_part_is_sent_alone_after_the_person_agreed() {
    let (mut server, mut file, file_id) = interrupted(20 * MIB, 120);
    let edited = span(&server, file_id, file.size_bytes, 61);
    file.edit(edited);
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.decision = Decision::Replace;
    assert_eq!(done(driver.run(&mut server)).file_id, file_id);
    holds(&server, file_id, &file);
    let [question] = driver.asked[..] else {
        panic!("{:?}", driver.asked)
    };
    assert_eq!((question.differing_parts, question.complete), (1, false));
    assert_eq!(server.counts.replaced, 1);
    assert_eq!(
        driver
            .sends()
            .iter()
            .filter(|number| **number <= 120)
            .collect::<Vec<_>>(),
        [&61]
    );
    assert_eq!(upload(&server, file_id).parts[&61].generation, 2);
    let last = driver.progress.last().unwrap();
    assert_eq!(last.set_back_bytes, u64::from(edited.len_bytes));
    assert!(driver.phases().contains(&Phase::Asking));
}

#[test]
fn the_question_counts_exactly_and_stop_keeps_everything() {
    let (mut server, mut file, file_id) = interrupted(20 * MIB, 120);
    for number in [2, 3, 50, 119, 121] {
        file.edit(span(&server, file_id, file.size_bytes, number));
    }
    let mut driver = Driver::new(file, LABEL, 5);
    assert_eq!(driver.run(&mut server), Outcome::Stopped);
    assert_eq!(
        driver.asked[0].differing_parts, 4,
        "part 121 was never stored"
    );
    assert_eq!(
        driver.asked[0].total_parts,
        upload(&server, file_id).total_parts()
    );
    assert_eq!(server.counts.replaced, 0);
    assert!((1..=120).all(|number| upload(&server, file_id).parts[&number].generation == 1));
}

#[test]
fn a_changed_file_can_be_sent_as_a_new_one() {
    let (mut server, mut file, old_id) = interrupted(20 * MIB, 120);
    let before = upload(&server, old_id).rows();
    file.edit(span(&server, old_id, file.size_bytes, 30));
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.decision = Decision::Fresh;
    let finished = done(driver.run(&mut server));
    assert_ne!(finished.file_id, old_id);
    holds(&server, finished.file_id, &file);
    assert!(upload(&server, old_id).rows().starts_with(&before));
    let last = driver.progress.last().unwrap();
    assert_eq!(last.set_back_bytes, 0, "what was chosen is no loss");
}

#[test]
fn a_changed_complete_file_offers_no_replacement() {
    let mut file = SimFile::new(8 * MIB, 9);
    let (mut server, old_id) = complete(&file);
    let before = upload(&server, old_id).rows();
    file.edit(span(&server, old_id, file.size_bytes, 7));
    let mut driver = Driver::new(file.clone(), LABEL, 1);
    driver.decision = Decision::Fresh;
    let finished = done(driver.run(&mut server));
    assert_eq!(driver.asked[0].choices(), [Decision::Fresh, Decision::Stop]);
    assert_eq!(driver.asked[0].differing_parts, 1);
    assert_ne!(finished.file_id, old_id);
    holds(&server, finished.file_id, &file);
    assert_eq!(upload(&server, old_id).rows(), before);
}

#[test]
fn a_grown_file_and_a_cut_file_keep_their_first_parts() {
    for new_size in [25 * MIB + 5, 12 * MIB + 1] {
        let (mut server, file, file_id) = interrupted(20 * MIB, 120);
        let other = file.resized(new_size);
        let mut driver = Driver::new(other.clone(), LABEL, 5);
        driver.decision = Decision::Replace;
        let finished = done(driver.run(&mut server));
        assert_eq!(finished.file_id, file_id);
        holds(&server, file_id, &other);
        let [question] = driver.asked[..] else {
            panic!("{:?}", driver.asked)
        };
        assert_eq!(
            (question.stored_size_bytes, question.size_bytes),
            (20 * MIB, new_size)
        );
        let total = upload(&server, file_id).total_parts();
        let gone = 120u32.saturating_sub(total);
        let is_last_cut = u32::from(gone > 0);
        assert_eq!(
            question.differing_parts,
            gone + is_last_cut,
            "parts beyond the end, and the one cut through"
        );
        let first_sent = if gone > 0 { total } else { 121 };
        assert_eq!(driver.sends().iter().min(), Some(&first_sent));
    }
}

#[test]
fn a_renamed_file_goes_on_and_gets_its_name() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 40);
    let mut driver = Driver::new(file.clone(), "~another label", 5);
    assert_eq!(done(driver.run(&mut server)).file_id, file_id);
    holds(&server, file_id, &file);
    assert_eq!(upload(&server, file_id).label, "~another label");
    assert!(driver.sends().iter().all(|number| *number > 40));
}

#[test]
fn what_another_upload_of_this_device_works_on_is_left_to_it() {
    for label in [LABEL, "~another label"] {
        let (mut server, file, file_id) = interrupted(10 * MIB, 40);
        let before = server.files[&file_id].rows();
        let mut driver = Driver::new(file.clone(), label, 5);
        driver.in_use.insert(file_id);
        let finished = done(driver.run(&mut server));
        assert_ne!(finished.file_id, file_id);
        holds(&server, finished.file_id, &file);
        assert_eq!(server.files[&file_id].rows(), before);
        assert_eq!(upload(&server, file_id).label, LABEL);
    }
}

#[test]
fn of_several_candidates_content_decides_then_what_is_stored() {
    let (mut server, file, nearest) = interrupted(10 * MIB, 60);
    let (less, _, less_id) = interrupted(10 * MIB, 30);
    let mut same = less.files[&less_id].clone();
    let renewed = Uuid::from_bytes([1; 16]);
    for (number, part) in &mut same.parts {
        part.body.mac = part.body.content.mac(renewed, *number);
    }
    server.files.insert(renewed, same.clone());
    let stranger = Uuid::from_bytes([2; 16]);
    for (number, part) in &mut same.parts {
        part.body
            .content
            .blocks
            .iter_mut()
            .for_each(|block| *block ^= 9);
        part.body.mac = part.body.content.mac(stranger, *number);
    }
    server.files.insert(stranger, same);
    let finished = done(Driver::new(file.clone(), LABEL, 5).run(&mut server));
    assert_eq!(finished.file_id, nearest);
    holds(&server, nearest, &file);
}

#[test]
fn a_part_read_twice_with_two_contents_stops_and_keeps_what_is_stored() {
    let (mut server, file, file_id) = interrupted(20 * MIB, 120);
    let mut driver = Driver::new(file, LABEL, 5);
    // Part 121 is sent ahead of the pass; before the pass comes there, it changes.
    driver.edit_after_reads = Some((40, 121));
    assert_eq!(
        driver.run(&mut server),
        Outcome::Failed(TransferError::FileChangedWhileReading { part: 121 })
    );
    assert!(!upload(&server, file_id).is_complete);
    assert!(upload(&server, file_id).parts.len() >= 120);
}

#[test]
fn a_file_edited_between_stop_and_resume_is_asked_about() {
    let file = SimFile::new(20 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file, LABEL, 5);
    driver.run_some(&mut server, 400);
    driver.step(Event::Stop);
    assert_eq!(driver.ended, Some(Outcome::Stopped));
    let file_id = driver.machine.file_id().unwrap();
    let edited = span(&server, file_id, driver.file.size_bytes, 3);
    driver.file.edit(edited);
    driver.decision = Decision::Replace;
    done(driver.resume(&mut server));
    assert_eq!(driver.asked.len(), 1);
    holds(&server, file_id, &driver.file);
    assert_eq!(server.counts.replaced, 1);
}

#[test]
fn stop_and_resume_send_nothing_again_that_was_acknowledged() {
    let file = SimFile::new(20 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    for _ in 0..4 {
        driver.run_some(&mut server, 150);
        driver.step(Event::Stop);
        assert_eq!(driver.ended, Some(Outcome::Stopped));
        driver.ended = None;
        driver.progress.clear();
        driver.step(Event::Resume);
    }
    let finished = done(driver.go_on(&mut server));
    holds(&server, finished.file_id, &file);
    assert_eq!(driver.resent_acknowledged, 0);
    assert!(
        server.counts.needless <= 4 * 4,
        "{} were in flight at a stop",
        server.counts.needless
    );
    assert_eq!(server.files.len(), 1);
}

#[test]
fn discard_deletes_only_when_told_and_only_this_upload() {
    let mut server = Server::new();
    let mut driver = Driver::new(SimFile::new(20 * MIB, 5), LABEL, 5);
    driver.run_some(&mut server, 200);
    assert_eq!(server.files.len(), 1);
    driver.step(Event::Discard);
    assert_eq!(driver.go_on(&mut server), Outcome::Discarded);
    assert!(server.files.is_empty());
    assert!(driver.checkpoints.is_empty());
    assert_eq!(driver.machine.file_id(), None);
}

#[test]
fn discard_at_every_moment_leaves_nothing_of_a_new_upload() {
    for steps in 0..120 {
        let mut server = Server::new();
        let mut driver = Driver::new(SimFile::new(2 * MIB, 5), LABEL, u64::from(steps));
        if !driver.run_some(&mut server, steps) {
            continue;
        }
        driver.step(Event::Discard);
        match driver.go_on(&mut server) {
            Outcome::Discarded | Outcome::Stopped => {
                assert!(server.files.is_empty(), "after {steps} steps")
            }
            outcome => {
                // It had become complete in that moment, and complete files are not discarded in passing.
                assert_eq!(
                    outcome,
                    Outcome::Failed(TransferError::Refused(ErrorCode::FileComplete))
                );
                assert!(server.files.values().all(|upload| upload.is_complete));
            }
        }
    }
}

#[test]
fn discard_while_it_is_not_known_which_upload_deletes_nothing() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 40);
    let mut driver = Driver::new(file, LABEL, 5);
    driver.run_some(&mut server, 1);
    driver.step(Event::Discard);
    assert_eq!(driver.go_on(&mut server), Outcome::Stopped);
    assert_eq!(upload(&server, file_id).parts.len(), 40);
}

#[test]
fn discard_after_a_run_that_ended_before_it_was_known_deletes_nothing_and_does_not_say_so() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 40);
    let mut driver = Driver::new(file, LABEL, 5);
    driver.run_some(&mut server, 1);
    driver.step(Event::Stop);
    assert_eq!(driver.ended.take(), Some(Outcome::Stopped));
    driver.step(Event::Discard);
    assert_eq!(driver.go_on(&mut server), Outcome::Stopped);
    assert_eq!(upload(&server, file_id).parts.len(), 40);
}

#[test]
fn a_stop_ends_a_discard_which_can_be_asked_for_again() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 40);
    let mut driver = Driver::new(file, LABEL, 5);
    driver.run_to(&mut server, |request| {
        matches!(request, Request::Send { .. })
    });
    driver.step(Event::Discard);
    driver.step(Event::Stop);
    assert_eq!(driver.ended.take(), Some(Outcome::Stopped));
    assert_eq!(driver.machine.file_id(), Some(file_id), "it is still known");
    driver.step(Event::Discard);
    assert_eq!(driver.go_on(&mut server), Outcome::Discarded);
    assert!(server.files.is_empty());
}

#[test]
fn offline_waits_and_goes_on() {
    let file = SimFile::new(10 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 150);
    driver.step(Event::Offline);
    while driver.advance(&mut server) {}
    assert_eq!(driver.ended, None);
    let seen = driver.machine.progress(driver.now_ms);
    assert_eq!(
        seen.phase,
        Phase::Waiting {
            reason: WaitReason::Offline,
            until_ms: None
        }
    );
    driver.step(Event::Online);
    let finished = done(driver.go_on(&mut server));
    holds(&server, finished.file_id, &file);
}

#[test]
fn a_full_quota_ends_with_its_reason_and_can_go_on() {
    let file = SimFile::new(10 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 150);
    server.refuses_parts = Some(ErrorCode::QuotaExceeded);
    assert_eq!(
        driver.go_on(&mut server),
        Outcome::Failed(TransferError::Refused(ErrorCode::QuotaExceeded))
    );
    server.refuses_parts = None;
    let finished = done(driver.resume(&mut server));
    holds(&server, finished.file_id, &file);
    assert_eq!(driver.resent_acknowledged, 0);
}

#[test]
fn a_full_store_is_waited_for() {
    let file = SimFile::new(10 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 150);
    server.refuses_parts = Some(ErrorCode::StorageFull);
    driver.run_some(&mut server, 100);
    let waits = |phase: &Phase| {
        matches!(
            phase,
            Phase::Waiting {
                reason: WaitReason::Server(ErrorCode::StorageFull),
                until_ms: Some(_)
            }
        )
    };
    assert!(driver.phases().iter().any(waits), "{:?}", driver.phases());
    server.refuses_parts = None;
    let finished = done(driver.go_on(&mut server));
    holds(&server, finished.file_id, &file);
}

#[test]
fn signing_in_again_goes_on() {
    let file = SimFile::new(10 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 150);
    server.refuses_parts = Some(ErrorCode::Unauthenticated);
    while driver.advance(&mut server) {}
    assert_eq!(driver.ended, None, "a lost session does not end an upload");
    let seen = driver.machine.progress(driver.now_ms);
    assert_eq!(
        seen.phase,
        Phase::Waiting {
            reason: WaitReason::SignIn,
            until_ms: None
        }
    );
    server.refuses_parts = None;
    driver.step(Event::SignedIn);
    let finished = done(driver.go_on(&mut server));
    holds(&server, finished.file_id, &file);
}

#[test]
fn an_expired_upload_is_begun_anew() {
    let (mut server, file, old_id) = interrupted(10 * MIB, 40);
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 60);
    server.files.get_mut(&old_id).unwrap().is_expired = true;
    let finished = done(driver.go_on(&mut server));
    assert_ne!(finished.file_id, old_id);
    holds(&server, finished.file_id, &file);
}

#[test]
fn parts_that_the_server_lost_are_sent_again_and_said_so() {
    let file = SimFile::new(10 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 300);
    let upload = server.files.values_mut().next().unwrap();
    assert!(upload.parts.remove(&1).is_some() && upload.parts.remove(&2).is_some());
    let finished = done(driver.go_on(&mut server));
    holds(&server, finished.file_id, &file);
    assert!(driver.progress.last().unwrap().set_back_bytes > 0);
}

#[test]
fn a_server_that_loses_for_ever_is_left_with_the_reason() {
    let mut server = Server::new();
    let mut driver = Driver::new(SimFile::new(3 * MIB, 5), LABEL, 5);
    driver.step(Event::Begin);
    while driver.ended.is_none() {
        assert!(driver.advance(&mut server));
        server.files.values_mut().for_each(|upload| {
            upload.parts.remove(&2);
        });
    }
    assert_eq!(
        driver.ended,
        Some(Outcome::Failed(TransferError::Refused(
            ErrorCode::PartsMissing
        )))
    );
}

#[test]
fn rows_that_differ_from_the_checkpoint_are_not_followed() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 40);
    let mut first = Driver::new(file.clone(), LABEL, 5);
    first.run_some(&mut server, 150);
    first.step(Event::Stop);
    assert_eq!(first.checkpoints.len(), 1);
    let rolled = server.files.get_mut(&file_id).unwrap();
    rolled.parts.get_mut(&7).unwrap().body.iv[0] ^= 1;
    let mut second = Driver::new(file.clone(), LABEL, 6);
    second.checkpoints.clone_from(&first.checkpoints);
    assert_eq!(
        second.run(&mut server),
        Outcome::Failed(TransferError::RolledBack { part: 7 })
    );
    assert_eq!(
        first.resume(&mut server),
        Outcome::Failed(TransferError::RolledBack { part: 7 }),
        "nor by the same machine"
    );
    // A repair of the same content has a later generation and is followed.
    server
        .files
        .get_mut(&file_id)
        .unwrap()
        .parts
        .get_mut(&7)
        .unwrap()
        .generation = 2;
    let finished = done(second.resume(&mut server));
    holds(&server, finished.file_id, &file);
}

#[test]
fn damaged_parts_of_a_complete_file_are_repaired_and_nothing_else_is_sent() {
    let file = SimFile::new(8 * MIB, 9);
    let (mut server, file_id) = complete(&file);
    let damaged = server.files.get_mut(&file_id).unwrap();
    damaged.is_complete = false;
    damaged.parts.get_mut(&4).unwrap().state = PartState::Corrupt;
    let mut driver = Driver::new(file.clone(), LABEL, 1);
    let finished = done(driver.run(&mut server));
    assert_eq!(finished.file_id, file_id);
    holds(&server, file_id, &file);
    assert_eq!(driver.sends(), [4]);
    assert_eq!(upload(&server, file_id).manifest.as_ref().unwrap().seq, 2);
}

#[test]
fn a_damaged_file_is_not_repaired_with_another_content() {
    for edited in [4, 6] {
        let mut file = SimFile::new(8 * MIB, 9);
        let (mut server, file_id) = complete(&file);
        let damaged = server.files.get_mut(&file_id).unwrap();
        damaged.is_complete = false;
        damaged.parts.get_mut(&4).unwrap().state = PartState::Corrupt;
        file.edit(span(&server, file_id, file.size_bytes, edited));
        let mut driver = Driver::new(file.clone(), LABEL, 1);
        assert_eq!(driver.run(&mut server), Outcome::Stopped);
        assert!(driver.asked[0].complete && driver.asked[0].differing_parts == 1);
        assert!(server.counts.bodies.is_empty());
    }
}

#[test]
fn two_devices_that_send_one_file_both_end_well() {
    let file = SimFile::new(10 * MIB, 5);
    let (mut server, _, file_id) = interrupted(10 * MIB, 10);
    let mut one = Driver::new(file.clone(), LABEL, 5);
    let mut two = Driver::new(file.clone(), LABEL, 6);
    one.step(Event::Begin);
    two.step(Event::Begin);
    while one.ended.is_none() || two.ended.is_none() {
        for driver in [&mut one, &mut two] {
            if driver.ended.is_none() {
                assert!(driver.advance(&mut server));
            }
        }
    }
    for driver in [one, two] {
        assert_eq!(done(driver.ended.unwrap()).file_id, file_id);
        assert!(driver.asked.is_empty());
    }
    holds(&server, file_id, &file);
}

#[test]
fn another_devices_content_in_between_is_asked_about_and_replaced() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 10);
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.decision = Decision::Replace;
    driver.run_some(&mut server, 60);
    let number = upload(&server, file_id).total_parts();
    let last = span(&server, file_id, file.size_bytes, number);
    let mut other = file.clone();
    other.edit(last);
    let content = other.read(last);
    let body = crate::server::Body {
        iv: [1; 12],
        tag: [2; 16],
        mac: content.mac(file_id, number),
        content,
    };
    server.put(file_id, number, body, None).unwrap();
    assert_eq!(done(driver.go_on(&mut server)).file_id, file_id);
    assert_eq!(driver.asked.len(), 1);
    assert_eq!(driver.asked[0].differing_parts, 1);
    holds(&server, file_id, &file);
}

#[test]
fn a_server_that_acknowledges_other_bytes_is_not_believed() {
    let mut server = Server::new();
    server.lies_about_rows = true;
    let outcome = Driver::new(SimFile::new(MIB, 5), LABEL, 5).run(&mut server);
    assert!(
        matches!(
            outcome,
            Outcome::Failed(TransferError::NotGenuine { part: Some(_) })
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_list_without_end_or_order_is_not_followed() {
    for (in_circles, backwards) in [(true, false), (false, true)] {
        let (mut server, file, _) = interrupted(10 * MIB, 40);
        (server.lists_in_circles, server.lists_backwards) = (in_circles, backwards);
        let outcome = Driver::new(file, LABEL, 5).run(&mut server);
        assert_eq!(
            outcome,
            Outcome::Failed(TransferError::BadAnswer { status: None })
        );
    }
}

#[test]
fn a_changed_file_is_compared_to_its_end_however_little_room_there_is() {
    let (mut server, mut file, file_id) = interrupted(20 * MIB, 120);
    file.edit(span(&server, file_id, file.size_bytes, 61));
    let stored = server.files[&file_id].clone();
    for buffer_bytes in (0..10).map(|blocks| blocks * 65_536) {
        server.files.insert(file_id, stored.clone());
        let limits = UploadLimits {
            buffer_bytes,
            max_sends: 1,
        };
        let mut driver = Driver::with_limits(file.clone(), LABEL, 5, limits);
        driver.decision = Decision::Replace;
        assert_eq!(done(driver.run(&mut server)).file_id, file_id);
        holds(&server, file_id, &file);
    }
}

#[test]
fn what_another_device_sent_meanwhile_is_not_sent_again() {
    let (mut server, file, file_id) = interrupted(10 * MIB, 10);
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 120);
    driver.run_to(&mut server, |request| {
        matches!(request, Request::Send { .. })
    });
    let refused = *driver.sends().last().unwrap();
    server.refuses_part = Some((refused, ErrorCode::PartDiffers));
    let last = upload(&server, file_id).total_parts();
    for number in 1..last {
        let content = file.read(span(&server, file_id, file.size_bytes, number));
        let body = Body {
            iv: [1; 12],
            tag: [2; 16],
            mac: content.mac(file_id, number),
            content,
        };
        let part = Stored {
            body,
            generation: 1,
            state: PartState::Stored,
        };
        server
            .files
            .get_mut(&file_id)
            .unwrap()
            .parts
            .entry(number)
            .or_insert(part);
    }
    driver.run_to(&mut server, |request| {
        matches!(request, Request::FetchParts { .. })
    });
    let before_list = driver.sends().len();
    assert_eq!(done(driver.go_on(&mut server)).file_id, file_id);
    holds(&server, file_id, &file);
    assert_eq!(driver.sends()[before_list..], [last]);
}

#[test]
fn an_upload_without_parts_is_gone_on_with_only_under_its_own_name_and_size() {
    let cases = [
        (LABEL, 3 * MIB, true),
        ("~other", 3 * MIB, false),
        (LABEL, 4 * MIB, false),
    ];
    for (label, size_bytes, goes_on) in cases {
        let (mut server, _, empty) = interrupted(3 * MIB, 0);
        let file = SimFile::new(size_bytes, 8);
        let finished = done(Driver::new(file.clone(), label, 5).run(&mut server));
        assert_eq!(finished.file_id == empty, goes_on, "{label} {size_bytes}");
        holds(&server, finished.file_id, &file);
    }
}

/// The server has completed it otherwise while this client asked for it.
fn completed_meanwhile(content_changes: bool) -> (Server, Driver, Uuid) {
    let mut server = Server::new();
    let mut driver = Driver::new(SimFile::new(4 * MIB, 5), LABEL, 5);
    driver.decision = Decision::Fresh;
    driver.run_to(&mut server, |request| {
        matches!(request, Request::Complete { .. })
    });
    let file_id = driver.machine.file_id().unwrap();
    let mut other = driver.file.clone();
    let span = span(&server, file_id, other.size_bytes, 4);
    if content_changes {
        other.edit(span);
    }
    let upload = server.files.get_mut(&file_id).unwrap();
    let part = upload.parts.get_mut(&4).unwrap();
    part.generation += 1;
    part.body.iv[0] ^= 1;
    part.body.content = other.read(span);
    part.body.mac = part.body.content.mac(file_id, 4);
    let content = SealedContent {
        size_bytes: other.size_bytes,
        sha256: other.sha256(),
    };
    let (parts, parts_root) = (upload.total_parts(), crate::server::root(upload));
    upload.manifest = Some(Manifest {
        seq: 1,
        content,
        parts,
        parts_root,
    });
    upload.is_complete = true;
    driver.go_on(&mut server);
    (server, driver, file_id)
}

#[test]
fn completed_meanwhile_with_the_same_content_is_done() {
    let (server, driver, file_id) = completed_meanwhile(false);
    assert_eq!(done(driver.ended.unwrap()).file_id, file_id);
    assert_eq!(server.files.len(), 1);
    assert!(driver.asked.is_empty());
}

#[test]
fn completed_meanwhile_with_another_content_is_asked_about() {
    let (server, driver, other_id) = completed_meanwhile(true);
    let finished = done(driver.ended.unwrap());
    assert_ne!(finished.file_id, other_id);
    assert!(driver.asked[0].complete && driver.asked[0].differing_parts == 1);
    holds(&server, finished.file_id, &driver.file);
}

#[test]
fn a_part_that_always_fails_is_tried_ever_more_rarely_and_holds_up_nothing() {
    let file = SimFile::new(40 * MIB, 5);
    let mut server = Server::new();
    server.refuses_part = Some((3, ErrorCode::Internal));
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    let missing = |server: &Server| {
        server
            .files
            .values()
            .next()
            .is_none_or(|upload| upload.parts.len() + 1 < upload.total_parts() as usize)
    };
    while missing(&server) {
        assert!(driver.run_some(&mut server, 1));
    }
    let tries = driver.sends().iter().filter(|number| **number == 3).count();
    assert!(
        (2..=10).contains(&tries),
        "{tries} tries in {} s",
        driver.now_ms / 1_000
    );
    let waits = |seen: &Phase| {
        matches!(
            seen,
            Phase::Waiting {
                until_ms: Some(_),
                ..
            }
        )
    };
    while !waits(&driver.progress.last().unwrap().phase) {
        assert!(driver.run_some(&mut server, 1));
    }
    server.refuses_part = None;
    let finished = done(driver.go_on(&mut server));
    holds(&server, finished.file_id, &file);
}

#[test]
fn a_file_that_can_not_be_read_ends_with_that_reason_and_goes_on_later() {
    let file = SimFile::new(10 * MIB, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 5);
    driver.run_some(&mut server, 200);
    driver.run_to(&mut server, |request| {
        matches!(request, Request::Read { .. })
    });
    driver.fail_a_read();
    assert_eq!(
        driver.ended,
        Some(Outcome::Failed(TransferError::NotReadable))
    );
    let finished = done(driver.resume(&mut server));
    holds(&server, finished.file_id, &file);
    assert_eq!(driver.resent_acknowledged, 0);
}
