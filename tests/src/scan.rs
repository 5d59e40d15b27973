//! Looks through everything a server holds for what it must not know, and for what two uploads must not share.
//! Works on windows of eight bytes, so that a piece of a secret is found as well as the whole.

use std::collections::HashSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// The shortest thing that can be looked for.
pub const WINDOW_BYTES: usize = 8;

/// Everything a server holds, by its windows.
#[derive(Default)]
pub struct Haystack {
    windows: HashSet<u64>,
}

impl Haystack {
    /// Adds bytes as they are.
    pub fn add(&mut self, bytes: &[u8]) {
        self.windows.extend(windows(bytes));
    }

    /// Adds a database dump: as text, and every `\x...` value decoded.
    pub fn add_dump(&mut self, dump: &[u8]) {
        self.add(dump);
        for value in hex_values(&String::from_utf8_lossy(dump)) {
            self.add(&value);
        }
    }

    /// Whether `needle` may be in here: all its windows are.
    pub fn holds(&self, needle: &[u8]) -> bool {
        needle.len() >= WINDOW_BYTES && windows(needle).all(|window| self.windows.contains(&window))
    }

    /// Windows of `other` that are in here too.
    pub fn shared_with(&self, other: &[u8]) -> usize {
        windows(other)
            .filter(|window| self.windows.contains(window))
            .count()
    }
}

/// A byte string in the ways somebody may have written it down.
pub fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let texts = [
        hex.to_uppercase(),
        hex,
        STANDARD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
    ];
    std::iter::once(bytes.to_vec())
        .chain(texts.map(String::into_bytes))
        .collect()
}

/// The pieces of `value` around the places where one of `allowed` stands.
pub fn without(value: &[u8], allowed: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut pieces = vec![value.to_vec()];
    for known in allowed.iter().filter(|known| !known.is_empty()) {
        pieces = pieces
            .iter()
            .flat_map(|piece| split(piece, known))
            .collect();
    }
    pieces
}

/// Every `\x...` value of a text, decoded.
pub fn hex_values(text: &str) -> Vec<Vec<u8>> {
    text.split("\\x").skip(1).map(leading_hex).collect()
}

fn leading_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .map_while(|byte| char::from(byte).to_digit(16))
        .filter_map(|d| u8::try_from(d).ok())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn split(piece: &[u8], known: &[u8]) -> Vec<Vec<u8>> {
    match piece
        .windows(known.len())
        .position(|window| window == known)
    {
        Some(at) => {
            let mut pieces = vec![piece[..at].to_vec()];
            pieces.extend(split(&piece[at + known.len()..], known));
            pieces
        }
        None => vec![piece.to_vec()],
    }
}

fn windows(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    bytes
        .windows(WINDOW_BYTES)
        .filter_map(|window| Some(u64::from_be_bytes(window.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planted_is_found_in_every_spelling() {
        let secret = *b"a secret hash!!!";
        for spelling in spellings(&secret) {
            let mut haystack = Haystack::default();
            haystack.add(&[b"before ".as_slice(), &spelling, b" after"].concat());
            assert!(haystack.holds(&spelling));
            assert!(!haystack.holds(b"another hash...."));
        }
    }

    #[test]
    fn bytes_in_a_dump_are_found_decoded() {
        let mut haystack = Haystack::default();
        haystack.add_dump(b"COPY t FROM stdin;\n7\t\\\\x61207365637265742068617368\tx\n");
        assert!(haystack.holds(b"a secret hash"));
    }

    #[test]
    fn allowed_places_are_cut_out() {
        let value = b"random1 SAME-SAME random2";
        let mut haystack = Haystack::default();
        without(value, &[b"SAME-SAME".to_vec()])
            .iter()
            .for_each(|piece| haystack.add(piece));
        assert!(!haystack.holds(b"SAME-SAME"));
        assert_eq!(haystack.shared_with(b"random2?SAME-SAME"), 0);
        assert_eq!(haystack.shared_with(b" random2"), 1);
    }
}
