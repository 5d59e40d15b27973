//! A bot's token: [`BotToken`] as it is used, [`SealedToken`] as Postgres keeps it. Neither shows itself in a log.
//! It does not know where the server's key comes from: that is the composition root's business.

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload, consts::U12},
};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Longest token that is looked at; today's have about 46 characters.
const MAX_BYTES: usize = 128;
/// What stands where a foreign text had the secret.
const REDACTED: &str = "***";
/// So many characters of a secret's beginning are taken for it: a page may cut off what it repeats.
const LEAST_SHOWN: usize = 6;
/// Longest number of a character in HTML, with its semicolon: `x0041;`.
const NUMBER_BYTES: usize = 6;
/// First byte of a sealed token: how the rest is to be read.
const SEAL_VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
/// What the seal is for, so that no other sealing under the same key can be taken for one.
const PURPOSE: &[u8] = b"ferry bot token v1";

/// What a bot proves itself with: `<its id>:<secret>`. Zeroised, shown by no `Debug`, compared in constant time.
#[derive(Clone)]
pub struct BotToken {
    bot_id: i64,
    text: Zeroizing<String>,
}

/// A text that can be no token. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bot's token looks like 123456789:ABC-dEf...: digits, a colon, letters, digits, - and _")]
pub struct NotAToken;

impl BotToken {
    /// As a person typed it; white space around it is forgiven.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let text = text.trim();
        let (id, secret) = text.split_once(':').ok_or(NotAToken)?;
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let plausible = digits && !secret.is_empty() && secret.bytes().all(plain);
        let bot_id = id.parse().map_err(|_| NotAToken)?;
        if !plausible || bot_id == 0 || text.len() > MAX_BYTES {
            return Err(NotAToken);
        }
        Ok(BotToken {
            bot_id,
            text: Zeroizing::new(text.to_owned()),
        })
    }

    /// The bot's id: the number before the colon.
    pub fn bot_id(&self) -> i64 {
        self.bot_id
    }

    /// The text, for the one address that carries it.
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// A foreign text without this token's secret, in whatever form a web page may repeat an address: plain,
    /// percent-encoded, escaped for JSON or HTML, in other case, or cut off at its end.
    pub(super) fn redacted(&self, text: &str) -> String {
        let secret = self
            .text
            .split_once(':')
            .map_or(self.text.as_str(), |(_, secret)| secret);
        // no real secret is so short that its letters are words; then only all of it counts, behind the id
        let (needle, least) = match secret.len() < 2 * LEAST_SHOWN {
            true => (self.text.as_str(), self.text.len()),
            false => (secret, LEAST_SHOWN),
        };
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            match repeated(rest, needle) {
                (matched, length) if matched >= least => {
                    clean.push_str(REDACTED);
                    rest = rest.get(length..).unwrap_or_default();
                }
                _ => {
                    clean.push(next);
                    rest = rest.get(next.len_utf8()..).unwrap_or_default();
                }
            }
        }
        clean
    }

    /// Sealed under the server's key.
    pub fn seal(&self, key: &ServerKey) -> Result<SealedToken, getrandom::Error> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: self.text.as_bytes(),
            aad: &associated(self.bot_id),
        };
        let array: &Nonce<U12> = (&nonce).into();
        #[expect(
            clippy::expect_used,
            reason = "only 64 GiB of plaintext fail, and a token has at most 128 bytes"
        )]
        let sealed = Aes256Gcm::new((&key.0).into())
            .encrypt(array, payload)
            .expect("plaintext of bounded length");
        let mut bytes = vec![SEAL_VERSION];
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(SealedToken(bytes))
    }
}

/// How many characters of `secret` the text begins with, and how long they are as it writes them.
fn repeated(text: &str, secret: &str) -> (usize, usize) {
    let mut length = 0;
    for (matched, wanted) in secret.bytes().enumerate() {
        let rest = text.get(length..).unwrap_or_default();
        match first_of(rest) {
            Some((byte, long)) if byte.eq_ignore_ascii_case(&wanted) => length += long,
            _ => return (matched, length),
        }
    }
    (secret.len(), length)
}

/// The first character of a text, where it is ASCII, with how long it is as written: `A`, `%41`, `%2541`, `\u0041`,
/// `&#65;` or `&#x41;`.
fn first_of(text: &str) -> Option<(u8, usize)> {
    let hex = |digits: &str| u8::from_str_radix(digits, 16).ok();
    for (begin, digits) in [("%25", 2), ("%", 2), ("\\u00", 2)] {
        let coded = text.strip_prefix(begin).and_then(|rest| rest.get(..digits));
        if let Some(byte) = coded.and_then(hex) {
            return Some((byte, begin.len() + digits));
        }
    }
    let number = text.strip_prefix("&#").and_then(|rest| {
        let end = rest
            .bytes()
            .take(NUMBER_BYTES)
            .position(|byte| byte == b';')?;
        rest.get(..end)
    });
    if let Some(number) = number {
        let byte = match number.strip_prefix(['x', 'X']) {
            Some(digits) => hex(digits),
            None => number.parse().ok(),
        };
        return Some((byte?, number.len() + 3));
    }
    let byte = text.bytes().next().filter(u8::is_ascii)?;
    Some((byte, 1))
}

impl PartialEq for BotToken {
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl Eq for BotToken {}

impl std::fmt::Debug for BotToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BotToken({}:...)", self.bot_id)
    }
}

/// `version | nonce | AES-256-GCM(token)` under the server's key, bound to the bot's id.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedToken(Vec<u8>);

/// The seal does not open: another server key, another bot's row, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the token of bot {bot_id} does not open under this server's key; add the bot again, or bring the key back"
)]
pub struct Unsealable {
    /// Whose it is.
    pub bot_id: i64,
}

impl SealedToken {
    /// As a row holds it.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        SealedToken(bytes)
    }

    /// For the row.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The token of that bot.
    pub fn open(&self, key: &ServerKey, bot_id: i64) -> Result<BotToken, Unsealable> {
        let plain = self.decrypt(key, bot_id).ok_or(Unsealable { bot_id })?;
        let token = std::str::from_utf8(&plain).ok().map(BotToken::parse);
        match token {
            Some(Ok(token)) if token.bot_id == bot_id => Ok(token),
            _ => Err(Unsealable { bot_id }),
        }
    }

    fn decrypt(&self, key: &ServerKey, bot_id: i64) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = self.0.split_first()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if *version != SEAL_VERSION {
            return None;
        }
        let payload = Payload {
            msg: sealed,
            aad: &associated(bot_id),
        };
        let nonce: &Nonce<U12> = nonce.into();
        let plain = Aes256Gcm::new((&key.0).into())
            .decrypt(nonce, payload)
            .ok()?;
        Some(Zeroizing::new(plain))
    }
}

impl std::fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedToken")
    }
}

/// The server's own key, 32 random bytes that never leave it. With it and the database one has the bots.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ServerKey([u8; 32]);

impl ServerKey {
    /// The key from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        ServerKey(bytes)
    }
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey")
    }
}

/// What a seal is bound to: its purpose and the bot.
fn associated(bot_id: i64) -> Vec<u8> {
    [PURPOSE, &bot_id.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "535362388:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";

    #[test]
    fn a_token_is_digits_a_colon_and_a_secret() {
        let token = BotToken::parse(&format!("  {TOKEN}\n")).unwrap();
        assert_eq!((token.bot_id(), token.expose()), (535_362_388, TOKEN));
        let long = format!("1:{}", "a".repeat(127));
        for wrong in [
            "",
            ":",
            "1:",
            ":abc",
            "abc",
            "12a:abc",
            "-1:abc",
            "+1:abc",
            "0:abc",
            "1:a/b",
            "1:a b",
            "1:a:b",
            "99999999999999999999:abc",
            &long,
        ] {
            assert_eq!(BotToken::parse(wrong), Err(NotAToken), "{wrong}");
        }
    }

    #[test]
    fn a_text_is_told_without_the_secret_however_it_is_written() {
        let token = BotToken::parse(TOKEN).unwrap();
        let (id, secret) = TOKEN.split_once(':').unwrap();
        let encoded = |of: &dyn Fn(u8) -> String| secret.bytes().map(of).collect::<String>();
        for (form, text) in [
            ("plain", secret.to_owned()),
            ("in other case", secret.to_lowercase()),
            (
                "where it must be",
                secret.replace('-', "%2D").replace('_', "%5f"),
            ),
            ("percent", encoded(&|byte| format!("%{byte:02X}"))),
            ("twice", encoded(&|byte| format!("%25{byte:02x}"))),
            ("JSON", encoded(&|byte| format!("\\u{byte:04x}"))),
            ("HTML", encoded(&|byte| format!("&#{byte};"))),
            (
                "HTML, hexadecimal",
                encoded(&|byte| format!("&#x{byte:x};")),
            ),
            ("cut off", secret.chars().take(20).collect()),
        ] {
            for colon in [":", "%3A", "%253a"] {
                let page = format!("Cannot POST /bot{id}{colon}{text}/GetMe, é {text}");
                let told = format!("Cannot POST /bot{id}{colon}***/GetMe, é ***");
                assert_eq!(token.redacted(&page), told, "{form}");
            }
        }
        for other in [
            "Bad Request: chat not found",
            "100%",
            "&#; &#x; \\u00 %4 AAF7- &#300;",
        ] {
            assert_eq!(token.redacted(other), other);
        }
        let short = BotToken::parse("1:a").unwrap();
        assert_eq!(short.redacted("a bad 1:a"), "a bad ***");
    }

    #[test]
    fn neither_form_nor_the_key_shows_itself() {
        let token = BotToken::parse(TOKEN).unwrap();
        let key = ServerKey::from_bytes([7; 32]);
        let sealed = token.seal(&key).unwrap();
        let shown = format!("{token:?} {sealed:?} {key:?}");
        assert_eq!(shown, "BotToken(535362388:...) SealedToken ServerKey");
        let bytes = sealed.as_bytes();
        assert!(
            !bytes
                .windows(8)
                .any(|window| TOKEN.as_bytes().windows(8).any(|of| of == window))
        );
    }

    #[test]
    fn a_seal_opens_under_its_key_for_its_bot_alone() {
        let token = BotToken::parse(TOKEN).unwrap();
        let key = ServerKey::from_bytes([7; 32]);
        let sealed = token.seal(&key).unwrap();
        assert_eq!(sealed.open(&key, 535_362_388), Ok(token.clone()));
        let refused = |bot_id| Err(Unsealable { bot_id });
        assert_eq!(
            sealed.open(&ServerKey::from_bytes([8; 32]), 535_362_388),
            refused(535_362_388)
        );
        assert_eq!(sealed.open(&key, 535_362_389), refused(535_362_389));
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            let changed = SealedToken::from_bytes(bytes);
            assert_eq!(
                changed.open(&key, 535_362_388),
                refused(535_362_388),
                "byte {at}"
            );
        }
        for cut in 0..sealed.as_bytes().len() {
            let short = SealedToken::from_bytes(sealed.as_bytes()[..cut].to_vec());
            assert!(short.open(&key, 535_362_388).is_err(), "{cut} bytes");
        }
        assert_ne!(token.seal(&key).unwrap(), sealed, "a nonce was used twice");
    }
}
