//! What is waited for, and what ends a run with its reason.

use super::*;

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
        driver.go_on(&mut server).error(),
        Some(TransferError::Refused(ErrorCode::QuotaExceeded))
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
        Some(Outcome::Failed {
            error: TransferError::NotReadable,
            cause: Some(Box::new(Failure::NotReadable {
                detail: Some("NotFoundError".to_owned())
            }))
        })
    );
    let finished = done(driver.resume(&mut server));
    holds(&server, finished.file_id, &file);
    assert_eq!(driver.resent_acknowledged, 0);
}
