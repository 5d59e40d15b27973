//! Large buffers: they stay JavaScript's, pass through wasm memory only in small pieces, and are given back at once.

use std::cell::RefCell;

use js_sys::{ArrayBuffer, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::interop::field;

/// Bytes that are copied into wasm memory at once: few enough to be in the processor's cache when they are hashed.
const SEGMENT_BYTES: u32 = 64 * 1024;

thread_local! {
    static STAGING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
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

/// Gives the memory back now instead of at the next garbage collection, where the browser can.
pub(crate) fn release(bytes: ArrayBuffer) {
    if let Ok(transfer) = field(&bytes, "transfer").dyn_into::<Function>() {
        // A detached buffer refuses, and has nothing to give back.
        let _ = transfer.call1(&bytes, &JsValue::from(0));
    }
}
