//! What a phase gets to work with, and what it gives back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Event, Listener, Phase, PhaseError, Resumed};
use crate::{
    engine::{activity::Activity, disk::Disk, stop::Stop},
    exit::ExitCode,
    job::{Counts, Job, JobError, ledger, operations},
    settings::{Settings, Threads},
};

/// A clock that is further behind is worth a line.
const CLOCK_BEHIND_NS: u64 = 2_000_000_000;

/// One run of one command on one job.
pub struct Work<'a> {
    /// Open for writing.
    pub job: &'a Job,
    /// What it is set to.
    pub settings: &'a Settings,
    /// Who is told.
    pub listener: &'a dyn Listener,
    /// How it is told to end.
    pub stop: &'a Stop,
    /// Whether anything moves.
    pub activity: Activity,
    /// Where files are.
    pub disk: Arc<dyn Disk>,
    /// The operation's id.
    pub operation: String,
    /// When it began.
    pub began: Instant,
}

/// How a phase ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Files that failed, or were found different.
    pub failed_files: u64,
    /// Files that it did something about.
    pub touched_files: u64,
    /// It stopped before the end; what is left can be resumed.
    pub stopped: Option<ExitCode>,
}

impl<'a> Work<'a> {
    /// Registers the operation and says that it began.
    pub fn begin(
        job: &'a Job,
        settings: &'a Settings,
        listener: &'a dyn Listener,
        stop: &'a Stop,
        disk: Arc<dyn Disk>,
        command: &'static str,
    ) -> Result<Self, JobError> {
        let configuration = serde_json::to_string(settings).unwrap_or_default();
        let now_ns = job.clock.now_ns();
        let description = format!("{command} {}", job.place.name());
        let (operation, counts) = job.writer.write_durably(move |transaction| {
            let id = operations::begin(transaction, now_ns, command, &description, &configuration)?;
            Ok((id, ledger::counts(transaction)?))
        })?;
        let settled_files = counts.total().files - counts.pending.files - counts.errored.files;
        let moves = matches!(command, "copy" | "resume" | "run");
        let resumed = (moves && settled_files > 0).then(|| Resumed {
            settled_files,
            total_files: counts.total().files,
        });
        listener.tell(&Event::Started {
            operation: operation.clone(),
            command: command.to_owned(),
            counts,
            resumed,
        });
        if job.clock_behind_ns > CLOCK_BEHIND_NS {
            listener.tell(&Event::Warning {
                message: format!(
                    "the clock of this machine is {} behind the last entry of this job: was it set back? New entries get times after that one",
                    humantime::format_duration(Duration::from_secs(job.clock_behind_ns / 1_000_000_000))
                ),
            });
        }
        Ok(Work {
            job,
            settings,
            listener,
            stop,
            activity: Activity::default(),
            disk,
            operation,
            began: Instant::now(),
        })
    }

    /// It does something else now.
    pub fn enter(
        &self,
        phase: Phase,
        total_files: Option<u64>,
        total_bytes: Option<u64>,
    ) -> Result<(), JobError> {
        let (now_ns, id) = (self.job.clock.now_ns(), self.operation.clone());
        self.job.writer.write_durably(move |transaction| {
            operations::set_phase(transaction, now_ns, &id, phase.name())
        })?;
        self.listener.tell(&Event::PhaseChanged {
            phase,
            total_files,
            total_bytes,
        });
        Ok(())
    }

    /// Closes the operation and says how it ended.
    pub fn finish(
        &self,
        command: &str,
        code: ExitCode,
        untracked_files: Option<u64>,
    ) -> Result<Counts, JobError> {
        let (now_ns, id) = (self.job.clock.now_ns(), self.operation.clone());
        let outcome = format!("{code:?}");
        let counts = self.job.writer.write_durably(move |transaction| {
            operations::end(transaction, now_ns, &id, &outcome)?;
            ledger::counts(transaction)
        })?;
        self.listener.tell(&Event::Finished {
            command: command.to_owned(),
            counts,
            untracked_files,
            elapsed_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            exit_code: code.number(),
        });
        Ok(counts)
    }

    /// Something worth a line.
    pub fn warn(&self, message: impl Into<String>) {
        self.listener.tell(&Event::Warning {
            message: message.into(),
        });
    }

    /// Threads to use.
    pub fn threads(&self) -> usize {
        threads(self.settings.threads)
    }
}

/// `auto` without the advice of pre-flight: the processors, at most eight.
pub fn threads(wanted: Threads) -> usize {
    match wanted {
        Threads::Exactly(count) => usize::from(count.max(1)),
        Threads::Auto => std::thread::available_parallelism()
            .map_or(2, usize::from)
            .min(8),
    }
}

impl Outcome {
    /// The exit code of a command that changed files.
    pub fn exit_code(&self) -> ExitCode {
        match self.stopped {
            Some(code) => code,
            None if self.failed_files > 0 => ExitCode::SomeFailed,
            None => ExitCode::Ok,
        }
    }
}

/// The exit code of a run that a signal stopped.
pub fn stopped_by(stop: &Stop) -> Option<ExitCode> {
    match stop.signal() {
        Some(signal) if signal == signal_hook::consts::SIGTERM => Some(ExitCode::Terminated),
        Some(_) => Some(ExitCode::Interrupted),
        None => None,
    }
}

impl From<crate::engine::fault::Fault> for PhaseError {
    fn from(fault: crate::engine::fault::Fault) -> Self {
        PhaseError::Unreachable(fault)
    }
}
