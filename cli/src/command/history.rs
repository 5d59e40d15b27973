//! `ferry status` and `ferry log`: what the ledger says, for people and programs. They touch no file of the job.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{
    JobName, LogArgs,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{
        self, FileId, FileState, JobError, Share, audit, ledger,
        lock::{Lock, rfc3339},
        operations,
        verification::{self, Depth},
    },
    path::hex,
    terminal::answers,
};

impl Session<'_> {
    /// `ferry status`.
    pub(super) fn status(&self, name: &JobName) -> Ended {
        let place = self.place(name.job.as_deref())?;
        let reader = job::open_reader(&place, &self.clock)?;
        let counts = ledger::counts(&reader)?;
        let latest = operations::latest(&reader, None)?;
        let holder = Lock::holder(&place.lock_file());
        let last_ns = operations::all(&reader)?
            .iter()
            .filter_map(|operation| operation.checkpoint_at_ns)
            .max();
        let shares = ledger::shares(&reader)?;
        let percent = f64::from(counts.hundredths_of_percent()) / 100.0;
        let (mismatched, verification) = verified(&reader)?;
        let document = answers::Status {
            job: place.name().to_owned(),
            states: shares
                .iter()
                .map(|(state, share)| (state.name(), *share))
                .collect(),
            counts,
            percent,
            phase: latest.as_ref().map(|operation| operation.phase.clone()),
            last_checkpoint: last_ns.map(rfc3339),
            running: holder.clone(),
            copied_and_read_back: counts.copied,
            mismatched_files: mismatched,
            unverified_files: counts.pending.files,
            verification,
        };
        let last = latest.map(|operation| {
            format!(
                "last: {} ({})",
                operation.command,
                operation.outcome.unwrap_or(operation.phase)
            )
        });
        let text = status_text(&document, &shares, last);
        self.screen.document("status", &document, &text)?;
        Ok(ExitCode::Ok)
    }

    /// `ferry log`.
    pub(super) fn log(&self, arguments: &LogArgs) -> Ended {
        let reader = job::open_reader(&self.place(arguments.job.job.as_deref())?, &self.clock)?;
        if arguments.verify {
            return self.log_proved(&reader);
        }
        let since_ns = arguments
            .since
            .as_deref()
            .map_or(Ok(i64::MIN), |text| self.since(text))?;
        let file = arguments
            .file
            .as_deref()
            .map(|path| self.known_file(&reader, path))
            .transpose()?;
        let mut failed = None;
        audit::each(&reader, since_ns, |entry| {
            let wanted = arguments
                .event
                .as_ref()
                .is_none_or(|event| *event == entry.event)
                && file.is_none_or(|file| audit::concerns(&entry, file.0));
            if wanted && failed.is_none() {
                let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
                let text = format!(
                    "{} {} {} {}",
                    rfc3339(entry.at_ns),
                    entry.operation.as_deref().unwrap_or("-"),
                    entry.event,
                    entry.body
                );
                let document = answers::LogEntry {
                    seq: entry.seq,
                    at: rfc3339(entry.at_ns),
                    operation: entry.operation,
                    event: entry.event,
                    body,
                };
                failed = self.screen.line("log", &document, &text).err();
            }
            Ok(failed.is_none())
        })?;
        if let Some(file) = file {
            self.attempts(&reader, file)?;
        }
        Ok(ExitCode::Ok)
    }

    /// The chain of the trail, and the ledger against a replay of it.
    fn log_proved(&self, reader: &Connection) -> Ended {
        let entries = audit::prove(reader)?;
        let different = audit::differences(reader)?;
        let document = answers::LogProved {
            entries,
            different_files: different.len(),
        };
        let text = format!(
            "{entries} entries, the chain is whole; replayed, {} files differ from the ledger",
            different.len()
        );
        self.screen.document("log", &document, &text)?;
        Ok(match different.is_empty() {
            true => ExitCode::Ok,
            false => ExitCode::Error,
        })
    }

    fn attempts(&self, reader: &Connection, file: FileId) -> Result<(), CommandError> {
        for attempt in ledger::attempts(reader, file)? {
            let of = &attempt.attempt;
            let document = answers::AttemptShown {
                attempt: attempt.number,
                at: rfc3339(attempt.at_ns),
                state: attempt.state,
                moved_bytes: of.moved_bytes,
                source_checksum: of.source_checksum.map(|value| hex(&value)),
                destination_checksum: of.destination_checksum.map(|value| hex(&value)),
                took_secs: of.took.map(|took| took.as_secs_f64()),
                error: attempt.error.clone(),
            };
            let error = attempt.error.map(|error| format!(", {error}"));
            let text = format!(
                "{} attempt {}: {}{}",
                rfc3339(attempt.at_ns),
                attempt.number,
                attempt.state.name(),
                error.unwrap_or_default()
            );
            self.screen.line("attempt", &document, &text)?;
        }
        Ok(())
    }

    /// `2h` before now, or a time.
    fn since(&self, text: &str) -> Result<i64, CommandError> {
        if let Ok(before) = humantime::parse_duration(text) {
            let before_ns = i64::try_from(before.as_nanos()).unwrap_or(i64::MAX);
            return Ok(self.clock.now_ns().saturating_sub(before_ns));
        }
        let at = humantime::parse_rfc3339_weak(text);
        let at = at.map_err(|_| {
            CommandError::Usage(format!(
                "--since {text}: write 2h, or a time such as 2026-11-28T07:00:00"
            ))
        })?;
        let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// Files whose content came back different, and what later verifications found, by stage.
type Checked = (u64, BTreeMap<&'static str, Vec<answers::Found>>);

fn verified(reader: &rusqlite::Connection) -> Result<Checked, JobError> {
    let mismatched = ledger::count_of_cause(reader, job::Cause::Mismatch)?;
    let mut later = BTreeMap::new();
    for (depth, word) in [(Depth::Shallow, "shallow"), (Depth::Deep, "deep")] {
        let tally = verification::tally(reader, depth)?;
        let found = tally
            .into_iter()
            .map(|(finding, files)| answers::Found { finding, files });
        later.insert(word, found.collect());
    }
    Ok((u64::try_from(mismatched).unwrap_or(0), later))
}

/// The same for people; `last` is the last operation in words.
fn status_text(
    status: &answers::Status,
    shares: &[(FileState, Share)],
    last: Option<String>,
) -> String {
    let mut lines = vec![format!(
        "{}: {:.2} % of {} files settled",
        status.job,
        status.percent,
        status.counts.total().files
    )];
    lines.extend(shares.iter().map(|(state, share)| {
        let size = bytesize::ByteSize(share.size_bytes).display().iec();
        format!(
            "  {:<13}{:>10} files {:>18}",
            state.name(),
            share.files,
            size.to_string()
        )
    }));
    lines.push(format!(
        "verified {} files, mismatched {}, unverified {}",
        status.copied_and_read_back.files, status.mismatched_files, status.unverified_files
    ));
    lines.extend(last);
    let checkpoint = status.last_checkpoint.as_ref();
    lines.extend(checkpoint.map(|at| format!("last checkpoint: {at}")));
    lines.push(match &status.running {
        Some(holder) => format!(
            "running: pid {} on {}, since {}",
            holder.pid, holder.host, holder.since
        ),
        None => "nothing runs".to_owned(),
    });
    lines.join("\n")
}
