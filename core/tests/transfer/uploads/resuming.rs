//! New files, and files of which something is stored already: what is missing is sent, and nothing else.

use super::*;

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
    assert!(driver.most_sends > 1, "one part went after the other");
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
        outcome.error(),
        Some(TransferError::NotGenuine { part: None })
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
