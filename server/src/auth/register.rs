//! Registration with an invitation.

use ferry_core::wire::{KeySlotKind, RegisterRequest, Role};

use super::{
    Accounts, AuthError, AuthResult, PlainToken, SignedIn, kdf::check_slot, row_of,
    username::Username, verifier::Verifier,
};
use crate::db::{
    self, Connection, DbError, Text,
    invitations::InvitationRow,
    users::{NewUser, UserRow},
};

impl Accounts {
    /// Makes the account and opens its first session. Repeated after a lost answer it answers the same account.
    pub async fn register(&self, request: &RegisterRequest) -> AuthResult<SignedIn> {
        let username = Username::parse(&request.username)?;
        check_slots(request)?;
        let token = PlainToken::parse(&request.invitation).ok_or(AuthError::InvitationInvalid)?;
        self.db
            .transact(async |tx| self.register_within(tx, request, &username, &token).await)
            .await
    }

    async fn register_within(
        &self,
        tx: &mut Connection,
        request: &RegisterRequest,
        username: &Username,
        token: &PlainToken,
    ) -> AuthResult<SignedIn> {
        let invitation = db::invitations::by_hash_locked(tx, token.hashed().as_bytes()).await?;
        let invitation = invitation.ok_or(AuthError::InvitationInvalid)?;
        let verifier = Verifier::derive(request.user_id, &request.auth.0);
        if let Some(user) = registered_before(tx, &invitation, request, &verifier).await? {
            return self.open_session(tx, user).await;
        }
        let now = (self.clock)();
        if invitation.used_at.is_some() || invitation.expires_at <= now {
            return Err(AuthError::InvitationInvalid);
        }
        self.insert_user(tx, request, username, &verifier, invitation.role.0)
            .await?;
        db::invitations::mark_used(tx, invitation.id, request.user_id, now).await?;
        self.note(tx, request.user_id, "user.register", request.user_id)
            .await?;
        let user = db::users::by_id(tx, request.user_id).await?;
        self.open_session(
            tx,
            user.ok_or_else(|| AuthError::Internal("the new user is gone".to_owned()))?,
        )
        .await
    }

    async fn insert_user(
        &self,
        tx: &mut Connection,
        request: &RegisterRequest,
        username: &Username,
        verifier: &Verifier,
        role: Role,
    ) -> AuthResult<()> {
        // An earlier account may have the name as it was folded then.
        let holder = db::users::by_folded_name(tx, &username.lower, &username.folded).await?;
        if holder.is_some() {
            return Err(AuthError::UsernameTaken);
        }
        let user = NewUser {
            id: request.user_id,
            username: &username.written,
            username_folded: &username.folded,
            auth_verifier: verifier.as_bytes(),
            role: Text(role),
            quota_bytes: self
                .settings
                .default_quota_bytes
                .and_then(|bytes| i64::try_from(bytes).ok()),
            created_at: (self.clock)(),
        };
        db::users::insert(tx, &user).await.map_err(taken)?;
        for slot in &request.key_slots {
            db::users::put_key_slot(tx, &row_of(request.user_id, slot)).await?;
        }
        Ok(())
    }
}

fn taken(error: DbError) -> AuthError {
    match error {
        DbError::Taken(constraint) if constraint.contains("username") => AuthError::UsernameTaken,
        DbError::Taken(_) => {
            AuthError::Invalid("this user id is in use; make a new random one".to_owned())
        }
        other => AuthError::Db(other),
    }
}

/// The same request once more: its invitation was used by the same user with the same password.
async fn registered_before(
    tx: &mut Connection,
    invitation: &InvitationRow,
    request: &RegisterRequest,
    verifier: &Verifier,
) -> AuthResult<Option<UserRow>> {
    if invitation.used_by != Some(request.user_id) {
        return Ok(None);
    }
    let user = db::users::by_id(tx, request.user_id).await?;
    Ok(user.filter(|user| verifier.matches(&user.auth_verifier) && user.disabled_at.is_none()))
}

/// One password slot, at most one for recovery, all of one account key.
fn check_slots(request: &RegisterRequest) -> AuthResult<()> {
    let of = |kind: KeySlotKind| {
        request
            .key_slots
            .iter()
            .filter(|slot| slot.kind == kind)
            .count()
    };
    if of(KeySlotKind::Password) != 1 || of(KeySlotKind::Recovery) > 1 {
        return Err(AuthError::Invalid(
            "an account has one password slot and at most one for recovery".to_owned(),
        ));
    }
    let mut ids = request.key_slots.iter().map(|slot| slot.account_key_id);
    let first = ids.next();
    if ids.any(|id| Some(id) != first) {
        return Err(AuthError::Invalid(
            "all key slots hold the same account key".to_owned(),
        ));
    }
    request.key_slots.iter().try_for_each(check_slot)
}
