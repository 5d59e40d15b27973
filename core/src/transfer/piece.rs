//! How much of a part's body goes in one request. A piece is what the line carries in a few seconds, so that what the
//! server confirms grows every few seconds, and a cut costs little; on a good line that is the whole part. Not how many
//! sends run at once: that is [`super::Window`].

/// A piece should be confirmed after about so long.
const TARGET_MS: u64 = 4_000;
/// A piece that is not confirmed after this time is broken off, and the server is asked how far it came: a person hears
/// of confirmed bytes within 30 s on any line that moves.
pub const PIECE_PATIENCE_MS: u64 = 20_000;
/// How long a server that answers and is busy with a part is asked for it: it stores the part before it confirms its end.
pub const STORE_PATIENCE_MS: u64 = 60_000;
/// Shorter pieces cost more in headers and round trips than they tell.
const LEAST_BYTES: u64 = 64 * 1024;
/// While nothing is known of the line.
const FIRST_BYTES: u64 = 256 * 1024;
/// What one piece can change.
const MOST_CHANGE: u64 = 4;

/// The length of the next piece, learned from those before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceSize {
    wanted_bytes: u64,
    has_learned: bool,
    /// The longest request body that something between here and the server takes; none where none is known.
    limit_bytes: Option<u64>,
}

impl Default for PieceSize {
    fn default() -> Self {
        PieceSize {
            wanted_bytes: FIRST_BYTES,
            has_learned: false,
            limit_bytes: None,
        }
    }
}

impl PieceSize {
    /// What others have seen of the line; it counts until a piece was confirmed.
    pub fn line_carries(&mut self, bytes_per_sec: u64) {
        if !self.has_learned {
            self.wanted_bytes = carried_in_target(bytes_per_sec.saturating_mul(1_000), 1_000);
        }
    }

    /// Where a piece that begins at `offset_bytes` of a body of `len_bytes` ends.
    pub fn end_bytes(&self, offset_bytes: u64, len_bytes: u64) -> u64 {
        let left_bytes = len_bytes.saturating_sub(offset_bytes);
        // A short rest goes along: it would cost a round trip for little.
        let goes_along = left_bytes <= self.wanted_bytes.saturating_add(self.wanted_bytes / 2);
        let wanted_bytes = if goes_along {
            left_bytes
        } else {
            self.wanted_bytes
        };
        let limit_bytes = self.limit_bytes.unwrap_or(u64::MAX);
        offset_bytes.saturating_add(wanted_bytes.min(limit_bytes))
    }

    /// A piece was confirmed after so long. `is_last`: the time contains that of storing the part, so it says little of
    /// the line unless it was long.
    pub fn confirmed(&mut self, len_bytes: u64, took_ms: u64, is_last: bool) {
        let is_slow = took_ms > 3 * TARGET_MS;
        if len_bytes < self.wanted_bytes / 2 && !is_slow {
            return;
        }
        self.has_learned = true;
        if is_last {
            if is_slow {
                self.shrink(2);
            } else if took_ms < TARGET_MS {
                self.grow_to(carried_in_target(len_bytes.saturating_mul(1_000), took_ms));
            }
            return;
        }
        let carried_bytes = carried_in_target(len_bytes.saturating_mul(1_000), took_ms);
        let least_bytes = (self.wanted_bytes / MOST_CHANGE).max(LEAST_BYTES);
        self.wanted_bytes = carried_bytes.max(least_bytes);
        self.wanted_bytes = self.wanted_bytes.min(len_bytes.saturating_mul(MOST_CHANGE));
    }

    /// A piece was not confirmed in time.
    pub fn unconfirmed(&mut self) {
        self.has_learned = true;
        self.shrink(MOST_CHANGE);
    }

    /// A request of this length was refused by something before the server: shorter ones from now on. False where they
    /// would be too short to be tried.
    pub fn refused(&mut self, len_bytes: u64) -> bool {
        // Powers of two, as limits are: the default of many a proxy is 1 MiB exactly.
        let shorter = len_bytes.saturating_sub(1).checked_ilog2();
        let limit_bytes = shorter.map_or(0, |exponent| 1 << exponent);
        self.limit_bytes = Some(limit_bytes);
        limit_bytes >= LEAST_BYTES
    }

    fn grow_to(&mut self, carried_bytes: u64) {
        let most_bytes = self.wanted_bytes.saturating_mul(MOST_CHANGE);
        self.wanted_bytes = carried_bytes.clamp(self.wanted_bytes, most_bytes);
    }

    fn shrink(&mut self, times: u64) {
        self.wanted_bytes = (self.wanted_bytes / times).max(LEAST_BYTES);
    }
}

/// Bytes in [`TARGET_MS`] at `thousand_bytes` / 1,000 in `took_ms`.
fn carried_in_target(thousand_bytes: u64, took_ms: u64) -> u64 {
    let carried_bytes = (thousand_bytes / took_ms.max(1)).saturating_mul(TARGET_MS) / 1_000;
    carried_bytes.max(LEAST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// Sends a body over a line of so many bytes a second; the pieces and the time of each.
    fn send(size: &mut PieceSize, len_bytes: u64, bytes_per_sec: u64) -> Vec<(u64, u64)> {
        let (mut at, mut pieces) = (0, Vec::new());
        while at < len_bytes {
            let end = size.end_bytes(at, len_bytes);
            let took_ms = 20 + (end - at) * 1_000 / bytes_per_sec;
            if took_ms > PIECE_PATIENCE_MS {
                size.unconfirmed();
                at += bytes_per_sec * PIECE_PATIENCE_MS / 1_000;
            } else {
                size.confirmed(end - at, took_ms, end == len_bytes);
                at = end;
            }
            pieces.push((end.min(at), took_ms.min(PIECE_PATIENCE_MS)));
        }
        pieces
    }

    proptest::proptest! {
        /// Whatever the line was before: after at most two patiences a slow one is confirmed every few seconds.
        #[test]
        fn on_every_line_confirmations_come_within_seconds(
            before in 1_000_u64..200 * MIB,
            bytes_per_sec in 4_000_u64..200 * MIB,
        ) {
            let mut size = PieceSize::default();
            send(&mut size, 64 * MIB, before.max(8_000));
            let pieces = send(&mut size, 64 * MIB, bytes_per_sec);
            let bound_ms = 3 * TARGET_MS + LEAST_BYTES * 1_500 / bytes_per_sec;
            let slow = pieces.iter().filter(|(_, took_ms)| *took_ms > bound_ms).count();
            proptest::prop_assert!(slow <= 5, "{} slow pieces: {:?}", slow, &pieces[..pieces.len().min(9)]);
        }

        /// A piece never ends before it begins, never behind the body, and never above a proxy's limit.
        #[test]
        fn a_piece_lies_within_its_body(
            offset in 0_u64..20 * MIB,
            more in 1_u64..20 * MIB,
            rate in 0_u64..u64::MAX,
            refused in 0_u64..16 * MIB,
        ) {
            let mut size = PieceSize::default();
            size.line_carries(rate);
            let goes_on = size.refused(refused);
            let end = size.end_bytes(offset, offset + more);
            proptest::prop_assert!(end <= offset + more);
            proptest::prop_assert!(!goes_on || (end > offset && end - offset < refused));
        }
    }

    #[test]
    fn a_good_line_gets_whole_parts_and_a_slow_one_pieces_of_seconds() {
        let mut size = PieceSize::default();
        size.line_carries(12 * MIB);
        assert_eq!(size.end_bytes(0, 18 * MIB), 18 * MIB);
        size = PieceSize::default();
        size.line_carries(80_000);
        assert_eq!(size.end_bytes(0, 9 * MIB), 320_000);
        assert_eq!(
            size.end_bytes(0, 450_000),
            450_000,
            "a short rest goes along"
        );
    }

    #[test]
    fn an_unknown_line_is_felt_for() {
        let mut size = PieceSize::default();
        let pieces = send(&mut size, 8 * MIB, 50 * MIB);
        let first: Vec<u64> = pieces.iter().map(|(end, _)| *end).collect();
        assert_eq!(first[0], FIRST_BYTES);
        assert!(first.len() <= 4, "{first:?}");
        assert_eq!(send(&mut size, 8 * MIB, 50 * MIB).len(), 1);
    }

    #[test]
    fn a_store_that_takes_its_time_does_not_make_pieces_small() {
        let mut size = PieceSize::default();
        size.line_carries(4 * MIB);
        (0..20).for_each(|_| size.confirmed(16 * MIB, 9_000, true));
        assert_eq!(size.end_bytes(0, 16 * MIB), 16 * MIB);
    }

    #[test]
    fn a_proxys_limit_is_kept_to_and_given_up_below_the_shortest_piece() {
        let mut size = PieceSize::default();
        size.line_carries(100 * MIB);
        assert!(size.refused(9 * MIB));
        assert_eq!(size.end_bytes(0, 9 * MIB), 8 * MIB);
        assert!(size.refused(MIB + 1));
        assert_eq!(size.end_bytes(MIB, 9 * MIB), 2 * MIB);
        assert!(!size.refused(LEAST_BYTES));
    }
}
