//! Calls about tokens, and what administrators see and do.

use chrono::{DateTime, Utc};
use ferry_core::wire::{
    AddBotRequest, ChangeBotRequest, CleanupRequest, NewInvitationRequest, NewTokenRequest, Role,
    Scope,
};
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::{nothing, views};
use crate::{
    coordinator::Coordinator,
    error::Result,
    interop::to_js,
    views::{
        AdminSessionView, AuditView, BotsView, CleanupView, InvitationView, NewInvitationView,
        NewTokenView, RemovedBotView, StorageView, TestedBotView, TokenView,
    },
};

#[derive(Deserialize)]
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Call {
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
        as_of: Option<DateTime<Utc>>,
    },
}

#[derive(Deserialize)]
#[serde(
    tag = "name",
    content = "args",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum BotCall {
    Bots {},
    AddBot {
        token: String,
        chats: Vec<i64>,
        weight: Option<f32>,
        shared_chats: Option<bool>,
    },
    TestBot {
        bot_id: i64,
    },
    ChangeBot {
        bot_id: i64,
        enabled: Option<bool>,
        weight: Option<f32>,
    },
    RemoveBot {
        bot_id: i64,
        force: bool,
    },
}

impl Coordinator {
    pub(super) async fn admin(&self, call: Call) -> Result<JsValue> {
        let api = self.context.session.api();
        match call {
            Call::CreateToken {
                label,
                scopes,
                ttl_secs,
            } => to_js(&NewTokenView::from(
                api.new_token(&NewTokenRequest {
                    label,
                    scopes,
                    ttl_secs,
                })
                .await?,
            )),
            Call::Tokens {} => views::<_, TokenView>(api.tokens().await?),
            Call::RevokeToken { token_id } => nothing(api.revoke_token(token_id).await),
            Call::CreateInvitation { role, ttl_secs } => to_js(&NewInvitationView::from(
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
                as_of,
            } => {
                let request = CleanupRequest {
                    older_than: older_than_secs,
                    dry_run,
                    as_of,
                };
                to_js(&CleanupView::from(api.cleanup(&request).await?))
            }
        }
    }

    pub(super) async fn bots(&self, call: BotCall) -> Result<JsValue> {
        let api = self.context.session.api();
        match call {
            BotCall::Bots {} => to_js(&BotsView::from(api.bots().await?)),
            BotCall::AddBot {
                token,
                chats,
                weight,
                shared_chats,
            } => {
                let request = AddBotRequest {
                    token,
                    chats,
                    weight,
                    shared_chats,
                };
                to_js(&TestedBotView::from(api.add_bot(&request).await?))
            }
            BotCall::TestBot { bot_id } => to_js(&TestedBotView::from(api.test_bot(bot_id).await?)),
            BotCall::ChangeBot {
                bot_id,
                enabled,
                weight,
            } => {
                let request = ChangeBotRequest { enabled, weight };
                nothing(api.change_bot(bot_id, &request).await)
            }
            BotCall::RemoveBot { bot_id, force } => {
                to_js(&RemovedBotView::from(api.remove_bot(bot_id, force).await?))
            }
        }
    }
}
