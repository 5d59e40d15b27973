//! An account's key slot, and its beginning that is told before the sign-in: refused, or within the accepted parameters.
#![no_main]

use ferry_core::envelope::slot::{KeySlot, SlotPrefix};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(slot) = KeySlot::parse(bytes) {
        assert_eq!(slot.to_bytes(), bytes);
        assert!(bytes.starts_with(slot.prefix().as_bytes()));
    }
    if let Some(prefix) = bytes.first_chunk()
        && let Ok(parsed) = SlotPrefix::parse(prefix)
    {
        assert_eq!(SlotPrefix::new(parsed.kdf(), *parsed.salt()).unwrap(), parsed);
    }
});
