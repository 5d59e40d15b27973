//! The calls of the page, by name: convert, one call, convert. Their meaning is in `ferry.d.ts`.

mod account;
mod admin;
mod library;
mod transfer;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use super::Coordinator;
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{field, from_js, to_js},
};

/// What the page can ask, as `link.js` posts it: `{ name, args }`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Call {
    Account(account::Call),
    Transfer(transfer::Call),
    Library(library::Call),
    Admin(admin::Call),
    Bots(admin::BotCall),
    Explain(Explain),
}

/// The words for an error that arose in the page.
#[derive(Deserialize)]
#[serde(tag = "name", content = "args", rename_all = "camelCase")]
enum Explain {
    Explain {
        code: String,
        detail: Option<String>,
    },
}

impl Coordinator {
    /// Carries out one call.
    pub(super) async fn answer(self: &Rc<Self>, message: &JsValue) -> Result<JsValue> {
        match from_js(field(message, "call"))? {
            Call::Account(call) => self.account(call).await,
            Call::Transfer(call) => self.transfer(call, message).await,
            Call::Library(call) => self.library(call).await,
            Call::Admin(call) => self.admin(call).await,
            Call::Bots(call) => self.bots(call).await,
            Call::Explain(Explain::Explain { code, detail }) => explain(&code, detail),
        }
    }
}

fn explain(code: &str, detail: Option<String>) -> Result<JsValue> {
    let known = ClientCode::ALL
        .iter()
        .copied()
        .find(|known| known.as_str() == code);
    let code = known.unwrap_or(ClientCode::ClientFault);
    let error = match detail {
        Some(detail) => code.because(detail),
        None => ClientError::from(code),
    };
    to_js(&error.to_view())
}

fn views<T, V: From<T> + Serialize>(rows: Vec<T>) -> Result<JsValue> {
    to_js(&rows.into_iter().map(V::from).collect::<Vec<_>>())
}

fn nothing(done: Result<()>) -> Result<JsValue> {
    done.map(|()| JsValue::UNDEFINED)
}
