//! What all transfers of one client share: the API, the session, the workers, what the server said of itself.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use ferry_core::{
    envelope::self_test::{self, KNOWN_ANSWERS, KnownAnswer},
    wire::ServerConfig,
};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::{
    api::Api,
    error::{ClientCode, Result},
    interop::js_bytes,
    session::Session,
    store::Store,
    subtle,
    vault::Vault,
    workers::{pool::Pool, semaphore::Semaphore},
};

/// Shares of the transfers that run at once: three large files, or a dozen small ones.
const SHARES: u64 = 12;
const LARGE_FILE_SHARES: u64 = 4;
/// Up to here a file is a small one.
pub(crate) const SMALL_FILE_BYTES: u64 = 1 << 20;

/// Shared by everything in the coordinator.
pub(crate) struct Context {
    pub(crate) server: String,
    api: Api,
    pub(crate) store: Store,
    pub(crate) session: Session,
    pub(crate) pool: Rc<Pool>,
    pub(crate) transfer_permits: Semaphore,
    config: RefCell<Option<ServerConfig>>,
    tested: Cell<bool>,
    transfers: Cell<u32>,
}

impl Context {
    pub(crate) async fn open(server: String, module: JsValue) -> Result<Rc<Self>> {
        let (api, store) = (Api::new(&server), Store::open(&server).await?);
        Ok(Rc::new(Context {
            session: Session::new(api.clone(), store.clone(), module.clone()),
            pool: Pool::new(module),
            transfer_permits: Semaphore::new(SHARES),
            config: RefCell::new(None),
            tested: Cell::new(false),
            transfers: Cell::new(1),
            server,
            api,
            store,
        }))
    }

    /// What the server accepts; asked once.
    pub(crate) async fn config(&self) -> Result<ServerConfig> {
        if let Some(config) = self.config.borrow().clone() {
            return Ok(config);
        }
        let config = self.api.config().await?;
        *self.config.borrow_mut() = Some(config.clone());
        Ok(config)
    }

    /// The vault of the user who is signed in, once this browser's cryptography gave the known answers.
    pub(crate) async fn vault(&self) -> Result<Vault> {
        let identity = Rc::new(self.session.identity()?);
        if !self.tested.get() {
            test_cryptography().await?;
            self.tested.set(true);
        }
        Ok(Vault {
            api: self.api.meant_for(identity.user_id),
            identity,
            store: self.store.clone(),
        })
    }

    /// A number for one transfer in the pool.
    pub(crate) fn new_transfer(&self) -> u32 {
        self.transfers.replace(self.transfers.get() + 1)
    }
}

/// How many shares a file of this size takes.
pub(crate) fn shares(size_bytes: u64) -> u64 {
    if size_bytes > SMALL_FILE_BYTES {
        LARGE_FILE_SHARES
    } else {
        1
    }
}

/// Both implementations of AES-GCM must give the known answers before the first byte.
async fn test_cryptography() -> Result<()> {
    self_test::run().map_err(|e| ClientCode::UnsupportedBrowser.because(e))?;
    for answer in &KNOWN_ANSWERS {
        if !subtle_gives(answer).await? {
            return Err(ClientCode::UnsupportedBrowser
                .because("SubtleCrypto's AES-GCM gave a wrong answer"));
        }
    }
    Ok(())
}

async fn subtle_gives(answer: &KnownAnswer) -> Result<bool> {
    let key = subtle::import_aes_key(&answer.key).await?;
    let sealed = subtle::seal(&key, &answer.iv, answer.aad, &js_bytes(answer.plaintext)).await?;
    if Uint8Array::new(&sealed).to_vec() != answer.sealed {
        return Ok(false);
    }
    let opened = subtle::open(&key, &answer.iv, answer.aad, &js_bytes(answer.sealed)).await?;
    let mut changed = answer.sealed.to_vec();
    changed.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    let refused = subtle::open(&key, &answer.iv, answer.aad, &js_bytes(&changed))
        .await
        .is_err();
    Ok(refused && Uint8Array::new(&opened).to_vec() == answer.plaintext)
}
