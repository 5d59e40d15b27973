//! The vectors about headers, file keys, manifests and labels: one fault each.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ferry_core::{
    envelope::{
        Iv,
        file_slot::FileKeySlot,
        header::Header,
        keys::{AccountKeys, Dek},
        manifest::Manifest,
    },
    wire::Compression,
};

use super::{
    Named,
    format::{Expect, FileCase},
    whole::{NAME, account_key, another_small, case, fault, small},
};
use crate::support::{Owner, about, seeded, small_parts};

/// All vectors about what surrounds the parts.
pub(super) fn all() -> Vec<Named> {
    let all = [
        headers(),
        header_commitments(),
        file_keys(),
        manifests(),
        authentic_manifests(),
        claims(),
    ];
    all.into_iter().flatten().collect()
}

fn small_fault(
    name: &str,
    about: &str,
    expect: Expect,
    change: impl FnOnce(&mut FileCase),
) -> Named {
    fault(name, about, expect, small(), change)
}

fn headers() -> Vec<Named> {
    let written = |name, about, at: usize, bytes: &[u8]| {
        small_fault(name, about, Expect::Header, |case| {
            case.header.0[at..at + bytes.len()].copy_from_slice(bytes)
        })
    };
    vec![
        written("header_magic", "other first bytes", 0, b"FRY2"),
        written("header_version_2", "version 2", 4, &[2]),
        written("header_suite_2", "suite 2", 5, &[2]),
        written("header_flag_unknown", "an unknown flag", 6, &[2]),
        written("header_reserved", "byte 7 is not zero", 7, &[1]),
        written(
            "header_part_size_uneven",
            "min is no multiple of 65,536",
            40,
            &[0, 1, 0, 1],
        ),
        written(
            "header_part_size_order",
            "min is more than max",
            40,
            &[0, 2, 0, 0],
        ),
        written("header_part_size_zero", "parts of no bytes", 40, &[0; 8]),
        small_fault(
            "header_of_another_file",
            "another file's header",
            Expect::Header,
            |case| {
                case.header = another_small().header;
            },
        ),
        small_fault("header_short", "87 bytes", Expect::Header, |case| {
            case.header.0.truncate(87)
        }),
        small_fault("header_long", "89 bytes", Expect::Header, |case| {
            case.header.0.push(0)
        }),
    ]
}

fn header_commitments() -> Vec<Named> {
    let flipped = |name, about, at: usize| {
        small_fault(name, about, Expect::FileKey, |case| case.header.0[at] ^= 1)
    };
    vec![
        flipped(
            "header_compression_flag_flipped",
            "compression suddenly allowed",
            6,
        ),
        flipped("header_salt_flipped", "one bit of the file's salt", 24),
        flipped("header_seed_flipped", "one bit of the plan's seed", 55),
        flipped("header_commit_flipped", "one bit of the commitment", 87),
        small_fault(
            "header_max_changed",
            "larger parts",
            Expect::FileKey,
            |case| case.header.0[45] = 2,
        ),
    ]
}

fn file_keys() -> Vec<Named> {
    let flipped = |name, about, at: usize| {
        small_fault(name, about, Expect::FileKey, |case| {
            case.file_key.0[at] ^= 1
        })
    };
    vec![
        flipped("file_key_version", "another version", 0),
        flipped("file_key_kind", "another kind", 1),
        flipped("file_key_reserved", "byte 3 is not zero", 3),
        flipped("file_key_account_flipped", "one bit of the account's id", 4),
        flipped("file_key_iv_flipped", "one bit of the IV", 20),
        flipped("file_key_sealed_flipped", "one bit of the sealed key", 32),
        flipped("file_key_tag_flipped", "one bit of the tag", 79),
        small_fault("file_key_short", "79 bytes", Expect::FileKey, |case| {
            case.file_key.0.truncate(79)
        }),
        small_fault(
            "file_key_of_another_file",
            "another file's key",
            Expect::FileKey,
            |case| {
                case.file_key = another_small().file_key;
            },
        ),
        small_fault(
            "file_key_of_another_account",
            "another account opens",
            Expect::FileKey,
            |case| {
                case.account_key.0[0] ^= 1;
            },
        ),
        small_fault(
            "file_key_not_committed",
            "sealed with a header that commits to another key",
            Expect::FileKey,
            not_committed,
        ),
    ]
}

fn not_committed(case: &mut FileCase) {
    let header = Header::parse(&case.header.0).unwrap();
    let account = AccountKeys::derive(&account_key());
    let iv = Iv::from_fresh_bytes([0x0d; 12]);
    case.file_key = FileKeySlot::seal(&Dek::from_bytes(&[3; 32]), &header, &account, iv)
        .to_bytes()
        .to_vec()
        .into();
}

fn manifests() -> Vec<Named> {
    let flipped = |name, about, at: usize| {
        small_fault(name, about, Expect::Manifest, |case| {
            case.manifest.0[at] ^= 1
        })
    };
    vec![
        flipped("manifest_seq_flipped", "number 0 instead of 1", 3),
        flipped("manifest_iv_flipped", "one bit of the IV", 4),
        flipped(
            "manifest_ciphertext_flipped",
            "one bit of the ciphertext",
            16,
        ),
        flipped("manifest_tag_flipped", "one bit of the tag", 287),
        small_fault(
            "manifest_short",
            "the last byte is missing",
            Expect::Manifest,
            |case| {
                case.manifest.0.pop().unwrap();
            },
        ),
        small_fault(
            "manifest_of_another_file",
            "another file's manifest",
            Expect::Manifest,
            |case| {
                case.manifest = another_small().manifest;
            },
        ),
    ]
}

/// A sealed manifest of a map and padding that this code would not write.
fn raw_manifest(owner: &Owner, seq: u32, padded: &[u8]) -> Vec<u8> {
    let aad = [
        b"frymani1".as_slice(),
        &owner.header.to_bytes(),
        &seq.to_be_bytes(),
    ]
    .concat();
    let iv = [0x0e; 12];
    let cipher = Aes256Gcm::new(owner.keys.manifest.expose().into());
    let sealed = cipher
        .encrypt(
            (&iv).into(),
            Payload {
                msg: padded,
                aad: &aad,
            },
        )
        .unwrap();
    [seq.to_be_bytes().as_slice(), &iv, &sealed].concat()
}

fn padded(cbor: &[u8], len: u32, total: usize) -> Vec<u8> {
    let mut bytes = [len.to_be_bytes().as_slice(), cbor].concat();
    bytes.resize(total, 0);
    bytes
}

/// The map of [`about`], then `more` keys; `keys` counts all.
fn map(keys: u8, more: &[u8]) -> Vec<u8> {
    let about = about(NAME);
    let text = |bytes: &mut Vec<u8>, text: &str| {
        let len = u8::try_from(text.len()).unwrap();
        assert!(len < 24);
        bytes.push(0x60 + len);
        bytes.extend_from_slice(text.as_bytes());
    };
    let mut bytes = vec![0xa0 + keys];
    for (key, value) in [
        ("name", &about.name),
        ("path", &about.path),
        ("type", &about.media_type),
    ] {
        text(&mut bytes, key);
        text(&mut bytes, value);
    }
    text(&mut bytes, "modified");
    bytes.push(0x1b);
    bytes.extend_from_slice(&about.modified_ms.to_be_bytes());
    bytes.extend_from_slice(more);
    bytes
}

fn authentic_manifests() -> Vec<Named> {
    let mut entropy = seeded("authentic manifests");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let parts = owner.seal_parts(b"content", Compression::None, &mut entropy);
    let base = case(owner.store(NAME, b"content", parts, &mut entropy));
    let raw = |name, about, seq: u32, padded: Vec<u8>| {
        fault(name, about, Expect::Manifest, base.clone(), |case| {
            case.manifest = raw_manifest(&owner, seq, &padded).into()
        })
    };
    let of = |cbor: &[u8]| {
        padded(
            cbor,
            u32::try_from(cbor.len()).unwrap(),
            (4 + cbor.len()).next_multiple_of(256),
        )
    };
    let (sound, with_text) = (map(4, &[]), |text: &[u8]| map(5, text));
    let len = u32::try_from(sound.len()).unwrap();
    let long_name = [
        b"\xa4\x64path\x60\x64type\x60\x68modified\x00\x64name\x79\xff\x00".as_slice(),
        &[b'x'; 0xff00],
    ]
    .concat();
    let mut dirty = of(&sound);
    dirty[255] = 1;
    let numbers = [
        b"\x64size\x07\x65parts\x01\x66sha256\x41\x00\x6aparts_root\x58\x20".as_slice(),
        &[0; 32],
    ]
    .concat();
    vec![
        raw(
            "manifest_padding_dirty",
            "a byte of the padding is not zero",
            0,
            dirty,
        ),
        raw(
            "manifest_padding_long",
            "256 zeros too many",
            0,
            padded(&sound, len, 512),
        ),
        raw(
            "manifest_length_zero",
            "a length of nothing",
            0,
            padded(&sound, 0, 256),
        ),
        raw(
            "manifest_length_too_long",
            "a length past the end",
            0,
            padded(&sound, 253, 256),
        ),
        raw(
            "manifest_unknown_key",
            "an unknown key",
            0,
            of(&with_text(b"\x64mode\x01")),
        ),
        raw(
            "manifest_repeated_key",
            "the name twice",
            0,
            of(&with_text(b"\x64name\x61b")),
        ),
        raw(
            "manifest_missing_key",
            "no modified time",
            0,
            of(&[&[0xa3], &sound[1..sound.len() - 18]].concat()),
        ),
        raw(
            "manifest_trailing_bytes",
            "a byte after the map",
            0,
            of(&[sound.as_slice(), &[1]].concat()),
        ),
        raw("manifest_not_a_map", "an array", 0, of(&[0x80])),
        raw(
            "manifest_content_at_seq_0",
            "number 0 with a size",
            0,
            of(&with_text(b"\x64size\x07")),
        ),
        raw(
            "manifest_no_content_at_seq_1",
            "number 1 without content",
            1,
            of(&sound),
        ),
        raw(
            "manifest_hash_short",
            "a sha256 of one byte",
            1,
            of(&map(8, &numbers)),
        ),
        raw(
            "manifest_oversized",
            "65,568 bytes with the least padding",
            0,
            of(&long_name),
        ),
    ]
}

fn claims() -> Vec<Named> {
    let mut entropy = seeded("claims");
    let owner = Owner::begin(small_parts(), false, &mut entropy);
    let (records, bodies) = owner.seal_parts(&[7; 65_537], Compression::None, &mut entropy);
    let started = Manifest::Started(about(NAME));
    let unfinished = started
        .seal(
            &owner.keys.manifest,
            &owner.header,
            Iv::generate(&mut entropy),
        )
        .unwrap();
    let fewer = (records[..1].to_vec(), bodies[..1].to_vec());
    let mut wrong_count = case(owner.store(NAME, &[7; 65_537], fewer, &mut entropy));
    wrong_count.parts[0].body = None;
    vec![
        small_fault(
            "manifest_older",
            "number 1 after number 2 was seen",
            Expect::ManifestOlder,
            |case| case.seen_seq = Some(2),
        ),
        small_fault(
            "label_of_another_name",
            "shown under another name's label",
            Expect::Label,
            |case| {
                case.label = "~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
            },
        ),
        small_fault(
            "label_clear_of_another_name",
            "shown under another readable label",
            Expect::Label,
            |case| {
                case.label = "letter e.txt".to_owned();
            },
        ),
        fault(
            "unfinished",
            "manifest number 0",
            Expect::Unfinished,
            wrong_count.clone(),
            |case| case.manifest = unfinished.into(),
        ),
        fault(
            "manifest_count_not_the_plans",
            "one part where the plan has two",
            Expect::Plan,
            wrong_count,
            |_| (),
        ),
    ]
}
