//! The calls of the page: all of them and where each is carried out. What they mean is in `ferry.d.ts`.

mod account;
mod admin;
mod files;
mod transfer;

use std::rc::Rc;

use ferry_core::wire::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::{Coordinator, page::Topic};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{field, to_js},
    upload::Picked,
};

/// What the page can ask, as `link.js` posts it: `{ name, args }`.
#[derive(Deserialize)]
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Call {
    Config {},
    Register(account::Register),
    Login(account::Login),
    Session {},
    Unlock {
        password: String,
        keep: bool,
    },
    Logout {},
    ChangePassword(account::ChangePassword),

    Upload {
        topic: Topic,
        picked: Picked,
    },
    ResumeUpload {
        topic: Topic,
        picked: Picked,
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
    #[cfg(feature = "bench")]
    BenchPlain(transfer::BenchPlain),

    Uploads {},
    Discard {
        file_id: Uuid,
    },
    Files {},
    Rename(files::Rename),
    Remove {
        file_id: Uuid,
    },
    Verify {
        topic: Topic,
        file_id: Uuid,
    },

    CreateToken(admin::CreateToken),
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
    Cleanup(admin::Cleanup),
    Bots {},
    AddBot(admin::AddBot),
    TestBot {
        bot_id: i64,
    },
    ChangeBot(admin::ChangeBot),
    RemoveBot {
        bot_id: i64,
        force: bool,
    },

    /// The words for an error that arose in the page.
    Explain {
        code: String,
        detail: Option<String>,
    },
}

impl Coordinator {
    /// Carries out the call in a message.
    pub(super) async fn answer(self: &Rc<Self>, message: &JsValue) -> Result<JsValue> {
        match call_in(message)? {
            Call::Config {} => self.config().await,
            Call::Register(args) => self.register(args).await,
            Call::Login(args) => self.login(args).await,
            Call::Session {} => self.session().await,
            Call::Unlock { password, keep } => self.unlock(&password, keep).await,
            Call::Logout {} => nothing(self.logout().await),
            Call::ChangePassword(args) => self.change_password(args).await,

            Call::Upload { topic, picked } => self.upload(topic, picked, message).await,
            Call::ResumeUpload { topic, picked } => self.resume(topic, picked, message).await,
            Call::StopUpload { topic } => nothing(self.stop_upload(topic).await),
            Call::DiscardUpload { topic } => self.discard_upload(topic).await,
            Call::AnswerChanged { topic, answer } => nothing(self.answer_changed(topic, &answer)),
            Call::Download { topic, file_id } => self.download(topic, file_id).await,
            Call::DownloadWritten { topic, failed } => nothing(self.written(topic, failed)),
            Call::StopDownload { topic } => nothing(self.stop_download(topic)),
            #[cfg(feature = "bench")]
            Call::BenchPlain(args) => self.bench_plain(args, message).await,

            Call::Uploads {} => self.unfinished().await,
            Call::Discard { file_id } => nothing(self.discard(file_id).await),
            Call::Files {} => self.files().await,
            Call::Rename(args) => self.rename(args).await,
            Call::Remove { file_id } => nothing(self.remove(file_id).await),
            Call::Verify { topic, file_id } => self.verify(topic, file_id).await,

            Call::CreateToken(args) => self.create_token(args).await,
            Call::Tokens {} => self.tokens().await,
            Call::RevokeToken { token_id } => nothing(self.revoke_token(token_id).await),
            Call::CreateInvitation { role, ttl_secs } => self.invite(role, ttl_secs).await,
            Call::Invitations {} => self.invitations().await,
            Call::RevokeInvitation { invitation_id } => {
                nothing(self.revoke_invitation(invitation_id).await)
            }
            Call::AdminSessions {} => self.admin_sessions().await,
            Call::Storage {} => self.storage().await,
            Call::Audit {} => self.audit().await,
            Call::Cleanup(args) => self.cleanup(args).await,
            Call::Bots {} => self.bots().await,
            Call::AddBot(args) => self.add_bot(args).await,
            Call::TestBot { bot_id } => self.test_bot(bot_id).await,
            Call::ChangeBot(args) => nothing(self.change_bot(args).await),
            Call::RemoveBot { bot_id, force } => self.remove_bot(bot_id, force).await,

            Call::Explain { code, detail } => explain(&code, detail),
        }
    }
}

/// A call that is not known, or has other arguments, is a fault of the page: it is named.
fn call_in(message: &JsValue) -> Result<Call> {
    let call = field(message, "call");
    let name = field(&call, "name").as_string().unwrap_or_default();
    serde_wasm_bindgen::from_value(call)
        .map_err(|e| ClientCode::ClientFault.because(format!("call {name:?}: {e}")))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn refusal(call: &str) -> String {
        match serde_json::from_str::<Call>(call) {
            Ok(_) => panic!("{call} is taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_argument_that_is_missing_is_named() {
        let args = r#""username": "u", "password": "p", "keep": true"#;
        let login = |more| format!(r#"{{"name": "login", "args": {{{args}{more}}}}}"#);
        let refused = refusal(&login(""));
        assert!(refused.contains("`acceptNewKdf`"), "{refused}");
        let whole = serde_json::from_str(&login(r#", "acceptNewKdf": false"#));
        assert!(matches!(whole, Ok(Call::Login(_))));
    }

    /// What stands in quotes after each `before`.
    fn quoted_after<'a>(text: &'a str, before: &str, quote: char) -> BTreeSet<&'a str> {
        let pieces = text.split(before).skip(1);
        pieces
            .filter_map(|piece| piece.split(quote).next())
            .collect()
    }

    #[test]
    fn the_pages_scripts_make_every_call_and_no_other() {
        let scripts = [
            include_str!("../../../js/ferry.js"),
            include_str!("../../../js/upload.js"),
            include_str!("../../../js/download.js"),
            include_str!("../../../js/link.js"),
        ];
        let mut made = BTreeSet::new();
        for script in scripts {
            made.extend(quoted_after(script, "call(\"", '"'));
            made.extend(quoted_after(script, "#run(\"", '"'));
        }
        let unknown = refusal(r#"{"name": "?", "args": {}}"#);
        let (_, known) = unknown.split_once("expected one of").expect("a list");
        let mut known: BTreeSet<&str> = known.split('`').skip(1).step_by(2).collect();
        known.remove("benchPlain");
        assert_eq!(made, known);
    }
}
