//! That no key ever meets an IV twice, and that what leaves the client tells two uploads of one file apart.

use std::collections::HashSet;

use crate::support::*;
use ferry_core::{
    digest::{body_blake3, sha256},
    envelope::{Entropy, Iv, part},
    plan::Plan,
    wire::Compression,
};

/// Seals one byte again and again, as a client does whose server never acknowledges, while the file is edited between
/// retries; gives the number of attempts and of different (key, IV) pairs.
fn seal_without_end(attempts: usize, entropy: &mut impl Entropy) -> (usize, usize) {
    let files: Vec<Owner> = (0..4)
        .map(|_| Owner::begin(small_parts(), false, &mut system()))
        .collect();
    let span = Plan::new(small_parts(), 1).unwrap().part(1).unwrap();
    let mut pairs = HashSet::with_capacity(attempts);
    for attempt in 0..attempts {
        let file = &files[attempt % files.len()];
        let edited = [u8::from(attempt % 3 == 0)];
        let iv = Iv::generate(entropy);
        let sealed = part::seal(
            &file.keys,
            file.header.core(),
            &span,
            &edited,
            Compression::None,
            iv,
        )
        .unwrap();
        pairs.insert((
            *file.keys.part.expose(),
            *sealed.body.first_chunk::<12>().unwrap(),
        ));
    }
    (attempts, pairs.len())
}

#[test]
fn no_key_and_iv_pair_repeats_in_a_million_attempts() {
    let (attempts, pairs) = seal_without_end(1_000_000, &mut system());
    assert_eq!(pairs, attempts);
}

#[test]
fn the_count_of_pairs_notices_an_iv_that_is_not_fresh() {
    let mut drawn = 0u64;
    let mut repeating = |bytes: &mut [u8]| {
        bytes.fill(0);
        bytes[..8].copy_from_slice(&(drawn / 8).to_be_bytes());
        drawn += 1;
    };
    let (attempts, pairs) = seal_without_end(1_000, &mut repeating);
    assert_eq!(pairs, attempts / 2);
}

#[test]
fn four_files_of_one_key_have_four_part_keys() {
    let keys: HashSet<[u8; 32]> = (0..4)
        .map(|_| {
            *Owner::begin(small_parts(), false, &mut system())
                .keys
                .part
                .expose()
        })
        .collect();
    assert_eq!(keys.len(), 4);
}

/// Every run of eight bytes that a server gets with an upload, except where the format says they may be equal: magic
/// and versions, part sizes, the account's id.
fn eights(stored: &Stored) -> HashSet<[u8; 8]> {
    let mut pieces: Vec<&[u8]> = vec![
        stored.file_id.as_bytes(),
        &stored.header[8..40],
        &stored.header[48..],
        &stored.file_key[20..],
        &stored.manifest[4..],
    ];
    pieces.extend(stored.bodies.iter().map(Vec::as_slice));
    pieces.extend(
        stored
            .records
            .iter()
            .map(|record| record.part_mac.as_slice()),
    );
    pieces
        .iter()
        .flat_map(|piece| piece.windows(8))
        .map(|eight| eight.try_into().unwrap())
        .collect()
}

#[test]
fn two_uploads_of_one_file_share_no_eight_bytes() {
    let content = vec![b'x'; 150_000];
    for compression in [Compression::None, Compression::DeflateRaw] {
        let [one, two] = [(); 2].map(|()| {
            let mut entropy = system();
            let plan = ferry_core::plan::PlanParams::new(65_536, 131_072, entropy.array()).unwrap();
            let owner = Owner::begin(plan, compression != Compression::None, &mut entropy);
            let parts = owner.seal_parts(&content, compression, &mut entropy);
            owner.store("x.txt", &content, parts, &mut entropy)
        });
        assert_eq!((&one.label, one.fingerprint), (&two.label, two.fingerprint));
        assert_eq!(eights(&one).intersection(&eights(&two)).count(), 0);
    }
}

#[test]
fn no_hash_of_content_or_name_leaves_the_client() {
    let content = noise("secret content", 100_000);
    let stored = upload(
        "secret name.txt",
        &content,
        Compression::None,
        &mut system(),
    );
    let mut sent = eights(&stored);
    sent.extend(
        stored
            .label
            .as_bytes()
            .windows(8)
            .map(|eight| <[u8; 8]>::try_from(eight).unwrap()),
    );
    sent.extend(
        stored
            .fingerprint
            .windows(8)
            .map(|eight| <[u8; 8]>::try_from(eight).unwrap()),
    );
    let plan = Plan::new(small_parts(), len_u64(&content)).unwrap();
    let mut telling = vec![
        content.clone(),
        b"secret name.txt".to_vec(),
        b"letters/2026".to_vec(),
    ];
    telling.extend(plan.iter().map(|span| slice(&content, &span).to_vec()));
    for known in telling {
        for told in [
            known.clone(),
            sha256(&[&known]).to_vec(),
            body_blake3(&known).to_vec(),
        ] {
            assert!(told.windows(8).all(|eight| !sent.contains(eight)));
        }
    }
}
