//! API tokens of a user: make, list, revoke.

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::{NewTokenRequest, NewTokenResponse, Scope, TokenEntry};
use uuid::Uuid;

use super::{Accounts, AuthError, AuthResult, Identity, PlainToken};
use crate::db::{
    self, Connection, Text,
    tokens::{NewToken, TokenKind, TokenRow},
};

const DEFAULT_TTL_SECS: u64 = 365 * 86_400;
const MAX_TTL_SECS: u64 = 10 * DEFAULT_TTL_SECS;
const MAX_LABEL_CHARS: usize = 100;

impl Accounts {
    /// Makes a token; its secret is in this answer and nowhere else.
    pub async fn create_token(
        &self,
        identity: &Identity,
        request: &NewTokenRequest,
    ) -> AuthResult<NewTokenResponse> {
        identity.require_session()?;
        check(request)?;
        request
            .scopes
            .iter()
            .try_for_each(|scope| identity.require(*scope))?;
        let ttl = lifetime(request.ttl_secs.unwrap_or(DEFAULT_TTL_SECS), MAX_TTL_SECS)?;
        let token = PlainToken::generate()?;
        let hash = token.hashed();
        let now = (self.clock)();
        let (id, expires_at) = (Uuid::new_v4(), now + ttl);
        let row = NewToken {
            id,
            user_id: identity.user_id,
            token_hash: hash.as_bytes(),
            kind: Text(TokenKind::Api),
            label: &request.label,
            scopes: request.scopes.iter().copied().map(Text).collect(),
            created_at: now,
            expires_at,
        };
        self.db
            .transact(async |tx| {
                require_live(tx, identity, now).await?;
                db::tokens::insert(tx, &row).await?;
                self.note(tx, identity.user_id, "token.create", id).await
            })
            .await?;
        Ok(NewTokenResponse {
            token: token.expose().to_owned(),
            entry: TokenEntry {
                token_id: id,
                label: request.label.clone(),
                scopes: request.scopes.clone(),
                created_at: now,
                expires_at,
                last_used_at: None,
            },
        })
    }

    /// The user's API tokens.
    pub async fn list_tokens(&self, identity: &Identity) -> AuthResult<Vec<TokenEntry>> {
        identity.require_session()?;
        let now = (self.clock)();
        let rows = self
            .db
            .run(async |connection| -> AuthResult<_> {
                Ok(db::tokens::list_api(connection, identity.user_id, now).await?)
            })
            .await?;
        Ok(rows.into_iter().map(entry).collect())
    }

    /// Ends a token; repeated it answers the same.
    pub async fn revoke_token(&self, identity: &Identity, token_id: Uuid) -> AuthResult<()> {
        identity.require_session()?;
        let (user, now) = (identity.user_id, (self.clock)());
        self.db
            .transact(async |tx| {
                if !db::tokens::expire(tx, user, token_id, now).await? {
                    return Err(AuthError::NotFound);
                }
                self.note(tx, user, "token.revoke", token_id).await
            })
            .await
    }
}

/// Refuses a session that ended since the request began, and keeps a password change, which ends all, out until the
/// transaction ends.
async fn require_live(
    tx: &mut Connection,
    identity: &Identity,
    now: DateTime<Utc>,
) -> AuthResult<()> {
    let user = db::users::by_id_kept(tx, identity.user_id).await?;
    let may_come_in = user.is_some_and(|user| user.disabled_at.is_none());
    if may_come_in && db::tokens::is_live(tx, identity.user_id, identity.token_id, now).await? {
        return Ok(());
    }
    Err(AuthError::Unauthenticated)
}

/// A life in seconds that makes sense.
pub(super) fn lifetime(secs: u64, most_secs: u64) -> AuthResult<TimeDelta> {
    let refuse = || AuthError::Invalid(format!("ttl_secs is 1 to {most_secs}"));
    if !(1..=most_secs).contains(&secs) {
        return Err(refuse());
    }
    i64::try_from(secs)
        .ok()
        .and_then(TimeDelta::try_seconds)
        .ok_or_else(refuse)
}

fn check(request: &NewTokenRequest) -> AuthResult<()> {
    let length = request.label.chars().count();
    if !(1..=MAX_LABEL_CHARS).contains(&length) || request.label.chars().any(char::is_control) {
        return Err(AuthError::Invalid(format!(
            "a label has 1 to {MAX_LABEL_CHARS} characters"
        )));
    }
    let mut seen: Vec<Scope> = Vec::new();
    for scope in &request.scopes {
        if seen.contains(scope) {
            return Err(AuthError::Invalid("each scope is named once".to_owned()));
        }
        seen.push(*scope);
    }
    if seen.is_empty() {
        return Err(AuthError::Invalid(
            "a token needs a scope: read, upload or admin".to_owned(),
        ));
    }
    Ok(())
}

fn entry(row: TokenRow) -> TokenEntry {
    TokenEntry {
        token_id: row.id,
        label: row.label,
        scopes: row.scopes.into_iter().map(|scope| scope.0).collect(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}
