//! Web Locks: one uploader per file in all tabs of this browser. The browser frees a lock when its tab dies.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

use crate::{
    error::{ClientCode, Result},
    interop::{deferred, field, scope, set_field},
};

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`; web-sys has it only behind an unstable switch.
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &Function) -> Promise;
}

/// A lock that is held until this is dropped.
pub(crate) struct LockGuard {
    release: Function,
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::NULL);
    }
}

/// The lock, if nobody has it.
pub(crate) async fn try_acquire(name: &str) -> Result<Option<LockGuard>> {
    let options = Object::new();
    set_field(&options, "ifAvailable", &JsValue::TRUE);
    request(name, &options).await
}

/// The lock, as soon as it is free; `Stopped` when `until` is aborted before.
pub(crate) async fn acquire(name: &str, until: &AbortSignal) -> Result<LockGuard> {
    let options = Object::new();
    set_field(&options, "signal", until);
    request(name, &options)
        .await?
        .ok_or(ClientCode::ClientFault.because("a lock was waited for and not given"))
}

/// A signal for [`acquire`] and what aborts it.
pub(crate) fn abort_controller() -> Result<AbortController> {
    AbortController::new().map_err(|e| ClientCode::UnsupportedBrowser.thrown(&e))
}

async fn request(name: &str, options: &Object) -> Result<Option<LockGuard>> {
    let locks = field(&field(&scope(), "navigator"), "locks");
    if locks.is_undefined() {
        return Err(ClientCode::UnsupportedBrowser.because("no Web Locks"));
    }
    let (given, tell) = deferred();
    let (until_release, release) = deferred();
    let refuse = tell.clone();
    let on_lock = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let _ = tell.call1(&JsValue::NULL, &JsValue::from_bool(!lock.is_null()));
        if lock.is_null() {
            JsValue::UNDEFINED
        } else {
            until_release.into()
        }
    });
    let whole =
        locks
            .unchecked_into::<LockManager>()
            .request(name, options, on_lock.unchecked_ref());
    let on_refused =
        Closure::once(move |_: JsValue| drop(refuse.call1(&JsValue::NULL, &JsValue::UNDEFINED)));
    let _ = whole.catch(&on_refused);
    match JsFuture::from(given)
        .await
        .ok()
        .and_then(|given| given.as_bool())
    {
        Some(true) => Ok(Some(LockGuard { release })),
        Some(false) => Ok(None),
        // The signal was aborted; the closure was called, so it may go.
        None => Err(ClientCode::Stopped.into()),
    }
}
