//! The parts of the page, in the order a person asks: what happened, what needs me, how it went, what is proved.

use maud::{Markup, html};

use super::charts;
use crate::{
    job::{DuplicateKind, Share},
    preflight::BUCKETS,
    report::job_report::{DuplicateGroup, Failure, JobReport},
    terminal::words,
};

/// Files of one cause that are shown at once.
const SHOWN: usize = 5;

fn part(id: &str, title: &str, lead: &str, body: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if !lead.is_empty() { p.lead { (lead) } }
            (body)
        }
    }
}

/// Every file is in exactly one row, every byte in exactly one piece of the bar.
pub(super) fn bytes(job_report: &JobReport) -> Markup {
    let counts = &job_report.counts;
    let total = counts.total();
    let rows: [(&str, &str, &str, Share); 6] = [
        (
            "copied",
            "Copied",
            "durable, read back and found equal",
            counts.copied,
        ),
        (
            "deduplicated",
            "Deduplicated",
            "the same content was there already",
            counts.deduplicated,
        ),
        (
            "skipped",
            "Skipped",
            "was there already, or left out by wish",
            counts.skipped,
        ),
        (
            "missing",
            "Missing",
            "gone from the source before it was copied",
            counts.missing,
        ),
        (
            "errored",
            "Failed",
            "tried and failed; see below",
            counts.errored,
        ),
        ("pending", "Pending", "still to do", counts.pending),
    ];
    let of = if total.size_bytes > 0 {
        total.size_bytes
    } else {
        total.files
    };
    let part_of = |share: &Share| {
        if total.size_bytes > 0 {
            share.size_bytes
        } else {
            share.files
        }
    };
    let body = html! {
        div.stack aria-hidden="true" {
            @for (class, _, _, share) in &rows {
                @if share.files > 0 {
                    div class=(*class) style=(charts::width(part_of(share).max(1), of)) {}
                }
            }
        }
        table.states {
            caption.quiet { "Files and bytes by what became of them" }
            thead { tr {
                th scope="col" { "State" } th.number scope="col" { "Files" }
                th.number scope="col" { "Bytes" } th.number scope="col" { "Share" }
            } }
            tbody {
                @for (class, name, meaning, share) in &rows {
                    tr class=(if share.files == 0 { "none" } else { "" }) {
                        th scope="row" {
                            span class=(format!("swatch {class}")) aria-hidden="true" {}
                            span { (name) small { (meaning) } }
                        }
                        td.number { (words::grouped(share.files)) }
                        td.number { (words::bytes(share.size_bytes)) }
                        td.number { (charts::percent(part_of(share), of)) }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { "Total" }
                td.number { (words::grouped(total.files)) }
                td.number { (words::bytes(total.size_bytes)) }
                td.number { "100 %" }
            } }
        }
    };
    part("bytes", "What happened to every byte", "", &body)
}

pub(super) fn failures(job_report: &JobReport) -> Markup {
    if job_report.failures.is_empty() {
        return html! {};
    }
    let lead = match &job_report.csv {
        Some(csv) => format!("By cause, the most frequent first. Every file is in {csv}."),
        None => "By cause, the most frequent first.".to_owned(),
    };
    let body = html! { div.causes { @for failure in &job_report.failures { (cause(failure)) } } };
    part("failures", "What needs you", &lead, &body)
}

fn cause(failure: &Failure) -> Markup {
    let (title, advice) = match failure.cause {
        Some(cause) => (sentence_case(cause.name()), cause.advice()),
        None => (
            "Missing".to_owned(),
            "gone from the source before it was copied: put it back and run the same command again, or take it off the list with `ferry remove-file`",
        ),
    };
    let (first, rest) = failure.examples.split_at(SHOWN.min(failure.examples.len()));
    let unlisted = failure
        .share
        .files
        .saturating_sub(failure.examples.len() as u64);
    html! {
        article.cause {
            h3 { (title) " " span.count { (words::files(failure.share.files)) ", " (words::bytes(failure.share.size_bytes)) } }
            p.todo { strong { "What to do: " } (code(advice)) }
            (examples(first))
            @if !rest.is_empty() {
                details {
                    summary { (words::grouped(rest.len() as u64 + unlisted)) " more" }
                    (examples(rest))
                    @if unlisted > 0 { p.quiet { "and " (words::grouped(unlisted)) " that only the CSV lists" } }
                }
            }
        }
    }
}

/// Words between backquotes as code.
fn code(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

fn examples(examples: &[crate::report::job_report::Example]) -> Markup {
    html! {
        ul.files {
            @for example in examples {
                li { span.path { (example.path) } @if !example.message.is_empty() { small { (example.message) } } }
            }
        }
    }
}

fn sentence_case(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

pub(super) fn throughput(job_report: &JobReport) -> Markup {
    if job_report
        .throughput
        .iter()
        .all(|step| step.size_bytes == 0)
    {
        return html! {};
    }
    let rates = job_report.throughput.iter().filter(|step| step.is_working);
    let fastest = rates
        .map(|step| step.size_bytes as f64 / step.secs.max(1e-9))
        .fold(job_report.rate_bytes_per_sec().unwrap_or(0.0), f64::max);
    let pauses = job_report.throughput.iter().any(|step| !step.is_working);
    let hatched = if pauses { " Shaded: nothing ran." } else { "" };
    let pace = job_report
        .rate_bytes_per_sec()
        .map_or_else(|| "unknown".to_owned(), words::rate);
    let lead = format!(
        "{pace} on average while it worked, {} at best.{hatched}",
        words::rate(fastest)
    );
    let body = html! {
        (charts::throughput(&job_report.throughput))
        details { summary { "The numbers" } div.scroll tabindex="0" role="region" aria-label="Throughput as a table" { (charts::throughput_table(&job_report.throughput)) } }
    };
    part("throughput", "Throughput over time", &lead, &body)
}

pub(super) fn estimates(job_report: &JobReport) -> Markup {
    if job_report.estimates.is_empty() {
        return html! {};
    }
    let inside = job_report
        .estimates
        .iter()
        .filter(|truth| truth.is_inside())
        .count();
    let lead = format!(
        "{inside} of {} {} inside what pre-flight said. The next estimate learns from them.",
        job_report.estimates.len(),
        if job_report.estimates.len() == 1 {
            "run took a time"
        } else {
            "runs took a time"
        },
    );
    let body = html! {
        ul.estimates {
            @for truth in &job_report.estimates {
                @let said = &truth.estimate;
                li {
                    p {
                        "Said " strong { (words::seconds(said.best_secs)) " to " (words::seconds(said.worst_secs)) }
                        ", took " strong { (words::seconds(truth.actual_secs)) } ": "
                        @if truth.is_inside() { "inside" }
                        @else if truth.actual_secs > said.worst_secs { "longer than the worst" }
                        @else { "faster than the best" }
                    }
                    (charts::estimate(said.best_secs, said.worst_secs, truth.actual_secs))
                }
            }
        }
    };
    part("estimates", "Estimate against truth", &lead, &body)
}

pub(super) fn sizes(job_report: &JobReport) -> Markup {
    let sizes = &job_report.sizes;
    if sizes.files == 0 {
        return html! {};
    }
    let most = sizes
        .histogram
        .iter()
        .map(|bar| bar.files)
        .max()
        .unwrap_or(0);
    let lead = sizes.largest.as_ref().map_or_else(String::new, |largest| {
        format!(
            "Largest: {}, {}.",
            largest.path,
            words::bytes(largest.size_bytes)
        )
    });
    let body = html! {
        table.bars {
            caption.quiet { "Files by size" }
            thead { tr { th scope="col" { "Size" } th.number scope="col" { "Files" } th.number scope="col" { "Bytes" } } }
            tbody {
                @for ((name, _), bar) in BUCKETS.iter().zip(&sizes.histogram) {
                    @if bar.files > 0 {
                        tr {
                            th scope="row" { (name) div.bar aria-hidden="true" { div style=(charts::width(bar.files, most)) {} } }
                            td.number { (words::grouped(bar.files)) }
                            td.number { (words::bytes(bar.size_bytes)) }
                        }
                    }
                }
            }
        }
    };
    part("sizes", "Sizes", &lead, &body)
}

pub(super) fn slow_directories(job_report: &JobReport) -> Markup {
    if job_report.slow_directories.is_empty() {
        return html! {};
    }
    let longest = job_report
        .slow_directories
        .iter()
        .map(|one| one.secs)
        .fold(0.0, f64::max);
    let share = |secs: f64| charts::width((secs * 1e6) as u64, (longest * 1e6) as u64);
    let body = html! {
        table.bars {
            caption.quiet { "Directories by the time that went into their files" }
            thead { tr { th scope="col" { "Directory" } th.number scope="col" { "Time" } th.number scope="col" { "Pace" } } }
            tbody {
                @for one in &job_report.slow_directories {
                    tr {
                        th scope="row" {
                            span.path { (one.path) }
                            small { (words::files(one.share.files)) ", " (words::bytes(one.share.size_bytes)) }
                            div.bar aria-hidden="true" { div style=(share(one.secs)) {} }
                        }
                        td.number { (words::seconds(one.secs)) }
                        td.number { (words::rate(one.share.size_bytes as f64 / one.secs.max(1e-9))) }
                    }
                }
            }
        }
    };
    part(
        "slow",
        "Slowest directories",
        "Time of all threads together.",
        &body,
    )
}

pub(super) fn duplicates(job_report: &JobReport) -> Markup {
    let duplicates = &job_report.duplicates;
    if duplicates.share.files == 0 {
        return html! {};
    }
    let all = job_report
        .duplicates_csv
        .as_ref()
        .map_or_else(String::new, |csv| format!(" All of them are in {csv}."));
    let lead = format!(
        "{} with {} had their content at the destination already.{all}",
        words::files(duplicates.share.files),
        words::bytes(duplicates.share.size_bytes),
    );
    let body = html! {
        ul.groups { @for group in &duplicates.groups { (group_of(group)) } }
    };
    part("duplicates", "Where duplicates are", &lead, &body)
}

fn group_of(group: &DuplicateGroup) -> Markup {
    let unlisted = group.files.saturating_sub(group.names.len() as u64);
    html! {
        li {
            p.kept { span.path { (group.kept) } span.count { (words::bytes(group.size_bytes)) " kept once, " (words::grouped(group.files)) " more " (if group.files == 1 { "name" } else { "names" }) } }
            ul.files {
                @for (name, kind) in &group.names {
                    li { span.path { (name) } @if let Some(kind) = kind { small { (placed(*kind)) } } }
                }
                @if unlisted > 0 { li { small { "and " (words::grouped(unlisted)) " more" } } }
            }
        }
    }
}

fn placed(kind: DuplicateKind) -> &'static str {
    match kind {
        DuplicateKind::Absent => "not at the destination under this name",
        DuplicateKind::Clone => "a clone that shares storage",
        DuplicateKind::Hardlink => "a hard link",
        DuplicateKind::Written => "written once more",
    }
}

/// What was compared when, and where to read on.
pub(super) fn proof(job_report: &JobReport) -> Markup {
    let body = html! {
        @if job_report.verifications.is_empty() {
            p { "Each copied file was read back before it counted. No verification ran afterwards; " code { "ferry verify --stage deep" } " reads everything again." }
        } @else {
            table {
                caption.quiet { "Verifications" }
                thead { tr { th scope="col" { "Stage" } th.number scope="col" { "Compared" } th.number scope="col" { "Different" } th scope="col" { "Last" } } }
                tbody {
                    @for one in &job_report.verifications {
                        tr {
                            th scope="row" { (one.stage) }
                            td.number { (words::grouped(one.checked_files)) }
                            td.number class=(if one.different_files > 0 { "number bad" } else { "number" }) { (words::grouped(one.different_files)) }
                            td { (charts::local_time(one.at_ns)) }
                        }
                    }
                }
            }
        }
        @if !job_report.runs.is_empty() {
            details {
                summary { (words::grouped(job_report.runs.len() as u64)) " commands of this job" }
                div.scroll tabindex="0" role="region" aria-label="Commands of this job" {
                    table {
                        caption.quiet { "Commands of this job" }
                        thead { tr { th scope="col" { "Command" } th scope="col" { "Began" } th.number scope="col" { "Took" } th scope="col" { "Ended" } } }
                        tbody {
                            @for run in &job_report.runs {
                                tr {
                                    th scope="row" { (run.command) }
                                    td { (charts::local_time(run.began_at_ns)) }
                                    td.number { (run.ended_at_ns.map_or_else(|| "unknown".to_owned(), |end| words::seconds((end - run.began_at_ns) as f64 / 1e9))) }
                                    td { (run.outcome.as_deref().map_or_else(|| "cut off".to_owned(), sentence_case)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.quiet { "Logs: " span.path { (job_report.logs) } }
    };
    part("proof", "What is proved", "", &body)
}
