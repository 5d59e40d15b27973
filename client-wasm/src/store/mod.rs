//! What this browser remembers between visits: sealed checkpoints, file handles, the newest manifest seen, key slots seen, kept keys.
//! Nothing here is readable without the account key, except which file ids exist.

mod indexeddb;

use std::collections::HashMap;

use ferry_core::digest::sha256;
use js_sys::Uint8Array;
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

use self::indexeddb::Database;
use crate::{error::Result, interop::js_bytes};

const CHECKPOINTS: &str = "checkpoints";
const HANDLES: &str = "handles";
const SEQ_FLOORS: &str = "seq_floors";
const KDF_PREFIXES: &str = "kdf_prefixes";
const KDF_BY_NAME: &str = "kdf_by_name";
const KEPT_KEYS: &str = "kept_keys";
const TABLES: &[&str] = &[
    CHECKPOINTS,
    HANDLES,
    SEQ_FLOORS,
    KDF_PREFIXES,
    KDF_BY_NAME,
    KEPT_KEYS,
];
/// 2: `kdf_by_name`.
const VERSION: u32 = 2;

/// The browser's memory for one server.
#[derive(Clone)]
pub(crate) struct Store {
    db: Database,
}

impl Store {
    /// `server` is its address: two servers share nothing.
    pub(crate) async fn open(server: &str) -> Result<Self> {
        Ok(Store {
            db: Database::open(&format!("ferry:{server}"), VERSION, TABLES).await?,
        })
    }

    pub(crate) async fn checkpoint(&self, user: Uuid, file: Uuid) -> Result<Option<Vec<u8>>> {
        Ok(self.db.get(CHECKPOINTS, &key(user, file)).await?.map(bytes))
    }
    pub(crate) async fn save_checkpoint(
        &self,
        user: Uuid,
        file: Uuid,
        sealed: &[u8],
    ) -> Result<()> {
        self.db
            .put(CHECKPOINTS, &key(user, file), &js_bytes(sealed))
            .await
    }

    pub(crate) async fn handle(&self, user: Uuid, file: Uuid) -> Result<Option<JsValue>> {
        self.db.get(HANDLES, &key(user, file)).await
    }
    pub(crate) async fn save_handle(&self, user: Uuid, file: Uuid, handle: &JsValue) -> Result<()> {
        self.db.put(HANDLES, &key(user, file), handle).await
    }

    /// The highest manifest seq seen for a file; 0 where none was.
    pub(crate) async fn seq_floor(&self, user: Uuid, file: Uuid) -> Result<u32> {
        let floor = self.db.get(SEQ_FLOORS, &key(user, file)).await?;
        // Written below from a u32.
        Ok(floor
            .and_then(|value| value.as_f64())
            .map_or(0, |value| value as u32))
    }
    /// The same for all files of a user at once.
    pub(crate) async fn seq_floors(&self, user: Uuid) -> Result<HashMap<Uuid, u32>> {
        let rows = self.db.entries(SEQ_FLOORS, &format!("{user}/")).await?;
        let floor = |(key, value): (String, JsValue)| {
            let file = key.rsplit('/').next()?.parse().ok()?;
            Some((file, value.as_f64()? as u32))
        };
        Ok(rows.into_iter().filter_map(floor).collect())
    }
    /// Remembers a seq, where it is higher than the one remembered.
    pub(crate) async fn raise_seq_floor(&self, user: Uuid, file: Uuid, seq: u32) -> Result<()> {
        if seq > self.seq_floor(user, file).await? {
            self.db
                .put(SEQ_FLOORS, &key(user, file), &JsValue::from(seq))
                .await?;
        }
        Ok(())
    }

    /// An upload ended for good: its checkpoint and handle are of no use any more.
    pub(crate) async fn forget_upload(&self, user: Uuid, file: Uuid) -> Result<()> {
        self.db.delete(CHECKPOINTS, &key(user, file)).await?;
        self.db.delete(HANDLES, &key(user, file)).await
    }

    /// The beginning of the key slot that opened last.
    pub(crate) async fn kdf_prefix(&self, user: Uuid) -> Result<Option<Vec<u8>>> {
        Ok(self
            .db
            .get(KDF_PREFIXES, &user.to_string())
            .await?
            .map(bytes))
    }
    pub(crate) async fn save_kdf_prefix(&self, user: Uuid, prefix: &[u8]) -> Result<()> {
        self.db
            .put(KDF_PREFIXES, &user.to_string(), &js_bytes(prefix))
            .await
    }

    /// The same by the name that a person types: what a sign-in must be told before it stretches the password.
    pub(crate) async fn kdf_prefix_of_name(&self, username: &str) -> Result<Option<Vec<u8>>> {
        let row = self.db.get(KDF_BY_NAME, &name_key(username)).await?;
        Ok(row.map(bytes))
    }
    pub(crate) async fn save_kdf_prefix_of_name(
        &self,
        username: &str,
        prefix: &[u8],
    ) -> Result<()> {
        self.db
            .put(KDF_BY_NAME, &name_key(username), &js_bytes(prefix))
            .await
    }

    /// The kept account key, a CryptoKey that cannot be read.
    pub(crate) async fn kept_key(&self, user: Uuid) -> Result<Option<JsValue>> {
        self.db.get(KEPT_KEYS, &user.to_string()).await
    }
    pub(crate) async fn keep_key(&self, user: Uuid, key: &JsValue) -> Result<()> {
        self.db.put(KEPT_KEYS, &user.to_string(), key).await
    }
    pub(crate) async fn drop_kept_key(&self, user: Uuid) -> Result<()> {
        self.db.delete(KEPT_KEYS, &user.to_string()).await
    }

    /// Signing out: keys and handles of the user go; what guards against rollback stays, sealed.
    pub(crate) async fn forget_user(&self, user: Uuid) -> Result<()> {
        self.drop_kept_key(user).await?;
        for (key, _) in self.db.entries(HANDLES, &format!("{user}/")).await? {
            self.db.delete(HANDLES, &key).await?;
        }
        Ok(())
    }

    /// The same for all users: no one is signed in.
    pub(crate) async fn forget_all_users(&self) -> Result<()> {
        for table in [KEPT_KEYS, HANDLES] {
            for (key, _) in self.db.entries(table, "").await? {
                self.db.delete(table, &key).await?;
            }
        }
        Ok(())
    }
}

/// Names are kept as hashes: a list of who used this browser is not to be found here.
fn name_key(username: &str) -> String {
    let folded = username.trim().to_lowercase();
    crate::views::hex(&sha256(&[b"ferry/1/name\0", folded.as_bytes()]))
}

fn key(user: Uuid, file: Uuid) -> String {
    format!("{user}/{file}")
}

fn bytes(value: JsValue) -> Vec<u8> {
    value.unchecked_into::<Uint8Array>().to_vec()
}
