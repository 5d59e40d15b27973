//! Whom a request speaks for, and what it may do.

use chrono::TimeDelta;
use ferry_core::wire::{Role, Scope};
use uuid::Uuid;

use super::{Accounts, AuthError, AuthResult, PlainToken};
use crate::db::{
    self, Text,
    tokens::{TokenKind, TokenRow},
};

/// How the secret came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// In the page's cookie.
    Session,
    /// In the `Authorization` header.
    Api,
}

impl Credential {
    /// The tokens that are good there.
    pub(super) fn kind(self) -> TokenKind {
        match self {
            Credential::Session => TokenKind::Session,
            Credential::Api => TokenKind::Api,
        }
    }
}

/// A user as one request speaks for them.
#[derive(Debug, Clone)]
pub struct Identity {
    pub user_id: Uuid,
    /// By which token.
    pub token_id: Uuid,
    /// How it came.
    pub credential: Credential,
    scopes: Vec<Scope>,
}

impl Identity {
    /// Refuses what the token may not do.
    pub fn require(&self, scope: Scope) -> AuthResult<()> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        Err(AuthError::Forbidden(match scope {
            Scope::Read => "needs the scope `read`",
            Scope::Upload => "needs the scope `upload`",
            Scope::Admin => "needs the scope `admin` of an administrator",
        }))
    }

    /// Refuses tokens: passwords and tokens are changed by a person who signed in.
    pub fn require_session(&self) -> AuthResult<()> {
        match self.credential {
            Credential::Session => Ok(()),
            Credential::Api => Err(AuthError::Forbidden(
                "needs a sign-in; tokens cannot do this",
            )),
        }
    }

    /// It is about files, and so needs the sealed account keys: a token that only administrates does not get to guess at
    /// the password.
    pub(super) fn handles_files(&self) -> bool {
        [Scope::Read, Scope::Upload]
            .iter()
            .any(|scope| self.scopes.contains(scope))
    }

    fn of(token: &TokenRow, role: Role, credential: Credential) -> Self {
        let granted = scopes_of(role).iter().copied();
        let scopes = granted
            .filter(|scope| token.scopes.contains(&Text(*scope)))
            .collect();
        Identity {
            user_id: token.user_id,
            token_id: token.id,
            credential,
            scopes,
        }
    }
}

impl Accounts {
    /// Looks a token up. A session is good in a cookie only, an API token in the header only.
    pub async fn authenticate(
        &self,
        token: &PlainToken,
        credential: Credential,
    ) -> AuthResult<Identity> {
        let (now, hash) = ((self.clock)(), token.hashed());
        self.db
            .run(async |connection| {
                let found = db::tokens::by_hash(connection, hash.as_bytes(), now).await?;
                let (row, role) = found
                    .filter(|(row, _)| row.kind == credential.kind())
                    .ok_or(AuthError::Unauthenticated)?;
                let is_noted = |at| now - at < TimeDelta::minutes(1);
                if !row.last_used_at.is_some_and(is_noted) {
                    db::tokens::touch(connection, row.id, now).await?;
                }
                Ok(Identity::of(&row, role, credential))
            })
            .await
    }
}

/// What a role can be granted.
pub(super) fn scopes_of(role: Role) -> &'static [Scope] {
    match role {
        Role::User => &[Scope::Read, Scope::Upload],
        Role::Admin => &[Scope::Read, Scope::Upload, Scope::Admin],
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    fn identity(role: Role, scopes: &[Scope]) -> Identity {
        let token = TokenRow {
            id: Uuid::new_v4(),
            user_id: Uuid::new_v4(),
            kind: Text(TokenKind::Api),
            label: String::new(),
            scopes: scopes.iter().copied().map(Text).collect(),
            created_at: Utc::now(),
            expires_at: Utc::now(),
            last_used_at: None,
        };
        Identity::of(&token, role, Credential::Api)
    }

    #[test]
    fn a_token_does_what_its_scopes_say_and_no_more() {
        let reader = identity(Role::User, &[Scope::Read]);
        assert!(reader.require(Scope::Read).is_ok());
        assert!(matches!(
            reader.require(Scope::Upload),
            Err(AuthError::Forbidden(_))
        ));
    }

    #[test]
    fn the_admin_scope_is_nothing_without_the_role() {
        assert!(
            identity(Role::User, &[Scope::Read, Scope::Admin])
                .require(Scope::Admin)
                .is_err()
        );
        assert!(
            identity(Role::Admin, &[Scope::Admin])
                .require(Scope::Admin)
                .is_ok()
        );
    }

    #[test]
    fn tokens_do_not_pass_where_a_sign_in_is_needed() {
        assert!(
            identity(Role::Admin, &[Scope::Read, Scope::Upload, Scope::Admin])
                .require_session()
                .is_err()
        );
    }
}
