//! Calls about files and unfinished uploads.

use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::nothing;
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
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Call {
    Uploads {},
    Discard {
        file_id: Uuid,
    },
    Files {},
    Rename {
        file_id: Uuid,
        name: String,
        path: Option<String>,
        clear_label: bool,
    },
    Remove {
        file_id: Uuid,
    },
    Verify {
        topic: Topic,
        file_id: Uuid,
    },
}

impl Coordinator {
    pub(super) async fn library(&self, call: Call) -> Result<JsValue> {
        let context = &self.context;
        match call {
            Call::Uploads {} => library::uploads(context).await,
            Call::Discard { file_id } => nothing(library::discard(context, file_id).await),
            Call::Files {} => to_js(&library::files(context).await?),
            Call::Rename {
                file_id,
                name,
                path,
                clear_label,
            } => {
                let vault = context.vault().await?;
                let renamed = library::rename(&vault, file_id, &name, path.as_deref(), clear_label);
                to_js(&renamed.await?)
            }
            Call::Remove { file_id } => nothing(library::remove(context, file_id).await),
            Call::Verify { topic, file_id } => {
                let show = |verified, total| page::post_verified(topic, verified, total);
                to_js(&library::verify(context, file_id, show).await?)
            }
        }
    }
}
