//! The vectors about part plans, checkpoints and labels.

use ferry_core::{
    envelope::{
        Entropy as _, Iv, checkpoint,
        header::{Header, HeaderCore},
        keys::{AccountKey, AccountKeys, Dek, FileKeys},
        label,
    },
    plan::{Plan, PlanParams, SLOW},
    wire::{B64, Bytes64},
};

use super::{Named, format::*, named};
use crate::support::seeded;

/// All vectors about plans, checkpoints and labels.
pub(super) fn all() -> Vec<Named> {
    [plans(), refused_plans(), checkpoints(), vec![labels()]]
        .into_iter()
        .flatten()
        .collect()
}

fn plan(name: &str, about: &str, min: u32, max: u32, seed: [u8; 8], size: u64) -> Named {
    let plan = Plan::new(PlanParams::new(min, max, seed).unwrap(), size).unwrap();
    let part_lens = plan.iter().map(|span| span.len_bytes).collect();
    named(
        name,
        about,
        Expect::Opens,
        Case::Plan(PlanCase {
            min,
            max,
            seed: B64(seed),
            size,
            part_lens,
        }),
    )
}

fn plans() -> Vec<Named> {
    let seed = [0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87];
    vec![
        plan("plan_empty", "an empty file", 65_536, 131_072, seed, 0),
        plan("plan_one_byte", "one byte", 65_536, 131_072, seed, 1),
        plan(
            "plan_equal_sizes",
            "min equals max",
            65_536,
            65_536,
            seed,
            65_536 * 3,
        ),
        plan(
            "plan_one_over",
            "one byte more than three parts",
            65_536,
            65_536,
            seed,
            65_536 * 3 + 1,
        ),
        plan(
            "plan_slow",
            "the slow profile",
            SLOW.min_bytes,
            SLOW.max_bytes,
            seed,
            250_000_000,
        ),
        plan(
            "plan_slow_grown",
            "the same file, grown",
            SLOW.min_bytes,
            SLOW.max_bytes,
            seed,
            400_000_001,
        ),
        plan(
            "plan_widest",
            "the widest range",
            65_536,
            20_905_984,
            [0; 8],
            1_000_000_000,
        ),
    ]
}

fn refused_plans() -> Vec<Named> {
    let refused = |name, about, expect, min, max, size| {
        named(
            name,
            about,
            expect,
            Case::Plan(PlanCase {
                min,
                max,
                seed: B64([1; 8]),
                size,
                part_lens: vec![],
            }),
        )
    };
    use Expect::{PartSizes, TooManyParts};
    vec![
        refused(
            "plan_min_zero",
            "parts of no bytes",
            PartSizes,
            0,
            65_536,
            1,
        ),
        refused(
            "plan_min_uneven",
            "min is no multiple of 65,536",
            PartSizes,
            65_537,
            131_072,
            1,
        ),
        refused(
            "plan_max_uneven",
            "max is no multiple of 65,536",
            PartSizes,
            65_536,
            131_073,
            1,
        ),
        refused(
            "plan_min_over_max",
            "min is more than max",
            PartSizes,
            131_072,
            65_536,
            1,
        ),
        refused(
            "plan_max_too_large",
            "max is more than 20,905,984",
            PartSizes,
            65_536,
            20_971_520,
            1,
        ),
        refused(
            "plan_million_and_one",
            "1,000,001 parts",
            TooManyParts,
            65_536,
            65_536,
            65_536_000_001,
        ),
        refused(
            "plan_endless",
            "the largest size there is",
            TooManyParts,
            65_536,
            20_905_984,
            u64::MAX,
        ),
    ]
}

fn checkpoints() -> Vec<Named> {
    let mut entropy = seeded("checkpoint");
    let core = HeaderCore::generate(SLOW, false, &mut entropy);
    let dek = Dek::generate(&mut entropy);
    let keys = FileKeys::derive(&dek, &core);
    let cbor = b"\xa1\x65parts\x80".to_vec();
    let sealed = checkpoint::seal(
        &keys.state,
        &core.file_id,
        &cbor,
        Iv::generate(&mut entropy),
    );
    let of = |core: &HeaderCore, sealed: &[u8], cbor: Option<&[u8]>| {
        Case::Checkpoint(CheckpointCase {
            dek: B64(*dek.expose()),
            header: Header::create(core.clone(), &dek)
                .to_bytes()
                .to_vec()
                .into(),
            sealed: Bytes64(sealed.to_vec()),
            cbor: cbor.map(|cbor| Bytes64(cbor.to_vec())),
        })
    };
    let flip = |at: usize| {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        of(&core, &flipped, None)
    };
    let mut another = core.clone();
    another.file_id = uuid::Uuid::from_bytes([1; 16]);
    use Expect::{Checkpoint, Opens};
    vec![
        named(
            "checkpoint",
            "a sealed checkpoint",
            Opens,
            of(&core, &sealed, Some(&cbor)),
        ),
        named(
            "checkpoint_iv_flipped",
            "one bit of the IV",
            Checkpoint,
            flip(0),
        ),
        named(
            "checkpoint_ciphertext_flipped",
            "one bit of the ciphertext",
            Checkpoint,
            flip(12),
        ),
        named(
            "checkpoint_tag_flipped",
            "one bit of the tag",
            Checkpoint,
            flip(sealed.len() - 1),
        ),
        named(
            "checkpoint_of_another_file",
            "another file's",
            Checkpoint,
            of(&another, &sealed, None),
        ),
        named(
            "checkpoint_short",
            "27 bytes",
            Checkpoint,
            of(&core, &sealed[..27], None),
        ),
    ]
}

fn labels() -> Named {
    let key = AccountKey::from_bytes(&seeded("labels").array());
    let keys = AccountKeys::derive(&key);
    let texts = [
        "a",
        "",
        "letter.txt",
        "Ame\u{301}lie",
        "Am\u{e9}lie",
        "\u{212b}",
        "日本語.pdf",
        "a/b/c",
        "~tilde",
        "\u{1f980}\u{0}",
    ];
    let pair = |text: &str| LabelPair {
        text: text.to_owned(),
        label: label::opaque(&keys.name, text),
    };
    let print = |sha256: [u8; 32]| FingerprintPair {
        sha256: B64(sha256),
        fingerprint: B64(label::fingerprint(&keys.fingerprint, &sha256)),
    };
    let case = LabelsCase {
        account_key: B64(*key.expose()),
        labels: texts.into_iter().map(pair).collect(),
        fingerprints: [[0; 32], [0xab; 32]].into_iter().map(print).collect(),
    };
    named(
        "labels",
        "labels and fingerprints",
        Expect::Opens,
        Case::Labels(case),
    )
}
