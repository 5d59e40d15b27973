//! Calls about who is signed in. What they do to keys is the session's business.

use ferry_core::{
    transfer::{download, upload::Event},
    wire::ErrorCode,
};
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use crate::{
    api::Api,
    coordinator::Coordinator,
    error::Result,
    interop::to_js,
    machine_loop::Driver,
    views::{ConfigView, SessionView},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Register {
    invitation: String,
    username: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Login {
    username: String,
    password: String,
    keep: bool,
    accept_new_kdf: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangePassword {
    old_password: String,
    new_password: String,
}

impl Coordinator {
    pub(super) async fn config(&self) -> Result<JsValue> {
        to_js(&ConfigView::from(self.context.config().await?))
    }

    pub(super) async fn register(&self, args: Register) -> Result<JsValue> {
        let session = &self.context.session;
        let entered = session.register(args.invitation, args.username, &args.password);
        self.entered(entered.await?).await
    }

    pub(super) async fn login(&self, args: Login) -> Result<JsValue> {
        let session = &self.context.session;
        let entered = session.login(
            args.username,
            &args.password,
            args.keep,
            args.accept_new_kdf,
        );
        self.entered(entered.await?).await
    }

    pub(super) async fn session(&self) -> Result<JsValue> {
        self.entered(self.context.session.look().await?).await
    }

    pub(super) async fn unlock(&self, password: &str, keep: bool) -> Result<JsValue> {
        let entered = self.context.session.unlock(password, keep).await?;
        self.entered(entered).await
    }

    pub(super) async fn logout(&self) -> Result<()> {
        let session = &self.context.session;
        let api = session.api();
        // Transfers may take long to stop; the keys do not wait for them.
        let forgotten = session.forget().await;
        self.stop_all().await;
        forgotten?;
        end_session(&api).await
    }

    pub(super) async fn change_password(&self, args: ChangePassword) -> Result<JsValue> {
        let session = &self.context.session;
        let entered = session.change_password(&args.old_password, &args.new_password);
        self.entered(entered.await?).await
    }

    /// A user is signed in: transfers that waited for that go on, and those of other users end.
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

/// Ends the session at the server; one that is over, or another user's by now, is none of ours.
async fn end_session(api: &Api) -> Result<()> {
    match api.logout().await {
        Err(error) if error.refused() == Some(ErrorCode::Unauthenticated) => Ok(()),
        done => done,
    }
}
