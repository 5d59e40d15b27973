//! Large buffers: they stay JavaScript's, pass through wasm memory only in small pieces, and are given back at once.

use std::cell::RefCell;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use web_sys::{Blob, MessageChannel, MessagePort};

use crate::error::{ClientCode, Result};

/// Bytes that are copied into wasm memory at once: few enough to be in the processor's cache when they are hashed.
const SEGMENT_BYTES: u32 = 64 * 1024;

thread_local! {
    static STAGING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static DRAIN: Option<MessagePort> = port_to_nowhere();
}

/// Hands a buffer to `take` piece by piece, through one small staging area in wasm memory.
pub(crate) fn for_each_segment(bytes: &ArrayBuffer, mut take: impl FnMut(&[u8])) {
    let view = Uint8Array::new(bytes);
    STAGING.with_borrow_mut(|staging| {
        let mut begin = 0;
        while begin < view.length() {
            let end = (begin + SEGMENT_BYTES).min(view.length());
            staging.resize((end - begin) as usize, 0);
            view.subarray(begin, end).copy_to(staging);
            take(staging);
            begin = end;
        }
    });
}

/// Gives the memory back now instead of at some garbage collection: a message to a closed port takes it along.
///
/// Not by `ArrayBuffer.transfer(0)`: once a buffer has been in SubtleCrypto, a Blob or a file, Chromium keeps its bytes
/// until the wrapper is collected, while the engine counts them as gone and sees no reason to collect. A gibibyte that was
/// sealed so left four behind.
pub(crate) fn release(bytes: ArrayBuffer) {
    DRAIN.with(|drain| {
        if let Some(drain) = drain {
            // A detached buffer refuses, and has nothing to give back.
            let _ = drain.post_message_with_transferable(&bytes, &Array::of1(&bytes));
        }
    });
}

/// A body of these pieces, for a request.
pub(crate) fn blob_of(pieces: &Array) -> Result<Blob> {
    Blob::new_with_u8_array_sequence(pieces).map_err(|e| ClientCode::ClientFault.thrown(&e))
}

/// A port whose other end is closed.
fn port_to_nowhere() -> Option<MessagePort> {
    let channel = MessageChannel::new().ok()?;
    channel.port2().close();
    Some(channel.port1())
}
