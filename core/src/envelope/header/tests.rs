//! Headers: layout, and what is refused.

use super::*;
use crate::envelope::test_support::{core, file, seeded, system};

#[test]
fn the_layout_is_the_documented_one() {
    let header = Header::create(core(), &Dek::from_bytes(&[7; 32]));
    let bytes = header.to_bytes();
    assert_eq!(&bytes[..8], b"FRY1\x01\x01\x01\x00");
    assert_eq!(bytes[8..24], [0x11; 16]);
    assert_eq!(bytes[24..40], [0x22; 16]);
    assert_eq!(bytes[40..48], [0, 1, 0, 0, 0, 1, 0, 0]);
    assert_eq!(bytes[48..56], [0x33; 8]);
    assert_eq!(bytes[56..], header.commit()[..]);
    assert_eq!(Header::parse(&bytes), Ok(header));
}

#[test]
fn every_flipped_byte_is_refused_by_parser_or_key() {
    let file = file(core(), "header flips");
    for at in 0..HEADER_BYTES {
        for bit in 0..8 {
            let mut bytes = file.header.to_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(header) = Header::parse(&bytes) {
                assert!(at >= 6, "byte {at} must not parse");
                assert!(file.slot.open(&header, &file.account).is_err(), "byte {at}");
            }
        }
    }
}

#[test]
fn another_files_header_is_refused() {
    let bytes = file(core(), "ours").header.to_bytes();
    assert!(Header::parse_for(&bytes, &Uuid::from_bytes([0x11; 16])).is_ok());
    let other = Header::parse_for(&bytes, &Uuid::from_bytes([0x12; 16]));
    assert_eq!(other, Err(HeaderError::WrongFile));
}

#[test]
fn unknown_versions_suites_flags_and_part_sizes_are_refused() {
    let sound = file(core(), "unknown").header.to_bytes();
    for (at, value) in [
        (0, b'X'),
        (4, 2),
        (5, 2),
        (6, 2),
        (6, 3),
        (7, 1),
        (43, 1),
        (41, 0),
        (44, 255),
    ] {
        let mut bytes = sound;
        bytes[at] = value;
        assert!(Header::parse(&bytes).is_err(), "byte {at} = {value}");
    }
    assert!(Header::parse(&sound[..87]).is_err());
    assert!(Header::parse(&[sound.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn generated_headers_share_nothing_random() {
    let one = HeaderCore::generate(crate::plan::SLOW, false, &mut system());
    let two = HeaderCore::generate(crate::plan::SLOW, false, &mut system());
    assert_ne!(one.file_id, two.file_id);
    assert_ne!(one.file_salt, two.file_salt);
    assert_ne!(one.plan.seed(), two.plan.seed());
    assert_eq!(one.file_id.get_version_num(), 4);
    let seeded_twice =
        [(); 2].map(|()| HeaderCore::generate(crate::plan::DISK, true, &mut seeded("same")));
    assert_eq!(seeded_twice[0], seeded_twice[1]);
}
