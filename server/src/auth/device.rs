//! Devices that signed in before: a value that a browser keeps when the session is over, and that proves nothing but
//! that. It opens no account; it only keeps the way in free while strangers guess at the same name.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;

use super::{Accounts, AuthError, AuthResult};

const ID_BYTES: usize = 16;

/// What a device shows: `id.mac`, both base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceMark(String);

impl DeviceMark {
    /// Text from outside; whether it means anything is seen at a sign-in.
    pub fn new(text: impl Into<String>) -> Self {
        DeviceMark(text.into())
    }

    /// For the device alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeviceMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[device mark]")
    }
}

impl Accounts {
    /// A new mark of a device that signed in to this name.
    pub(super) async fn mark_device(&self, folded: &str) -> AuthResult<DeviceMark> {
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)
            .map_err(|error| AuthError::Internal(format!("no randomness: {error}")))?;
        let id = URL_SAFE_NO_PAD.encode(id);
        let mac = URL_SAFE_NO_PAD.encode(self.mac_of(folded, &id).await?);
        Ok(DeviceMark(format!("{id}.{mac}")))
    }

    /// The device's id, where it signed in to this name before.
    pub(super) async fn known_device(
        &self,
        folded: &str,
        mark: Option<&DeviceMark>,
    ) -> AuthResult<Option<String>> {
        let Some((id, mac)) = mark.and_then(|mark| mark.0.split_once('.')) else {
            return Ok(None);
        };
        let expected = self.mac_of(folded, id).await?;
        let shown = URL_SAFE_NO_PAD.decode(mac).unwrap_or_default();
        let is_ours = bool::from(expected.as_slice().ct_eq(&shown));
        Ok(is_ours.then(|| id.to_owned()))
    }

    /// The message begins with a byte that no user name has, see `kdf`.
    async fn mac_of(&self, folded: &str, id: &str) -> AuthResult<[u8; 32]> {
        let message = format!("\0ferry/1/device\0{id}\0{folded}");
        self.secret().await?.derive(message.as_bytes())
    }
}
