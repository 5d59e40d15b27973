//! Invitations. The first one is the setup link; its user is the administrator.

use chrono::TimeDelta;
use ferry_core::wire::{InvitationEntry, NewInvitationRequest, Role, SignUp};
use uuid::Uuid;

use super::{
    Accounts, AuthError, AuthResult, Identity, PlainToken, manage_tokens::lifetime, role_name,
    role_named,
};
use crate::db::{
    self,
    invitations::{InvitationRow, NewInvitation},
};

const DEFAULT_TTL_SECS: u64 = 7 * 86_400;
const MAX_TTL_SECS: u64 = 365 * 86_400;
const MOST_LISTED: i64 = 500;

/// A new invitation and its secret.
#[derive(Debug)]
pub struct Invited {
    /// For the link.
    pub token: PlainToken,
    /// Its row.
    pub entry: InvitationEntry,
}

impl Accounts {
    /// Makes an invitation.
    pub async fn invite(
        &self,
        identity: &Identity,
        request: &NewInvitationRequest,
    ) -> AuthResult<Invited> {
        let ttl = lifetime(request.ttl_secs.unwrap_or(DEFAULT_TTL_SECS), MAX_TTL_SECS)?;
        let token = PlainToken::generate()?;
        let entry = self
            .insert_invitation(&token, request.role, Some(identity.user_id), ttl)
            .await?;
        Ok(Invited { token, entry })
    }

    /// The latest invitations.
    pub async fn list_invitations(&self) -> AuthResult<Vec<InvitationEntry>> {
        let mut connection = self.db.connection().await?;
        let rows = db::invitations::list(&mut connection, MOST_LISTED).await?;
        rows.into_iter().map(entry).collect()
    }

    /// Ends an invitation that an administrator made; repeated it answers the same. A used one stays what it is.
    pub async fn withdraw_invitation(&self, invitation_id: Uuid) -> AuthResult<()> {
        let mut connection = self.db.connection().await?;
        let found = db::invitations::expire(&mut connection, invitation_id, (self.clock)()).await?;
        if found {
            Ok(())
        } else {
            Err(AuthError::NotFound)
        }
    }

    /// The token of the setup link while nobody has registered: derived from the server's secret, so every start and
    /// every instance prints the same one. The message begins with a byte that no user name has, see `kdf`.
    pub async fn setup_token(&self) -> AuthResult<Option<PlainToken>> {
        let token = PlainToken::from_bytes(&self.secret().await?.derive(b"\0ferry/1/setup")?);
        let mut connection = self.db.connection().await?;
        if db::users::any(&mut connection).await? {
            return Ok(None);
        }
        drop(connection);
        self.insert_invitation(&token, Role::Admin, None, TimeDelta::days(100 * 365))
            .await?;
        Ok(Some(token))
    }

    /// Who may register just now.
    pub async fn sign_up(&self) -> AuthResult<SignUp> {
        let mut connection = self.db.connection().await?;
        Ok(if db::users::any(&mut connection).await? {
            SignUp::Invitation
        } else {
            SignUp::Setup
        })
    }

    async fn insert_invitation(
        &self,
        token: &PlainToken,
        role: Role,
        created_by: Option<Uuid>,
        ttl: TimeDelta,
    ) -> AuthResult<InvitationEntry> {
        let (now, hash) = ((self.clock)(), token.hashed());
        let row = NewInvitation {
            id: Uuid::new_v4(),
            token_hash: hash.as_bytes(),
            role: role_name(role),
            created_by,
            created_at: now,
            expires_at: now + ttl,
        };
        let mut connection = self.db.connection().await?;
        db::invitations::insert(&mut connection, &row).await?;
        Ok(InvitationEntry {
            invitation_id: row.id,
            role,
            expires_at: row.expires_at,
            used_at: None,
        })
    }
}

fn entry(row: InvitationRow) -> AuthResult<InvitationEntry> {
    Ok(InvitationEntry {
        invitation_id: row.id,
        role: role_named(&row.role)?,
        expires_at: row.expires_at,
        used_at: row.used_at,
    })
}
