//! File key slots: what opens, what is refused, and the header's commitment.

use super::*;
use crate::envelope::{
    keys::AccountKey,
    test_support::{another_core, core, file},
};

#[test]
fn a_slot_opens_for_its_account_and_header() {
    let file = file(core(), "one");
    let slot = FileKeySlot::parse(&file.slot.to_bytes()).unwrap();
    assert_eq!(slot.open(&file.header, &file.account), Ok(file.keys));
}

#[test]
fn every_flipped_byte_is_refused() {
    let file = file(core(), "flips");
    for at in 0..FILE_KEY_SLOT_BYTES {
        let mut bytes = file.slot.to_bytes();
        bytes[at] ^= 1;
        let opened =
            FileKeySlot::parse(&bytes).and_then(|slot| slot.open(&file.header, &file.account));
        match at {
            0..4 => assert!(matches!(opened, Err(FileKeyError::Unsupported(_)))),
            4..20 => assert_eq!(opened, Err(FileKeyError::OtherAccount)),
            _ => assert_eq!(opened, Err(FileKeyError::Tampered)),
        }
    }
}

#[test]
fn another_account_or_header_is_refused() {
    let (ours, other) = (file(core(), "ours"), file(another_core(), "other"));
    let stranger = AccountKeys::derive(&AccountKey::from_bytes(&[1; 32]));
    assert_eq!(
        ours.slot.open(&ours.header, &stranger),
        Err(FileKeyError::OtherAccount)
    );
    let posing = AccountKeys {
        account_id: ours.account.account_id,
        ..stranger
    };
    assert_eq!(
        ours.slot.open(&ours.header, &posing),
        Err(FileKeyError::Tampered)
    );
    assert_eq!(
        ours.slot.open(&other.header, &ours.account),
        Err(FileKeyError::Tampered)
    );
    assert_eq!(
        other.slot.open(&ours.header, &ours.account),
        Err(FileKeyError::Tampered)
    );
}

#[test]
fn a_header_that_commits_to_another_key_is_refused_even_when_it_was_sealed_with() {
    let file = file(core(), "ours");
    let header = Header::create(core(), &Dek::from_bytes(&[1; 32]));
    let iv = Iv::from_fresh_bytes([2; 12]);
    let slot = FileKeySlot::seal(&Dek::from_bytes(&[3; 32]), &header, &file.account, iv);
    assert_eq!(
        slot.open(&header, &file.account),
        Err(FileKeyError::Tampered)
    );
}

#[test]
fn other_lengths_are_refused() {
    let bytes = file(core(), "lengths").slot.to_bytes();
    assert!(FileKeySlot::parse(&bytes[..79]).is_err());
    assert!(FileKeySlot::parse(&[bytes.as_slice(), &[0]].concat()).is_err());
}
