//! What went through the proxy: every request, and every attempt to send a part. No judgement; the tests judge.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on its way.
    InFlight,
    /// The whole answer was given to the client.
    Answered(u16),
    /// The connection ended before that.
    Cut,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and path, without the query.
    pub what: String,
    /// The part it carried, if it was one.
    pub part: Option<PartId>,
    /// Body bytes handed to the server.
    pub forwarded_bytes: u64,
    /// When the first of them came.
    pub first_byte_at: Option<Instant>,
    /// A fault keeps it from moving, or did.
    pub stalled: bool,
    /// Where its body begins in that of the part, as it says.
    pub offset_bytes: u64,
    /// What the answer confirmed of a part's body, and when the server gave it.
    pub confirmed: Option<Confirmed>,
    /// What became of it.
    pub outcome: Outcome,
}

/// So much of a part's body is at the server, as it said itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    pub part: PartId,
    pub bytes: u64,
    pub at: Instant,
}

/// File and part number, as they stand in the path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartId {
    pub file_id: String,
    pub number: u32,
}

/// Everything seen so far, in order of arrival.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The requests.
    pub seen: Vec<Seen>,
}

impl PartId {
    /// The part that `PUT path` carries, or a piece of which `PATCH path` does.
    pub(super) fn of(method: &str, path: &str) -> Option<PartId> {
        matches!(method, "PUT" | "PATCH").then(|| PartId::at(path))?
    }

    /// The part with this path.
    pub(super) fn at(path: &str) -> Option<PartId> {
        let rest = path.strip_prefix("/api/upload/chunk/")?;
        let (file_id, number) = rest.split_once('/')?;
        Some(PartId {
            file_id: file_id.to_owned(),
            number: number.parse().ok()?,
        })
    }
}

impl Seen {
    /// The server stored it and the client was told.
    pub fn acknowledged(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(200 | 201))
    }

    /// The server has what it carried, as a part or as the beginning of one, and the client was told.
    pub fn was_kept(&self) -> bool {
        let end = self.offset_bytes + self.forwarded_bytes;
        let confirmed = self
            .confirmed
            .as_ref()
            .is_some_and(|known| known.bytes >= end);
        self.acknowledged() || (confirmed && self.outcome == Outcome::Answered(204))
    }
}

impl Ledger {
    /// Attempts to send a part, in order.
    pub fn part_puts(&self) -> impl Iterator<Item = (&PartId, &Seen)> {
        self.seen
            .iter()
            .filter_map(|seen| seen.part.as_ref().map(|part| (part, seen)))
    }

    /// Parts acknowledged so far.
    pub fn acknowledged(&self) -> BTreeSet<PartId> {
        self.part_puts()
            .filter(|(_, seen)| seen.acknowledged())
            .map(|(part, _)| part.clone())
            .collect()
    }

    /// Bytes of part bodies that the server had confirmed by then, of one file or of all.
    pub fn confirmed_bytes(&self, file_id: Option<&str>, by: Instant) -> u64 {
        let mut parts = BTreeMap::new();
        let confirmed = self.seen.iter().filter_map(|seen| seen.confirmed.as_ref());
        let known = |id: &str| file_id.is_none_or(|file_id| file_id == id);
        for confirmed in confirmed.filter(|one| one.at <= by && known(&one.part.file_id)) {
            let bytes = parts.entry(&confirmed.part).or_insert(0);
            *bytes = confirmed.bytes.max(*bytes);
        }
        parts.values().sum()
    }

    /// Parts on their way now.
    pub fn in_flight(&self) -> BTreeSet<PartId> {
        self.part_puts()
            .filter(|(_, seen)| seen.outcome == Outcome::InFlight)
            .map(|(part, _)| part.clone())
            .collect()
    }

    /// Whether something does not move just now.
    pub fn is_stalled(&self) -> bool {
        let stalls = |seen: &Seen| seen.stalled && seen.outcome == Outcome::InFlight;
        self.seen.iter().any(stalls)
    }

    /// Parts of which at least a byte was handed to the server, once for each attempt. A piece that begins where the server
    /// said that its bytes end belongs to the attempt before.
    pub fn sent(&self) -> Vec<PartId> {
        let mut confirmed = BTreeMap::new();
        let mut attempts = Vec::new();
        for seen in &self.seen {
            if let Some(part) = seen.part.as_ref().filter(|_| seen.forwarded_bytes > 0) {
                let goes_on = confirmed.get(part) == Some(&seen.offset_bytes);
                if seen.offset_bytes == 0 || !goes_on {
                    attempts.push(part.clone());
                }
            }
            if let Some(known) = &seen.confirmed {
                confirmed.insert(known.part.clone(), known.bytes);
            }
        }
        attempts
    }

    /// Part bytes handed to the server that it did not keep.
    pub fn bytes_in_vain(&self) -> u64 {
        self.part_puts()
            .filter(|(_, seen)| !seen.was_kept())
            .map(|(_, seen)| seen.forwarded_bytes)
            .sum()
    }

    /// Part bytes handed to the server, all attempts together.
    pub fn part_bytes(&self) -> u64 {
        self.part_puts().map(|(_, seen)| seen.forwarded_bytes).sum()
    }

    /// Numbers of the parts sent, rising, each as often as it was sent.
    pub fn sent_numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.sent().into_iter().map(|part| part.number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// How many requests began like this.
    pub fn count(&self, what: &str) -> usize {
        self.seen
            .iter()
            .filter(|seen| seen.what.starts_with(what))
            .count()
    }

    /// The same of a run in which every upload is of one file: a part is known by its place in it, whatever the upload.
    #[must_use]
    pub fn by_place(&self) -> Ledger {
        let mut ledger = self.clone();
        for seen in &mut ledger.seen {
            let confirmed = seen.confirmed.as_mut().map(|confirmed| &mut confirmed.part);
            let parts = seen.part.iter_mut().chain(confirmed);
            parts.for_each(|part| part.file_id.clear());
        }
        ledger
    }

    /// The first `length` requests.
    pub fn up_to(&self, length: usize) -> Ledger {
        Ledger {
            seen: self.seen.iter().take(length).cloned().collect(),
        }
    }

    /// What came after the first `length` requests.
    pub fn since(&self, length: usize) -> Ledger {
        Ledger {
            seen: self.seen.iter().skip(length).cloned().collect(),
        }
    }

    /// Attempts to send a part that had been acknowledged before: there must never be one without a reason.
    pub fn sent_after_acknowledgement(&self) -> Vec<PartId> {
        let mut acknowledged = BTreeSet::new();
        let mut again = Vec::new();
        for (part, seen) in self.part_puts() {
            if acknowledged.contains(part) && seen.forwarded_bytes > 0 {
                again.push(part.clone());
            }
            if seen.acknowledged() {
                acknowledged.insert(part.clone());
            }
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(number: u32, forwarded_bytes: u64, outcome: Outcome) -> Seen {
        let part = PartId {
            file_id: "f".into(),
            number,
        };
        Seen {
            what: format!("PUT /api/upload/chunk/f/{number}"),
            part: Some(part),
            forwarded_bytes,
            first_byte_at: None,
            stalled: false,
            offset_bytes: 0,
            confirmed: None,
            outcome,
        }
    }

    #[test]
    fn a_part_sent_after_its_acknowledgement_is_found() {
        let once = [
            put(1, 9, Outcome::Cut),
            put(1, 9, Outcome::Answered(201)),
            put(2, 9, Outcome::Answered(503)),
        ];
        let mut ledger = Ledger {
            seen: once.to_vec(),
        };
        assert!(ledger.sent_after_acknowledgement().is_empty());
        ledger.seen.push(put(1, 1, Outcome::InFlight));
        assert_eq!(ledger.sent_after_acknowledgement().len(), 1);
    }

    #[test]
    fn only_puts_of_parts_count_as_parts() {
        assert_eq!(
            PartId::of("PUT", "/api/upload/chunk/f/7").map(|part| part.number),
            Some(7)
        );
        assert_eq!(PartId::of("GET", "/api/upload/chunk/f/7"), None);
        assert_eq!(PartId::of("PUT", "/api/upload/start"), None);
    }
}
