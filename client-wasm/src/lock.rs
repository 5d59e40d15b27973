//! Web Locks: one uploader per file in all tabs of this browser. The browser frees a lock when its tab dies.

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortController, AbortSignal};

use crate::{
    error::{ClientCode, Result},
    interop::{field, scope, set_field},
    once::{First, first_of},
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
    /// Dropping it ends the promise that holds the lock.
    _release: oneshot::Sender<()>,
}

/// The lock, if it is free.
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
    let (release, released) = oneshot::channel::<()>();
    let (given, is_given) = oneshot::channel();
    let on_lock = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        // The browser holds the lock until this promise settles; where there is none to hold, nothing waits for it.
        let _ = given.send(!lock.is_null());
        future_to_promise(async move {
            let _ = released.await;
            Ok(JsValue::UNDEFINED)
        })
        .into()
    });
    let locks = locks.unchecked_into::<LockManager>();
    let whole = JsFuture::from(locks.request(name, options, on_lock.unchecked_ref()));
    match first_of(is_given, whole).await {
        First::Left(Ok(true)) => Ok(Some(LockGuard { _release: release })),
        First::Left(_) => Ok(None),
        // It ended before the lock was given: the signal was aborted.
        First::Right(_) => Err(ClientCode::Stopped.into()),
    }
}
