//! Invitations. The first one is the setup link; its user is the administrator.

use chrono::TimeDelta;
use ferry_core::wire::{InvitationEntry, NewInvitationRequest, Role, SignUp};
use uuid::Uuid;

use super::{Accounts, AuthError, AuthResult, Identity, PlainToken, manage_tokens::lifetime};
use crate::db::{
    self, Connection, Text,
    invitations::{InvitationRow, NewInvitation},
};

const DEFAULT_TTL_SECS: u64 = 7 * 86_400;
const MAX_TTL_SECS: u64 = 365 * 86_400;
const MOST_LISTED: i64 = 500;
/// The setup link ends by being used, not by age.
const SETUP_TTL: TimeDelta = TimeDelta::days(100 * 365);

/// A new invitation and its secret.
#[derive(Debug)]
pub struct Invited {
    pub token: PlainToken,
    pub entry: InvitationEntry,
}

impl Accounts {
    pub async fn invite(
        &self,
        identity: &Identity,
        request: &NewInvitationRequest,
    ) -> AuthResult<Invited> {
        let ttl = lifetime(request.ttl_secs.unwrap_or(DEFAULT_TTL_SECS), MAX_TTL_SECS)?;
        let token = PlainToken::generate()?;
        let entry = self
            .db
            .transact(async |tx| -> AuthResult<_> {
                let by = Some(identity.user_id);
                let entry = self.insert(tx, &token, request.role, by, ttl).await?;
                let (user, id) = (identity.user_id, entry.invitation_id);
                self.note(tx, user, "invitation.create", id).await?;
                Ok(entry)
            })
            .await?;
        Ok(Invited { token, entry })
    }

    pub async fn list_invitations(&self) -> AuthResult<Vec<InvitationEntry>> {
        let rows = self
            .db
            .run(async |connection| db::invitations::list(connection, MOST_LISTED).await)
            .await?;
        Ok(rows.into_iter().map(entry).collect())
    }

    /// Ends an invitation that an administrator made; repeated it answers the same. A used one stays what it is.
    pub async fn withdraw_invitation(
        &self,
        identity: &Identity,
        invitation_id: Uuid,
    ) -> AuthResult<()> {
        let now = (self.clock)();
        self.db
            .transact(async |tx| {
                if !db::invitations::expire(tx, invitation_id, now).await? {
                    return Err(AuthError::NotFound);
                }
                let user = identity.user_id;
                self.note(tx, user, "invitation.withdraw", invitation_id)
                    .await
            })
            .await
    }

    /// The token of the setup link while nobody has registered: derived from the server's secret, so every start and
    /// every instance prints the same one. The message begins with a byte that no user name has, see `kdf`.
    pub async fn setup_token(&self) -> AuthResult<Option<PlainToken>> {
        let token = PlainToken::from_bytes(&self.secret().await?.derive(b"\0ferry/1/setup")?);
        let nobody_is_here = self
            .db
            .transact(async |tx| -> AuthResult<_> {
                if db::users::any(tx).await? {
                    return Ok(false);
                }
                self.insert(tx, &token, Role::Admin, None, SETUP_TTL)
                    .await?;
                Ok(true)
            })
            .await?;
        Ok(nobody_is_here.then_some(token))
    }

    /// Who may register just now.
    pub async fn sign_up(&self) -> AuthResult<SignUp> {
        let is_set_up = self
            .db
            .run(async |connection| db::users::any(connection).await)
            .await?;
        Ok(if is_set_up {
            SignUp::Invitation
        } else {
            SignUp::Setup
        })
    }

    async fn insert(
        &self,
        connection: &mut Connection,
        token: &PlainToken,
        role: Role,
        created_by: Option<Uuid>,
        ttl: TimeDelta,
    ) -> AuthResult<InvitationEntry> {
        let (now, hash) = ((self.clock)(), token.hashed());
        let row = NewInvitation {
            id: Uuid::new_v4(),
            token_hash: hash.as_bytes(),
            role: Text(role),
            created_by,
            created_at: now,
            expires_at: now + ttl,
        };
        db::invitations::insert(connection, &row).await?;
        Ok(InvitationEntry {
            invitation_id: row.id,
            role,
            expires_at: row.expires_at,
            used_at: None,
        })
    }
}

fn entry(row: InvitationRow) -> InvitationEntry {
    InvitationEntry {
        invitation_id: row.id,
        role: row.role.0,
        expires_at: row.expires_at,
        used_at: row.used_at,
    }
}
