//! The labels under which the server knows a file and its folder. What makes one is `ferry_core::envelope::label`.

use ferry_core::envelope::{
    keys::AccountKeys,
    label::{self, LabelError},
};

use crate::error::{ClientCode, Result};

/// What the server sees in place of name and folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labels {
    pub(crate) file: String,
    pub(crate) folder: String,
}

impl Labels {
    /// Of a name in a folder; `clear`: the person agreed to show both to the server.
    pub(crate) fn of(account: &AccountKeys, name: &str, path: &str, clear: bool) -> Result<Self> {
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
}
