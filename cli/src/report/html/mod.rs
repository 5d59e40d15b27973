//! The report as one page that needs nothing else: no script, no font, no network. Every chart has its numbers beside
//! it as text, and every name is escaped by the template.

mod charts;
mod parts;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::job_report::{JobReport, Verdict};
use crate::terminal::words;

/// Forbids the page to load anything at all, should a name ever get past the escaping.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The whole page. `written_at` is the time it was made, in words.
pub fn page(job_report: &JobReport, written_at: &str) -> String {
    let title = format!("{} · Ferry report", job_report.job);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                main {
                    (head(job_report))
                    (parts::bytes(job_report))
                    (parts::failures(job_report))
                    (parts::throughput(job_report))
                    (parts::estimates(job_report))
                    div.pair {
                        (parts::sizes(job_report))
                        (parts::slow_directories(job_report))
                    }
                    (parts::duplicates(job_report))
                    (parts::proof(job_report))
                }
                footer {
                    p { "Written " (written_at) " by ferry " (env!("CARGO_PKG_VERSION")) ". This page holds everything it shows and asks no network for anything." }
                }
            }
        }
    }
    .into_string()
}

fn head(job_report: &JobReport) -> Markup {
    let (mark, tone) = match job_report.verdict() {
        Verdict::Safe => ("✓", "safe"),
        Verdict::Unfinished => ("…", "unfinished"),
        Verdict::NeedsYou => ("!", "needs-you"),
    };
    html! {
        header class=(format!("verdict {tone}")) {
            p.job { "Ferry report · " (job_report.job) }
            h1 { span.mark aria-hidden="true" { (mark) } (sentence(job_report)) }
            dl.facts {
                (places("From", &job_report.sources))
                (places("To", &job_report.destinations))
                (fact("Began", &job_report.began_at_ns.map_or_else(|| "not yet".to_owned(), charts::local_time)))
                (fact("Worked", &words::seconds(job_report.working_secs)))
                (fact("Written", &words::bytes(job_report.moved_bytes)))
                (fact("Pace", &job_report.rate_bytes_per_sec().map_or_else(|| "unknown".to_owned(), words::rate)))
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn places(name: &str, paths: &[String]) -> Markup {
    html! {
        div.place {
            dt { (name) }
            @for path in paths { dd { (path) } }
            @if paths.is_empty() { dd { "none yet" } }
        }
    }
}

/// What a person wants to know first, in one sentence.
fn sentence(job_report: &JobReport) -> String {
    let counts = &job_report.counts;
    let total = counts.total().files;
    let there = counts.copied.files + counts.deduplicated.files + counts.skipped.files;
    let different: u64 = job_report
        .verifications
        .iter()
        .map(|one| one.different_files)
        .max()
        .unwrap_or(0);
    match job_report.verdict() {
        Verdict::Safe if total == 0 => "This job has no files yet.".to_owned(),
        Verdict::Safe if counts.copied.files == total => {
            format!(
                "All {} are at the destination, read back and found equal.",
                words::files(total)
            )
        }
        Verdict::Safe => format!("All {} are at the destination.", words::files(total)),
        Verdict::Unfinished => format!(
            "{} of {} are at the destination, {} to go.",
            words::grouped(there),
            words::files(total),
            words::grouped(counts.pending.files)
        ),
        Verdict::NeedsYou if different > 0 => format!(
            "Verification found {} different from what was copied.",
            words::files(different)
        ),
        Verdict::NeedsYou => {
            let wrong = counts.errored.files + counts.missing.files;
            let need = if wrong == 1 { "needs" } else { "need" };
            format!(
                "{} of {} are at the destination, {} {need} you.",
                words::grouped(there),
                words::files(total),
                words::grouped(wrong)
            )
        }
    }
}

#[cfg(test)]
mod tests;
