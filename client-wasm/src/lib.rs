//! Ferry in the browser: executes what `ferry_core::transfer` decides, in workers, and talks to the page through
//! `js/ferry.js`. No decision of the protocol is made here, and nothing runs on the page's own thread.
//!
//! In reading order:
//! - `coordinator`: the worker that the page talks to; calls in, answers and events out.
//! - `session`: who is signed in, which keys are open.
//! - `upload`, `download`: one run of a machine each, and what its actions do.
//! - `workers`: reader, part workers and password stretching; messages between them.
//! - `api`: the server's endpoints. `store`: IndexedDB. `lock`: Web Locks. `subtle`: SubtleCrypto.
//! - `views`, `error`: what the page gets.

mod api;
mod error;
mod interop;
mod lock;
mod session;
mod store;
mod subtle;
mod views;
mod workers;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// Takes up a role in this worker: `coordinator`, `reader`, `part` or `stretch`. Called once, by `worker.js`.
#[wasm_bindgen]
pub fn run(role: &str, module: JsValue, server: Option<String>) -> Result<(), JsValue> {
    match (role, server) {
        ("reader", _) => workers::reader::run_reader(),
        ("part", _) => workers::part::run_part_worker(),
        ("stretch", _) => workers::stretch::run_stretch(),
        _ => return Err(JsValue::from_str("unknown role")),
    }
    Ok(())
}
