//! Files that are not what an earlier upload stored: a person is asked, exactly and once.

use super::*;

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
fn a_part_read_twice_with_two_contents_stops_and_keeps_what_is_stored() {
    let (mut server, file, file_id) = interrupted(20 * MIB, 120);
    let mut driver = Driver::new(file, LABEL, 5);
    // Part 121 is sent ahead of the pass; before the pass comes there, it changes.
    driver.edit_after_reads = Some((40, 121));
    assert_eq!(
        driver.run(&mut server).error(),
        Some(TransferError::FileChangedWhileReading { part: 121 })
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
