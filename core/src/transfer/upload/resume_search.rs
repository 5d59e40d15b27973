//! Which earlier upload is this file's, if any: asks for candidates, opens them one by one, reads a few parts of the
//! file and compares. Name and size choose whom to look at, never whom to believe; of an empty file they are all there is.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow::{Break, Continue};

use uuid::Uuid;

use super::candidate_probes::{Match, ResumeCandidate};
use super::contract::{Answer, OpenedCandidate, Purpose, Request};
use super::step::{Flow, Handled, Step, Transition, client_fault, fail, unread};
use crate::transfer::{Checkpoint, Failure, Ticket, TransferError};
use crate::wire::{Candidate, ErrorCode, PartsPage};

/// The search for an earlier upload.
#[derive(Debug)]
pub(super) struct ResumeSearch {
    label: String,
    size_bytes: u64,
    /// The upload of the run before: it is tried first.
    preferred: Option<Uuid>,
    /// Not opened yet, the most promising first.
    untried: VecDeque<Candidate>,
    /// The best of those where only some probes matched.
    partial: Option<(Match, Box<ResumeCandidate>)>,
    state: SearchState,
}

#[derive(Debug)]
enum SearchState {
    Checking,
    Opening(Box<Candidate>),
    Listing(Box<ResumeCandidate>),
    Probing(Box<ResumeCandidate>, Probes),
    /// The candidate is chosen; its keys are made the current ones again.
    Reopening(Box<ResumeCandidate>),
}

#[derive(Debug, Default)]
struct Probes {
    pending: BTreeMap<Ticket, [u8; 32]>,
    result: Match,
}

impl ResumeSearch {
    pub(super) fn begin(
        step: &mut Step<'_>,
        label: String,
        size_bytes: u64,
        preferred: Option<Uuid>,
    ) -> Self {
        step.queue.submit(Request::Check);
        ResumeSearch {
            label,
            size_bytes,
            preferred,
            untried: VecDeque::new(),
            partial: None,
            state: SearchState::Checking,
        }
    }

    /// A request of this search was answered.
    pub(super) fn answered(&mut self, step: &mut Step<'_>, answer: Answer) -> Flow {
        match (
            std::mem::replace(&mut self.state, SearchState::Checking),
            answer,
        ) {
            (SearchState::Checking, Answer::Checked(check)) => {
                self.untried = self.most_promising_first(check.candidates);
                self.try_next(step)
            }
            (SearchState::Opening(candidate), Answer::Opened(opened)) => {
                self.opened(step, candidate, *opened)
            }
            (SearchState::Opening(_) | SearchState::Reopening(_), Answer::InUse) => {
                self.try_next(step)
            }
            (SearchState::Listing(found), Answer::Parts(page)) => self.listed(step, found, page),
            (SearchState::Reopening(found), Answer::Opened(_)) => Break(Transition::Adopt(found)),
            _ => client_fault(),
        }
    }

    /// A request of this search failed.
    pub(super) fn failed(&mut self, step: &mut Step<'_>, failure: &Failure) -> Flow<Handled> {
        let is_gone = matches!(failure, Failure::Problem(problem)
            if matches!(problem.code, ErrorCode::NotFound | ErrorCode::UploadExpired));
        let skips = match self.state {
            SearchState::Opening(_) => matches!(failure, Failure::NotGenuine { .. }),
            SearchState::Listing(_) => is_gone,
            _ => false,
        };
        if !skips {
            return Continue(Handled::ByCommonRule);
        }
        self.try_next(step)?;
        Continue(Handled::Here)
    }

    pub(super) fn is_probe(&self, ticket: Ticket) -> bool {
        matches!(&self.state, SearchState::Probing(_, probes) if probes.pending.contains_key(&ticket))
    }

    /// A probe was read.
    pub(super) fn probed(&mut self, step: &mut Step<'_>, ticket: Ticket, mac: [u8; 32]) -> Flow {
        let SearchState::Probing(_, probes) = &mut self.state else {
            return Continue(());
        };
        if let Some(expected) = probes.pending.remove(&ticket) {
            probes.result.probed += 1;
            probes.result.equal += u32::from(expected == mac);
        }
        self.judge_when_probed(step)
    }

    pub(super) fn probe_failed(&mut self, ticket: Ticket, failure: &Failure) -> Flow {
        if let SearchState::Probing(_, probes) = &mut self.state {
            probes.pending.remove(&ticket);
        }
        unread(failure)
    }

    /// Drops everything under way.
    pub(super) fn cancel(&mut self, step: &mut Step<'_>) {
        if let SearchState::Probing(_, probes) = &mut self.state {
            std::mem::take(&mut probes.pending)
                .into_keys()
                .for_each(|ticket| step.queue.cancel(ticket));
        }
    }

    /// Best first: the run before, then unfinished before complete and equal size before others, then most stored.
    /// What nothing is stored of comes last: no part can tell whether it is this file.
    fn most_promising_first(&self, candidates: Vec<Candidate>) -> VecDeque<Candidate> {
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

    /// Complete or can be resumed; under another label only where size and content can show that it is this file.
    fn is_usable(&self, candidate: &Candidate) -> bool {
        let is_alive = candidate.is_complete || candidate.can_resume;
        let is_comparable = candidate.stored_parts > 0 && candidate.size == self.size_bytes;
        let is_ours = candidate.filename == self.label
            && (candidate.stored_parts > 0 || candidate.size == self.size_bytes);
        let is_renamed =
            candidate.filename != self.label && is_comparable && !candidate.is_complete;
        is_alive && (is_ours || is_renamed)
    }

    fn try_next(&mut self, step: &mut Step<'_>) -> Flow {
        match (self.untried.pop_front(), self.partial.take()) {
            (Some(candidate), partial) => {
                self.partial = partial;
                step.queue
                    .submit(Request::OpenCandidate(Box::new(candidate.clone())));
                self.state = SearchState::Opening(Box::new(candidate));
                Continue(())
            }
            (None, Some((_, found))) => {
                step.queue
                    .submit(Request::OpenCandidate(found.candidate.clone()));
                self.state = SearchState::Reopening(found);
                Continue(())
            }
            (None, None) => Break(Transition::Fresh),
        }
    }

    fn opened(
        &mut self,
        step: &mut Step<'_>,
        candidate: Box<Candidate>,
        opened: OpenedCandidate,
    ) -> Flow {
        match ResumeCandidate::new(candidate, opened, self.size_bytes) {
            Some(found) => {
                step.queue.submit(Request::FetchParts {
                    file_id: found.file_id(),
                    after: 0,
                });
                self.state = SearchState::Listing(Box::new(found));
                Continue(())
            }
            None => self.try_next(step),
        }
    }

    fn listed(
        &mut self,
        step: &mut Step<'_>,
        mut found: Box<ResumeCandidate>,
        page: PartsPage,
    ) -> Flow {
        let next = next_page(&found.rows, &page)?;
        found.rows.extend(page.parts);
        match next {
            Some(after) => {
                step.queue.submit(Request::FetchParts {
                    file_id: found.file_id(),
                    after,
                });
                self.state = SearchState::Listing(found);
                Continue(())
            }
            None => self.probe(step, found),
        }
    }

    fn probe(&mut self, step: &mut Step<'_>, found: Box<ResumeCandidate>) -> Flow {
        let mut probes = Probes::default();
        for (number, mac) in found.probes() {
            if let Some(part) = found.plan.part(number) {
                let ticket = step.queue.issue(Request::Read {
                    part,
                    purpose: Purpose::Probe,
                });
                probes.pending.insert(ticket, mac);
            }
        }
        self.state = SearchState::Probing(found, probes);
        self.judge_when_probed(step)
    }

    /// All equal: this is it. Some equal: perhaps, if nothing better comes. None: another file.
    fn judge_when_probed(&mut self, step: &mut Step<'_>) -> Flow {
        let (found, result) = match std::mem::replace(&mut self.state, SearchState::Checking) {
            SearchState::Probing(found, probes) if probes.pending.is_empty() => {
                (found, probes.result)
            }
            unfinished => {
                self.state = unfinished;
                return Continue(());
            }
        };
        if result.is_full() && (result.probed > 0 || self.may_begin_in(&found)) {
            return Break(Transition::Adopt(found));
        }
        let is_renamed = found.candidate.filename != self.label;
        let is_better = self
            .partial
            .as_ref()
            .is_none_or(|(best, _)| result.is_better_than(*best));
        if result.probed > 0 && !result.is_none() && !is_renamed && is_better {
            self.partial = Some((result, found));
        }
        self.try_next(step)
    }

    /// An upload of this label and size of which nothing is stored may be resumed whatever its content was.
    fn may_begin_in(&self, found: &ResumeCandidate) -> bool {
        found.rows.is_empty() && found.content.is_none() && found.candidate.size == self.size_bytes
    }
}

/// The first part whose row contradicts what is remembered.
pub(super) fn refuse_contradiction(
    found: &ResumeCandidate,
    remembered: Option<&Checkpoint>,
) -> Flow {
    match found.contradiction(remembered) {
        part @ Some(_) => fail(TransferError::RolledBack { part }),
        None => Continue(()),
    }
}

/// Where the next page begins. Pages must rise, or a server could keep a client busy forever.
pub(super) fn next_page(rows: &[crate::wire::PartEntry], page: &PartsPage) -> Flow<Option<u32>> {
    let last_before = rows.last().map_or(0, |entry| entry.number);
    let numbers = std::iter::once(last_before).chain(page.parts.iter().map(|entry| entry.number));
    let rises = numbers.is_sorted_by(|one, two| one < two);
    let moves_on = page
        .next
        .is_none_or(|next| next > last_before && !page.parts.is_empty());
    if rises && moves_on {
        Continue(page.next)
    } else {
        fail(TransferError::BadAnswer { status: None })
    }
}
