//! `ferry summary`: what happened, as text, as CSV and as a page. What is told is [`crate::report`].

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use super::{
    SummaryArgs,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{self, FileState, JobError},
    report::{self, Csv, JobReport, html},
    terminal::words,
};

impl Session<'_> {
    /// Reads the ledger once, writes the lists on the way.
    pub(super) fn summary(&self, typed: &SummaryArgs) -> Ended {
        let place = self.place(typed.job.job.as_deref())?;
        let connection = job::open_reader(&place, &self.clock)?;
        let reports = place.reports();
        let named =
            |given: Option<PathBuf>, name: &str| given.unwrap_or_else(|| reports.join(name));
        let csv = named(typed.csv.clone(), "summary_report.csv");
        let duplicates = reports.join("duplicates.csv");
        let writes = !self.typed.common.dry_run;
        let mut lists = match writes {
            true => Some((open(&csv)?, open(&duplicates)?)),
            false => None,
        };
        let now_ns = self.clock.now_ns();
        let mut job_report = report::read(&connection, &place, now_ns, |file| {
            let Some((all, same)) = &mut lists else {
                return Ok(());
            };
            if typed.all || file.row.state != FileState::Done {
                all.add(file)
                    .map_err(|error| io_error(&csv, error.into()))?;
            }
            if file.row.state == FileState::Deduplicated {
                same.add(file)
                    .map_err(|error| io_error(&duplicates, error.into()))?;
            }
            Ok(())
        })?;
        if let Some((all, same)) = lists {
            all.finish()?;
            same.finish()?;
            job_report.csv = Some(csv.display().to_string());
            job_report.duplicates_csv = Some(duplicates.display().to_string());
        }
        let page = typed.html.clone().map(|page| named(page, "summary.html"));
        if let Some(page) = page.as_ref().filter(|_| writes) {
            let written_at =
                jiff::Timestamp::from_nanosecond(i128::from(now_ns)).unwrap_or_default();
            fs::write(page, html::page(&job_report, &written_at.to_string()))
                .map_err(|error| io_error(page, error))?;
        }
        self.screen
            .document("report", &job_report, &text(&job_report, page.as_deref()))?;
        Ok(ExitCode::Ok)
    }
}

fn open(path: &Path) -> Result<Csv<BufWriter<File>>, JobError> {
    let make = || {
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        Ok(Csv::new(BufWriter::new(File::create(path)?))?)
    };
    make().map_err(|error| io_error(path, error))
}

fn io_error(path: &Path, source: std::io::Error) -> JobError {
    JobError::Io {
        path: path.to_owned(),
        source,
    }
}

fn text(job_report: &JobReport, page: Option<&Path>) -> String {
    let counts = &job_report.counts;
    let rows = [
        ("total", counts.total()),
        ("done", counts.copied),
        ("deduplicated", counts.deduplicated),
        ("skipped", counts.skipped),
        ("missing", counts.missing),
        ("errors", counts.errored),
        ("pending", counts.pending),
    ];
    let mut lines: Vec<String> = rows
        .iter()
        .map(|(name, share)| {
            format!(
                "{name:<13}{:>12} {:>11}",
                words::grouped(share.files),
                words::bytes(share.size_bytes)
            )
        })
        .collect();
    let rate = job_report
        .rate_bytes_per_sec()
        .map_or_else(|| "unknown".to_owned(), words::rate);
    lines.push(format!(
        "duration     {}, {rate}",
        words::seconds(job_report.working_secs)
    ));
    for failure in &job_report.failures {
        let (cause, advice) = failure.cause.map_or(
            ("missing", "put it back on the source, then `ferry resume`"),
            |cause| (cause.name(), cause.advice()),
        );
        lines.push(format!(
            "{cause}: {}: {advice}",
            words::files(failure.share.files)
        ));
    }
    lines.push(format!("logs         {}", job_report.logs));
    lines.extend(
        job_report
            .csv
            .as_ref()
            .map(|csv| format!("report       {csv}")),
    );
    lines.extend(page.map(|page| format!("page         {}", page.display())));
    lines.join("\n")
}
