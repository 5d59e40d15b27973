//! The page: what it says, what it escapes, and that it needs nothing else.

use super::*;
use crate::{
    job::{Cause, Counts, DuplicateKind, Share},
    preflight::{Estimate, Sizes, Truth},
    report::job_report::*,
};

const SECOND: i64 = 1_000_000_000;
const BEGAN: i64 = 1_795_842_000 * SECOND;

fn share(files: u64, size_bytes: u64) -> Share {
    Share { files, size_bytes }
}

/// A night's job with something of everything.
fn eventful() -> JobReport {
    let counts = Counts {
        copied: share(98_211, 412_000_000_000),
        deduplicated: share(8_012, 61_000_000_000),
        skipped: share(1_204, 9_000_000_000),
        missing: share(3, 1_900_000),
        errored: share(44, 7_400_000_000),
        pending: share(0, 0),
    };
    let mut sizes = Sizes::default();
    for at in 0..5_000_u64 {
        sizes.add(1 << (at % 31), || format!("video/2024/part {at}.mov"));
    }
    let throughput = (0..72).map(|at: i64| Step {
        at_ns: BEGAN + at * 120 * SECOND,
        secs: 120.0,
        size_bytes: if (30..38).contains(&at) {
            0
        } else {
            (9_000 + (at * 7919 % 2_400) as u64) * 1_000_000
        },
        is_working: !(30..38).contains(&at),
    });
    let example = |path: &str, message: &str| Example {
        path: path.into(),
        message: message.into(),
    };
    let unreadable = (0..12).map(|at| {
        example(
            &format!("archive/2019/private/letter-{at:02}.pdf"),
            "Permission denied (os error 13)",
        )
    });
    JobReport {
        job: "photos-and-video".into(),
        sources: vec!["/home/ada/Photos".into(), "/home/ada/Video".into()],
        destinations: vec!["/mnt/backup/2026".into()],
        began_at_ns: Some(BEGAN),
        until_ns: BEGAN + 8_640 * SECOND,
        counts,
        working_secs: 7_680.0,
        moved_bytes: 412_000_000_000,
        runs: vec![
            Run {
                command: "run".into(),
                began_at_ns: BEGAN,
                ended_at_ns: None,
                outcome: None,
            },
            Run {
                command: "resume".into(),
                began_at_ns: BEGAN + 4_560 * SECOND,
                ended_at_ns: Some(BEGAN + 8_640 * SECOND),
                outcome: Some("some_failed".into()),
            },
        ],
        throughput: throughput.collect(),
        sizes,
        slow_directories: [
            ("archive/2019", 41_000, 1.1e9, 2_400.0),
            ("Photos/raw", 9_000, 2.2e11, 1_900.0),
            ("Video/2024", 320, 1.6e11, 1_430.0),
            (
                "archive/mail/a directory with a really long name that has to wrap somewhere",
                22_000,
                4.0e8,
                700.0,
            ),
        ]
        .into_iter()
        .map(|(path, files, bytes, secs)| SlowDirectory {
            path: path.into(),
            share: share(files, bytes as u64),
            secs,
        })
        .collect(),
        failures: vec![
            Failure {
                cause: Some(Cause::SourceUnreadable),
                share: share(40, 7_300_000_000),
                examples: unreadable.collect(),
            },
            Failure {
                cause: Some(Cause::SameName),
                share: share(4, 100_000_000),
                examples: vec![example(
                    "README.md",
                    "also in /home/ada/Video, with other content",
                )],
            },
            Failure {
                cause: None,
                share: share(3, 1_900_000),
                examples: vec![example("Photos/tmp/x.jpg", "")],
            },
        ],
        duplicates: Duplicates {
            share: share(8_012, 61_000_000_000),
            groups: vec![DuplicateGroup {
                kept: "/mnt/backup/2026/Photos/raw/IMG_0001.CR3".into(),
                size_bytes: 41_000_000,
                names: vec![
                    ("Photos/old/IMG_0001.CR3".into(), Some(DuplicateKind::Clone)),
                    (
                        "Photos/<script>alert(1)</script>.CR3".into(),
                        Some(DuplicateKind::Absent),
                    ),
                ],
                files: 5,
            }],
        },
        estimates: vec![Truth {
            estimate: Estimate {
                best_secs: 4_300.0,
                worst_secs: 11_000.0,
                model_secs: 6_800.0,
                learned_from_runs: 0,
            },
            actual_secs: 7_680.0,
        }],
        verifications: vec![Verification {
            stage: "deep".into(),
            checked_files: 98_211,
            different_files: 0,
            at_ns: BEGAN + 8_600 * SECOND,
        }],
        logs: "/home/ada/.local/share/ferry/jobs/logs".into(),
        csv: Some("summary_report.csv".into()),
        duplicates_csv: Some("duplicates.csv".into()),
    }
}

#[test]
fn r45_the_page_says_what_happened_and_what_to_do() {
    let page = page(&eventful(), "2026-11-28");
    for text in [
        "107,427 of 107,474 files are at the destination, 47 need you.",
        "Source unreadable",
        "give yourself read permission",
        "Where duplicates are",
        "Said <strong>1 h 11 min to 3 h 3 min</strong>, took <strong>2 h 8 min</strong>: inside",
        "<th scope=\"row\">deep</th>",
        "Shaded: nothing ran.",
    ] {
        assert!(page.contains(text), "{text:?} is not on the page");
    }
}

#[test]
fn r45_the_page_loads_nothing_and_runs_nothing() {
    let page = page(&eventful(), "2026-11-28");
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
    for word in [
        "<script", "http://", "https://", "url(", "@import", "src=", "href=", "onerror",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;.CR3"));
}

#[test]
fn r45_headings_go_down_one_at_a_time_and_tables_have_names() {
    let page = page(&eventful(), "2026-11-28");
    let mut level = 0;
    for (at, _) in page.match_indices("<h") {
        if let Some(found) = page[at + 2..]
            .chars()
            .next()
            .and_then(|digit| digit.to_digit(10))
        {
            assert!(found <= level + 1, "h{found} after h{level}");
            level = found;
        }
    }
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(
        page.matches("<table").count(),
        page.matches("<caption").count()
    );
    assert!(
        page.matches("aria-hidden=\"true\" focusable=\"false\"")
            .count()
            == page.matches("<svg").count()
    );
}

#[test]
fn r45_a_job_without_files_has_a_page_too() {
    let page = page(
        &JobReport {
            job: "new".into(),
            ..JobReport::default()
        },
        "today",
    );
    assert!(page.contains("This job has no files yet."), "{page}");
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn r45_shares_are_never_rounded_to_nothing_or_all() {
    assert_eq!(charts::percent(1, 1_000_000), "< 0.1 %");
    assert_eq!(charts::percent(999_999, 1_000_000), "> 99.9 %");
    assert_eq!(charts::percent(5, 5), "100 %");
    assert_eq!(charts::percent(0, 0), "0 %");
    assert_eq!(
        [0.0, 3.0, 130.0, 1_500.0, 9.5e6].map(charts::round_up),
        [1.0, 4.0, 200.0, 2_048.0, 10_485_760.0]
    );
}

/// Writes the page where it can be looked at: `FERRY_TEST_PAGES=dir cargo test -p ferry-cli a_page_to_look_at`.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a person who looks at the page names the directory"
)]
fn a_page_to_look_at() {
    if let Ok(dir) = std::env::var("FERRY_TEST_PAGES") {
        let safe = JobReport {
            counts: Counts {
                copied: share(3, 4096),
                ..Counts::default()
            },
            failures: Vec::new(),
            duplicates: Duplicates::default(),
            ..eventful()
        };
        let pages = [
            ("eventful", eventful()),
            ("safe", safe),
            ("empty", JobReport::default()),
        ];
        for (name, job_report) in pages {
            std::fs::write(
                format!("{dir}/{name}.html"),
                page(&job_report, "2026-11-28 09:41"),
            )
            .unwrap();
        }
    }
}
