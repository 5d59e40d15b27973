//! Which earlier upload is this file's, if any: asks for candidates, opens them one by one, reads a few parts of the
//! file and compares. Name and size never decide.

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;

use super::contract::{Answer, OpenedCandidate, Purpose, Request};
use super::found::{Found, Match};
use super::{Leave, UploadDesk};
use crate::transfer::{Checkpoint, Failure, Ticket, Trouble};
use crate::wire::{Candidate, ErrorCode, PartsPage};

/// The search for an earlier upload.
#[derive(Debug)]
pub(super) struct Choosing {
    label: String,
    size_bytes: u64,
    /// The upload of the run before: it is tried first.
    preferred: Option<Uuid>,
    queue: VecDeque<Candidate>,
    /// The best of those where only some probes matched.
    partial: Option<(Match, Box<Found>)>,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Checking,
    Opening(Box<Candidate>),
    Listing(Box<Found>),
    Probing(Box<Found>, Probes),
    /// The candidate is chosen; its keys are made the current ones again.
    Reopening(Box<Found>),
}

#[derive(Debug, Default)]
struct Probes {
    pending: BTreeMap<Ticket, [u8; 32]>,
    result: Match,
}

impl Choosing {
    pub(super) fn begin(
        label: &str,
        size_bytes: u64,
        preferred: Option<Uuid>,
        desk: &mut UploadDesk,
    ) -> Self {
        desk.want(Request::Check);
        Choosing {
            label: label.to_owned(),
            size_bytes,
            preferred,
            queue: VecDeque::new(),
            partial: None,
            step: Step::Checking,
        }
    }

    /// An errand of this search was answered.
    pub(super) fn answered(&mut self, desk: &mut UploadDesk, answer: Answer) -> Result<(), Leave> {
        match (std::mem::replace(&mut self.step, Step::Checking), answer) {
            (Step::Checking, Answer::Checked(check)) => {
                self.queue = self.in_order_of_promise(check.candidates);
                self.try_next(desk)
            }
            (Step::Opening(candidate), Answer::Opened(opened)) => {
                self.opened(desk, candidate, *opened)
            }
            (Step::Opening(_) | Step::Reopening(_), Answer::InUse) => self.try_next(desk),
            (Step::Listing(found), Answer::Parts(page)) => self.listed(desk, found, page),
            (Step::Reopening(found), Answer::Opened(_)) => Err(Leave::Adopt(found)),
            _ => Err(Leave::fault()),
        }
    }

    /// An errand of this search failed. False: it is to be judged by the common rule.
    pub(super) fn failed(
        &mut self,
        desk: &mut UploadDesk,
        failure: &Failure,
    ) -> Result<bool, Leave> {
        let is_gone = matches!(failure, Failure::Problem(problem)
            if matches!(problem.code, ErrorCode::NotFound | ErrorCode::UploadExpired));
        let skips = match self.step {
            Step::Opening(_) => *failure == Failure::NotGenuine,
            Step::Listing(_) => is_gone,
            _ => false,
        };
        if skips {
            self.try_next(desk)?;
        }
        Ok(skips)
    }

    pub(super) fn is_probe(&self, ticket: Ticket) -> bool {
        matches!(&self.step, Step::Probing(_, probes) if probes.pending.contains_key(&ticket))
    }

    /// A probe was read.
    pub(super) fn probed(
        &mut self,
        desk: &mut UploadDesk,
        ticket: Ticket,
        mac: [u8; 32],
    ) -> Result<(), Leave> {
        let Step::Probing(_, probes) = &mut self.step else {
            return Ok(());
        };
        if let Some(expected) = probes.pending.remove(&ticket) {
            probes.result.probed += 1;
            probes.result.equal += u32::from(expected == mac);
        }
        self.judge_when_probed(desk)
    }

    pub(super) fn probe_failed(&mut self, ticket: Ticket, failure: &Failure) -> Leave {
        if let Step::Probing(_, probes) = &mut self.step {
            probes.pending.remove(&ticket);
        }
        Leave::unread(failure)
    }

    /// Drops everything under way.
    pub(super) fn cancel(&mut self, desk: &mut UploadDesk) {
        if let Step::Probing(_, probes) = &mut self.step {
            std::mem::take(&mut probes.pending)
                .into_keys()
                .for_each(|ticket| desk.cancel(ticket));
        }
    }

    /// Best first: the run before, then unfinished before complete and equal size before others, then most stored.
    /// What nothing is stored of comes last: no part can tell whether it is this file.
    fn in_order_of_promise(&self, candidates: Vec<Candidate>) -> VecDeque<Candidate> {
        let mut usable: Vec<Candidate> = candidates
            .into_iter()
            .filter(|candidate| self.is_usable(candidate))
            .collect();
        usable.sort_by_key(|candidate| {
            let is_empty = candidate.stored_parts == 0;
            let rank = match (candidate.size == self.size_bytes, candidate.is_complete) {
                (true, false) => 0,
                (true, true) => 1,
                (false, false) => 2,
                (false, true) => 3,
            };
            let is_other = Some(candidate.file_id) != self.preferred;
            (
                is_other,
                is_empty,
                rank,
                std::cmp::Reverse(candidate.stored_parts),
            )
        });
        usable.into()
    }

    /// Complete or can be gone on with; under another label only where size and content can show that it is this file.
    fn is_usable(&self, candidate: &Candidate) -> bool {
        let is_alive = candidate.is_complete || candidate.can_resume;
        let is_comparable = candidate.stored_parts > 0 && candidate.size == self.size_bytes;
        let is_ours = candidate.filename == self.label
            && (candidate.stored_parts > 0 || candidate.size == self.size_bytes);
        let is_renamed =
            candidate.filename != self.label && is_comparable && !candidate.is_complete;
        is_alive && (is_ours || is_renamed)
    }

    fn try_next(&mut self, desk: &mut UploadDesk) -> Result<(), Leave> {
        match (self.queue.pop_front(), self.partial.take()) {
            (Some(candidate), partial) => {
                self.partial = partial;
                desk.want(Request::OpenCandidate(Box::new(candidate.clone())));
                self.step = Step::Opening(Box::new(candidate));
                Ok(())
            }
            (None, Some((_, found))) => {
                desk.want(Request::OpenCandidate(found.candidate.clone()));
                self.step = Step::Reopening(found);
                Ok(())
            }
            (None, None) => Err(Leave::Fresh),
        }
    }

    fn opened(
        &mut self,
        desk: &mut UploadDesk,
        candidate: Box<Candidate>,
        opened: OpenedCandidate,
    ) -> Result<(), Leave> {
        match Found::new(candidate, opened, self.size_bytes) {
            Some(found) => {
                desk.want(Request::FetchParts {
                    file_id: found.file_id(),
                    after: 0,
                });
                self.step = Step::Listing(Box::new(found));
                Ok(())
            }
            None => self.try_next(desk),
        }
    }

    fn listed(
        &mut self,
        desk: &mut UploadDesk,
        mut found: Box<Found>,
        page: PartsPage,
    ) -> Result<(), Leave> {
        let next = next_page(&found.rows, &page)?;
        found.rows.extend(page.parts);
        match next {
            Some(after) => {
                desk.want(Request::FetchParts {
                    file_id: found.file_id(),
                    after,
                });
                self.step = Step::Listing(found);
                Ok(())
            }
            None => self.probe(desk, found),
        }
    }

    fn probe(&mut self, desk: &mut UploadDesk, found: Box<Found>) -> Result<(), Leave> {
        let mut probes = Probes::default();
        for (number, mac) in found.probes() {
            if let Some(part) = found.plan.part(number) {
                let ticket = desk.send_out(Request::Read {
                    part,
                    purpose: Purpose::Probe,
                });
                probes.pending.insert(ticket, mac);
            }
        }
        self.step = Step::Probing(found, probes);
        self.judge_when_probed(desk)
    }

    /// All equal: this is it. Some equal: perhaps, if nothing better comes. None: another file.
    fn judge_when_probed(&mut self, desk: &mut UploadDesk) -> Result<(), Leave> {
        let (found, result) = match std::mem::replace(&mut self.step, Step::Checking) {
            Step::Probing(found, probes) if probes.pending.is_empty() => (found, probes.result),
            unfinished => {
                self.step = unfinished;
                return Ok(());
            }
        };
        if result.is_full() && (result.probed > 0 || self.may_begin_in(&found)) {
            return Err(Leave::Adopt(found));
        }
        let is_renamed = found.candidate.filename != self.label;
        let is_better = self
            .partial
            .as_ref()
            .is_none_or(|(best, _)| result.is_better_than(*best));
        if result.probed > 0 && !result.is_none() && !is_renamed && is_better {
            self.partial = Some((result, found));
        }
        self.try_next(desk)
    }

    /// An upload of this label and size of which nothing is stored may be gone on with whatever its content was.
    fn may_begin_in(&self, found: &Found) -> bool {
        found.rows.is_empty() && found.content.is_none() && found.candidate.size == self.size_bytes
    }
}

/// The first part whose row contradicts what is remembered.
pub(super) fn refuse_contradiction(
    found: &Found,
    remembered: Option<&Checkpoint>,
) -> Result<(), Leave> {
    match found.contradiction(remembered) {
        Some(part) => Err(Leave::failed(Trouble::RolledBack { part })),
        None => Ok(()),
    }
}

/// Where the next page begins. Pages must rise, or a server could keep a client busy for ever.
pub(super) fn next_page(
    rows: &[crate::wire::PartEntry],
    page: &PartsPage,
) -> Result<Option<u32>, Leave> {
    let last_before = rows.last().map_or(0, |entry| entry.number);
    let numbers = std::iter::once(last_before).chain(page.parts.iter().map(|entry| entry.number));
    let rises = numbers.is_sorted_by(|one, two| one < two);
    let moves_on = page
        .next
        .is_none_or(|next| next > last_before && !page.parts.is_empty());
    if rises && moves_on {
        Ok(page.next)
    } else {
        Err(Leave::failed(Trouble::BadAnswer { status: None }))
    }
}
