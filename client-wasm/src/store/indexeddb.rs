//! IndexedDB as a few key-value tables with requests turned into futures. What is kept in them is `store`'s business.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode,
};

use crate::{
    error::{ClientCode, ClientError, Result},
    interop::scope,
    once::OnceSender,
};

/// An open database, for as long as no newer page wants to change its tables.
#[derive(Clone)]
pub(crate) struct Database {
    db: IdbDatabase,
}

impl Database {
    /// Opens the database, creating the tables that are not there.
    pub(crate) async fn open(
        name: &str,
        version: u32,
        tables: &'static [&'static str],
    ) -> Result<Self> {
        let factory = scope().indexed_db().map_err(failed)?;
        let factory = factory.ok_or(ClientCode::UnsupportedBrowser.because("no IndexedDB"))?;
        let request = factory.open_with_u32(name, version).map_err(failed)?;
        let upgrade = create_missing(request.clone(), tables);
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let db: IdbDatabase = settled(&request).await?.unchecked_into();
        // Another tab with a newer page must be able to upgrade.
        let closing = db.clone();
        let close = Closure::<dyn FnMut()>::new(move || closing.close());
        db.set_onversionchange(Some(close.as_ref().unchecked_ref()));
        close.forget();
        Ok(Database { db })
    }

    pub(crate) async fn get(&self, table: &str, key: &str) -> Result<Option<JsValue>> {
        let request = self
            .table(table, IdbTransactionMode::Readonly)?
            .get(&key.into())
            .map_err(failed)?;
        let value = settled(&request).await?;
        Ok((!value.is_undefined()).then_some(value))
    }

    pub(crate) async fn put(&self, table: &str, key: &str, value: &JsValue) -> Result<()> {
        let store = self.table(table, IdbTransactionMode::Readwrite)?;
        settled(&store.put_with_key(value, &key.into()).map_err(failed)?)
            .await
            .map(drop)
    }

    pub(crate) async fn delete(&self, table: &str, key: &str) -> Result<()> {
        let store = self.table(table, IdbTransactionMode::Readwrite)?;
        settled(&store.delete(&key.into()).map_err(failed)?)
            .await
            .map(drop)
    }

    /// Rows whose keys begin with `prefix`.
    pub(crate) async fn entries(
        &self,
        table: &str,
        prefix: &str,
    ) -> Result<Vec<(String, JsValue)>> {
        let range = IdbKeyRange::bound(&prefix.into(), &format!("{prefix}\u{ffff}").into())
            .map_err(failed)?;
        let store = self.table(table, IdbTransactionMode::Readonly)?;
        // Both in one transaction, so they fit together.
        let keys = store.get_all_keys_with_key(&range).map_err(failed)?;
        let values = store.get_all_with_key(&range).map_err(failed)?;
        let keys: Array = settled(&keys).await?.unchecked_into();
        let values: Array = settled(&values).await?.unchecked_into();
        Ok(keys
            .iter()
            .filter_map(|key| key.as_string())
            .zip(values.iter())
            .collect())
    }

    fn table(&self, table: &str, mode: IdbTransactionMode) -> Result<IdbObjectStore> {
        let transaction = self
            .db
            .transaction_with_str_and_mode(table, mode)
            .map_err(failed)?;
        transaction.object_store(table).map_err(failed)
    }
}

fn create_missing(
    request: IdbOpenDbRequest,
    tables: &'static [&'static str],
) -> Closure<dyn FnMut()> {
    Closure::once(move || {
        let Ok(db) = request.result().map(JsValue::unchecked_into::<IdbDatabase>) else {
            return;
        };
        for table in tables
            .iter()
            .filter(|table| !db.object_store_names().contains(table))
        {
            // A failure aborts the upgrade, which the request then reports.
            let _ = db.create_object_store(table);
        }
    })
}

/// The result of a request.
async fn settled(request: &IdbRequest) -> Result<JsValue> {
    let (sender, end) = OnceSender::channel();
    let on_end = Closure::<dyn FnMut()>::new(move || sender.send(()));
    request.set_onsuccess(Some(on_end.as_ref().unchecked_ref()));
    request.set_onerror(Some(on_end.as_ref().unchecked_ref()));
    let ended = end.await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    // Dropped only with the handler, which lives here until then.
    ended.map_err(|_| failed(JsValue::from_str("the request was let go")))?;
    match request.error().map_err(failed)? {
        Some(error) => Err(failed(error.into())),
        None => request.result().map_err(failed),
    }
}

fn failed(exception: JsValue) -> ClientError {
    ClientCode::UnsupportedBrowser.because(format!(
        "IndexedDB: {}",
        crate::error::exception_text(&exception)
    ))
}
