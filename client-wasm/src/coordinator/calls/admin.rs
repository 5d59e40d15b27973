//! Calls about tokens, and what administrators see and do.

use chrono::{DateTime, Utc};
use ferry_core::wire::{
    AddBotRequest, ChangeBotRequest, CleanupRequest, NewInvitationRequest, NewTokenRequest, Role,
    Scope,
};
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::views;
use crate::{
    api::Api,
    coordinator::Coordinator,
    error::Result,
    interop::to_js,
    views::{
        AdminSessionView, AuditView, BotsView, CleanupView, InvitationView, NewInvitationView,
        NewTokenView, RemovedBotView, StorageView, TestedBotView, TokenView,
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateToken {
    label: String,
    scopes: Vec<Scope>,
    ttl_secs: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cleanup {
    older_than_secs: Option<u64>,
    dry_run: bool,
    as_of: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddBot {
    token: String,
    chats: Vec<i64>,
    weight: Option<f32>,
    shared_chats: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeBot {
    bot_id: i64,
    enabled: Option<bool>,
    weight: Option<f32>,
}

impl Coordinator {
    fn api(&self) -> Api {
        self.context.session.api()
    }

    pub(super) async fn create_token(&self, args: CreateToken) -> Result<JsValue> {
        let request = NewTokenRequest {
            label: args.label,
            scopes: args.scopes,
            ttl_secs: args.ttl_secs,
        };
        to_js(&NewTokenView::from(self.api().new_token(&request).await?))
    }

    pub(super) async fn tokens(&self) -> Result<JsValue> {
        views::<_, TokenView>(self.api().tokens().await?)
    }

    pub(super) async fn revoke_token(&self, token_id: Uuid) -> Result<()> {
        self.api().revoke_token(token_id).await
    }

    pub(super) async fn invite(&self, role: Role, ttl_secs: Option<u64>) -> Result<JsValue> {
        let request = NewInvitationRequest { role, ttl_secs };
        let made = self.api().new_invitation(&request).await?;
        to_js(&NewInvitationView::from(made))
    }

    pub(super) async fn invitations(&self) -> Result<JsValue> {
        views::<_, InvitationView>(self.api().invitations().await?)
    }

    pub(super) async fn revoke_invitation(&self, invitation_id: Uuid) -> Result<()> {
        self.api().revoke_invitation(invitation_id).await
    }

    pub(super) async fn admin_sessions(&self) -> Result<JsValue> {
        views::<_, AdminSessionView>(self.api().admin_sessions().await?)
    }

    pub(super) async fn storage(&self) -> Result<JsValue> {
        views::<_, StorageView>(self.api().storage().await?)
    }

    pub(super) async fn audit(&self) -> Result<JsValue> {
        views::<_, AuditView>(self.api().audit().await?)
    }

    pub(super) async fn cleanup(&self, args: Cleanup) -> Result<JsValue> {
        let request = CleanupRequest {
            older_than: args.older_than_secs,
            dry_run: args.dry_run,
            as_of: args.as_of,
        };
        to_js(&CleanupView::from(self.api().cleanup(&request).await?))
    }

    pub(super) async fn bots(&self) -> Result<JsValue> {
        to_js(&BotsView::from(self.api().bots().await?))
    }

    pub(super) async fn add_bot(&self, args: AddBot) -> Result<JsValue> {
        let request = AddBotRequest {
            token: args.token,
            chats: args.chats,
            weight: args.weight,
            shared_chats: args.shared_chats,
        };
        to_js(&TestedBotView::from(self.api().add_bot(&request).await?))
    }

    pub(super) async fn test_bot(&self, bot_id: i64) -> Result<JsValue> {
        to_js(&TestedBotView::from(self.api().test_bot(bot_id).await?))
    }

    pub(super) async fn change_bot(&self, args: ChangeBot) -> Result<()> {
        let request = ChangeBotRequest {
            enabled: args.enabled,
            weight: args.weight,
        };
        self.api().change_bot(args.bot_id, &request).await
    }

    pub(super) async fn remove_bot(&self, bot_id: i64, force: bool) -> Result<JsValue> {
        let removed = self.api().remove_bot(bot_id, force).await?;
        to_js(&RemovedBotView::from(removed))
    }
}
