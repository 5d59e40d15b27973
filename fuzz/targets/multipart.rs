//! The emulator's reader of `multipart/form-data`: however a body is cut into chunks, it is the same pieces.
#![no_main]

#[expect(dead_code, reason = "the emulator uses more of it")]
#[path = "../../tests/bot-api-emulator/src/multipart.rs"]
mod multipart;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use multipart::{Malformed, Parser, Piece};

/// Pieces, with the content of each part as one.
fn read(chunks: &[&[u8]]) -> Result<Vec<Piece>, Malformed> {
    let mut parser = Parser::new("b");
    let mut pieces = Vec::new();
    for chunk in chunks {
        parser.feed(Bytes::copy_from_slice(chunk), &mut pieces)?;
    }
    parser.finish()?;
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Content(before)), Piece::Content(next)) => {
                *before = [before.as_ref(), &next].concat().into();
            }
            (_, piece) => joined.push(piece),
        }
    }
    joined.retain(|piece| !matches!(piece, Piece::Content(content) if content.is_empty()));
    Ok(joined)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((at, body)) = bytes.split_first() else {
        return;
    };
    let (first, rest) = body.split_at(usize::from(*at) % (body.len() + 1));
    assert_eq!(read(&[body]), read(&[first, rest]));
    let single: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(read(&[body]), read(&single));
});
