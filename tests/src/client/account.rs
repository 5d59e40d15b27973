//! An account made and used like the page does it, natively: keys, sign-in, tokens.

use anyhow::{Context, Result};
use ferry_core::{
    envelope::{
        Entropy, Iv,
        keys::{AccountKey, AccountKeys, Password, derive_prk},
        slot::{Kdf, KeySlot, SlotPrefix},
    },
    wire::{
        Account, B64, Bytes64, KdfResponse, KeySlotEntry, KeySlotKind, LoginRequest,
        NewTokenRequest, NewTokenResponse, PasswordRequest, RegisterRequest, Scope,
    },
};
use uuid::Uuid;

use super::{Answer, Api, Credential, random};

/// Somebody with an account: an API with their token, and their keys.
#[derive(Clone, Debug)]
pub struct Person {
    /// The API with a token of all scopes the account may have.
    pub api: Api,
    /// The API with the session's cookie, from the server's own page.
    pub page: Api,
    /// Their id.
    pub user_id: Uuid,
    /// Their name.
    pub username: String,
    /// Their password.
    pub password: String,
    /// Their keys.
    pub keys: AccountKeys,
}

impl Person {
    /// Uses an invitation or the setup token.
    pub async fn register(
        api: &Api,
        invitation: &str,
        username: &str,
        password: &str,
    ) -> Result<Person> {
        let account_key = AccountKey::generate(&mut random());
        let keys = AccountKeys::derive(&account_key);
        let user_id = Uuid::from_bytes(random().array());
        let prefix = SlotPrefix::generate(Kdf::DEFAULT, &mut random())?;
        let prk = derive_prk(&Password::new(password), &prefix)?;
        let slot = KeySlot::seal(&account_key, &prk, &user_id, Iv::generate(&mut random()));
        let request = RegisterRequest {
            invitation: invitation.to_owned(),
            user_id,
            username: username.to_owned(),
            auth: B64(*prk.derive_auth().expose()),
            key_slots: vec![KeySlotEntry {
                kind: KeySlotKind::Password,
                account_key_id: B64(keys.account_id),
                slot: Bytes64(slot.to_bytes().to_vec()),
            }],
        };
        let answer = api
            .with(Credential::Anonymous)
            .post("/api/auth/register", &request)
            .await?;
        let account: Account = answer.good()?;
        Person::signed_in(api, &answer, account, password, keys).await
    }

    /// Signs in with nothing but name and password.
    pub async fn login(api: &Api, username: &str, password: &str) -> Result<Person> {
        let (prk, answer) = attempt(api, username, password).await?;
        let account: Account = answer.good()?;
        let entry = account
            .key_slots
            .iter()
            .find(|entry| entry.kind == KeySlotKind::Password)
            .context("no slot")?;
        let account_key = KeySlot::parse(&entry.slot.0)?.open(&prk, &account.user_id)?;
        Person::signed_in(
            api,
            &answer,
            account,
            password,
            AccountKeys::derive(&account_key),
        )
        .await
    }

    async fn signed_in(
        api: &Api,
        answer: &Answer,
        account: Account,
        password: &str,
        keys: AccountKeys,
    ) -> Result<Person> {
        let cookie = answer.header("set-cookie").context("no session cookie")?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let page = api.with(Credential::Cookie {
            cookie,
            origin: Some(api.base().to_owned()),
        });
        let mut scopes = vec![Scope::Read, Scope::Upload];
        if account.role == ferry_core::wire::Role::Admin {
            scopes.push(Scope::Admin);
        }
        let token = new_token(&page, &scopes).await?.token;
        Ok(Person {
            api: api.with(Credential::Token(token)),
            page,
            user_id: account.user_id,
            username: account.username,
            password: password.to_owned(),
            keys,
        })
    }

    /// The same person with a token of fewer scopes.
    pub async fn with_scopes(&self, scopes: &[Scope]) -> Result<Api> {
        Ok(self.page.with(Credential::Token(
            new_token(&self.page, scopes).await?.token,
        )))
    }

    /// Follows the server to another address.
    pub fn moved_to(&mut self, base: &str) {
        self.api = self.api.moved_to(base);
        self.page = self.page.moved_to(base);
    }
}

/// A new token by a signed-in page.
pub async fn new_token(page: &Api, scopes: &[Scope]) -> Result<NewTokenResponse> {
    let request = NewTokenRequest {
        label: "test".into(),
        scopes: scopes.to_vec(),
        ttl_secs: None,
    };
    page.post("/api/tokens", &request).await?.good()
}

/// One attempt to sign in, whatever comes of it.
pub async fn attempt(
    api: &Api,
    username: &str,
    password: &str,
) -> Result<(ferry_core::envelope::keys::Prk, Answer)> {
    let anonymous = api.with(Credential::Anonymous);
    let path = format!("/api/auth/kdf?username={}", super::query_value(username));
    let kdf: KdfResponse = anonymous.get(&path).await?.good()?;
    let prk = derive_prk(
        &Password::new(password),
        &SlotPrefix::parse(&kdf.slot_prefix.0)?,
    )?;
    let request = LoginRequest {
        username: username.to_owned(),
        auth: B64(*prk.derive_auth().expose()),
    };
    Ok((prk, anonymous.post("/api/auth/login", &request).await?))
}

/// What `POST /api/auth/password` wants for a new password: the account's key, sealed anew.
pub async fn password_request(person: &Person, new_password: &str) -> Result<PasswordRequest> {
    let me: Account = person.page.get("/api/auth/me").await?.expect(200)?;
    let entry = me.key_slots.first().context("no slot")?;
    let slot = KeySlot::parse(&entry.slot.0)?;
    let old = derive_prk(&Password::new(person.password.as_str()), slot.prefix())?;
    let prefix = SlotPrefix::generate(Kdf::DEFAULT, &mut random())?;
    let new = derive_prk(&Password::new(new_password), &prefix)?;
    let account_key = slot.open(&old, &person.user_id)?;
    let iv = Iv::generate(&mut random());
    let new_slot = KeySlot::seal(&account_key, &new, &person.user_id, iv);
    Ok(PasswordRequest {
        old_auth: B64(*old.derive_auth().expose()),
        new_auth: B64(*new.derive_auth().expose()),
        new_slot: KeySlotEntry {
            kind: KeySlotKind::Password,
            account_key_id: B64(person.keys.account_id),
            slot: Bytes64(new_slot.to_bytes().to_vec()),
        },
    })
}
