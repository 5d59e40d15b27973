//! Signing in and out.

use std::net::IpAddr;

use ferry_core::wire::LoginRequest;
use uuid::Uuid;

use super::{
    Accounts, AuthError, AuthResult, Credential, DeviceMark, PlainToken, SignedIn, account, delta,
    identity::scopes_of, username::SoughtName, verifier::Verifier,
};
use crate::db::{
    self, Connection, Text,
    tokens::{NewToken, TokenKind},
    users::UserRow,
};

impl Accounts {
    /// Checks name and `auth`, and opens a session.
    pub async fn login(
        &self,
        request: &LoginRequest,
        address: IpAddr,
        device: Option<&DeviceMark>,
    ) -> AuthResult<SignedIn> {
        let name = SoughtName::parse(&request.username).map_err(|_| AuthError::WrongCredentials)?;
        let attempt = self.attempt(&name.folded, address, device).await?;
        let signed_in = self
            .db
            .transact(async |tx| {
                let user = db::users::by_folded_name(tx, &name.lower, &name.folded).await?;
                let user = verified(user, &request.auth.0)?;
                // Again on the row that cannot change now: a new password ends every session, also one that begins
                // while it is set. Wrong guesses never get here, and so lock no row.
                let user = db::users::by_id_kept(tx, user.id).await?;
                self.open_session(tx, verified(user, &request.auth.0)?)
                    .await
            })
            .await?;
        self.succeeded(attempt).await?;
        Ok(signed_in)
    }

    /// Ends the session that the request came with. One that is unknown has ended already.
    pub async fn logout(&self, token: &PlainToken) -> AuthResult<()> {
        let identity = match self.authenticate(token, Credential::Session).await {
            Err(AuthError::Unauthenticated) => return Ok(()),
            other => other?,
        };
        let (user, session, now) = (identity.user_id, identity.token_id, (self.clock)());
        self.db
            .run(async |connection| {
                db::tokens::expire(connection, user, session, now).await?;
                Ok(())
            })
            .await
    }

    pub(super) async fn open_session(
        &self,
        connection: &mut Connection,
        user: UserRow,
    ) -> AuthResult<SignedIn> {
        let session = PlainToken::generate()?;
        let hash = session.hashed();
        let now = (self.clock)();
        let row = NewToken {
            id: Uuid::new_v4(),
            user_id: user.id,
            token_hash: hash.as_bytes(),
            kind: Text(TokenKind::Session),
            label: "",
            scopes: scopes_of(user.role.0).iter().copied().map(Text).collect(),
            created_at: now,
            expires_at: now + delta(self.settings.session_ttl),
        };
        db::tokens::insert(connection, &row).await?;
        let slots = db::users::key_slots(connection, user.id).await?;
        let folded = SoughtName::parse(&user.username)?.folded;
        let device = self.mark_device(&folded).await?;
        Ok(SignedIn {
            account: account(user, slots)?,
            session,
            device,
        })
    }
}

/// Takes the same work for a name that no user has.
fn verified(user: Option<UserRow>, auth: &[u8; 32]) -> AuthResult<UserRow> {
    let id = user.as_ref().map_or(Uuid::nil(), |user| user.id);
    let stored = user
        .as_ref()
        .map_or(&[0; 32][..], |user| &user.auth_verifier);
    let matches = Verifier::derive(id, auth).matches(stored);
    user.filter(|user| matches && user.disabled_at.is_none())
        .ok_or(AuthError::WrongCredentials)
}
