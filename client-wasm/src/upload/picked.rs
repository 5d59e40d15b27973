//! The file that a person picked, as the page describes it, and the labels under which the server will know it.

use ferry_core::envelope::{
    keys::AccountKeys,
    label::{self, LabelError},
    manifest::About,
};
use serde::Deserialize;

use crate::error::{ClientCode, Result};

/// What the page says of a picked file. The bytes are in its `File`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Picked {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) media_type: String,
    pub(crate) modified_ms: i64,
    pub(crate) path: Option<String>,
    pub(crate) compress: bool,
    pub(crate) clear_label: bool,
    pub(crate) size_bytes: u64,
    /// What this browser calls itself.
    pub(crate) client: Option<String>,
}

/// What the server sees in place of name and folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labels {
    pub(crate) file: String,
    pub(crate) folder: String,
}

impl Picked {
    pub(crate) fn about(&self) -> About {
        About {
            name: self.name.clone(),
            path: self.path.clone().unwrap_or_default(),
            media_type: self.media_type.clone(),
            modified_ms: self.modified_ms,
        }
    }

    pub(crate) fn labels(&self, account: &AccountKeys) -> Result<Labels> {
        labels(
            account,
            &self.name,
            self.path.as_deref().unwrap_or_default(),
            self.clear_label,
        )
    }
}

/// Labels of a name in a folder.
pub(crate) fn labels(account: &AccountKeys, name: &str, path: &str, clear: bool) -> Result<Labels> {
    if !clear {
        return Ok(Labels {
            file: label::opaque(&account.name, name),
            folder: label::opaque_folder(&account.name, path),
        });
    }
    let refused = |error: LabelError| ClientCode::ClientFault.because(error);
    Ok(Labels {
        file: label::clear(name).map_err(refused)?,
        folder: label::clear(path).map_err(refused)?,
    })
}
