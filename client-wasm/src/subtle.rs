//! SubtleCrypto: AES-256-GCM for part bodies, HKDF of a kept account key. All else of the envelope is `ferry_core::envelope`.
//! Buffers are JavaScript's own, never views of wasm memory.

use ferry_core::envelope::keys::{AccountKey, AccountKeys, AccountPurpose};
use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey, HkdfParams};

use crate::{
    error::{ClientCode, Result},
    interop::{js_bytes, subtle},
};

/// A key for sealing and opening that cannot be read back.
pub(crate) async fn import_aes_key(key: &[u8; 32]) -> Result<CryptoKey> {
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let raw = js_bytes(key);
    let promise = subtle()?.import_key_with_str("raw", &raw, "AES-GCM", false, &usages);
    let imported = JsFuture::from(promise.map_err(unsupported)?)
        .await
        .map_err(unsupported);
    raw.fill(0, 0, raw.length());
    Ok(imported?.unchecked_into())
}

/// Returns `ciphertext | tag`.
pub(crate) async fn seal(
    key: &CryptoKey,
    iv: &[u8; 12],
    aad: &[u8],
    plain: &Object,
) -> Result<ArrayBuffer> {
    let promise = subtle()?.encrypt_with_object_and_buffer_source(&params(iv, aad), key, plain);
    let sealed = JsFuture::from(promise.map_err(unsupported)?)
        .await
        .map_err(unsupported)?;
    Ok(sealed.unchecked_into())
}

/// The plaintext of `ciphertext | tag`; [`ClientCode::Tampered`] where it does not open.
pub(crate) async fn open(
    key: &CryptoKey,
    iv: &[u8; 12],
    aad: &[u8],
    sealed: &Uint8Array,
) -> Result<ArrayBuffer> {
    let promise = subtle()?.decrypt_with_object_and_buffer_source(&params(iv, aad), key, sealed);
    let plain = JsFuture::from(promise.map_err(unsupported)?).await;
    plain
        .map(JsCast::unchecked_into)
        .map_err(|_| ClientCode::Tampered.because("a part does not open"))
}

fn params(iv: &[u8; 12], aad: &[u8]) -> AesGcmParams {
    let params = AesGcmParams::new("AES-GCM", &js_bytes(iv));
    params.set_additional_data_u8_array(&js_bytes(aad));
    params
}

fn unsupported(exception: JsValue) -> crate::error::ClientError {
    ClientCode::UnsupportedBrowser.thrown(&exception)
}

/// The account key as a CryptoKey that derives and cannot be read: what "keep this browser unlocked" stores.
pub(crate) async fn import_account_key(key: &AccountKey) -> Result<CryptoKey> {
    let raw = js_bytes(key.expose());
    let promise = subtle()?.import_key_with_str(
        "raw",
        &raw,
        "HKDF",
        false,
        &Array::of1(&"deriveBits".into()),
    );
    let imported = JsFuture::from(promise.map_err(unsupported)?)
        .await
        .map_err(unsupported);
    raw.fill(0, 0, raw.length());
    Ok(imported?.unchecked_into())
}

/// The four account keys of a kept CryptoKey.
pub(crate) async fn derive_account_keys(key: &CryptoKey) -> Result<AccountKeys> {
    Ok(AccountKeys::from_derived(
        &derive(key, AccountPurpose::Wrap).await?,
        &derive(key, AccountPurpose::Name).await?,
        &derive(key, AccountPurpose::Fingerprint).await?,
        &derive(key, AccountPurpose::AccountId).await?,
    ))
}

async fn derive(key: &CryptoKey, purpose: AccountPurpose) -> Result<[u8; 32]> {
    let params = HkdfParams::new(
        "HKDF",
        &"SHA-256".into(),
        &js_bytes(&purpose.info()),
        &js_bytes(&[]),
    );
    let promise = subtle()?.derive_bits_with_object(&params, key, 256);
    let bits = JsFuture::from(promise.map_err(unsupported)?)
        .await
        .map_err(unsupported)?;
    let bytes = Uint8Array::new(&bits).to_vec();
    bytes
        .try_into()
        .map_err(|_| ClientCode::UnsupportedBrowser.because("HKDF gave another length"))
}
