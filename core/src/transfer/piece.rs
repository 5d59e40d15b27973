//! How much of a part's body goes in one request. A piece is what the line carries in a few seconds, so that what the
//! server confirms grows every few seconds, and a cut costs little; on a good line that is the whole part. Where a
//! balancer gives each request to another server, bodies go whole. Not how many sends run at once: that is
//! [`super::Window`].

use std::cmp::Ordering;

/// A piece should be confirmed after about so long.
const TARGET_MS: u64 = 4_000;
/// A piece that is not confirmed after this time is broken off, and the server is asked how far it came: a person hears
/// of confirmed bytes within 30 s on any line that moves.
pub const PIECE_TIMEOUT_MS: u64 = 20_000;
/// How long a server that answers and is busy with a part is asked for it: it stores the part before it confirms its end.
pub const STORE_TIMEOUT_MS: u64 = 60_000;
/// Shorter pieces cost more in headers and round trips than they tell.
const LEAST_BYTES: u64 = 64 * 1024;
/// While nothing is known of the line.
const FIRST_BYTES: u64 = 256 * 1024;
/// What one piece can change.
const MOST_CHANGE: u64 = 4;
/// Bodies that go whole after one of them met a second server, before pieces are tried again: the other server may have
/// been a restart.
const WHOLE_BODIES: u32 = 16;
/// How often one body may begin again at another server, where it cannot go whole.
const MOST_RESTARTS: u32 = 3;

/// The length of the next piece, learned from those before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceSize {
    wanted_bytes: u64,
    has_learned: bool,
    /// The longest request body that something between here and the server takes; none where none is known.
    limit_bytes: Option<u64>,
    /// So many of the next bodies go whole.
    whole_bodies: u32,
}

/// One body on its way: where its next piece begins. A server that has less of it than was confirmed is another one, with
/// a spool of its own: from then on what is left of the body goes in one request, which any server takes from its
/// beginning. It lives as long as its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyCourse {
    len_bytes: u64,
    offset_bytes: u64,
    goes_whole: bool,
    restarts: u32,
}

/// What an offset that a server named means for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// More of it is there than was known.
    Further,
    /// As much as was known.
    Same,
    /// Another server answered, and has less: it begins again.
    Elsewhere,
    /// It began again too often: pieces meet different servers, and something between takes no whole body.
    Scattered,
}

impl BodyCourse {
    /// A body of which nothing was sent.
    pub fn new(len_bytes: u64, size: &mut PieceSize) -> Self {
        let goes_whole = size.whole_bodies > 0;
        size.whole_bodies = size.whole_bodies.saturating_sub(1);
        BodyCourse {
            len_bytes,
            offset_bytes: 0,
            goes_whole,
            restarts: 0,
        }
    }

    /// Where the next piece begins.
    pub fn offset_bytes(&self) -> u64 {
        self.offset_bytes
    }

    /// Where the next piece ends.
    pub fn end_bytes(&self, size: &PieceSize) -> u64 {
        if self.is_whole(size) {
            return self.len_bytes;
        }
        size.end_bytes(self.offset_bytes, self.len_bytes)
    }

    /// Whether what is left goes in one request, for as long as bytes move.
    pub fn is_whole(&self, size: &PieceSize) -> bool {
        self.goes_whole && size.limit_bytes.is_none_or(|limit| self.len_bytes <= limit)
    }

    /// A piece up to `end_bytes` was not confirmed in time; a server that was asked then has `at_bytes`, or cannot say.
    pub fn unconfirmed(
        &mut self,
        end_bytes: u64,
        at_bytes: Option<u64>,
        size: &mut PieceSize,
    ) -> Bearing {
        // Where all of it came, the store took its time and not the line.
        let all_came = at_bytes.is_some_and(|at_bytes| at_bytes >= end_bytes);
        if !all_came && !self.is_whole(size) {
            size.unconfirmed();
        }
        at_bytes.map_or(Bearing::Same, |at_bytes| self.told(at_bytes, size))
    }

    /// A server says that its bytes end at `at_bytes`.
    pub fn told(&mut self, at_bytes: u64, size: &mut PieceSize) -> Bearing {
        let at_bytes = at_bytes.min(self.len_bytes);
        let known_bytes = self.offset_bytes;
        if at_bytes < known_bytes {
            self.restarts += 1;
            self.goes_whole = true;
            size.whole_bodies = WHOLE_BODIES;
        }
        self.offset_bytes = at_bytes;
        match at_bytes.cmp(&known_bytes) {
            Ordering::Greater => Bearing::Further,
            Ordering::Equal => Bearing::Same,
            Ordering::Less if self.restarts > MOST_RESTARTS && !self.is_whole(size) => {
                Bearing::Scattered
            }
            Ordering::Less => Bearing::Elsewhere,
        }
    }
}

impl Default for PieceSize {
    fn default() -> Self {
        PieceSize {
            wanted_bytes: FIRST_BYTES,
            has_learned: false,
            limit_bytes: None,
            whole_bodies: 0,
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
            if took_ms > PIECE_TIMEOUT_MS {
                size.unconfirmed();
                at += bytes_per_sec * PIECE_TIMEOUT_MS / 1_000;
            } else {
                size.confirmed(end - at, took_ms, end == len_bytes);
                at = end;
            }
            pieces.push((end.min(at), took_ms.min(PIECE_TIMEOUT_MS)));
        }
        pieces
    }

    proptest::proptest! {
        /// Whatever the line was before: after at most two timeouts a slow one is confirmed every few seconds.
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

    /// Servers with spools of their own behind a balancer, which takes requests up to a limit.
    struct Servers {
        spools: Vec<u64>,
        limit_bytes: u64,
        sent_bytes: u64,
        requests: usize,
    }

    /// How a delivery ended.
    #[derive(Debug, PartialEq, Eq)]
    enum End {
        Stored,
        GivenUp,
        /// It did not end.
        Endless,
    }

    impl Servers {
        fn new(count: usize) -> Self {
            Servers {
                spools: vec![0; count],
                limit_bytes: u64::MAX,
                sent_bytes: 0,
                requests: 0,
            }
        }

        /// Sends a body as the client does. `to` names the server of each request.
        fn deliver(
            &mut self,
            len_bytes: u64,
            size: &mut PieceSize,
            to: impl Fn(usize) -> usize,
        ) -> End {
            let mut course = BodyCourse::new(len_bytes, size);
            self.spools.fill(0);
            for _ in 0..2_000 {
                let (offset, end) = (course.offset_bytes(), course.end_bytes(size));
                let server = to(self.requests) % self.spools.len();
                self.requests += 1;
                if end - offset > self.limit_bytes {
                    assert!(size.refused(end - offset));
                    continue;
                }
                self.sent_bytes += end - offset;
                let kept = &mut self.spools[server];
                if offset == 0 || *kept == offset {
                    *kept = end;
                    if end == len_bytes {
                        return End::Stored;
                    }
                }
                if course.told(*kept, size) == Bearing::Scattered {
                    return End::GivenUp;
                }
            }
            End::Endless
        }
    }

    fn slow() -> PieceSize {
        let mut size = PieceSize::default();
        size.line_carries(80_000);
        size
    }

    #[test]
    fn behind_a_balancer_that_takes_turns_bodies_are_stored_and_later_ones_go_whole() {
        let (mut servers, mut size) = (Servers::new(2), slow());
        assert_eq!(
            servers.deliver(9 * MIB, &mut size, |turn| turn),
            End::Stored
        );
        assert!(servers.sent_bytes < 10 * MIB, "{}", servers.sent_bytes);
        servers.sent_bytes = 0;
        for _ in 0..WHOLE_BODIES {
            assert_eq!(
                servers.deliver(9 * MIB, &mut size, |turn| turn),
                End::Stored
            );
        }
        assert_eq!(servers.sent_bytes, u64::from(WHOLE_BODIES) * 9 * MIB);
        assert_eq!(
            BodyCourse::new(9 * MIB, &mut size).end_bytes(&size),
            320_000,
            "pieces are tried again"
        );
    }

    #[test]
    fn a_balancer_with_a_limit_ends_in_an_error_and_not_in_a_loop() {
        let (mut servers, mut size) = (Servers::new(2), slow());
        servers.limit_bytes = MIB;
        assert_eq!(
            servers.deliver(9 * MIB, &mut size, |turn| turn),
            End::GivenUp
        );
        assert!(servers.sent_bytes < 4 * MIB, "{}", servers.sent_bytes);
    }

    #[test]
    fn a_server_that_lost_its_spool_costs_no_upload_behind_a_limit() {
        let (mut servers, mut size) = (Servers::new(2), slow());
        servers.limit_bytes = MIB;
        let fails_over = |turn| usize::from(turn > 4);
        assert_eq!(servers.deliver(9 * MIB, &mut size, fails_over), End::Stored);
    }

    #[test]
    fn an_end_that_another_server_knows_nothing_of_is_sent_again_whole() {
        let mut size = slow();
        let mut course = BodyCourse::new(MIB, &mut size);
        assert_eq!(course.told(320_000, &mut size), Bearing::Further);
        assert_eq!(course.told(320_000, &mut size), Bearing::Same);
        assert_eq!(course.told(0, &mut size), Bearing::Elsewhere);
        assert!(course.is_whole(&size));
        assert_eq!((course.offset_bytes(), course.end_bytes(&size)), (0, MIB));
        for _ in 0..2 * MOST_RESTARTS {
            assert_eq!(course.told(500_000, &mut size), Bearing::Further);
            assert_eq!(course.end_bytes(&size), MIB, "after a cut the rest");
            assert_eq!(course.told(0, &mut size), Bearing::Elsewhere);
        }
        assert_eq!(course.told(2 * MIB, &mut size), Bearing::Further);
        assert_eq!(course.offset_bytes(), MIB);
    }

    #[test]
    fn a_store_that_outlasts_the_timeout_does_not_make_pieces_small() {
        let mut size = PieceSize::default();
        size.line_carries(4 * MIB);
        let mut course = BodyCourse::new(16 * MIB, &mut size);
        let came = course.unconfirmed(16 * MIB, Some(16 * MIB), &mut size);
        assert_eq!(came, Bearing::Further);
        assert_eq!(size.end_bytes(0, 16 * MIB), 16 * MIB);
        let mut course = BodyCourse::new(16 * MIB, &mut size);
        assert_eq!(
            course.unconfirmed(16 * MIB, Some(MIB), &mut size),
            Bearing::Further
        );
        assert_eq!(size.end_bytes(0, 16 * MIB), 4 * MIB, "the line was slow");
        assert_eq!(course.unconfirmed(5 * MIB, None, &mut size), Bearing::Same);
        assert_eq!(size.end_bytes(0, 16 * MIB), MIB);
    }

    proptest::proptest! {
        /// However a balancer spreads requests, a delivery ends, and without a limit it ends well.
        #[test]
        fn behind_every_balancer_a_delivery_ends(
            turns in proptest::collection::vec(0_usize..3, 64),
            len in 1_u64..20 * MIB,
            is_limited: bool,
        ) {
            let (mut servers, mut size) = (Servers::new(3), slow());
            if is_limited {
                servers.limit_bytes = MIB;
            }
            let end = servers.deliver(len, &mut size, |turn| turns[turn % turns.len()]);
            proptest::prop_assert!(end == End::Stored || (is_limited && end == End::GivenUp), "{:?}", end);
        }
    }
}
