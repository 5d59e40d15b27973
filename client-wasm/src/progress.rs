//! `Progress` of the page, made from the machines' own. Conversions only; the counting is `ferry_core::progress`.

use ferry_core::progress::{Phase, Progress};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    error::{ClientCode, ClientError, ErrorView},
    failure::WaitingView,
    interop::monotonic_to_epoch_ms,
};

/// As in `ferry.d.ts`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProgressView {
    phase: &'static str,
    file_id: Option<Uuid>,
    percent: f64,
    size_bytes: u64,
    done_bytes: u64,
    stored_bytes: u64,
    stored_before_bytes: u64,
    compared_bytes: u64,
    rate_bytes_per_sec: Option<u64>,
    eta_secs: Option<u64>,
    silent_secs: Option<u64>,
    parts: PartsView,
    resumed: Option<ResumedView>,
    waiting: Option<WaitingView>,
    set_back_bytes: u64,
    earlier_refused: Option<ErrorView>,
    error: Option<ErrorView>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartsView {
    total: u32,
    stored: u32,
    stored_before: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResumedView {
    first_part: u32,
    total_parts: u32,
    stored_percent: u32,
}

impl ProgressView {
    /// `error` is why it ended.
    pub(crate) fn new(
        progress: &Progress,
        file_id: Option<Uuid>,
        error: Option<&ClientError>,
    ) -> Self {
        ProgressView {
            file_id,
            phase: phase_name(progress.phase),
            percent: f64::from(progress.hundredths_of_percent()) / 100.0,
            size_bytes: progress.size_bytes,
            done_bytes: progress.done_bytes,
            stored_bytes: progress.stored_bytes,
            stored_before_bytes: progress.stored_before_bytes,
            compared_bytes: progress.compared_bytes,
            rate_bytes_per_sec: progress.rate_bytes_per_sec,
            eta_secs: progress.eta_secs,
            silent_secs: progress.silent_secs,
            parts: PartsView {
                total: progress.parts_total,
                stored: progress.parts_stored,
                stored_before: progress.parts_stored_before,
            },
            resumed: progress.resumed.map(|resumed| ResumedView {
                first_part: resumed.first_part,
                total_parts: resumed.total_parts,
                stored_percent: resumed.stored_percent,
            }),
            waiting: waiting(progress.phase),
            set_back_bytes: progress.set_back_bytes,
            earlier_refused: None,
            error: error.map(ClientError::to_view),
        }
    }

    /// An earlier upload was found that fails its check for this reason.
    pub(crate) fn passing_by(self, earlier: Option<&ClientError>) -> Self {
        ProgressView {
            earlier_refused: earlier.map(ClientError::to_view),
            ..self
        }
    }

    /// Nothing but numbers differs.
    pub(crate) fn is_same_phase(&self, other: &Self) -> bool {
        self.phase == other.phase && self.waiting == other.waiting
    }

    /// It waits for a person to sign in.
    pub(crate) fn needs_sign_in(&self) -> bool {
        self.waiting
            .as_ref()
            .is_some_and(WaitingView::needs_sign_in)
    }

    /// In the queue, where no machine is at work.
    pub(crate) fn queued(self) -> Self {
        ProgressView {
            phase: phase_name(Phase::Queued),
            waiting: None,
            error: None,
            ..self
        }
    }

    /// Another tab has the file.
    pub(crate) fn another_tab(self) -> Self {
        ProgressView {
            phase: "waiting",
            waiting: Some(WaitingView::another_tab()),
            ..self.queued()
        }
    }

    /// Ended before a machine was at work.
    pub(crate) fn ended_early(self, error: &ClientError) -> Self {
        let stopped = matches!(
            error.local(),
            Some(ClientCode::Stopped | ClientCode::Discarded)
        );
        let phase = if stopped { "stopped" } else { "failed" };
        ProgressView {
            phase,
            error: Some(error.to_view()),
            ..self.queued()
        }
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "queued",
        Phase::Checking => "checking",
        Phase::Comparing => "comparing",
        Phase::Resuming => "resuming",
        Phase::Sending => "sending",
        Phase::Waiting { .. } => "waiting",
        Phase::Asking => "asking",
        Phase::Finishing => "finishing",
        Phase::Done => "done",
        Phase::Stopped | Phase::Discarded => "stopped",
        Phase::Failed(_) => "failed",
    }
}

fn waiting(phase: Phase) -> Option<WaitingView> {
    match phase {
        Phase::Waiting { reason, until_ms } => Some(WaitingView::new(
            reason,
            until_ms.map(monotonic_to_epoch_ms),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_and_stopped_there_it_still_says_what_is_stored() {
        let stored = Progress {
            done_bytes: 60,
            stored_bytes: 40,
            parts_total: 10,
            parts_stored: 4,
            ..Progress::new(Phase::Stopped, 100)
        };
        let left = ProgressView::new(&stored, None, None);
        let stopped = left.clone().ended_early(&ClientCode::Stopped.into());
        for (view, phase) in [(left.queued(), "queued"), (stopped, "stopped")] {
            assert_eq!(view.phase, phase);
            assert_eq!((view.stored_bytes, view.parts.stored), (40, 4));
        }
    }
}
