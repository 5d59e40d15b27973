//! Values that the unit tests share: fixed keys, headers, and a seeded entropy that exists under test alone.

use uuid::Uuid;

use super::{
    Entropy, Iv,
    file_slot::FileKeySlot,
    header::{Header, HeaderCore},
    keys::{AccountKey, AccountKeys, Dek, FileKeys},
};
use crate::plan::PlanParams;

/// The bytes of a hexadecimal text.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Entropy that gives the same bytes for the same seed.
pub(crate) fn seeded(seed: &str) -> impl Entropy + use<> {
    let mut stream = blake3::Hasher::new_derive_key("ferry test entropy")
        .update(seed.as_bytes())
        .finalize_xof();
    move |bytes: &mut [u8]| stream.fill(bytes)
}

/// The system's entropy.
pub(crate) fn system() -> impl Entropy {
    |bytes: &mut [u8]| getrandom::fill(bytes).unwrap()
}

/// A header core with smallest parts.
pub(crate) fn core() -> HeaderCore {
    HeaderCore {
        file_id: Uuid::from_bytes([0x11; 16]),
        file_salt: [0x22; 16],
        compression_allowed: true,
        plan: PlanParams::new(65_536, 65_536, [0x33; 8]).unwrap(),
    }
}

/// The same of another file.
pub(crate) fn another_core() -> HeaderCore {
    HeaderCore {
        file_id: Uuid::from_bytes([0x44; 16]),
        ..core()
    }
}

/// A file as its owner holds it.
pub(crate) struct File {
    pub(crate) account: AccountKeys,
    pub(crate) header: Header,
    pub(crate) slot: FileKeySlot,
    pub(crate) keys: FileKeys,
}

/// A file of one fixed account.
pub(crate) fn file(core: HeaderCore, seed: &str) -> File {
    let mut entropy = seeded(seed);
    let account = AccountKeys::derive(&AccountKey::from_bytes(&[0x55; 32]));
    let dek = Dek::generate(&mut entropy);
    let header = Header::create(core, &dek);
    let slot = FileKeySlot::seal(&dek, &header, &account, Iv::generate(&mut entropy));
    let keys = slot.open(&header, &account).unwrap();
    File {
        account,
        header,
        slot,
        keys,
    }
}
