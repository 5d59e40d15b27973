//! Makes and reads file ids: opaque, different each time, readable only here. Nothing is remembered for them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

use super::{BotId, FileKey};

/// Real ones of documents begin like this; it makes ids 74 characters long.
const PREFIX: &str = "BQACAgQAAx";
const NONCE_BYTES: usize = 16;
const MASKED_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

/// The maker of one emulator's ids.
pub(crate) struct FileIds<'a> {
    pub(crate) secret: &'a [u8],
}

impl FileIds<'_> {
    /// An id by which `bot` gets `file`.
    pub(crate) fn issue(&self, bot: BotId, file: FileKey) -> String {
        let mut nonce = [0; NONCE_BYTES];
        // Without randomness ids would only repeat, which Telegram allows.
        let _ = getrandom::fill(&mut nonce);
        let plain = [bot.to_be_bytes(), file.to_be_bytes()].concat();
        let masked = self.mask(&nonce, &plain);
        let tag = self.tag(&nonce, &masked);
        let whole = [nonce.as_slice(), &masked, &tag].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(whole))
    }

    /// Whose id it is and of what; none when it was not made here.
    pub(crate) fn read(&self, file_id: &str) -> Option<(BotId, FileKey)> {
        let whole = URL_SAFE_NO_PAD.decode(file_id.strip_prefix(PREFIX)?).ok()?;
        let (nonce, rest) = whole.split_at_checked(NONCE_BYTES)?;
        let (masked, tag) = rest.split_at_checked(MASKED_BYTES)?;
        if self.tag(nonce, masked) != tag {
            return None;
        }
        let plain = self.mask(nonce, masked);
        let (bot, file) = plain.split_first_chunk::<8>()?;
        let file = file.first_chunk::<8>()?;
        Some((BotId::from_be_bytes(*bot), FileKey::from_be_bytes(*file)))
    }

    fn mask(&self, nonce: &[u8], bytes: &[u8]) -> Vec<u8> {
        let pad = digest(&SHA256, &[b"mask", self.secret, nonce].concat());
        let masked = bytes.iter().zip(pad.as_ref()).map(|(byte, pad)| byte ^ pad);
        masked.collect()
    }

    fn tag(&self, nonce: &[u8], masked: &[u8]) -> Vec<u8> {
        let tag = digest(&SHA256, &[b"tag", self.secret, nonce, masked].concat());
        tag.as_ref().iter().take(TAG_BYTES).copied().collect()
    }
}

/// The same for every bot and at any time; nothing can be downloaded by it.
pub(crate) fn unique_id(secret: &[u8], file: FileKey) -> String {
    let name = digest(
        &SHA256,
        &[b"unique", secret, file.to_be_bytes().as_slice()].concat(),
    );
    let short: Vec<u8> = name.as_ref().iter().take(8).copied().collect();
    format!("AgAD{}", URL_SAFE_NO_PAD.encode(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_bot_and_file_and_a_changed_one_nothing() {
        let ids = FileIds { secret: b"secret" };
        let id = ids.issue(7_000_000_001, 42);
        assert_eq!(ids.read(&id), Some((7_000_000_001, 42)));
        assert_ne!(id, ids.issue(7_000_000_001, 42));
        assert!((70..=90).contains(&id.len()), "{id}");
        for at in PREFIX.len()..id.len() {
            let mut changed = id.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'Z' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(ids.read(&changed), None, "changed at {at}");
        }
        assert_eq!(FileIds { secret: b"other" }.read(&id), None);
        assert_ne!(unique_id(b"secret", 1), unique_id(b"secret", 2));
    }
}
