//! Who is signed in and which keys are open: register, login, unlock, logout, change of password.
//! Uploads and downloads borrow the keys from here.

use std::{cell::RefCell, rc::Rc};

use ferry_core::{
    envelope::{
        Iv,
        keys::{AccountKey, AccountKeys, Prk},
        slot::{Kdf, KeySlot, SlotError, SlotPrefix},
    },
    wire::{
        Account, B64, Bytes64, ErrorCode, KeySlotEntry, KeySlotKind, LoginRequest, PasswordRequest,
        RegisterRequest,
    },
};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    api::Api,
    error::{ClientCode, ClientError, Result},
    interop::SystemEntropy,
    store::Store,
    subtle,
    views::SessionView,
    workers::kdf::{Derived, derive_in_worker},
};

/// Who is here, as far as this browser knows.
#[derive(Clone)]
enum State {
    SignedOut,
    SignedIn {
        account: Account,
        keys: Keys,
        kdf_changed: bool,
    },
}

#[derive(Clone)]
enum Keys {
    Locked,
    Open { keys: Rc<AccountKeys>, kept: bool },
}

/// The session of one client.
pub(crate) struct Session {
    /// In no user's name.
    api: Api,
    store: Store,
    module: JsValue,
    state: RefCell<State>,
}

/// What work on files needs of a session.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) user_id: Uuid,
    pub(crate) keys: Rc<AccountKeys>,
}

impl Session {
    pub(crate) fn new(api: Api, store: Store, module: JsValue) -> Self {
        Session {
            api,
            store,
            module,
            state: RefCell::new(State::SignedOut),
        }
    }

    /// Makes the account of an invitation.
    pub(crate) async fn register(
        &self,
        invitation: String,
        username: String,
        password: &str,
    ) -> Result<SessionView> {
        let user_id = uuid::Builder::from_random_bytes(ferry_core::envelope::Entropy::array(
            &mut SystemEntropy,
        ))
        .into_uuid();
        let account_key = AccountKey::generate(&mut SystemEntropy);
        let prk = self.derive_new_prk(password).await?;
        let slot = seal_slot(&account_key, &prk, &user_id);
        let auth = B64(*prk.derive_auth().expose());
        let request = RegisterRequest {
            invitation,
            user_id,
            username,
            auth,
            key_slots: vec![slot],
        };
        let account = self.api.register(&request).await?;
        self.enter(account, &account_key, &prk, false).await
    }

    /// Signs in and opens the keys. What this browser knew of the account must be what the server tells now, unless the
    /// person says that the password was changed elsewhere: what is derived under another salt or cheaper parameters
    /// would be sent.
    pub(crate) async fn login(
        &self,
        username: String,
        password: &str,
        keep: bool,
        accept_new_kdf: bool,
    ) -> Result<SessionView> {
        let told = self.api.kdf(&username).await?;
        let prefix = SlotPrefix::parse(&told.slot_prefix.0).map_err(slot_error)?;
        let known = self.store.kdf_prefix_of_name(&username).await?;
        if !accept_new_kdf && known.is_some_and(|known| known != prefix.as_bytes()) {
            return Err(ClientCode::KdfChanged.into());
        }
        let prk = self.derive_prk(password, &prefix).await?;
        let auth = B64(*prk.derive_auth().expose());
        let account = self.api.login(&LoginRequest { username, auth }).await?;
        let slot = password_slot(&account)?;
        if slot.prefix() != &prefix {
            return Err(ClientCode::Tampered
                .because("the key slot is not the one that was told before login"));
        }
        let account_key = slot.open(&prk, &account.user_id).map_err(slot_error)?;
        self.enter(account, &account_key, &prk, keep).await
    }

    /// Opens the keys of the user who is signed in. A wrong password is found here; nothing is sent.
    pub(crate) async fn unlock(&self, password: &str, keep: bool) -> Result<SessionView> {
        let account = self.api().me().await?;
        let slot = password_slot(&account)?;
        let prk = self.derive_prk(password, slot.prefix()).await?;
        let account_key = match slot.open(&prk, &account.user_id) {
            // A right password does not open a slot that was put in the place of the known one.
            Err(SlotError::WrongSecret) if self.knew_another(&account, slot.prefix()).await? => {
                return Err(ClientCode::KdfChanged.into());
            }
            opened => opened.map_err(slot_error)?,
        };
        self.enter(account, &account_key, &prk, keep).await
    }

    /// Asks the server who is signed in, and the browser whether it kept the keys.
    pub(crate) async fn look(&self) -> Result<SessionView> {
        let account = match self.api.me().await {
            Ok(account) => account,
            Err(error) if error.refused() == Some(ErrorCode::Unauthenticated) => {
                *self.state.borrow_mut() = State::SignedOut;
                // The browser has one session: without it no user's keys have a reason to be here.
                self.store.forget_all_users().await?;
                return Ok(self.view());
            }
            Err(error) => return Err(error),
        };
        let keys = match self.open_keys_of(&account) {
            Some(keys) => keys,
            None => self.kept_keys(&account).await?,
        };
        *self.state.borrow_mut() = State::SignedIn {
            account,
            keys,
            kdf_changed: false,
        };
        Ok(self.view())
    }

    /// Ends the session here even where the server cannot be told.
    pub(crate) async fn forget(&self) -> Result<()> {
        let before = self.state.replace(State::SignedOut);
        if let State::SignedIn { account, .. } = before {
            self.store.forget_user(account.user_id).await?;
        }
        Ok(())
    }

    /// Who is signed in, as far as is known here.
    pub(crate) fn user_id(&self) -> Option<Uuid> {
        match &*self.state.borrow() {
            State::SignedOut => None,
            State::SignedIn { account, .. } => Some(account.user_id),
        }
    }

    /// Calls in the name of the user who is signed in here.
    pub(crate) fn api(&self) -> Api {
        match self.user_id() {
            Some(user_id) => self.api.meant_for(user_id),
            None => self.api.clone(),
        }
    }

    /// Reseals the account key; all other sessions end, and this browser signs in again.
    pub(crate) async fn change_password(&self, old: &str, new: &str) -> Result<SessionView> {
        let account = self.api().me().await?;
        let kept = matches!(
            self.open_keys_of(&account),
            Some(Keys::Open { kept: true, .. })
        );
        let slot = password_slot(&account)?;
        let old_prk = self.derive_prk(old, slot.prefix()).await?;
        let account_key = slot.open(&old_prk, &account.user_id).map_err(slot_error)?;
        let new_prk = self.derive_new_prk(new).await?;
        let old_auth = B64(*old_prk.derive_auth().expose());
        let new_auth = B64(*new_prk.derive_auth().expose());
        let new_slot = seal_slot(&account_key, &new_prk, &account.user_id);
        let changed = self
            .api()
            .change_password(&PasswordRequest {
                old_auth,
                new_auth,
                new_slot,
            })
            .await;
        let again = LoginRequest {
            username: account.username.clone(),
            auth: new_auth,
        };
        let signed_in = match changed {
            Ok(()) => self.api.login(&again).await.ok(),
            // Its answer may be what was lost: then the new password is the one that counts.
            Err(error) if may_have_been_done(&error) => {
                Some(self.api.login(&again).await.map_err(|_| error)?)
            }
            Err(error) => return Err(error),
        };
        self.pin(&account, new_prk.prefix()).await?;
        match signed_in {
            Some(account) => self.enter(account, &account_key, &new_prk, kept).await,
            None => {
                self.forget().await?;
                Ok(self.view())
            }
        }
    }

    /// What work on files needs, or why it cannot begin.
    pub(crate) fn identity(&self) -> Result<Identity> {
        match &*self.state.borrow() {
            State::SignedOut => Err(ErrorCode::Unauthenticated.into()),
            State::SignedIn {
                keys: Keys::Locked, ..
            } => Err(ClientCode::Locked.into()),
            State::SignedIn {
                account,
                keys: Keys::Open { keys, .. },
                ..
            } => Ok(Identity {
                user_id: account.user_id,
                keys: keys.clone(),
            }),
        }
    }

    fn view(&self) -> SessionView {
        match &*self.state.borrow() {
            State::SignedOut => SessionView::SignedOut,
            State::SignedIn {
                account,
                keys: Keys::Locked,
                kdf_changed,
            } => SessionView::locked(account, *kdf_changed),
            State::SignedIn {
                account,
                keys: Keys::Open { kept, .. },
                kdf_changed,
            } => SessionView::unlocked(account, *kept, *kdf_changed),
        }
    }

    /// The account is signed in and its key open: remember what is to be remembered.
    async fn enter(
        &self,
        account: Account,
        key: &AccountKey,
        prk: &Prk,
        keep: bool,
    ) -> Result<SessionView> {
        let keys = Rc::new(AccountKeys::derive(key));
        let kdf_changed = self.knew_another(&account, prk.prefix()).await?;
        self.pin(&account, prk.prefix()).await?;
        if keep {
            self.store
                .keep_key(
                    account.user_id,
                    &subtle::import_account_key(key).await?.into(),
                )
                .await?;
        } else {
            self.store.drop_kept_key(account.user_id).await?;
        }
        *self.state.borrow_mut() = State::SignedIn {
            account,
            keys: Keys::Open { keys, kept: keep },
            kdf_changed,
        };
        Ok(self.view())
    }

    /// This browser saw another salt or other parameters for this account.
    async fn knew_another(&self, account: &Account, prefix: &SlotPrefix) -> Result<bool> {
        let seen = self.store.kdf_prefix(account.user_id).await?;
        Ok(seen.is_some_and(|seen| seen != prefix.as_bytes()))
    }

    /// From now on this is what the server must tell of this account here.
    async fn pin(&self, account: &Account, prefix: &SlotPrefix) -> Result<()> {
        let (store, prefix) = (&self.store, prefix.as_bytes());
        store.save_kdf_prefix(account.user_id, prefix).await?;
        store
            .save_kdf_prefix_of_name(&account.username, prefix)
            .await
    }

    fn open_keys_of(&self, account: &Account) -> Option<Keys> {
        match &*self.state.borrow() {
            State::SignedIn {
                account: known,
                keys: keys @ Keys::Open { .. },
                ..
            } if known.user_id == account.user_id => Some(keys.clone()),
            _ => None,
        }
    }

    async fn kept_keys(&self, account: &Account) -> Result<Keys> {
        match self.store.kept_key(account.user_id).await? {
            Some(key) => {
                let keys = Rc::new(subtle::derive_account_keys(&key.unchecked_into()).await?);
                Ok(Keys::Open { keys, kept: true })
            }
            None => Ok(Keys::Locked),
        }
    }

    async fn derive_prk(&self, password: &str, prefix: &SlotPrefix) -> Result<Prk> {
        match derive_in_worker(&self.module, password, prefix).await? {
            Derived::Done(prk) => Ok(prk),
            Derived::OutOfMemory => Err(out_of_memory()),
        }
    }

    /// For a new slot: the cheaper derivation where this device lacks the memory for the usual one.
    async fn derive_new_prk(&self, password: &str) -> Result<Prk> {
        for kdf in [Kdf::DEFAULT, Kdf::FALLBACK] {
            let prefix = SlotPrefix::generate(kdf, &mut SystemEntropy).map_err(slot_error)?;
            if let Derived::Done(prk) = derive_in_worker(&self.module, password, &prefix).await? {
                return Ok(prk);
            }
        }
        Err(out_of_memory())
    }
}

fn seal_slot(key: &AccountKey, prk: &Prk, user_id: &Uuid) -> KeySlotEntry {
    let slot = KeySlot::seal(key, prk, user_id, Iv::generate(&mut SystemEntropy));
    KeySlotEntry {
        kind: KeySlotKind::Password,
        account_key_id: B64(AccountKeys::derive(key).account_id),
        slot: Bytes64(slot.to_bytes().to_vec()),
    }
}

fn password_slot(account: &Account) -> Result<KeySlot> {
    let entry = account
        .key_slots
        .iter()
        .find(|entry| entry.kind == KeySlotKind::Password);
    let entry = entry.ok_or(ClientCode::BadAnswer.because("the account has no password slot"))?;
    KeySlot::parse(&entry.slot.0).map_err(slot_error)
}

fn slot_error(error: SlotError) -> ClientError {
    match error {
        SlotError::WrongSecret => ClientCode::WrongPassword.into(),
        other => ClientCode::Tampered.because(other),
    }
}

/// No answer, or one that was not about this request: the browser itself repeats what a connection broke under, and
/// after the change the old session is over.
fn may_have_been_done(error: &ClientError) -> bool {
    error
        .refused()
        .is_none_or(|code| matches!(code, ErrorCode::Unauthenticated | ErrorCode::Internal))
}

fn out_of_memory() -> ClientError {
    ClientCode::UnsupportedBrowser.because("not enough memory for the password's key derivation")
}
