//! Calls about who is signed in. What they do to keys is the session's business.

use ferry_core::{
    transfer::{download, upload::Event},
    wire::ErrorCode,
};
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::nothing;
use crate::{
    api::Api,
    coordinator::Coordinator,
    error::Result,
    interop::to_js,
    views::{ConfigView, SessionView},
};

#[derive(Deserialize)]
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Call {
    Config {},
    Register {
        invitation: String,
        username: String,
        password: String,
    },
    Login {
        username: String,
        password: String,
        keep: bool,
        accept_new_kdf: bool,
    },
    Session {},
    Unlock {
        password: String,
        keep: bool,
    },
    Logout {},
    ChangePassword {
        old_password: String,
        new_password: String,
    },
}

impl Coordinator {
    pub(super) async fn account(&self, call: Call) -> Result<JsValue> {
        let session = &self.context.session;
        let entered = match call {
            Call::Config {} => return to_js(&ConfigView::from(self.context.config().await?)),
            Call::Logout {} => {
                let api = session.api();
                // Transfers may take long to stop; the keys don't wait for them.
                let forgotten = session.forget().await;
                self.stop_all().await;
                forgotten?;
                return nothing(logout(&api).await);
            }
            Call::Register {
                invitation,
                username,
                password,
            } => session.register(invitation, username, &password).await?,
            Call::Login {
                username,
                password,
                keep,
                accept_new_kdf,
            } => {
                session
                    .login(username, &password, keep, accept_new_kdf)
                    .await?
            }
            Call::Session {} => session.look().await?,
            Call::Unlock { password, keep } => session.unlock(&password, keep).await?,
            Call::ChangePassword {
                old_password,
                new_password,
            } => {
                session
                    .change_password(&old_password, &new_password)
                    .await?
            }
        };
        self.entered(entered).await
    }

    /// Somebody is signed in: transfers that waited for that go on, and those of somebody else end.
    async fn entered(&self, session: SessionView) -> Result<JsValue> {
        if let Some(user_id) = self.context.session.user_id() {
            self.stop_those_of_others(user_id).await;
        }
        if self.context.session.identity().is_ok() {
            self.tell_all(&Event::SignedIn, &download::Event::SignedIn);
        }
        to_js(&session)
    }

    async fn stop_those_of_others(&self, user_id: Uuid) {
        for download in self.all_downloads() {
            if download.user_id() != user_id {
                download.feed(download::Event::Stop);
            }
        }
        for upload in self.all_uploads() {
            if upload.belongs_to_other(user_id) {
                upload.stop().await;
            }
        }
    }

    async fn stop_all(&self) {
        self.tell_all(&Event::Stop, &download::Event::Stop);
        let uploads = self.all_uploads();
        self.uploads.borrow_mut().clear();
        for upload in uploads {
            upload.stop().await;
        }
    }
}

/// Ends the session at the server; one that is over, or somebody else's by now, is none of ours.
async fn logout(api: &Api) -> Result<()> {
    match api.logout().await {
        Err(error) if error.refused() == Some(ErrorCode::Unauthenticated) => Ok(()),
        done => done,
    }
}
