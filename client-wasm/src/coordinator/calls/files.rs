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
    files,
    interop::to_js,
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
        files::list_unfinished(&self.context).await
    }

    pub(super) async fn discard(&self, file_id: Uuid) -> Result<()> {
        files::discard(&self.context, file_id).await
    }

    pub(super) async fn files(&self) -> Result<JsValue> {
        to_js(&files::list(&self.context).await?)
    }

    pub(super) async fn rename(&self, args: Rename) -> Result<JsValue> {
        let vault = self.context.vault().await?;
        let path = args.path.as_deref();
        let renamed = files::rename(&vault, args.file_id, &args.name, path, args.clear_label);
        to_js(&renamed.await?)
    }

    pub(super) async fn remove(&self, file_id: Uuid) -> Result<()> {
        files::remove(&self.context, file_id).await
    }

    pub(super) async fn verify(&self, topic: Topic, file_id: Uuid) -> Result<JsValue> {
        let show = |verified, total| page::post_verified(topic, verified, total);
        to_js(&files::verify(&self.context, file_id, show).await?)
    }
}
