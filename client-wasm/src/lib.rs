//! Ferry in the browser: executes what `ferry_core::transfer` decides, in workers, and talks to the page through
//! `js/ferry.js`. No decision of the protocol is made here, and nothing runs on the page's own thread.
//!
//! In reading order:
//! - `coordinator`: the worker that the page talks to; calls in, answers and events out.
//! - `context`: what all transfers share. `session`: who is signed in, which keys are open.
//! - `machine_loop`: how a machine is driven; `upload`, `download`: what the actions of one do. `files`: lists, and what is done to whole files.
//! - `vault`: opening what the server says of a file. `labels`: what the server sees in place of names. `store`: IndexedDB. `lock`: Web Locks. `subtle`: SubtleCrypto.
//! - `workers`: reader, part workers, key derivation, and the pool of them. `api`: the server's endpoints.
//! - `progress`, `views`, `error`, `failure`: what the page gets. `once`: waiting for what happens once. `interop`: the browser's own.

mod api;
#[cfg(feature = "bench")]
mod bench;
mod context;
mod coordinator;
mod download;
mod error;
mod failure;
mod files;
mod interop;
mod labels;
mod lock;
mod machine_loop;
mod once;
mod progress;
mod session;
mod store;
mod subtle;
mod upload;
mod vault;
mod views;
mod workers;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// Takes up a role in this worker: `coordinator`, `reader`, `part` or `kdf`. Called once, by `worker.js`.
#[wasm_bindgen]
pub async fn run(role: String, module: JsValue, server: Option<String>) -> Result<(), JsValue> {
    interop::name_panics();
    match (role.as_str(), server) {
        ("coordinator", Some(server)) => coordinator::run_coordinator(server, module)
            .await
            .map_err(|error| interop::to_js(&error.to_view()).unwrap_or(JsValue::NULL))?,
        ("reader", _) => workers::reader::run_reader(),
        ("part", _) => workers::part::run_part_worker(),
        ("kdf", _) => workers::kdf::run_kdf_worker(),
        _ => return Err(JsValue::from_str("unknown role")),
    }
    Ok(())
}
