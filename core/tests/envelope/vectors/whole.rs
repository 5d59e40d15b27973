//! The vectors of whole files that open, at the sizes where plans and packing turn; and how the faults make theirs.

use ferry_core::{
    envelope::{Entropy, Iv, keys::AccountKey, label, part::PartRecord},
    plan::PlanParams,
    wire::{B64, Bytes64, Compression},
};

use super::{Named, format::*, named, opening::file};
use crate::support::{Owner, Stored, noise, seeded, small_parts};

/// The name all files of the vectors have.
pub(super) const NAME: &str = "letter \u{e9}.txt";

/// A file as a vector shows it; `derived` is what this implementation makes of it, where it opens.
pub(super) fn case(stored: Stored) -> FileCase {
    let parts = stored
        .records
        .into_iter()
        .zip(stored.bodies.into_iter().map(Some));
    let mut case = FileCase {
        account_key: B64([0x55; 32]),
        file_id: B64(*stored.file_id.as_bytes()),
        label: stored.label,
        header: stored.header.into(),
        file_key: stored.file_key.into(),
        manifest: stored.manifest.into(),
        seen_seq: None,
        parts: parts.map(|(record, body)| row(record, body)).collect(),
        derived: None,
    };
    case.derived = file(&case).ok();
    case
}

/// One row of a list.
pub(super) fn row(record: PartRecord, body: Option<Vec<u8>>) -> PartCase {
    PartCase {
        iv: B64(record.iv),
        tag: B64(record.tag),
        stored_len: record.stored_len_bytes,
        compression: record.compression,
        part_mac: B64(record.part_mac),
        body: body.map(Bytes64),
    }
}

/// A fault: a file that is changed after it was sealed soundly.
pub(super) fn fault(
    name: &str,
    about: &str,
    expect: Expect,
    base: FileCase,
    change: impl FnOnce(&mut FileCase),
) -> Named {
    let mut case = FileCase {
        derived: None,
        ..base
    };
    change(&mut case);
    named(name, about, expect, Case::File(Box::new(case)))
}

/// A small file of one part of 67 bytes.
pub(super) fn small() -> FileCase {
    case(upload(
        b"a small file of one part, which the faults change in one place each".as_slice(),
        "small",
    ))
}

/// Another small file of the same account.
pub(super) fn another_small() -> FileCase {
    case(upload(
        b"another file of the same account".as_slice(),
        "another small",
    ))
}

/// A finished upload without compression.
pub(super) fn upload(content: &[u8], seed: &str) -> Stored {
    crate::support::upload(NAME, content, Compression::None, &mut seeded(seed))
}

/// A begun upload whose parts may be compressed, of parts of 131,072 bytes.
pub(super) fn compressing_owner(entropy: &mut impl Entropy) -> Owner {
    let plan = PlanParams::new(131_072, 131_072, [0x44; 8]).unwrap();
    Owner::begin(plan, true, entropy)
}

/// All vectors of files that open.
pub(super) fn all() -> Vec<Named> {
    let opens = |name: &str, about: &str, stored: Stored| {
        let case = case(stored);
        assert!(case.derived.is_some(), "{name} must open");
        named(name, about, Expect::Opens, Case::File(Box::new(case)))
    };
    let noise = |len| noise("vector content", len);
    vec![
        opens(
            "file_empty",
            "an empty file: one empty part",
            upload(&[], "empty"),
        ),
        opens("file_one_byte", "one byte", upload(b"x", "one byte")),
        opens(
            "file_plan_minus_one",
            "one byte less than a part",
            upload(&noise(65_535), "plan - 1"),
        ),
        opens(
            "file_plan",
            "exactly one part",
            upload(&noise(65_536), "plan"),
        ),
        opens(
            "file_plan_plus_one",
            "one byte more than a part",
            upload(&noise(65_537), "plan + 1"),
        ),
        opens("file_compressed", "a part that is compressed", compressed()),
        opens(
            "file_compression_useless",
            "compression allowed, and of no use",
            useless(),
        ),
        opens("file_renamed", "manifest number 2", renamed()),
        opens(
            "file_clear_label",
            "a label the user left readable",
            clear_label(),
        ),
    ]
}

fn compressed() -> Stored {
    let mut entropy = seeded("compressed");
    let owner = compressing_owner(&mut entropy);
    let content = b"the same line, again and again\n".repeat(4_228)[..131_000].to_vec();
    let parts = owner.seal_parts(&content, Compression::DeflateRaw, &mut entropy);
    assert_eq!(parts.0[0].compression, Compression::DeflateRaw);
    owner.store(NAME, &content, parts, &mut entropy)
}

fn useless() -> Stored {
    let mut entropy = seeded("useless");
    let owner = Owner::begin(small_parts(), true, &mut entropy);
    let parts = owner.seal_parts(b"short", Compression::DeflateRaw, &mut entropy);
    assert_eq!(parts.0[0].compression, Compression::None);
    owner.store(NAME, b"short", parts, &mut entropy)
}

fn renamed() -> Stored {
    let mut entropy = seeded("renamed");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let parts = owner.seal_parts(b"renamed", Compression::None, &mut entropy);
    let first = owner.store(NAME, b"renamed", parts, &mut entropy);
    let manifest = owner.manifest(1, "another name", b"renamed", &first.records);
    Stored {
        label: label::opaque(&owner.account.name, "another name"),
        manifest: manifest
            .seal(
                &owner.keys.manifest,
                &owner.header,
                Iv::generate(&mut entropy),
            )
            .unwrap(),
        ..first
    }
}

fn clear_label() -> Stored {
    Stored {
        label: label::clear(NAME).unwrap(),
        ..upload(b"in the clear", "clear label")
    }
}

/// The account that all files of the vectors belong to.
pub(super) fn account_key() -> AccountKey {
    AccountKey::from_bytes(&[0x55; 32])
}
