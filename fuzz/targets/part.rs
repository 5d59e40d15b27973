//! A part's body against a record of it, and the unpacking of what was inside: refused, or exactly the planned length.
#![no_main]

use ferry_core::{
    envelope::{
        keys::MacKey,
        packing::{pack, unpack},
        part::{PartRecord, accept_opened},
    },
    plan::PartSpan,
    wire::Compression,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((len_bytes, content)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    // As long as a part may be, or libFuzzer would run out of memory before the product does.
    let len_bytes = u32::from_be_bytes(*len_bytes) % (20 << 20);
    let mut padded = (content.len() as u32).to_be_bytes().to_vec();
    padded.extend(content);
    padded.resize(padded.len().next_multiple_of(65_536), 0);
    for packed in [padded.as_slice(), content] {
        if let Some(plain) = unpack(packed, len_bytes) {
            assert_eq!(plain.len(), len_bytes as usize);
            if let Some(again) = pack(&plain) {
                assert_eq!(unpack(&again, len_bytes).as_ref(), Some(&plain));
            }
        }
    }
    let span = PartSpan {
        number: 1,
        offset_bytes: 0,
        len_bytes,
    };
    for compression in [Compression::None, Compression::DeflateRaw] {
        let record = PartRecord {
            iv: [1; 12],
            tag: [2; 16],
            stored_len_bytes: bytes.len() as u32,
            compression,
            part_mac: [3; 32],
        };
        let key = MacKey::from_bytes(&[4; 32]);
        let opened = accept_opened(&key, &span, &record, padded.clone());
        assert!(opened.is_err(), "nobody can find the MAC of these bytes");
    }
});
