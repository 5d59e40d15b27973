//! The few things of a worker's global scope that everything here uses: time, randomness, conversion of values.
//! No protocol and no policy.

use ferry_core::envelope::Entropy;
use js_sys::{Object, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, SubtleCrypto};

use crate::error::{ClientCode, Result};

/// The worker this instance runs in.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Milliseconds of a clock that never goes back, for the machines and for stalls.
pub(crate) fn now_ms() -> u64 {
    // Every worker has it; whole milliseconds fit a float for longer than any session.
    scope().performance().map_or(0.0, |clock| clock.now()) as u64
}

/// A time of [`now_ms`] on the page's clock, milliseconds since 1970.
pub(crate) fn monotonic_to_epoch_ms(at_ms: u64) -> u64 {
    (js_sys::Date::now() as u64)
        .saturating_add(at_ms)
        .saturating_sub(now_ms())
}

/// The browser's generator, `crypto.getRandomValues`.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Nothing may be sealed without it, so the worker ends here.
            wasm_bindgen::throw_str("the browser gives no random numbers");
        }
    }
}

/// A panic ends this instance with a bare "unreachable"; its words go to the console before.
pub(crate) fn name_panics() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&panic.to_string().into())
    }));
}

/// Any number, for what need not be secret.
pub(crate) fn random_u64() -> u64 {
    u64::from_be_bytes(SystemEntropy.array())
}

/// `crypto.subtle`, or the reason why there is none.
pub(crate) fn subtle() -> Result<SubtleCrypto> {
    let crypto = scope()
        .crypto()
        .map_err(|e| ClientCode::UnsupportedBrowser.thrown(&e))?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).unwrap_or(JsValue::UNDEFINED);
    if subtle.is_undefined() {
        return Err(ClientCode::InsecureContext.into());
    }
    Ok(subtle.unchecked_into())
}

/// A Rust shape as a plain JavaScript value (`null` where there is nothing).
pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue> {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|e| ClientCode::ClientFault.because(e))
}

/// A plain JavaScript value as a Rust shape.
pub(crate) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value).map_err(|e| ClientCode::ClientFault.because(e))
}

/// A field of an object; `undefined` where it has none.
pub(crate) fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a field of an object made here.
pub(crate) fn set_field(object: &Object, name: &str, value: &JsValue) {
    // Only frozen objects refuse, and ours are not.
    let _ = Reflect::set(object, &name.into(), value);
}

/// A copy of the bytes outside wasm memory, for asynchronous APIs.
pub(crate) fn js_bytes(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}
