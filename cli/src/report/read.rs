//! Reads a job's ledger into a [`JobReport`], in one pass over its files, and writes the lists beside it on the way.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
    time::Duration,
};

use rusqlite::Connection;

use super::job_report::{
    DuplicateGroup, Duplicates, Example, Failure, JobReport, Run, SlowDirectory, Step, Verification,
};
use crate::{
    clock::UnixNanos,
    job::{
        Cause, FileState, JobError, RootId, Share, Side,
        files::{self, SourceFile},
        ledger, operations,
        place::JobPlace,
        roots,
        verification::{self, Depth, Finding},
    },
    path::RelativePath,
    preflight::Truth,
};

/// Files of one cause that are kept as examples.
const EXAMPLES: usize = 50;
/// Contents that the map of duplicates shows.
const GROUPS: usize = 20;
/// Names that are shown of one content.
const NAMES: usize = 10;
/// Directories that are named as slow.
const SLOWEST: usize = 10;
/// Steps that the time is cut into.
const STEPS: i64 = 72;

/// Everything that is known of a job; `each` gets every file in the order of the ledger.
///
/// # Errors
/// The ledger is not readable, or `each` says so.
pub fn read(
    connection: &Connection,
    place: &JobPlace,
    now_ns: UnixNanos,
    mut each: impl FnMut(&SourceFile) -> Result<(), JobError>,
) -> Result<JobReport, JobError> {
    let seen_at: HashMap<RootId, String> = [Side::Source, Side::Destination, Side::Pool]
        .into_iter()
        .map(|side| roots::of_side(connection, side))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .map(|root| (root.id, root.seen_at.display().to_string()))
        .collect();
    let mut pass = Pass::default();
    files::each(connection, &[], |file| {
        pass.take(&file, &seen_at);
        each(&file)
    })?;
    let mut job_report = JobReport {
        job: place.name().to_owned(),
        sources: names(connection, Side::Source)?,
        destinations: names(connection, Side::Destination)?,
        until_ns: now_ns,
        counts: ledger::counts(connection)?,
        runs: runs(connection)?,
        logs: place.logs().display().to_string(),
        verifications: verifications(connection)?,
        ..JobReport::default()
    };
    job_report.began_at_ns = job_report.runs.first().map(|run| run.began_at_ns);
    if let Some(end) = job_report
        .runs
        .iter()
        .filter_map(|run| run.ended_at_ns)
        .max()
    {
        job_report.until_ns = end;
    }
    job_report.estimates = truths(connection)?;
    job_report.slow_directories = slow_directories(connection)?;
    let worked = job_report
        .runs
        .iter()
        .filter_map(|run| Some(run.ended_at_ns? - run.began_at_ns));
    job_report.working_secs = worked.map(|ns| ns as f64 / 1e9).sum();
    pass.into_report(&mut job_report);
    Ok(job_report)
}

fn names(connection: &Connection, side: Side) -> Result<Vec<String>, JobError> {
    let roots = roots::of_side(connection, side)?;
    Ok(roots
        .iter()
        .map(|root| root.seen_at.display().to_string())
        .collect())
}

fn runs(connection: &Connection) -> Result<Vec<Run>, JobError> {
    let all = operations::all(connection)?.into_iter();
    Ok(all
        .map(|operation| Run {
            command: operation.command,
            began_at_ns: operation.started_at_ns,
            ended_at_ns: operation.ended_at_ns,
            outcome: operation.outcome,
        })
        .collect())
}

fn verifications(connection: &Connection) -> Result<Vec<Verification>, JobError> {
    let mut found = Vec::new();
    for (depth, stage) in [(Depth::Shallow, "shallow"), (Depth::Deep, "deep")] {
        let tally = verification::tally(connection, depth)?;
        let checked_files: u64 = tally.iter().map(|(_, files)| files).sum();
        if checked_files == 0 {
            continue;
        }
        let equal = tally
            .iter()
            .filter(|(finding, _)| *finding == Finding::Equal);
        let mut at_ns = 0;
        verification::each(connection, depth, true, |one| {
            at_ns = at_ns.max(one.at_ns);
            Ok(())
        })?;
        found.push(Verification {
            stage: stage.to_owned(),
            checked_files,
            different_files: checked_files - equal.map(|(_, files)| files).sum::<u64>(),
            at_ns,
        });
    }
    Ok(found)
}

/// What runs were said to take and took.
fn truths(connection: &Connection) -> Result<Vec<Truth>, JobError> {
    let all = operations::all(connection)?.into_iter();
    Ok(all
        .filter_map(|operation| {
            Some(Truth {
                estimate: serde_json::from_str(&operation.estimate?).ok()?,
                actual_secs: operation.copying_secs?,
            })
        })
        .collect())
}

fn slow_directories(connection: &Connection) -> Result<Vec<SlowDirectory>, JobError> {
    let mut by_path: HashMap<Vec<u8>, (Share, Duration)> = HashMap::new();
    ledger::each_duration(connection, |path, size_bytes, took| {
        let cut = path.iter().rposition(|byte| *byte == b'/');
        let above = cut.and_then(|cut| path.get(..cut)).unwrap_or(b".");
        if !by_path.contains_key(above) {
            by_path.insert(above.to_vec(), <(Share, Duration)>::default());
        }
        if let Some((share, secs)) = by_path.get_mut(above) {
            share.files += 1;
            share.size_bytes += size_bytes;
            *secs += took;
        }
    })?;
    let mut all: Vec<SlowDirectory> = by_path
        .into_iter()
        .map(|(path, (share, took))| SlowDirectory {
            path: crate::path::shown(&path),
            share,
            secs: took.as_secs_f64(),
        })
        .collect();
    all.sort_by(|one, other| other.secs.total_cmp(&one.secs));
    all.truncate(SLOWEST);
    Ok(all)
}

/// What one pass over the files gathers.
#[derive(Default)]
struct Pass {
    sizes: crate::preflight::Sizes,
    failures: BTreeMap<Option<Cause>, Failure>,
    duplicates: Share,
    groups: HashMap<(RootId, RelativePath), DuplicateGroup>,
    /// Second to bytes that were done in it.
    done: BTreeMap<i64, u64>,
    moved_bytes: u64,
}

impl Pass {
    fn take(&mut self, file: &SourceFile, seen_at: &HashMap<RootId, String>) {
        let row = &file.row;
        self.sizes.add(row.size_bytes, || row.path.to_string());
        match row.state {
            FileState::Done => {
                self.moved_bytes += row.size_bytes;
                if let Some(at_ns) = row.changed_at_ns {
                    *self.done.entry(at_ns / 1_000_000_000).or_default() += row.size_bytes;
                }
            }
            FileState::Error | FileState::Missing => self.fail(file),
            FileState::Deduplicated => self.duplicate(file, seen_at),
            FileState::Pending | FileState::InProgress | FileState::Skipped => {}
        }
    }

    fn fail(&mut self, file: &SourceFile) {
        let row = &file.row;
        let cause = row.cause.filter(|_| row.state == FileState::Error);
        let failure = self.failures.entry(cause).or_insert_with(|| Failure {
            cause,
            share: Share::default(),
            examples: Vec::new(),
        });
        failure.share.files += 1;
        failure.share.size_bytes += row.size_bytes;
        if failure.examples.len() < EXAMPLES {
            failure.examples.push(Example {
                path: row.path.to_string(),
                message: row.message.clone().unwrap_or_default(),
            });
        }
    }

    fn duplicate(&mut self, file: &SourceFile, seen_at: &HashMap<RootId, String>) {
        let row = &file.row;
        self.duplicates.files += 1;
        self.duplicates.size_bytes += row.size_bytes;
        let Some(at) = &row.at else { return };
        let group = self
            .groups
            .entry(at.clone())
            .or_insert_with(|| DuplicateGroup {
                kept: kept(at, seen_at),
                size_bytes: row.size_bytes,
                names: Vec::new(),
                files: 0,
            });
        group.files += 1;
        if group.names.len() < NAMES {
            group.names.push((row.path.to_string(), row.duplicate));
        }
    }

    fn into_report(self, job_report: &mut JobReport) {
        job_report.sizes = self.sizes;
        job_report.moved_bytes = self.moved_bytes;
        job_report.failures = self.failures.into_values().collect();
        job_report
            .failures
            .sort_by_key(|failure| std::cmp::Reverse(failure.share.files));
        let mut groups: Vec<DuplicateGroup> = self.groups.into_values().collect();
        groups.sort_by_key(|group| {
            std::cmp::Reverse((group.files * group.size_bytes, group.kept.clone()))
        });
        groups.truncate(GROUPS);
        job_report.duplicates = Duplicates {
            share: self.duplicates,
            groups,
        };
        job_report.throughput = steps(&self.done, &job_report.runs);
    }
}

fn kept(at: &(RootId, RelativePath), seen_at: &HashMap<RootId, String>) -> String {
    let root = seen_at.get(&at.0).map_or("", String::as_str);
    format!("{root}/{}", at.1)
}

/// Equal steps from the first to the last second in which a file was done or a command ran.
fn steps(done: &BTreeMap<i64, u64>, runs: &[Run]) -> Vec<Step> {
    let (Some((first, _)), Some((last, _))) = (done.first_key_value(), done.last_key_value())
    else {
        return Vec::new();
    };
    let began = runs.iter().map(|run| run.began_at_ns / 1_000_000_000).min();
    let first = began.map_or(*first, |began| began.min(*first));
    let width = (last - first + STEPS) / STEPS;
    let count = (last - first) / width + 1;
    let of = |at: i64| {
        let (from, to) = (first + at * width, first + (at + 1) * width);
        let size_bytes = done.range(from..to).map(|(_, bytes)| bytes).sum();
        let ran = |run: &Run| {
            let ended = run.ended_at_ns.unwrap_or(run.began_at_ns) / 1_000_000_000;
            run.began_at_ns / 1_000_000_000 < to && from <= ended
        };
        Step {
            at_ns: from * 1_000_000_000,
            secs: width as f64,
            size_bytes,
            is_working: size_bytes > 0 || runs.iter().any(ran),
        }
    };
    (0..count).map(of).collect()
}

/// A table of files: names as the filesystem has them, so that what is not UTF-8 survives.
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Csv<W> {
    /// With its first line.
    ///
    /// # Errors
    /// `out` does not take it.
    pub fn new(out: W) -> csv::Result<Self> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record([
            "path",
            "state",
            "size_bytes",
            "attempts",
            "cause",
            "message",
            "same_as",
        ])?;
        Ok(Self { out })
    }

    /// One file.
    ///
    /// # Errors
    /// The output does not take it.
    pub fn add(&mut self, file: &SourceFile) -> csv::Result<()> {
        let row = &file.row;
        let same_as = row
            .at
            .as_ref()
            .filter(|_| row.state == FileState::Deduplicated);
        self.out.write_record([
            row.path.as_bytes(),
            row.state.name().as_bytes(),
            row.size_bytes.to_string().as_bytes(),
            row.attempts.to_string().as_bytes(),
            row.cause.map_or("", Cause::name).as_bytes(),
            row.message.as_deref().unwrap_or("").as_bytes(),
            same_as.map_or(&b""[..], |(_, path)| path.as_bytes()),
        ])
    }

    /// Everything is written.
    ///
    /// # Errors
    /// The output does not take it.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
