//! A range out of the bytes of a whole document. Telegram promises no ranges: the whole document is asked for, and no more
//! of it is read than the range needs.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;

use crate::storage::ByteStream;

/// The bytes of the document that lie in the range.
pub(super) fn within(bytes: ByteStream, range: Range<u64>) -> ByteStream {
    let cut =
        futures_util::stream::unfold((bytes, range, 0_u64), |(mut bytes, range, at)| async move {
            let mut at = at;
            loop {
                if at >= range.end {
                    return None;
                }
                let piece = match bytes.next().await? {
                    Ok(piece) => piece,
                    Err(error) => return Some((Err(error), (bytes, at..at, at))),
                };
                let begin = at;
                at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                let inside = cut_out(piece, begin, &range);
                if !inside.is_empty() {
                    return Some((Ok(inside), (bytes, range, at)));
                }
            }
        });
    cut.boxed()
}

/// What of a piece that begins at `begin` lies in the range.
fn cut_out(mut piece: Bytes, begin: u64, range: &Range<u64>) -> Bytes {
    let within_piece = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX);
    piece.truncate(within_piece(range.end));
    piece.split_off(within_piece(range.start).min(piece.len()))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn ranges_are_cut_out_of_any_pieces() {
        let whole: Vec<u8> = (0..100).collect();
        for piece_len in [1, 7, 33, 100] {
            for range in [0..100_u64, 0..1, 99..100, 6..8, 33..66, 10..1_000] {
                let pieces: Vec<_> = whole
                    .chunks(piece_len)
                    .map(|piece| Ok(Bytes::copy_from_slice(piece)))
                    .collect();
                let bytes = futures_util::stream::iter(pieces).boxed();
                let got: Vec<Bytes> = within(bytes, range.clone()).try_collect().await.unwrap();
                let at = |at: u64| usize::try_from(at.min(100)).unwrap();
                let (start, end) = (at(range.start), at(range.end));
                assert_eq!(got.concat(), whole[start..end], "{range:?} of {piece_len}");
            }
        }
    }

    #[tokio::test]
    async fn a_range_reads_no_further_than_it_needs() {
        let pieces = futures_util::stream::iter([Ok(Bytes::from_static(b"abc"))]);
        let bytes = pieces.chain(futures_util::stream::pending()).boxed();
        let got: Vec<Bytes> = within(bytes, 1..3).try_collect().await.unwrap();
        assert_eq!(got.concat(), b"bc");
    }
}
