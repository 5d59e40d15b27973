//! Key slots: what opens, what is refused, and as what.

use super::*;
use crate::envelope::{
    keys::{KdfError, Password, derive_prk},
    test_support::seeded,
};

const USER: Uuid = Uuid::from_bytes([0x66; 16]);

fn recovery_slot() -> (KeySlot, Prk, AccountKey) {
    let mut entropy = seeded("recovery slot");
    let prefix = SlotPrefix::generate(Kdf::Recovery, &mut entropy).unwrap();
    let prk = Prk::recovery(&entropy.array(), &prefix);
    let key = AccountKey::generate(&mut entropy);
    (
        KeySlot::seal(&key, &prk, &USER, Iv::generate(&mut entropy)),
        prk,
        key,
    )
}

#[test]
fn the_right_password_opens_and_a_wrong_one_is_told_apart() {
    let mut entropy = seeded("password slot");
    let prefix = SlotPrefix::generate(Kdf::FALLBACK, &mut entropy).unwrap();
    let prk = derive_prk(&Password::new("correct horse"), &prefix).unwrap();
    let key = AccountKey::generate(&mut entropy);
    let bytes = KeySlot::seal(&key, &prk, &USER, Iv::generate(&mut entropy)).to_bytes();
    let slot = KeySlot::parse(&bytes).unwrap();
    assert_eq!(slot.prefix().as_bytes(), &bytes[..28]);
    assert_eq!(slot.open(&prk, &USER), Ok(key));
    let wrong = derive_prk(&Password::new("correct horsf"), slot.prefix()).unwrap();
    assert_eq!(slot.open(&wrong, &USER), Err(SlotError::WrongSecret));
    assert_ne!(wrong.derive_auth(), prk.derive_auth());
}

#[test]
fn the_default_cost_is_64_mib_and_three_passes() {
    let prefix = SlotPrefix::new(Kdf::DEFAULT, [9; 16]).unwrap();
    let mut bytes = [0; 28];
    bytes[..12].copy_from_slice(&[1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 3]);
    bytes[12..].fill(9);
    assert_eq!(prefix.as_bytes(), &bytes);
}

#[test]
fn a_recovery_key_opens_without_stretching() {
    let (slot, prk, key) = recovery_slot();
    assert_eq!(slot.open(&prk, &USER), Ok(key));
    assert_eq!(
        derive_prk(&Password::new("x"), slot.prefix()),
        Err(KdfError::NotAPasswordSlot)
    );
}

#[test]
fn another_users_slot_is_refused() {
    let (slot, prk, _) = recovery_slot();
    assert_eq!(
        slot.open(&prk, &Uuid::from_bytes([1; 16])),
        Err(SlotError::Tampered)
    );
}

#[test]
fn every_flipped_byte_is_refused_and_named() {
    let (slot, _, _) = recovery_slot();
    let secret = {
        let mut entropy = seeded("recovery slot");
        let _salt: [u8; 16] = entropy.array();
        entropy.array::<32>()
    };
    for at in 0..KEY_SLOT_BYTES {
        for flip in [1, 0x80] {
            let mut bytes = slot.to_bytes();
            bytes[at] ^= flip;
            let opened = KeySlot::parse(&bytes)
                .and_then(|slot| slot.open(&Prk::recovery(&secret, slot.prefix()), &USER));
            let refusal = opened.unwrap_err();
            match at {
                0..12 | 120.. => assert!(matches!(refusal, SlotError::Unsupported(_)), "byte {at}"),
                12..60 => assert_eq!(refusal, SlotError::WrongSecret, "byte {at}"),
                _ => assert_eq!(refusal, SlotError::Tampered, "byte {at}"),
            }
        }
    }
}

#[test]
fn a_key_stretched_for_another_slot_is_not_tried() {
    let (slot, _, _) = recovery_slot();
    let other = SlotPrefix::new(Kdf::Recovery, [1; 16]).unwrap();
    assert_eq!(
        slot.open(&Prk::recovery(&[1; 32], &other), &USER),
        Err(SlotError::OtherPrefix)
    );
}

#[test]
fn other_lengths_are_refused() {
    let (slot, _, _) = recovery_slot();
    let bytes = slot.to_bytes();
    assert!(KeySlot::parse(&bytes[..131]).is_err());
    assert!(KeySlot::parse(&[bytes.as_slice(), &[0]].concat()).is_err());
    assert_eq!(KeySlot::parse(&bytes), Ok(slot));
}

#[test]
fn costs_are_accepted_inside_of_the_documented_ranges_only() {
    let accepted = |memory, passes| Kdf::argon2id(memory, passes).is_ok();
    assert!(accepted(65_536, 3) && accepted(262_144, 10) && accepted(32_768, 6));
    assert!(!accepted(65_535, 3) && !accepted(262_145, 3) && !accepted(65_536, 2));
    assert!(!accepted(65_536, 11) && !accepted(32_768, 5) && !accepted(32_768, 7));
    assert!(!accepted(32_767, 6) && !accepted(0, 0) && !accepted(u32::MAX, u32::MAX));
}

#[test]
fn a_server_can_not_ask_for_another_derivation() {
    let sound = *SlotPrefix::new(Kdf::DEFAULT, [9; 16]).unwrap().as_bytes();
    for (at, value) in [
        (0, 2),
        (1, 2),
        (1, 0),
        (2, 0),
        (2, 2),
        (3, 1),
        (4, 255),
        (11, 2),
    ] {
        let mut bytes = sound;
        bytes[at] = value;
        assert!(SlotPrefix::parse(&bytes).is_err(), "byte {at} = {value}");
    }
    let unchecked = Kdf::Argon2id {
        memory_kib: 8,
        passes: 1,
    };
    assert!(SlotPrefix::new(unchecked, [9; 16]).is_err());
}
