//! The vectors about parts that are listed and sealed, and still not right: what the tag, its associated data, the
//! packing and the hash of the whole refuse.

use ferry_core::{
    envelope::{
        Iv,
        part::{self, PartAad, PartRecord, SealedPart},
    },
    plan::Plan,
    wire::Compression,
};

use super::{
    Named,
    format::{Case, Expect, FileCase},
    named,
    whole::{NAME, case, compressing_owner, fault, small},
};
use crate::support::{Owner, len_u64, seeded, small_parts};

/// All vectors about sealed parts.
pub(super) fn all() -> Vec<Named> {
    [bound(), macs(), packed(), vec![whole_hash()]]
        .into_iter()
        .flatten()
        .collect()
}

/// A file whose manifest lists these parts, as a client would seal it that believed a server's rows.
fn listed(owner: &Owner, content: &[u8], parts: (Vec<PartRecord>, Vec<Vec<u8>>)) -> FileCase {
    case(owner.store(NAME, content, parts, &mut seeded("listed")))
}

fn refused(name: &str, about: &str, case: FileCase) -> Named {
    assert_eq!(case.derived, None, "{name} must not open");
    named(name, about, Expect::Part, Case::File(Box::new(case)))
}

fn bound() -> Vec<Named> {
    let mut entropy = seeded("bound");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let stranger = Owner::begin(small_parts(), false, &mut entropy);
    let seal = |owner: &Owner, content: &[u8]| {
        owner.seal_parts(content, Compression::None, &mut seeded("parts"))
    };
    let two = [3; 2 * 65_536];
    let (mut records, mut bodies) = seal(&owner, &two);
    records.swap(0, 1);
    bodies.swap(0, 1);
    let (old, new) = (seal(&owner, b"old text"), seal(&owner, b"new text"));
    let paired = PartRecord {
        part_mac: new.0[0].part_mac,
        ..old.0[0].clone()
    };
    vec![
        fault(
            "part_ciphertext_flipped",
            "one bit of the ciphertext",
            Expect::Part,
            small(),
            |case| {
                case.parts[0].body.as_mut().unwrap().0[12] ^= 1;
            },
        ),
        refused(
            "part_swapped_and_listed_so",
            "parts 1 and 2 changed places, root included",
            listed(&owner, &two, (records, bodies)),
        ),
        refused(
            "part_of_another_file_listed",
            "another file's part, root included",
            listed(&owner, b"equal", seal(&stranger, b"equal")),
        ),
        refused(
            "part_old_body_with_new_mac",
            "an old generation with the new MAC, root included",
            listed(&owner, b"new text", (vec![paired], old.1)),
        ),
    ]
}

/// A single part sealed by hand, and the file that lists it.
fn by_hand(
    owner: &Owner,
    content: &[u8],
    packed: &[u8],
    compression: Compression,
    part_mac: [u8; 32],
) -> FileCase {
    let span = Plan::new(owner.header.plan(), len_u64(content))
        .unwrap()
        .part(1)
        .unwrap();
    let aad = PartAad::new(owner.header.file_id(), &span, compression, &part_mac);
    let body = part::seal_packed(
        &owner.keys.part,
        &aad,
        packed,
        Iv::from_fresh_bytes([0x0f; 12]),
    );
    let sealed = SealedPart {
        body,
        compression,
        part_mac,
    };
    listed(
        owner,
        content,
        (vec![sealed.record().unwrap()], vec![sealed.body]),
    )
}

fn macs() -> Vec<Named> {
    let mut entropy = seeded("macs");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let content = b"content".as_slice();
    let right = part::part_mac(&owner.keys.mac, 1, content);
    let unkeyed = *blake3::hash(&[&1u32.to_be_bytes(), content].concat()).as_bytes();
    let of_part_2 = part::part_mac(&owner.keys.mac, 2, content);
    let hand = |packed: &[u8], mac| by_hand(&owner, content, packed, Compression::None, mac);
    vec![
        refused(
            "part_mac_unkeyed",
            "a MAC without its key, sealed so",
            hand(content, unkeyed),
        ),
        refused(
            "part_mac_of_another_number",
            "the MAC of part 2, sealed so",
            hand(content, of_part_2),
        ),
        refused(
            "part_longer_than_planned",
            "one byte more than planned, sealed so",
            hand(b"content!", right),
        ),
        refused(
            "part_shorter_than_planned",
            "one byte less than planned, sealed so",
            hand(b"conten", right),
        ),
    ]
}

fn packed() -> Vec<Named> {
    let mut entropy = seeded("packed");
    let owner = compressing_owner(&mut entropy);
    let forbidding = Owner::begin(owner.header.plan(), false, &mut entropy);
    let content = vec![b'x'; 100_000];
    let data = |content: &[u8]| miniz_oxide::deflate::compress_to_vec(content, 6);
    let sound = data(&content);
    let len = u32::try_from(sound.len()).unwrap();
    let frame = |len: u32, data: &[u8]| {
        let mut framed = [len.to_be_bytes().as_slice(), data].concat();
        framed.resize(65_536, 0);
        framed
    };
    let mut dirty = frame(len, &sound);
    dirty[65_535] = 1;
    let hand = |owner: &Owner, packed: &[u8]| {
        let mac = part::part_mac(&owner.keys.mac, 1, &content);
        by_hand(owner, &content, packed, Compression::DeflateRaw, mac)
    };
    let opens = hand(&owner, &frame(len, &sound));
    assert!(
        opens.derived.is_some(),
        "what the faults change must be sound"
    );
    let wrong = |name, about, packed: Vec<u8>| refused(name, about, hand(&owner, &packed));
    vec![
        wrong(
            "packed_length_zero",
            "a packed length of nothing",
            frame(0, &sound),
        ),
        wrong(
            "packed_length_short",
            "a packed length that cuts the data",
            frame(len - 1, &sound),
        ),
        wrong(
            "packed_length_long",
            "a packed length that takes in a zero",
            frame(len + 1, &sound),
        ),
        wrong(
            "packed_padding_dirty",
            "a byte of the padding is not zero",
            dirty,
        ),
        wrong(
            "packed_inflates_short",
            "one byte less than planned",
            frame(len, &data(&content[1..])),
        ),
        wrong("packed_not_deflate", "no deflate stream", frame(1, &[0xff])),
        refused(
            "packed_but_forbidden",
            "compressed where the header forbids it",
            hand(&forbidding, &frame(len, &sound)),
        ),
    ]
}

fn whole_hash() -> Named {
    let mut entropy = seeded("whole hash");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let parts = owner.seal_parts(b"content", Compression::None, &mut entropy);
    let case = case(owner.store(NAME, b"CONTENT", parts, &mut entropy));
    assert_eq!(case.derived, None);
    named(
        "whole_hash_of_other_content",
        "the SHA-256 of another content",
        Expect::WholeHash,
        Case::File(Box::new(case)),
    )
}
