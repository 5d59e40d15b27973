//! The vectors about key slots: three kinds that open, and one fault each.

use ferry_core::{
    envelope::{
        Entropy as _, Iv,
        keys::AccountKey,
        slot::{Kdf, KeySlot, SlotPrefix},
    },
    wire::{B64, Bytes64},
};
use uuid::Uuid;

use super::{
    Named,
    format::*,
    named,
    opening::{account, prk},
};
use crate::support::seeded;

fn sound(seed: &str, kdf: Kdf, secret: Secret) -> AccountCase {
    let mut entropy = seeded(seed);
    let user_id = Uuid::from_bytes(entropy.array());
    let prefix = SlotPrefix::generate(kdf, &mut entropy).unwrap();
    let key = AccountKey::generate(&mut entropy);
    let slot = KeySlot::seal(
        &key,
        &prk(&secret, &prefix),
        &user_id,
        Iv::generate(&mut entropy),
    );
    let mut case = AccountCase {
        user_id: B64(*user_id.as_bytes()),
        key_slot: slot.to_bytes().to_vec().into(),
        secret,
        derived: None,
    };
    case.derived = Some(account(&case).unwrap());
    case
}

fn recovery() -> AccountCase {
    sound(
        "recovery",
        Kdf::Recovery,
        Secret::RecoveryKey(B64([0x5a; 32])),
    )
}

fn fallback() -> AccountCase {
    sound(
        "fallback",
        Kdf::FALLBACK,
        Secret::Password("tr0ub4dor & three".to_owned()),
    )
}

fn fault(
    name: &str,
    about: &str,
    expect: Expect,
    base: AccountCase,
    change: impl FnOnce(&mut AccountCase),
) -> Named {
    let mut case = AccountCase {
        derived: None,
        ..base
    };
    change(&mut case);
    named(name, about, expect, Case::Account(case))
}

/// A fault that writes bytes into the slot.
fn written(
    name: &str,
    about: &str,
    expect: Expect,
    base: AccountCase,
    at: usize,
    bytes: &[u8],
) -> Named {
    fault(name, about, expect, base, |case| {
        case.key_slot.0[at..at + bytes.len()].copy_from_slice(bytes)
    })
}

/// A fault that flips one bit of the slot.
fn flipped(name: &str, about: &str, expect: Expect, at: usize) -> Named {
    fault(name, about, expect, recovery(), |case| {
        case.key_slot.0[at] ^= 1
    })
}

/// All vectors about accounts.
pub(super) fn all() -> Vec<Named> {
    [opening(), wrong_secrets(), tampered(), unsupported()]
        .into_iter()
        .flatten()
        .collect()
}

fn opening() -> Vec<Named> {
    let default = sound(
        "default",
        Kdf::DEFAULT,
        Secret::Password("correct horse battery staple".to_owned()),
    );
    let decomposed = Secret::Password("Ame\u{301}lie \u{212b}".to_owned());
    let opens = |name, about, case| named(name, about, Expect::Opens, Case::Account(case));
    vec![
        opens(
            "account_password_default",
            "a password slot with the default cost",
            default,
        ),
        opens(
            "account_password_fallback",
            "a password slot with the fallback cost",
            fallback(),
        ),
        opens(
            "account_password_nfc",
            "a password typed decomposed",
            sound("nfc", Kdf::FALLBACK, decomposed),
        ),
        opens(
            "account_recovery",
            "a slot that opens with a recovery key",
            recovery(),
        ),
    ]
}

fn wrong_secrets() -> Vec<Named> {
    use Expect::WrongSecret;
    vec![
        fault(
            "account_wrong_password",
            "another password",
            WrongSecret,
            fallback(),
            |case| {
                case.secret = Secret::Password("tr0ub4dor & four".to_owned());
            },
        ),
        fault(
            "account_wrong_recovery_key",
            "another recovery key",
            WrongSecret,
            recovery(),
            |case| {
                case.secret = Secret::RecoveryKey(B64([0x5b; 32]));
            },
        ),
        flipped(
            "account_salt_flipped",
            "one bit of the salt",
            WrongSecret,
            12,
        ),
        flipped(
            "account_commit_flipped",
            "one bit of kek-commit",
            WrongSecret,
            59,
        ),
    ]
}

fn tampered() -> Vec<Named> {
    use Expect::SlotTampered;
    vec![
        flipped("account_iv_flipped", "one bit of the IV", SlotTampered, 60),
        flipped(
            "account_sealed_key_flipped",
            "one bit of the sealed account key",
            SlotTampered,
            72,
        ),
        flipped(
            "account_tag_flipped",
            "one bit of the tag",
            SlotTampered,
            119,
        ),
        fault(
            "account_of_another_user",
            "another user's id",
            SlotTampered,
            recovery(),
            |case| case.user_id.0[0] ^= 1,
        ),
    ]
}

fn unsupported() -> Vec<Named> {
    use Expect::UnsupportedSlot;
    let slot =
        |name, about, at, bytes| written(name, about, UnsupportedSlot, recovery(), at, bytes);
    let cost =
        |name, about, at, bytes| written(name, about, UnsupportedSlot, fallback(), at, bytes);
    vec![
        slot("account_version_2", "version 2", 0, &[2]),
        slot("account_kdf_unknown", "key derivation 2", 1, &[2]),
        slot("account_reserved_start", "byte 3 is not zero", 3, &[1]),
        slot(
            "account_reserved_end",
            "the last byte is not zero",
            131,
            &[1],
        ),
        slot(
            "account_recovery_with_cost",
            "a recovery slot with memory",
            4,
            &[0, 1, 0, 0],
        ),
        cost("account_two_lanes", "two lanes", 2, &[2]),
        cost(
            "account_cost_too_low",
            "19 MiB and two passes",
            4,
            &[0, 0, 0x4c, 0, 0, 0, 0, 2],
        ),
        cost(
            "account_cost_too_high",
            "512 MiB",
            4,
            &[0, 8, 0, 0, 0, 0, 0, 3],
        ),
        cost(
            "account_passes_too_many",
            "64 MiB and eleven passes",
            4,
            &[0, 1, 0, 0, 0, 0, 0, 11],
        ),
        cost(
            "account_fallback_inexact",
            "32 MiB and seven passes",
            4,
            &[0, 0, 0x80, 0, 0, 0, 0, 7],
        ),
        fault(
            "account_short",
            "131 bytes",
            UnsupportedSlot,
            recovery(),
            |case| {
                case.key_slot = Bytes64(case.key_slot.0[..131].to_vec());
            },
        ),
    ]
}
