//! A file's header and its key slot, as a server hands them out: refused, or exactly the bytes that Ferry would write.
#![no_main]

use ferry_core::envelope::{file_slot::FileKeySlot, header::Header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = Header::parse(bytes) {
        assert_eq!(header.to_bytes(), bytes);
        assert!(Header::parse_for(bytes, header.file_id()).is_ok());
    }
    if let Ok(slot) = FileKeySlot::parse(bytes) {
        assert_eq!(slot.to_bytes(), bytes);
    }
});
