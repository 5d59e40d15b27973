//! The state of an upload as it lies on a device's disk (CBOR): refused, or it comes back as it was.
#![no_main]

use ferry_core::transfer::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(checkpoint) = Checkpoint::from_cbor(bytes) {
        let cbor = checkpoint.to_cbor().expect("what was read can be written");
        assert_eq!(Checkpoint::from_cbor(&cbor), Ok(checkpoint));
    }
});
