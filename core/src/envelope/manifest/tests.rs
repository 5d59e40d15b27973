//! Manifests: what opens, what is refused, and as what.

use proptest::prelude::*;

use super::*;
use crate::envelope::test_support::{File, another_core, core, file};

fn about(name: &str) -> About {
    About {
        name: name.to_owned(),
        path: "photos/2026".to_owned(),
        media_type: "image/png".to_owned(),
        modified_ms: -1,
    }
}

fn content() -> Content {
    Content {
        size_bytes: 150_000,
        part_count: 3,
        sha256: [1; 32],
        parts_root: [2; 32],
    }
}

fn complete(previous_seq: u32) -> Manifest {
    Manifest::complete(previous_seq, about("a.png"), content())
}

fn seal(file: &File, manifest: &Manifest) -> Vec<u8> {
    manifest
        .seal(
            &file.keys.manifest,
            &file.header,
            Iv::from_fresh_bytes([6; 12]),
        )
        .unwrap()
}

fn open(file: &File, sealed: &[u8], seen: Option<u32>) -> Result<Manifest, OpenError> {
    Manifest::open(sealed, &file.keys.manifest, &file.header, seen)
}

/// Seals CBOR that this code would not write.
fn seal_raw(file: &File, seq: u32, padded: &[u8]) -> Vec<u8> {
    let aad = associated_data(&file.header, seq);
    let boxed = gcm::seal(
        file.keys.manifest.expose(),
        Iv::from_fresh_bytes([6; 12]),
        &aad,
        padded,
    );
    [seq.to_be_bytes().as_slice(), &boxed].concat()
}

#[test]
fn both_kinds_open_as_they_were_sealed() {
    let file = file(core(), "kinds");
    for manifest in [Manifest::Started(about("a.png")), complete(0), complete(41)] {
        let sealed = seal(&file, &manifest);
        assert_eq!(claimed_seq(&sealed), Some(manifest.seq()));
        assert_eq!((sealed.len() - 32) % 256, 0);
        assert_eq!(open(&file, &sealed, None), Ok(manifest));
    }
    assert_eq!(Manifest::Started(about("x")).content(), None);
    assert_eq!((complete(0).seq(), complete(41).seq()), (1, 42));
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let file = file(core(), "flips");
    let sealed = seal(&file, &complete(0));
    for at in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        assert_eq!(
            open(&file, &flipped, None),
            Err(OpenError::Tampered),
            "byte {at}"
        );
        assert_eq!(
            open(&file, &sealed[..at], None),
            Err(OpenError::Tampered),
            "cut at {at}"
        );
    }
}

#[test]
fn another_files_manifest_is_refused() {
    let (ours, other) = (file(core(), "ours"), file(another_core(), "other"));
    let sealed = seal(&other, &complete(0));
    assert_eq!(open(&ours, &sealed, None), Err(OpenError::Tampered));
    let sealed_by_other_header = Manifest::open(&sealed, &other.keys.manifest, &ours.header, None);
    assert_eq!(sealed_by_other_header, Err(OpenError::Tampered));
}

#[test]
fn an_older_manifest_than_one_seen_is_refused() {
    let file = file(core(), "older");
    let sealed = seal(&file, &complete(1));
    assert!(open(&file, &sealed, Some(2)).is_ok());
    assert_eq!(
        open(&file, &sealed, Some(3)),
        Err(OpenError::Older { seen: 3, got: 2 })
    );
    let started = seal(&file, &Manifest::Started(about("a")));
    assert_eq!(
        open(&file, &started, Some(1)),
        Err(OpenError::Older { seen: 1, got: 0 })
    );
}

#[test]
fn content_without_number_and_number_without_content_are_refused() {
    let file = file(core(), "halves");
    let started = pad(&cbor::encode(&Manifest::Started(about("a"))), GRAIN).unwrap();
    let whole = pad(&cbor::encode(&complete(0)), GRAIN).unwrap();
    assert!(open(&file, &seal_raw(&file, 0, &started), None).is_ok());
    assert_eq!(
        open(&file, &seal_raw(&file, 1, &started), None),
        Err(OpenError::Unsupported)
    );
    assert_eq!(
        open(&file, &seal_raw(&file, 0, &whole), None),
        Err(OpenError::Unsupported)
    );
}

#[test]
fn unknown_repeated_and_trailing_cbor_is_refused() {
    let file = file(core(), "cbor");
    let sound = cbor::encode(&Manifest::Started(about("a")));
    let mut more = sound.clone();
    more[0] += 1;
    let unknown = [more.as_slice(), &[0x61, b'x', 0x01]].concat();
    let repeated = [more.as_slice(), &[0x64, b'n', b'a', b'm', b'e', 0x61, b'b']].concat();
    let trailing = [sound.as_slice(), &[0x01]].concat();
    let mut fewer = sound.clone();
    fewer[0] -= 1;
    for strange in [unknown, repeated, trailing, fewer, vec![0x80], vec![0xf6]] {
        let padded = pad(&strange, GRAIN).unwrap();
        assert_eq!(
            open(&file, &seal_raw(&file, 0, &padded), None),
            Err(OpenError::Unsupported)
        );
    }
    assert!(
        open(
            &file,
            &seal_raw(&file, 0, &pad(&sound, GRAIN).unwrap()),
            None
        )
        .is_ok()
    );
}

#[test]
fn dirty_or_long_padding_is_refused() {
    let file = file(core(), "padding");
    let mut padded = pad(&cbor::encode(&complete(0)), GRAIN).unwrap();
    *padded.last_mut().unwrap() = 1;
    assert_eq!(
        open(&file, &seal_raw(&file, 1, &padded), None),
        Err(OpenError::Unsupported)
    );
    *padded.last_mut().unwrap() = 0;
    padded.extend([0; 256]);
    assert_eq!(
        open(&file, &seal_raw(&file, 1, &padded), None),
        Err(OpenError::Unsupported)
    );
}

#[test]
fn a_manifest_never_outgrows_its_limit() {
    let file = file(core(), "limit");
    let seal_named = |len: usize| {
        let manifest = Manifest::Started(about(&"x".repeat(len)));
        manifest.seal(
            &file.keys.manifest,
            &file.header,
            Iv::from_fresh_bytes([6; 12]),
        )
    };
    assert_eq!(seal_named(70_000), Err(SealError::TooLong));
    let most = (65_000..65_536)
        .rev()
        .find_map(|len| seal_named(len).ok())
        .unwrap();
    assert_eq!(most.len(), 32 + 255 * 256);
    assert!(open(&file, &most, None).is_ok());
    assert_eq!(
        open(&file, &vec![0; 65_537], None),
        Err(OpenError::Tampered)
    );
}

#[test]
fn size_and_count_must_fit_the_plan() {
    let file = file(core(), "plan");
    assert_eq!(content().plan(&file.header).unwrap().part_count(), 3);
    let fewer = Content {
        part_count: 2,
        ..content()
    };
    assert_eq!(fewer.plan(&file.header), Err(ContentError::OtherPlan));
    let endless = Content {
        size_bytes: u64::MAX,
        ..content()
    };
    assert_eq!(endless.plan(&file.header), Err(ContentError::OtherPlan));
}

proptest! {
    #[test]
    fn any_text_survives(name in ".{0,80}", path in ".{0,80}", media_type in ".{0,20}", modified_ms in any::<i64>(), seq in 0u32..5) {
        let file = file(core(), "texts");
        let manifest = Manifest::complete(seq, About { name, path, media_type, modified_ms }, content());
        prop_assert_eq!(open(&file, &seal(&file, &manifest), Some(seq)), Ok(manifest));
    }
}
