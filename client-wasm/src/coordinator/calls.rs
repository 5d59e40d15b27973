//! The calls of the page, by name: convert, one call, convert. Their meaning is in `ferry.d.ts`.

use std::rc::Rc;

use ferry_core::{
    transfer::{download, upload::Event},
    wire::{CleanupRequest, NewInvitationRequest, NewTokenRequest, Role, Scope},
};
use js_sys::Object;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    Coordinator,
    page::{Listener, Topic, decision_of},
};
use crate::{
    download::Download,
    error::{ClientCode, Result},
    interop::{field, from_js, set_field, to_js},
    library,
    upload::{Picked, Source, Upload},
    views::{
        AdminSessionView, AuditView, CleanupView, ConfigView, InvitationView, NewInvitationView,
        NewTokenView, SessionView, StorageView, TokenView,
    },
};

/// What the page can ask, as `link.js` posts it.
#[derive(Deserialize)]
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Call {
    Config {},
    Explain {
        code: String,
        detail: Option<String>,
    },
    Register {
        invitation: String,
        username: String,
        password: String,
    },
    Login {
        username: String,
        password: String,
        keep: bool,
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
    Upload {
        topic: Topic,
    },
    ResumeUpload {
        topic: Topic,
    },
    StopUpload {
        topic: Topic,
    },
    DiscardUpload {
        topic: Topic,
    },
    AnswerChanged {
        topic: Topic,
        answer: String,
    },
    Uploads {},
    Discard {
        file_id: Uuid,
    },
    Files {},
    Download {
        topic: Topic,
        file_id: Uuid,
    },
    DownloadWritten {
        topic: Topic,
        failed: Option<String>,
    },
    StopDownload {
        topic: Topic,
    },
    Rename {
        file_id: Uuid,
        name: String,
        path: Option<String>,
    },
    Remove {
        file_id: Uuid,
    },
    Verify {
        file_id: Uuid,
    },
    CreateToken {
        label: String,
        scopes: Vec<Scope>,
        ttl_secs: Option<u64>,
    },
    Tokens {},
    RevokeToken {
        token_id: Uuid,
    },
    CreateInvitation {
        role: Role,
        ttl_secs: Option<u64>,
    },
    Invitations {},
    RevokeInvitation {
        invitation_id: Uuid,
    },
    AdminSessions {},
    Storage {},
    Audit {},
    Cleanup {
        older_than_secs: Option<u64>,
        dry_run: bool,
    },
    BenchPlain {
        url: String,
        part_bytes: u32,
        in_flight: u32,
    },
}

impl Coordinator {
    /// Carries out one call.
    pub(super) async fn answer(self: &Rc<Self>, message: &JsValue) -> Result<JsValue> {
        let context = &self.context;
        let (api, session) = (&context.api, &context.session);
        match from_js(field(message, "call"))? {
            Call::Config {} => view(&ConfigView::from(context.config().await?)),
            Call::Explain { code, detail } => explain(&code, detail),
            Call::Register {
                invitation,
                username,
                password,
            } => {
                self.entered(session.register(invitation, username, &password).await?)
                    .await
            }
            Call::Login {
                username,
                password,
                keep,
            } => {
                self.entered(session.login(username, &password, keep).await?)
                    .await
            }
            Call::Session {} => self.entered(session.look().await?).await,
            Call::Unlock { password, keep } => {
                self.entered(session.unlock(&password, keep).await?).await
            }
            Call::Logout {} => {
                self.stop_all().await;
                nothing(session.logout().await)
            }
            Call::ChangePassword {
                old_password,
                new_password,
            } => {
                self.entered(
                    session
                        .change_password(&old_password, &new_password)
                        .await?,
                )
                .await
            }
            Call::Upload { topic } => self.upload(topic, message).await,
            Call::ResumeUpload { topic } => {
                let upload = self.upload_of(topic)?;
                view(&upload.run(Some(source(message)?)).await?)
            }
            Call::StopUpload { topic } => {
                if let Ok(upload) = self.upload_of(topic) {
                    upload.stop().await;
                }
                Ok(JsValue::UNDEFINED)
            }
            Call::DiscardUpload { topic } => {
                self.upload_of(topic)?.discard().await?;
                self.uploads.borrow_mut().remove(&topic);
                Ok(JsValue::UNDEFINED)
            }
            Call::AnswerChanged { topic, answer } => {
                self.upload_of(topic)?
                    .feed(Event::Decide(decision_of(&answer)?));
                Ok(JsValue::UNDEFINED)
            }
            Call::Uploads {} => library::uploads(context).await,
            Call::Discard { file_id } => nothing(library::discard(context, file_id).await),
            Call::Files {} => view(&library::files(context).await?),
            Call::Download { topic, file_id } => self.download(topic, file_id).await,
            Call::DownloadWritten { topic, failed } => {
                if let Some(download) = self.downloads.borrow().get(&topic) {
                    download.written(failed);
                }
                Ok(JsValue::UNDEFINED)
            }
            Call::StopDownload { topic } => {
                let download = self.downloads.borrow().get(&topic).cloned();
                if let Some(download) = download {
                    download.feed(download::Event::Stop);
                }
                Ok(JsValue::UNDEFINED)
            }
            Call::Rename {
                file_id,
                name,
                path,
            } => view(&library::rename_complete(context, file_id, &name, path.as_deref()).await?),
            Call::Remove { file_id } => nothing(library::remove(context, file_id).await),
            Call::Verify { file_id } => view(&library::verify(context, file_id).await?),
            Call::CreateToken {
                label,
                scopes,
                ttl_secs,
            } => view(&NewTokenView::from(
                api.new_token(&NewTokenRequest {
                    label,
                    scopes,
                    ttl_secs,
                })
                .await?,
            )),
            Call::Tokens {} => views::<_, TokenView>(api.tokens().await?),
            Call::RevokeToken { token_id } => nothing(api.revoke_token(token_id).await),
            Call::CreateInvitation { role, ttl_secs } => view(&NewInvitationView::from(
                api.new_invitation(&NewInvitationRequest { role, ttl_secs })
                    .await?,
            )),
            Call::Invitations {} => views::<_, InvitationView>(api.invitations().await?),
            Call::RevokeInvitation { invitation_id } => {
                nothing(api.revoke_invitation(invitation_id).await)
            }
            Call::AdminSessions {} => views::<_, AdminSessionView>(api.admin_sessions().await?),
            Call::Storage {} => views::<_, StorageView>(api.storage().await?),
            Call::Audit {} => views::<_, AuditView>(api.audit().await?),
            Call::Cleanup {
                older_than_secs,
                dry_run,
            } => {
                let request = CleanupRequest {
                    older_than: older_than_secs,
                    dry_run,
                };
                view(&CleanupView::from(api.cleanup(&request).await?))
            }
            Call::BenchPlain {
                url,
                part_bytes,
                in_flight,
            } => {
                let blob = field(message, "file").unchecked_into();
                view(&crate::bench::send_plain(context, blob, &url, part_bytes, in_flight).await?)
            }
        }
    }

    async fn upload(&self, topic: Topic, message: &JsValue) -> Result<JsValue> {
        let source = source(message)?;
        let listener = Rc::new(Listener {
            topic,
            name: source.picked.name.clone(),
        });
        let upload = Upload::new(self.context.clone(), source, listener);
        self.uploads.borrow_mut().insert(topic, upload.clone());
        view(&upload.run(None).await?)
    }

    async fn download(&self, topic: Topic, file_id: Uuid) -> Result<JsValue> {
        let listener = Rc::new(Listener {
            topic,
            name: String::new(),
        });
        let download = Download::new(self.context.clone(), file_id, listener).await?;
        self.downloads.borrow_mut().insert(topic, download.clone());
        let done = download.run().await;
        self.downloads.borrow_mut().remove(&topic);
        view(&done?)
    }

    fn upload_of(&self, topic: Topic) -> Result<Rc<Upload>> {
        self.uploads
            .borrow()
            .get(&topic)
            .cloned()
            .ok_or(ClientCode::Discarded.into())
    }

    /// Somebody is signed in: transfers that waited for that go on, and those of somebody else end.
    async fn entered(&self, session: SessionView) -> Result<JsValue> {
        if let Ok(identity) = self.context.session.identity() {
            let uploads: Vec<_> = self.uploads.borrow().values().cloned().collect();
            for upload in uploads
                .iter()
                .filter(|upload| upload.belongs_to_other(identity.user_id))
            {
                upload.stop().await;
            }
            self.tell_all(&Event::SignedIn, &download::Event::SignedIn);
        }
        view(&session)
    }

    async fn stop_all(&self) {
        self.tell_all(&Event::Stop, &download::Event::Stop);
        let uploads: Vec<_> = self
            .uploads
            .borrow_mut()
            .drain()
            .map(|(_, upload)| upload)
            .collect();
        for upload in uploads {
            upload.stop().await;
        }
    }
}

/// What the page attached to an upload.
fn source(message: &JsValue) -> Result<Source> {
    let args = field(&field(message, "call"), "args");
    let blob = field(message, "file");
    set_field(
        args.unchecked_ref::<Object>(),
        "sizeBytes",
        &field(&blob, "size"),
    );
    let picked: Picked = from_js(args)?;
    Ok(Source {
        picked,
        blob: blob.unchecked_into(),
        handle: field(message, "handle"),
    })
}

fn view(value: &impl Serialize) -> Result<JsValue> {
    to_js(value)
}

fn views<T, V: From<T> + Serialize>(rows: Vec<T>) -> Result<JsValue> {
    to_js(&rows.into_iter().map(V::from).collect::<Vec<_>>())
}

fn nothing(done: Result<()>) -> Result<JsValue> {
    done.map(|()| JsValue::UNDEFINED)
}

/// The words for an error that arose in the page.
fn explain(code: &str, detail: Option<String>) -> Result<JsValue> {
    let code = ClientCode::ALL
        .iter()
        .copied()
        .find(|known| known.as_str() == code)
        .unwrap_or(ClientCode::ClientFault);
    view(&match detail {
        Some(detail) => code.because(detail).to_view(),
        None => crate::error::ClientError::from(code).to_view(),
    })
}
