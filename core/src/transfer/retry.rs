//! When a failed request may be tried again: what a failure means (`RetryDecision`), and the connection to the
//! server (`Connection`), which is open, waits for a time, or waits for a sign-in. Not which request is tried.

use super::{Distrust, Failure, TransferError, WaitReason};
use crate::wire::{ErrorCode, Recovery};

/// The first wait after a failure.
const BASE_MS: u64 = 500;
/// The longest wait that was not asked for by the server.
const CAP_MS: u64 = 60_000;
/// The longest `Retry-After` that is believed.
const RETRY_AFTER_CAP_SECS: u32 = 3_600;
/// A full store is not asked again sooner.
const STORAGE_FULL_SECS: u32 = 30;

/// What follows a failure, where the asker has no better answer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryDecision {
    /// Try again, later.
    Retry {
        reason: WaitReason,
        after_secs: Option<u32>,
    },
    /// Try again once a person signed in.
    SignIn,
    /// Repeating would not help.
    GiveUp(TransferError),
}

impl RetryDecision {
    pub(super) fn of(failure: &Failure) -> Self {
        let retry = |reason, after_secs| RetryDecision::Retry { reason, after_secs };
        match failure {
            Failure::Problem(problem) => Self::of_code(problem.code, problem.retry_after_secs),
            Failure::Status {
                status,
                retry_after_secs,
            } => Self::of_status(*status, *retry_after_secs),
            Failure::Network => retry(WaitReason::Network, None),
            Failure::Stalled => retry(WaitReason::Stalled, None),
            Failure::NotReadable { .. } => RetryDecision::GiveUp(TransferError::NotReadable),
            Failure::NotGenuine { reason, .. } => RetryDecision::GiveUp(match reason {
                Distrust::Altered => TransferError::NotGenuine { part: None },
                Distrust::RolledBack => TransferError::RolledBack { part: None },
            }),
            Failure::SinkFailed { .. } => RetryDecision::GiveUp(TransferError::SinkFailed),
            Failure::Fault { .. } => RetryDecision::GiveUp(TransferError::ClientFault),
        }
    }

    fn of_code(code: ErrorCode, after_secs: Option<u32>) -> Self {
        let reason = WaitReason::Server(code);
        match (code, code.recovery()) {
            (_, Recovery::Passing) => RetryDecision::Retry { reason, after_secs },
            (ErrorCode::Unauthenticated, _) => RetryDecision::SignIn,
            // When an administrator made room, no event says so.
            (ErrorCode::StorageFull, _) => RetryDecision::Retry {
                reason,
                after_secs: after_secs.max(Some(STORAGE_FULL_SECS)),
            },
            (_, Recovery::Person | Recovery::Never) => {
                RetryDecision::GiveUp(TransferError::Refused(code))
            }
        }
    }

    /// Something between client and server answered. A page of a captive portal (200, 3xx) goes away by itself.
    fn of_status(status: u16, after_secs: Option<u32>) -> Self {
        match status {
            401 => RetryDecision::SignIn,
            408 | 425 | 429 | 0..=399 | 500.. => RetryDecision::Retry {
                reason: WaitReason::Status(status),
                after_secs,
            },
            // A proxy's limit, below the smallest piece that makes sense.
            413 => RetryDecision::GiveUp(TransferError::Refused(ErrorCode::BodyTooLarge)),
            _ => RetryDecision::GiveUp(TransferError::BadAnswer {
                status: Some(status),
            }),
        }
    }
}

impl Failure {
    /// Whether a machine tries the same request again: by itself after a while, or once a person signed in.
    pub fn is_retried(&self) -> bool {
        !matches!(RetryDecision::of(self), RetryDecision::GiveUp(_))
    }
}

/// Random enough to keep clients apart; never for keys.
#[derive(Debug)]
struct Jitter(u64);

impl Jitter {
    /// SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    None,
    Until { reason: WaitReason, until_ms: u64 },
    SignIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    Up,
    Down,
}

/// The way to the server.
#[derive(Debug)]
pub(super) struct Connection {
    network: Network,
    pause: Pause,
    /// Pauses since something last succeeded.
    pauses: u32,
    jitter: Jitter,
}

impl Connection {
    pub(super) fn new(jitter_seed: u64) -> Self {
        Connection {
            network: Network::Up,
            pause: Pause::None,
            pauses: 0,
            jitter: Jitter(jitter_seed),
        }
    }

    pub(super) fn is_open(&self, now_ms: u64) -> bool {
        self.waiting(now_ms).is_none()
    }

    /// Why it is closed, and until when.
    pub(super) fn waiting(&self, now_ms: u64) -> Option<(WaitReason, Option<u64>)> {
        if self.network == Network::Down {
            return Some((WaitReason::Offline, None));
        }
        match self.pause {
            Pause::Until { reason, until_ms } if now_ms < until_ms => {
                Some((reason, Some(until_ms)))
            }
            Pause::SignIn => Some((WaitReason::SignIn, None)),
            Pause::None | Pause::Until { .. } => None,
        }
    }

    /// Closes for a while. Failures of requests that ran side by side count as one.
    pub(super) fn pause(&mut self, now_ms: u64, reason: WaitReason, after_secs: Option<u32>) {
        let already = match self.pause {
            Pause::SignIn => return,
            Pause::Until { until_ms, .. } if now_ms < until_ms => until_ms,
            Pause::None | Pause::Until { .. } => {
                self.pauses = self.pauses.saturating_add(1);
                0
            }
        };
        let until_ms = now_ms.saturating_add(self.delay_ms(self.pauses, after_secs));
        // A wait that the server asked for is obeyed; one of our own is not prolonged by its siblings.
        if already == 0 || (after_secs.is_some() && already < until_ms) {
            self.pause = Pause::Until { reason, until_ms };
        }
    }

    /// How long to wait after the `attempt`th failure: doubled each time, half of it random, or what the server asks for.
    pub(super) fn delay_ms(&mut self, attempt: u32, after_secs: Option<u32>) -> u64 {
        let full_ms = BASE_MS
            .saturating_mul(1 << attempt.saturating_sub(1).min(7))
            .min(CAP_MS);
        let own_ms = full_ms / 2 + self.jitter.below(full_ms / 2 + 1);
        match after_secs {
            Some(secs) => {
                let asked_ms = u64::from(secs.min(RETRY_AFTER_CAP_SECS)) * 1_000;
                asked_ms.max(own_ms) + self.jitter.below(asked_ms / 10 + 1)
            }
            None => own_ms,
        }
    }

    pub(super) fn pause_for_sign_in(&mut self) {
        self.pause = Pause::SignIn;
    }

    /// Something came back from the server.
    pub(super) fn succeeded(&mut self) {
        self.pauses = 0;
    }

    pub(super) fn offline(&mut self) {
        self.network = Network::Down;
    }

    /// The network is back: whatever was waited for because of it is over.
    pub(super) fn online(&mut self) {
        self.network = Network::Up;
        if let Pause::Until {
            reason: WaitReason::Network | WaitReason::Stalled,
            ..
        } = self.pause
        {
            self.open();
        }
    }

    pub(super) fn signed_in(&mut self) {
        if self.pause == Pause::SignIn {
            self.open();
        }
    }

    /// The person wants it now. That does not replace signing in.
    pub(super) fn retry_now(&mut self) {
        if self.pause != Pause::SignIn {
            self.open();
        }
    }

    /// A new run tries, whatever the one before waited for: between runs no event says that the wait is over.
    pub(super) fn begin_run(&mut self) {
        self.network = Network::Up;
        self.open();
    }

    fn open(&mut self) {
        self.pause = Pause::None;
        self.pauses = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Problem;

    fn problem(code: ErrorCode, retry_after_secs: Option<u32>) -> Failure {
        Failure::Problem(Box::new(Problem {
            retry_after_secs,
            ..Problem::new(code, 0, None)
        }))
    }

    fn until(line: &Connection, now_ms: u64) -> u64 {
        line.waiting(now_ms)
            .and_then(|(_, until_ms)| until_ms)
            .expect("the line waits for a time")
    }

    #[test]
    fn waits_double_up_to_a_minute_and_a_success_begins_anew() {
        let mut line = Connection::new(7);
        let mut now_ms = 0;
        let mut waits = Vec::new();
        for _ in 0..12 {
            line.pause(now_ms, WaitReason::Network, None);
            waits.push(until(&line, now_ms) - now_ms);
            now_ms = until(&line, now_ms);
            assert!(line.is_open(now_ms));
        }
        for (failures, wait_ms) in waits.iter().enumerate() {
            let full_ms = (500u64 << failures.min(7)).min(60_000);
            assert!(
                (full_ms / 2..=full_ms).contains(wait_ms),
                "wait {failures} was {wait_ms} ms"
            );
        }
        line.succeeded();
        line.pause(now_ms, WaitReason::Network, None);
        assert!(until(&line, now_ms) - now_ms <= 500);
    }

    #[test]
    fn four_sends_that_fail_together_are_one_failure() {
        let mut line = Connection::new(7);
        line.pause(0, WaitReason::Network, None);
        let first = until(&line, 0);
        (0..3).for_each(|_| line.pause(0, WaitReason::Network, None));
        assert_eq!(until(&line, 0), first);
        line.pause(first, WaitReason::Network, None);
        assert!(until(&line, first) - first <= 1_000);
    }

    #[test]
    fn retry_after_is_obeyed_and_not_believed_beyond_an_hour() {
        for (asked_secs, least_ms, most_ms) in [
            (5, 5_000, 5_500),
            (3_600, 3_600_000, 3_960_000),
            (u32::MAX, 3_600_000, 3_960_000),
        ] {
            let mut line = Connection::new(1);
            line.pause(0, WaitReason::Network, None);
            line.pause(0, WaitReason::Server(ErrorCode::Busy), Some(asked_secs));
            assert!(
                (least_ms..=most_ms).contains(&until(&line, 0)),
                "{asked_secs} s gave {} ms",
                until(&line, 0)
            );
        }
    }

    #[test]
    fn going_online_ends_a_wait_for_the_network_but_not_one_the_server_asked_for() {
        let mut line = Connection::new(1);
        line.pause(0, WaitReason::Network, None);
        line.offline();
        assert_eq!(line.waiting(0), Some((WaitReason::Offline, None)));
        line.online();
        assert!(line.is_open(0));
        line.pause(0, WaitReason::Server(ErrorCode::Busy), Some(9));
        line.offline();
        line.online();
        assert!(!line.is_open(8_999));
        line.retry_now();
        assert!(line.is_open(0));
    }

    #[test]
    fn only_signing_in_ends_the_wait_for_it() {
        let mut line = Connection::new(1);
        line.pause_for_sign_in();
        line.retry_now();
        line.online();
        line.pause(0, WaitReason::Network, None);
        assert_eq!(line.waiting(u64::MAX), Some((WaitReason::SignIn, None)));
        line.signed_in();
        assert!(line.is_open(0));
    }

    #[test]
    fn a_new_run_waits_for_nothing_that_the_one_before_waited_for() {
        let mut line = Connection::new(1);
        line.offline();
        line.begin_run();
        assert!(line.is_open(0));
        line.pause_for_sign_in();
        line.begin_run();
        assert!(line.is_open(0));
    }

    #[test]
    fn every_code_is_retried_exactly_where_that_can_help() {
        use ErrorCode as E;
        let retried = [
            E::RateLimited,
            E::DigestMismatch,
            E::BodyIncomplete,
            E::UploadOffsetMismatch,
            E::StorageFull,
            E::StorageUnavailable,
            E::DatabaseUnavailable,
            E::Busy,
            E::ShuttingDown,
            E::Internal,
        ];
        for code in E::ALL {
            match RetryDecision::of(&problem(*code, None)) {
                RetryDecision::Retry { reason, .. } => {
                    assert!(retried.contains(code) && reason == WaitReason::Server(*code))
                }
                RetryDecision::SignIn => assert_eq!(*code, E::Unauthenticated),
                RetryDecision::GiveUp(error) => {
                    assert!(
                        !retried.contains(code) && error == TransferError::Refused(*code),
                        "{code:?}"
                    );
                }
            }
        }
        let full = RetryDecision::of(&problem(E::StorageFull, Some(4)));
        assert!(matches!(
            full,
            RetryDecision::Retry {
                after_secs: Some(30),
                ..
            }
        ));
    }

    #[test]
    fn what_is_not_believed_is_not_asked_for_again_and_says_why() {
        let refused = |reason| Failure::NotGenuine {
            reason,
            detail: None,
        };
        let endings = [
            (
                refused(Distrust::Altered),
                TransferError::NotGenuine { part: None },
            ),
            (
                refused(Distrust::RolledBack),
                TransferError::RolledBack { part: None },
            ),
        ];
        for (failure, error) in endings {
            assert_eq!(RetryDecision::of(&failure), RetryDecision::GiveUp(error));
            assert!(!failure.is_retried());
        }
        assert!(Failure::Stalled.is_retried(), "later, by itself");
        assert!(problem(ErrorCode::Unauthenticated, None).is_retried());
        assert!(!problem(ErrorCode::QuotaExceeded, None).is_retried());
    }

    #[test]
    fn strangers_are_waited_out_unless_they_refuse() {
        let of = |status| {
            RetryDecision::of(&Failure::Status {
                status,
                retry_after_secs: Some(3),
            })
        };
        for status in [200, 302, 408, 429, 500, 502, 599] {
            assert_eq!(
                of(status),
                RetryDecision::Retry {
                    reason: WaitReason::Status(status),
                    after_secs: Some(3)
                }
            );
        }
        assert_eq!(of(401), RetryDecision::SignIn);
        assert_eq!(
            of(413),
            RetryDecision::GiveUp(TransferError::Refused(ErrorCode::BodyTooLarge))
        );
        assert_eq!(
            of(418),
            RetryDecision::GiveUp(TransferError::BadAnswer { status: Some(418) })
        );
    }
}
