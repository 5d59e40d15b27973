//! Kills in a test: when they strike is drawn from a seed, what they cost is judged by what went through the proxy.
//! Who is killed, and how, is up to the test.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use crate::proxy::{Ledger, Outcome, PartId, Seen};

/// The page's limit of sends at once.
const MOST_IN_FLIGHT: usize = 4;

/// Draws what depends on the seed alone.
pub struct SeededRng(blake3::OutputReader);

impl SeededRng {
    /// The same stream for the same seed.
    pub fn new(seed: u64) -> SeededRng {
        SeededRng(
            blake3::Hasher::new_derive_key("ferry tests: kills")
                .update(&seed.to_be_bytes())
                .finalize_xof(),
        )
    }

    /// A number from 0 up to, but not, `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_be_bytes(bytes) % bound as u64).unwrap_or(0)
    }

    /// All of these in any order.
    pub fn shuffled<T>(&mut self, mut left: Vec<T>) -> Vec<T> {
        let mut order = Vec::new();
        while !left.is_empty() {
            order.push(left.swap_remove(self.below(left.len())));
        }
        order
    }
}

/// One kill, and what was on its way in that moment.
pub struct Kill {
    what: String,
    /// Requests that it found on their way, by their places in the ledger.
    struck: BTreeSet<usize>,
    /// Requests seen before.
    requests: usize,
    is_missed_for_a_while: bool,
}

impl Kill {
    /// One that struck between these looks at the ledger. `what` is for a failing test's message.
    pub fn between(what: String, before: &Ledger, after: &Ledger) -> Kill {
        let in_flight = before.seen.iter().enumerate();
        let in_flight = in_flight.filter(|(_, seen)| seen.outcome == Outcome::InFlight);
        let begun_meanwhile = before.seen.len()..after.seen.len();
        // Between two pieces of a part nothing is on its way, and yet the part is.
        let stored = after.acknowledged();
        let begun = after.seen.iter().enumerate();
        let begun = begun.filter(|(_, seen)| {
            let part = seen.part.as_ref().filter(|_| seen.forwarded_bytes > 0);
            part.is_some_and(|part| !stored.contains(part))
        });
        let in_hand = in_flight.chain(begun).map(|(at, _)| at);
        Kill {
            what,
            struck: in_hand.chain(begun_meanwhile).collect(),
            requests: after.seen.len(),
            is_missed_for_a_while: false,
        }
    }

    /// The server stays and misses what was killed: what it refuses meanwhile was on its way too.
    #[must_use]
    pub fn missed_for_a_while(self) -> Kill {
        Kill {
            is_missed_for_a_while: true,
            ..self
        }
    }

    /// Whether it is to blame that this request was in vain. `until`: requests seen before the next kill.
    fn excuses(&self, at: usize, seen: &Seen, until: usize) -> bool {
        let is_refused = matches!(seen.outcome, Outcome::Answered(500..));
        let is_meanwhile = self.is_missed_for_a_while && (self.requests..until).contains(&at);
        self.struck.contains(&at) || (is_meanwhile && is_refused)
    }
}

/// What came of a kill.
struct Aftermath<'a> {
    /// Up to the next kill.
    ledger: Ledger,
    kill: &'a Kill,
    next: Option<&'a Kill>,
}

impl Aftermath<'_> {
    /// Parts that were on their way when it struck.
    fn lost(&self) -> BTreeSet<PartId> {
        let until = self.ledger.seen.len();
        let requests = self.ledger.seen.iter().enumerate();
        requests
            .filter(|(at, seen)| self.kill.excuses(*at, seen, until))
            .filter_map(|(_, seen)| seen.part.clone())
            .collect()
    }

    /// Sends after it that were in vain, and no kill is to blame.
    fn in_vain(&self) -> Vec<&Seen> {
        let until = self.ledger.seen.len();
        let excused = |at, seen| {
            let kills = [Some(self.kill), self.next];
            kills
                .into_iter()
                .flatten()
                .any(|kill| kill.excuses(at, seen, until))
        };
        let requests = self.ledger.seen.iter().enumerate().skip(self.kill.requests);
        requests
            .filter(|(_, seen)| seen.part.is_some() && seen.forwarded_bytes > 0)
            .filter(|(at, seen)| !seen.was_kept() && !excused(*at, seen))
            .map(|(_, seen)| seen)
            .collect()
    }

    /// Parts that went again. `owed`: what was on its way at the kills before.
    fn went_again(&self, owed: &BTreeSet<PartId>) -> Result<BTreeSet<PartId>> {
        let needless = self.ledger.sent_after_acknowledgement();
        ensure!(
            needless.is_empty(),
            "sent again although they were stored: {needless:?}"
        );
        let in_vain = self.in_vain();
        ensure!(in_vain.is_empty(), "sent in vain: {in_vain:?}");
        let before = BTreeSet::from_iter(self.ledger.up_to(self.kill.requests).sent());
        let after = BTreeSet::from_iter(self.ledger.since(self.kill.requests).sent());
        let again: BTreeSet<PartId> = before.intersection(&after).cloned().collect();
        let new: Vec<&PartId> = again.difference(owed).collect();
        let lost = self.lost();
        ensure!(
            new.len() <= MOST_IN_FLIGHT && new.iter().all(|part| lost.contains(part)),
            "these went again: {new:?}; in flight were {lost:?}"
        );
        Ok(again)
    }
}

/// Of one file: no acknowledged part went again, each kill cost at most what was in flight, and nothing but kills cost
/// anything. A second upload of the same file is no way around it: parts are known by their place. Returns how many parts
/// went again after each kill.
pub fn judge(ledger: &Ledger, kills: &[Kill]) -> Result<Vec<usize>> {
    let ledger = &ledger.by_place();
    let mut owed = BTreeSet::new();
    let mut costs = Vec::new();
    for (at, kill) in kills.iter().enumerate() {
        let next = kills.get(at + 1);
        let until = next.map_or(ledger.seen.len(), |next| next.requests);
        let aftermath = Aftermath {
            ledger: ledger.up_to(until),
            kill,
            next,
        };
        let again = aftermath.went_again(&owed);
        let again = again.with_context(|| format!("after kill {} ({})", at + 1, kill.what))?;
        costs.push(again.len());
        owed.extend(aftermath.lost());
    }
    Ok(costs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: Outcome = Outcome::Answered(201);
    const REFUSED: Outcome = Outcome::Answered(503);

    fn ledger(puts: &[(u32, Outcome)]) -> Ledger {
        let put = |(number, outcome): &(u32, Outcome)| Seen {
            what: format!("PUT /api/upload/chunk/f/{number}"),
            part: Some(PartId {
                file_id: "f".to_owned(),
                number: *number,
            }),
            forwarded_bytes: 9,
            first_byte_at: None,
            stalled: false,
            offset_bytes: 0,
            confirmed: None,
            outcome: *outcome,
        };
        Ledger {
            seen: puts.iter().map(put).collect(),
        }
    }

    /// Parts 1 to 3 are sent and the server killed while 2 and 3 are on their way; then these follow.
    fn after_a_kill(puts: &[(u32, Outcome)]) -> (Kill, Ledger) {
        let on_the_way = Outcome::InFlight;
        let before = ledger(&[(1, STORED), (2, on_the_way), (3, on_the_way)]);
        let cut = [(1, STORED), (2, Outcome::Cut), (3, Outcome::Cut)];
        let kill = Kill::between("the server".to_owned(), &before, &ledger(&cut));
        (kill, ledger(&[&cut, puts].concat()))
    }

    fn complaint(kill: Kill, ledger: &Ledger) -> String {
        match judge(ledger, &[kill]) {
            Ok(costs) => panic!("nothing was found: {costs:?}"),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn what_was_on_its_way_goes_again() {
        let (kill, ledger) = after_a_kill(&[(3, STORED), (2, STORED), (4, STORED)]);
        assert_eq!(judge(&ledger, &[kill]).unwrap(), [2]);
    }

    #[test]
    fn a_stored_part_that_goes_again_is_found_with_the_kill() {
        let (kill, ledger) = after_a_kill(&[(2, STORED), (3, STORED), (1, STORED)]);
        let complaint = complaint(kill, &ledger);
        assert!(complaint.starts_with("after kill 1 (the server): sent again although"));
    }

    #[test]
    fn a_stored_part_that_goes_again_in_another_upload_is_found() {
        let (kill, mut ledger) = after_a_kill(&[(1, STORED), (2, STORED), (3, STORED)]);
        for part in ledger.seen[3..]
            .iter_mut()
            .filter_map(|seen| seen.part.as_mut())
        {
            part.file_id = "another".to_owned();
        }
        assert!(complaint(kill, &ledger).contains("sent again although"));
    }

    #[test]
    fn a_part_that_was_not_on_its_way_is_found() {
        let (mut kill, ledger) = after_a_kill(&[(2, STORED), (3, STORED)]);
        kill.struck.remove(&2);
        assert!(complaint(kill, &ledger).contains("these went again: [PartId"));
    }

    #[test]
    fn a_send_in_vain_is_found_unless_somebody_is_missed() {
        let sent = [(4, REFUSED), (4, STORED), (2, STORED), (3, STORED)];
        let (kill, ledger) = after_a_kill(&sent);
        assert!(complaint(kill, &ledger).contains("sent in vain"));
        let (kill, ledger) = after_a_kill(&sent);
        assert!(judge(&ledger, &[kill.missed_for_a_while()]).is_ok());
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| SeededRng::new(seed).shuffled((0..20).collect::<Vec<_>>());
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
