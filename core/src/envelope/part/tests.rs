//! Parts: the bytes, the lengths, and every refusal on its own. Whole files are attacked in `core/tests/tampering.rs`.

use proptest::prelude::*;

use super::*;
use crate::{
    envelope::test_support::{core, file},
    plan::Plan,
};

fn span(number: u32, offset_bytes: u64, len_bytes: u32) -> PartSpan {
    PartSpan {
        number,
        offset_bytes,
        len_bytes,
    }
}

fn iv() -> Iv {
    Iv::from_fresh_bytes([0x77; 12])
}

#[test]
fn the_associated_data_is_the_documented_one() {
    let aad = PartAad::new(
        &Uuid::from_bytes([0x11; 16]),
        &span(2, 0x0102_0304_0506, 0x0a0b),
        Compression::DeflateRaw,
        &[0x99; 32],
    );
    let expected = [
        b"frypart1".as_slice(),
        &[0x11; 16],
        &[0, 0, 0, 2],
        &[0, 0, 1, 2, 3, 4, 5, 6],
        &[0, 0, 0x0a, 0x0b],
        &[1, 0, 0, 0],
        &[0x99; 32],
    ]
    .concat();
    assert_eq!(aad.as_bytes().as_slice(), expected);
}

#[test]
fn the_mac_is_keyed_blake3_over_number_and_plaintext() {
    let key = MacKey::from_bytes(&[3; 32]);
    let expected = blake3::keyed_hash(&[3; 32], b"\0\0\0\x07plain");
    assert_eq!(part_mac(&key, 7, b"plain"), *expected.as_bytes());
    assert_ne!(part_mac(&key, 8, b"plain"), *expected.as_bytes());
}

#[test]
fn a_part_of_another_length_than_planned_is_not_sealed() {
    let file = file(core(), "length");
    for len in [9, 11] {
        let sealed = seal(
            &file.keys,
            &core(),
            &span(1, 0, 10),
            &vec![0; len],
            Compression::None,
            iv(),
        );
        assert_eq!(sealed, Err(SealError::WrongLength));
    }
}

#[test]
fn compression_needs_a_request_permission_and_use() {
    let file = file(core(), "compression");
    let zeros = vec![0; 200_000];
    let place = span(1, 0, 200_000);
    let sealed =
        |core: &HeaderCore, asked| seal(&file.keys, core, &place, &zeros, asked, iv()).unwrap();
    assert_eq!(
        sealed(&core(), Compression::DeflateRaw).compression,
        Compression::DeflateRaw
    );
    assert_eq!(
        sealed(&core(), Compression::DeflateRaw).body.len(),
        65_536 + 28
    );
    assert_eq!(
        sealed(&core(), Compression::None).compression,
        Compression::None
    );
    let forbidden = HeaderCore {
        compression_allowed: false,
        ..core()
    };
    assert_eq!(
        sealed(&forbidden, Compression::DeflateRaw).compression,
        Compression::None
    );
    let short = seal(
        &file.keys,
        &core(),
        &span(1, 0, 10),
        &[0; 10],
        Compression::DeflateRaw,
        iv(),
    )
    .unwrap();
    assert_eq!(short.compression, Compression::None);
}

#[test]
fn a_compressed_part_is_refused_where_the_header_forbids_it() {
    let file = file(core(), "forbidden");
    let place = span(1, 0, 200_000);
    let sealed = seal(
        &file.keys,
        &core(),
        &place,
        &vec![0; 200_000],
        Compression::DeflateRaw,
        iv(),
    )
    .unwrap();
    let record = sealed.record().unwrap();
    let forbidden = HeaderCore {
        compression_allowed: false,
        ..core()
    };
    let opened = open(&file.keys, &forbidden, &place, &record, &sealed.body);
    assert_eq!(opened, Err(OpenError::Impossible));
}

#[test]
fn possible_bodies_are_exactly_the_documented_lengths() {
    use Compression::{DeflateRaw, None};
    assert!(BodyLength::of(100, None).allows(128));
    assert!(!BodyLength::of(100, None).allows(127) && !BodyLength::of(100, None).allows(129));
    assert!(BodyLength::of(0, None).allows(28) && !BodyLength::of(0, None).allows(27));
    assert!(!BodyLength::of(0, None).allows(0));
    assert!(BodyLength::of(131_073, DeflateRaw).allows(131_072 + 28));
    assert!(!BodyLength::of(131_072, DeflateRaw).allows(131_072 + 28));
    assert!(!BodyLength::of(131_073, DeflateRaw).allows(28));
    assert!(!BodyLength::of(131_073, DeflateRaw).allows(65_537 + 28));
    assert!(!BodyLength::of(u32::MAX, None).allows(u64::MAX));
}

#[test]
fn each_lie_is_refused_as_what_it_is() {
    let file = file(core(), "lies");
    let place = span(3, 131_072, 1_000);
    let plaintext = vec![5; 1_000];
    let sealed = seal(
        &file.keys,
        &core(),
        &place,
        &plaintext,
        Compression::None,
        iv(),
    )
    .unwrap();
    let record = sealed.record().unwrap();
    let attempt = |place: &PartSpan, record: &PartRecord, body: &[u8]| {
        open(&file.keys, &core(), place, record, body)
    };
    assert_eq!(attempt(&place, &record, &sealed.body), Ok(plaintext));

    for elsewhere in [span(2, 131_072, 1_000), span(3, 65_536, 1_000)] {
        assert_eq!(
            attempt(&elsewhere, &record, &sealed.body),
            Err(OpenError::Tampered)
        );
    }
    assert_eq!(
        attempt(&span(3, 131_072, 999), &record, &sealed.body),
        Err(OpenError::Impossible)
    );
    let other_mac = PartRecord {
        part_mac: [0; 32],
        ..record.clone()
    };
    assert_eq!(
        attempt(&place, &other_mac, &sealed.body),
        Err(OpenError::Tampered)
    );
    let other_iv = PartRecord {
        iv: [0; 12],
        ..record.clone()
    };
    assert_eq!(
        attempt(&place, &other_iv, &sealed.body),
        Err(OpenError::NotAsListed)
    );
    let other_tag = PartRecord {
        tag: [0; 16],
        ..record.clone()
    };
    assert_eq!(
        attempt(&place, &other_tag, &sealed.body),
        Err(OpenError::NotAsListed)
    );
    assert_eq!(
        attempt(&place, &record, &sealed.body[..1_027]),
        Err(OpenError::NotAsListed)
    );
    let mut flipped = sealed.body.clone();
    flipped[500] ^= 1;
    assert_eq!(attempt(&place, &record, &flipped), Err(OpenError::Tampered));
}

#[test]
fn a_mac_that_is_not_the_plaintexts_is_refused_even_when_it_was_sealed_with() {
    let file = file(core(), "mac");
    let place = span(1, 0, 10);
    let aad = PartAad::new(&core().file_id, &place, Compression::None, &[8; 32]);
    let body = seal_packed(&file.keys.part, &aad, &[0; 10], iv());
    let record = SealedPart {
        body: body.clone(),
        compression: Compression::None,
        part_mac: [8; 32],
    }
    .record()
    .unwrap();
    assert_eq!(
        open(&file.keys, &core(), &place, &record, &body),
        Err(OpenError::Tampered)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sealed_opens(len in 0u32..150_000, packs in any::<bool>(), value in any::<u8>(), at in 1u32..9) {
        let file = file(core(), "round trip");
        let plaintext: Vec<u8> = (0..len).map(|index| value ^ u8::try_from(index % 7).unwrap()).collect();
        let place = span(at, u64::from(at) * 65_536, len);
        let asked = if packs { Compression::DeflateRaw } else { Compression::None };
        let sealed = seal(&file.keys, &core(), &place, &plaintext, asked, iv()).unwrap();
        prop_assert!(BodyLength::of(len, sealed.compression).allows(sealed.body.len().try_into().unwrap()));
        let record = sealed.record().unwrap();
        prop_assert_eq!(open(&file.keys, &core(), &place, &record, &sealed.body), Ok(plaintext));
    }

    #[test]
    fn the_mac_does_not_depend_on_the_pieces(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20)) {
        let key = MacKey::from_bytes(&[1; 32]);
        let mut fed = PartHasher::new(&key, 5);
        pieces.iter().for_each(|piece| fed.update(piece));
        prop_assert_eq!(fed.finish(), part_mac(&key, 5, &pieces.concat()));
    }
}

#[test]
fn a_plan_seals_part_by_part() {
    let file = file(core(), "plan");
    let content: Vec<u8> = (0..150_000u32).map(|at| at.to_le_bytes()[1]).collect();
    let plan = Plan::new(core().plan, 150_000).unwrap();
    let mut opened = Vec::new();
    for place in plan.iter() {
        let from = usize::try_from(place.offset_bytes).unwrap();
        let to = usize::try_from(place.end_bytes()).unwrap();
        let sealed = seal(
            &file.keys,
            &core(),
            &place,
            &content[from..to],
            Compression::None,
            iv(),
        )
        .unwrap();
        opened.extend(
            open(
                &file.keys,
                &core(),
                &place,
                &sealed.record().unwrap(),
                &sealed.body,
            )
            .unwrap(),
        );
    }
    assert_eq!(opened, content);
}

#[test]
fn opened_bytes_of_another_length_are_refused_even_with_their_own_mac() {
    let file = file(core(), "opened");
    let place = span(1, 0, 10);
    let record = PartRecord {
        iv: [0; 12],
        tag: [0; 16],
        stored_len_bytes: 38,
        compression: Compression::None,
        part_mac: part_mac(&file.keys.mac, 1, &[0; 11]),
    };
    let accepted = accept_opened(&file.keys.mac, &place, &record, vec![0; 11]);
    assert_eq!(accepted, Err(OpenError::Tampered));
}
