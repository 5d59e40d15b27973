//! Changing a password: verifier and slot in one transaction, and every session and token ends.

use ferry_core::wire::{KeySlotKind, PasswordRequest};

use super::{
    Accounts, AuthError, AuthResult, Identity, kdf::check_slot, row_of, verifier::Verifier,
};
use crate::db::{self, Connection};

impl Accounts {
    /// Replaces the password of a user who is signed in and knows the old one.
    pub async fn change_password(
        &self,
        identity: &Identity,
        request: &PasswordRequest,
    ) -> AuthResult<()> {
        identity.require_session()?;
        if request.new_slot.kind != KeySlotKind::Password {
            return Err(AuthError::Invalid(
                "the new slot is the password's".to_owned(),
            ));
        }
        check_slot(&request.new_slot)?;
        // A stolen session must not be a way around the limit on guesses.
        let attempt = self.attempt_signed_in(identity.user_id).await?;
        self.db
            .transact(async |tx| {
                change_within(tx, identity, request).await?;
                let user = identity.user_id;
                self.note(tx, user, "password.change", user).await
            })
            .await?;
        self.succeeded(attempt).await
    }
}

async fn change_within(
    tx: &mut Connection,
    identity: &Identity,
    request: &PasswordRequest,
) -> AuthResult<()> {
    let user = db::users::by_id_locked(tx, identity.user_id)
        .await?
        .ok_or(AuthError::Unauthenticated)?;
    if !Verifier::derive(user.id, &request.old_auth.0).matches(&user.auth_verifier) {
        return Err(AuthError::WrongCredentials);
    }
    db::users::set_verifier(
        tx,
        user.id,
        Verifier::derive(user.id, &request.new_auth.0).as_bytes(),
    )
    .await?;
    db::users::put_key_slot(tx, &row_of(user.id, &request.new_slot)).await?;
    Ok(db::tokens::delete_all(tx, user.id).await?)
}
