//! Stopping and discarding, at every moment.

use super::*;

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
                    outcome.error(),
                    Some(TransferError::Refused(ErrorCode::FileComplete))
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
