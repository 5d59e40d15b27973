//! Servers and other devices that hold something else than this client knows.

use super::*;

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
fn a_server_that_loses_a_part_again_and_again_is_left_with_the_reason() {
    let mut server = Server::new();
    let mut driver = Driver::new(SimFile::new(3 * MIB, 5), LABEL, 5);
    driver.step(Event::Begin);
    while driver.ended.is_none() {
        assert!(driver.advance(&mut server));
        server.files.values_mut().for_each(|upload| {
            upload.parts.remove(&2);
        });
    }
    let Some(Outcome::Failed { error, cause }) = driver.ended else {
        panic!("{:?}", driver.ended);
    };
    assert_eq!(error, TransferError::Refused(ErrorCode::PartsMissing));
    let Some(Failure::Problem(problem)) = cause.as_deref() else {
        panic!("{cause:?}");
    };
    assert_eq!(problem.missing_chunks, Some(vec![2]));
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
        second.run(&mut server).error(),
        Some(TransferError::RolledBack { part: Some(7) })
    );
    assert_eq!(
        first.resume(&mut server).error(),
        Some(TransferError::RolledBack { part: Some(7) }),
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
            outcome.error(),
            Some(TransferError::NotGenuine { part: Some(_) })
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
            outcome.error(),
            Some(TransferError::BadAnswer { status: None })
        );
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
fn an_id_that_is_taken_is_replaced_three_times_and_no_more() {
    let mut machine = UploadMachine::new(UploadSetup {
        label: LABEL.to_owned(),
        size_bytes: MIB,
        jitter_seed: 1,
        limits: UploadLimits {
            buffer_bytes: MIB,
            max_sends: 1,
        },
    });
    let begun = machine.step(0, Event::Begin);
    let [Action::Do { ticket, .. }] = begun.as_slice() else {
        panic!("{begun:?}");
    };
    let none = Server::new().check(LABEL, MIB);
    let answer = Answer::Checked(Box::new(none));
    let mut actions = machine.step(
        1,
        Event::Answered {
            ticket: *ticket,
            answer,
        },
    );
    let mut starts = 0;
    let ended = loop {
        let ticket = match actions.as_slice() {
            [
                Action::Do {
                    ticket,
                    request: Request::Start { renew: true },
                },
            ] => *ticket,
            [Action::Ended(outcome)] => break outcome.clone(),
            other => panic!("{other:?}"),
        };
        starts += 1;
        let taken = Problem::new(ErrorCode::FileIdTaken, 409, None);
        let failure = Failure::Problem(Box::new(taken));
        actions = machine.step(2, Event::Failed { ticket, failure });
    };
    assert_eq!(starts, 4, "the first try, and three more");
    let error = TransferError::Refused(ErrorCode::FileIdTaken);
    assert_eq!(ended.error(), Some(error));
}

#[test]
fn what_the_list_lacks_is_not_counted_as_stored_while_a_person_is_asked() {
    let mut server = Server::new();
    let mut driver = Driver::new(SimFile::new(10 * MIB, 5), LABEL, 5);
    driver.run_some(&mut server, 300);
    let upload = server.files.values_mut().next().unwrap();
    let of_another_part = upload.parts[&2].clone();
    assert!(upload.parts.remove(&1).is_some());
    let last = upload.total_parts();
    assert!(upload.parts.insert(last, of_another_part).is_none());
    assert_eq!(driver.go_on(&mut server), Outcome::Stopped);
    assert_eq!(driver.asked.len(), 1);
    let upload = server.files.values().next().unwrap();
    let of_this_file = u32::try_from(upload.parts.len()).unwrap() - 1;
    let seen = driver.machine.progress(driver.now_ms);
    assert_eq!(seen.parts_stored, of_this_file);
}
