//! What a server may try with a finished upload, and that none of it puts a wrong byte into a download.

use crate::support::*;
use ferry_core::{
    envelope::{
        Iv,
        file_slot::FileKeyError,
        header::HeaderError,
        label,
        manifest::{ContentError, Manifest, OpenError},
        part,
        reading::RefusedFile,
    },
    wire::Compression,
};

const NAME: &str = "letter.txt";

/// Four parts, the last one short.
fn content() -> Vec<u8> {
    noise("content", 3 * 65_536 + 1_000)
}

fn stored() -> Stored {
    upload(NAME, &content(), Compression::None, &mut seeded("ours"))
}

/// Reads a file that must be refused before anything is written.
fn refused_unread(stored: &Stored) -> Aborted {
    let mut sink = Vec::new();
    let refusal = read(stored, None, &mut sink).unwrap_err();
    assert_eq!(
        sink,
        Vec::<u8>::new(),
        "plaintext came out with {refusal:?}"
    );
    refusal
}

const OTHER_PARTS: Aborted = Aborted::File(RefusedFile::Content(ContentError::OtherParts));

#[test]
fn an_untouched_upload_reads_back() {
    for compression in [Compression::None, Compression::DeflateRaw] {
        for len in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            for content in [noise("any", len), vec![b'a'; len]] {
                let stored = upload(NAME, &content, compression, &mut system());
                let mut sink = Vec::new();
                assert_eq!(read(&stored, Some(1), &mut sink), Ok(()));
                assert!(sink == content);
            }
        }
    }
}

#[test]
fn every_flipped_byte_of_header_key_and_manifest_is_refused() {
    let sound = stored();
    let fields: [fn(&mut Stored) -> &mut Vec<u8>; 3] = [
        |stored| &mut stored.header,
        |stored| &mut stored.file_key,
        |stored| &mut stored.manifest,
    ];
    for field in fields {
        for at in 0..field(&mut sound.clone()).len() {
            for flip in [1, 0x10, 0xff] {
                let mut flipped = sound.clone();
                field(&mut flipped)[at] ^= flip;
                assert!(
                    matches!(refused_unread(&flipped), Aborted::File(_)),
                    "byte {at}"
                );
            }
        }
    }
}

#[test]
fn ten_thousand_random_flips_in_bodies_are_refused() {
    let stored = stored();
    let file = open(&stored, None).unwrap();
    let parts = file.trust_parts(stored.records.clone()).unwrap();
    let mut bodies = stored.bodies.clone();
    let mut entropy = seeded("flips");
    for _ in 0..10_000 {
        let [which, bit, at @ ..] = ferry_core::envelope::Entropy::array::<6>(&mut entropy);
        let index = usize::from(which) % bodies.len();
        let at = usize::try_from(u32::from_be_bytes(at)).unwrap() % bodies[index].len();
        bodies[index][at] ^= 1 << (bit % 8);
        let number = u32::try_from(index + 1).unwrap();
        let refusal = parts.open_part(&file, number, &bodies[index]).unwrap_err();
        let listed = (12..bodies[index].len() - 16).contains(&at);
        let expected = if listed {
            part::OpenError::Tampered
        } else {
            part::OpenError::NotAsListed
        };
        assert_eq!(refusal, expected, "byte {at} of part {number}");
        bodies[index][at] ^= 1 << (bit % 8);
    }
    assert_eq!(bodies, stored.bodies);
}

#[test]
fn a_download_stops_before_the_flipped_part() {
    let mut stored = stored();
    stored.bodies[2][40_000] ^= 4;
    let mut sink = Vec::new();
    assert_eq!(
        read(&stored, None, &mut sink),
        Err(Aborted::Part(3, part::OpenError::Tampered))
    );
    assert!(sink == content()[..2 * 65_536]);
}

#[test]
fn a_dropped_part_is_refused() {
    for dropped in [0, 1, 3] {
        let mut stored = stored();
        stored.records.remove(dropped);
        stored.bodies.remove(dropped);
        assert_eq!(refused_unread(&stored), OTHER_PARTS);
    }
    let mut bodies_only = stored();
    bodies_only.bodies.pop();
    let mut sink = Vec::new();
    assert_eq!(
        read(&bodies_only, None, &mut sink),
        Err(Aborted::Missing(4))
    );
}

#[test]
fn swapped_and_repeated_parts_are_refused() {
    let mut swapped = stored();
    swapped.records.swap(0, 1);
    swapped.bodies.swap(0, 1);
    assert_eq!(refused_unread(&swapped), OTHER_PARTS);
    let mut swapped_bodies = stored();
    swapped_bodies.bodies.swap(0, 1);
    assert_eq!(
        refused_unread(&swapped_bodies),
        Aborted::Part(1, part::OpenError::NotAsListed)
    );

    let mut repeated = stored();
    repeated.records[1] = repeated.records[0].clone();
    repeated.bodies[1] = repeated.bodies[0].clone();
    assert_eq!(refused_unread(&repeated), OTHER_PARTS);
    let mut appended = stored();
    appended.records.push(appended.records[0].clone());
    appended.bodies.push(appended.bodies[0].clone());
    assert_eq!(refused_unread(&appended), OTHER_PARTS);
}

#[test]
fn a_part_of_another_file_of_the_same_user_is_refused() {
    let other = upload(NAME, &content(), Compression::None, &mut seeded("other"));
    let mut spliced = stored();
    spliced.records[1] = other.records[1].clone();
    spliced.bodies[1] = other.bodies[1].clone();
    assert_eq!(refused_unread(&spliced), OTHER_PARTS);
    let mut body_only = stored();
    body_only.bodies[0] = other.bodies[0].clone();
    assert_eq!(
        refused_unread(&body_only),
        Aborted::Part(1, part::OpenError::NotAsListed)
    );
}

/// The same lies under a manifest that lists them: what a client would seal that believed a server's rows.
fn sealed_over(owner: &Owner, parts: (Vec<part::PartRecord>, Vec<Vec<u8>>)) -> Aborted {
    refused_unread(&owner.store(NAME, &content(), parts, &mut seeded("sealed over")))
}

#[test]
fn associated_data_refuses_what_even_a_matching_root_would_let_pass() {
    let mut entropy = seeded("roots");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let (records, bodies) = owner.seal_parts(&content(), Compression::None, &mut entropy);
    let swap = |mut records: Vec<part::PartRecord>, mut bodies: Vec<Vec<u8>>| {
        records.swap(0, 1);
        bodies.swap(0, 1);
        (records, bodies)
    };
    let swapped = sealed_over(&owner, swap(records.clone(), bodies.clone()));
    assert_eq!(swapped, Aborted::Part(1, part::OpenError::Tampered));

    let stranger = Owner::begin(small_parts(), false, &mut entropy);
    let spliced = sealed_over(
        &owner,
        stranger.seal_parts(&content(), Compression::None, &mut entropy),
    );
    assert_eq!(spliced, Aborted::Part(1, part::OpenError::Tampered));
}

#[test]
fn an_old_generation_with_the_new_mac_is_refused() {
    let mut entropy = seeded("generations");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let mut before = content();
    before[0] ^= 1;
    let (old_records, old_bodies) = owner.seal_parts(&before, Compression::None, &mut entropy);
    let (new_records, new_bodies) = owner.seal_parts(&content(), Compression::None, &mut entropy);

    let pair = |record: &part::PartRecord| part::PartRecord {
        part_mac: new_records[0].part_mac,
        ..record.clone()
    };
    let mut records = new_records.clone();
    records[0] = pair(&old_records[0]);
    let mut bodies = new_bodies.clone();
    bodies[0].clone_from(&old_bodies[0]);
    let paired = sealed_over(&owner, (records.clone(), bodies.clone()));
    assert_eq!(paired, Aborted::Part(1, part::OpenError::Tampered));

    let mut honest = owner.store(NAME, &content(), (new_records, new_bodies), &mut entropy);
    honest.bodies[0].clone_from(&old_bodies[0]);
    assert_eq!(
        refused_unread(&honest),
        Aborted::Part(1, part::OpenError::NotAsListed)
    );
    honest.records = records;
    assert_eq!(refused_unread(&honest), OTHER_PARTS);
}

#[test]
fn changed_lengths_are_refused() {
    for change in [-1i64, 1] {
        let mut stored = stored();
        let len = i64::from(stored.records[1].stored_len_bytes) + change;
        stored.records[1].stored_len_bytes = u32::try_from(len).unwrap();
        assert_eq!(refused_unread(&stored), OTHER_PARTS);
    }
    let mut cut = stored();
    cut.bodies[0].pop();
    assert_eq!(
        refused_unread(&cut),
        Aborted::Part(1, part::OpenError::NotAsListed)
    );
    let mut longer = stored();
    longer.bodies[0].push(0);
    assert_eq!(
        refused_unread(&longer),
        Aborted::Part(1, part::OpenError::NotAsListed)
    );
    let mut as_compressed = stored();
    as_compressed.records[0].compression = Compression::DeflateRaw;
    assert_eq!(refused_unread(&as_compressed), OTHER_PARTS);
}

#[test]
fn a_manifest_whose_count_is_not_the_plans_is_refused() {
    let mut entropy = seeded("counts");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let (mut records, mut bodies) = owner.seal_parts(&content(), Compression::None, &mut entropy);
    records.pop();
    bodies.pop();
    let refusal = sealed_over(&owner, (records, bodies));
    assert_eq!(
        refusal,
        Aborted::File(RefusedFile::Content(ContentError::OtherPlan))
    );
}

#[test]
fn content_that_is_not_the_hashed_one_is_refused_at_the_end() {
    let mut entropy = seeded("whole hash");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let parts = owner.seal_parts(&content(), Compression::None, &mut entropy);
    let mut hashed = content();
    hashed[100_000] ^= 1;
    let mixed = owner.store(NAME, &hashed, parts, &mut entropy);
    assert_eq!(read(&mixed, None, &mut Vec::new()), Err(Aborted::WholeHash));
}

#[test]
fn an_old_manifest_is_refused_after_a_newer_was_seen() {
    let mut entropy = seeded("versions");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let parts = owner.seal_parts(&content(), Compression::None, &mut entropy);
    let first = owner.store(NAME, &content(), parts, &mut entropy);
    let renamed = owner.manifest(1, "renamed.txt", &content(), &first.records);
    let second = Stored {
        label: label::opaque(&owner.account.name, "renamed.txt"),
        manifest: renamed
            .seal(
                &owner.keys.manifest,
                &owner.header,
                Iv::generate(&mut entropy),
            )
            .unwrap(),
        ..first.clone()
    };
    assert_eq!(read(&second, Some(1), &mut Vec::new()), Ok(()));
    let older = OpenError::Older { seen: 2, got: 1 };
    assert_eq!(
        read(&first, Some(2), &mut Vec::new()),
        Err(Aborted::File(RefusedFile::Manifest(older)))
    );
    assert_eq!(
        read(&first, None, &mut Vec::new()),
        Ok(()),
        "a device that never saw a newer one cannot know"
    );
}

#[test]
fn an_unfinished_upload_gives_no_content() {
    let mut entropy = seeded("unfinished");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let parts = owner.seal_parts(&content(), Compression::None, &mut entropy);
    let started = Manifest::Started(about(NAME));
    let stored = Stored {
        manifest: started
            .seal(
                &owner.keys.manifest,
                &owner.header,
                Iv::generate(&mut entropy),
            )
            .unwrap(),
        ..owner.store(NAME, &content(), parts, &mut entropy)
    };
    assert_eq!(open(&stored, None).unwrap().manifest, started);
    assert_eq!(
        refused_unread(&stored),
        Aborted::File(RefusedFile::Unfinished)
    );
}

#[test]
fn another_files_header_key_manifest_or_label_is_refused() {
    let other = upload(
        "other.txt",
        &content(),
        Compression::None,
        &mut seeded("other"),
    );
    let with = |change: fn(&mut Stored, Stored)| {
        let mut stored = stored();
        change(&mut stored, other.clone());
        refused_unread(&stored)
    };
    let header = with(|stored, other| stored.header = other.header);
    assert_eq!(
        header,
        Aborted::File(RefusedFile::Header(HeaderError::WrongFile))
    );
    let key = with(|stored, other| stored.file_key = other.file_key);
    assert_eq!(key, Aborted::File(RefusedFile::Key(FileKeyError::Tampered)));
    let manifest = with(|stored, other| stored.manifest = other.manifest);
    assert_eq!(
        manifest,
        Aborted::File(RefusedFile::Manifest(OpenError::Tampered))
    );
    let label = with(|stored, other| stored.label = other.label);
    assert_eq!(label, Aborted::File(RefusedFile::OtherLabel));
    let whole = with(|stored, other| {
        *stored = Stored {
            file_id: stored.file_id,
            ..other
        }
    });
    assert_eq!(
        whole,
        Aborted::File(RefusedFile::Header(HeaderError::WrongFile))
    );
}
