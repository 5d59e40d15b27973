//! Calls about files and unfinished uploads.

use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use crate::{
    coordinator::{
        Coordinator,
        page::{self, Topic},
    },
    error::Result,
    interop::to_js,
    library,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rename {
    file_id: Uuid,
    name: String,
    path: Option<String>,
    clear_label: bool,
}

impl Coordinator {
    pub(super) async fn unfinished(&self) -> Result<JsValue> {
        library::uploads(&self.context).await
    }

    pub(super) async fn discard(&self, file_id: Uuid) -> Result<()> {
        library::discard(&self.context, file_id).await
    }

    pub(super) async fn files(&self) -> Result<JsValue> {
        to_js(&library::files(&self.context).await?)
    }

    pub(super) async fn rename(&self, args: Rename) -> Result<JsValue> {
        let vault = self.context.vault().await?;
        let path = args.path.as_deref();
        let renamed = library::rename(&vault, args.file_id, &args.name, path, args.clear_label);
        to_js(&renamed.await?)
    }

    pub(super) async fn remove(&self, file_id: Uuid) -> Result<()> {
        library::remove(&self.context, file_id).await
    }

    pub(super) async fn verify(&self, topic: Topic, file_id: Uuid) -> Result<JsValue> {
        let show = |verified, total| page::post_verified(topic, verified, total);
        to_js(&library::verify(&self.context, file_id, show).await?)
    }
}
