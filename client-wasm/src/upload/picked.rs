//! The file that a person picked, as the page describes it.

use ferry_core::envelope::{keys::AccountKeys, manifest::About};
use serde::Deserialize;

use crate::{error::Result, labels::Labels};

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
        Labels::of(
            account,
            &self.name,
            self.path.as_deref().unwrap_or_default(),
            self.clear_label,
        )
    }
}
