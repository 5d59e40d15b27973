//! The server's own key: from the settings, from a file, or made once and kept beside the data. What it seals is not
//! known here.

use std::{
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::{config::ServerKeyConfig, storage::telegram::ServerKey};

const KEY_BYTES: usize = 32;

/// The key; made and written down where it is ours to make and there is none.
pub fn load(config: &ServerKeyConfig) -> anyhow::Result<ServerKey> {
    match config {
        ServerKeyConfig::Written(key) => parse(key.expose()).context("the setting secret_key"),
        ServerKeyConfig::File(path) => read(path),
        ServerKeyConfig::Made(path) => match path.try_exists() {
            Ok(true) => read(path),
            _ => make(path).with_context(|| format!("the key file {}", path.display())),
        },
    }
}

fn read(path: &Path) -> anyhow::Result<ServerKey> {
    let told = || format!("the key file {}", path.display());
    let text = Zeroizing::new(std::fs::read_to_string(path).with_context(told)?);
    parse(&text).with_context(told)
}

/// Written aside and then linked, so that of several servers that begin together all read the same whole key.
fn make(path: &Path) -> anyhow::Result<ServerKey> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut_slice())
        .map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let aside = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(hex(&key).as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Ok(()) => Ok(ServerKey::from_bytes(*key)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error.into()),
    }
}

fn hex(key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
    for byte in key {
        text.push_str(&format!("{byte:02x}"));
    }
    text.push('\n');
    text
}

/// 64 hexadecimal digits. An error repeats none of them.
fn parse(text: &str) -> anyhow::Result<ServerKey> {
    let digits = text.trim().as_bytes();
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let is_key = digits.len() == 2 * KEY_BYTES
        && digits
            .chunks_exact(2)
            .zip(key.iter_mut())
            .all(|(pair, byte)| byte_of(pair).map(|value| *byte = value).is_some());
    anyhow::ensure!(
        is_key,
        "is not of 64 hexadecimal digits (`openssl rand -hex 32` makes one)"
    );
    Ok(ServerKey::from_bytes(*key))
}

fn byte_of(pair: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(pair).ok()?;
    let is_hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::storage::telegram::BotToken;

    /// Whether both keys open what the other sealed.
    fn are_one(left: &ServerKey, right: &ServerKey) -> bool {
        let token = BotToken::parse("7:abc").unwrap();
        token.seal(left).unwrap().open(right, 7).is_ok()
    }

    #[test]
    fn a_key_is_made_once_private_and_read_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("server.key");
        let config = ServerKeyConfig::Made(path.clone());
        let made = load(&config).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(are_one(&made, &load(&config).unwrap()));
        assert!(are_one(
            &made,
            &load(&ServerKeyConfig::File(path.clone())).unwrap()
        ));
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(are_one(
            &made,
            &load(&ServerKeyConfig::Written(written.into())).unwrap()
        ));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn servers_that_begin_together_have_one_key() {
        let home = tempfile::tempdir().unwrap();
        let config = ServerKeyConfig::Made(home.path().join("server.key"));
        let made = make(&home.path().join("server.key")).unwrap();
        let late = make(&home.path().join("server.key")).unwrap();
        assert!(are_one(&made, &late));
        assert!(are_one(&made, &load(&config).unwrap()));
    }

    #[test]
    fn a_named_file_must_be_there_and_hold_a_key() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        assert!(load(&ServerKeyConfig::File(path.clone())).is_err());
        for wrong in [
            "",
            "5a",
            &"5g".repeat(32),
            &"+5".repeat(32),
            &"5a".repeat(33),
        ] {
            std::fs::write(&path, wrong).unwrap();
            let error = format!(
                "{:#}",
                load(&ServerKeyConfig::File(path.clone())).unwrap_err()
            );
            assert!(error.contains("64 hexadecimal digits"), "{error}");
        }
        std::fs::write(&path, "5a".repeat(32)).unwrap();
        load(&ServerKeyConfig::File(path)).unwrap();
    }
}
