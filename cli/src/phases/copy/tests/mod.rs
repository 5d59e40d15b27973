//! The copy on the fault filesystem: bits that flip and calls that fail. Jobs and roots are real, contents are simulated.
//! [`waiting`] is about a destination that is full or gone, [`hanging`] about a disk that does not answer, [`checkpoints`]
//! about batches and what a resume looks at first.

mod checkpoints;
mod hanging;
mod waiting;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use super::{Hang, Options, run};
use crate::{
    clock::Clock,
    engine::{
        disk::Disk,
        sim_disk::{Plan, SimDisk, release_hung},
        stop::Stop,
    },
    exit::ExitCode,
    job::{
        Cause, Counts, FileState, Job, JobError, Side,
        cache::Cache,
        files::{self, Seen},
        ledger,
        place::JobPlace,
    },
    path::RelativePath,
    phases::{Event, Listener, Outcome, PhaseError, Work, places},
    settings::{Dedup, Settings, Threads},
};

/// Remembers what it was told.
#[derive(Default)]
struct Ear(Mutex<Vec<Event>>);

impl Listener for Ear {
    fn tell(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

struct Bench {
    _dir: tempfile::TempDir,
    job: Job,
    cache: Cache,
    disk: SimDisk,
    ear: Ear,
    stop: Stop,
    settings: Settings,
}

impl Bench {
    /// A job with these files below `source`, to be copied to `target`.
    fn new(contents: &BTreeMap<&str, Vec<u8>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let disk = SimDisk::new(42);
        let clock = Arc::new(Clock::system());
        let place = JobPlace::new(&dir.path().join("jobs"), "j", None);
        let job = Job::create(place, &clock).unwrap();
        let roots: Vec<PathBuf> = ["source", "target"]
            .iter()
            .map(|name| dir.path().join(name))
            .collect();
        roots
            .iter()
            .for_each(|root| std::fs::create_dir(root).unwrap());
        let (source, _) = places::add(&job, Side::Source, &roots[0], false).unwrap();
        places::add(&job, Side::Destination, &roots[1], false).unwrap();
        disk.put("target/.keep", b"");
        for (name, content) in contents {
            disk.put(&format!("source/{name}"), content);
            let path = RelativePath::new(name.as_bytes()).unwrap();
            let seen = Seen {
                path,
                size_bytes: content.len() as u64,
                mtime_ns: 0,
                is_symlink: false,
                mode: 0o644,
                inode: 0,
                nlink: 1,
            };
            job.writer
                .write(move |transaction| files::put_source(transaction, source, &seen))
                .unwrap();
        }
        let cache = Cache::open(&job.place.cache(), &clock).unwrap();
        let settings = Settings {
            threads: Threads::Exactly(2),
            dedup: Dedup::Off,
            buffer_bytes: 4096,
            wait_secs: 0,
            ..Settings::default()
        };
        Bench {
            _dir: dir,
            job,
            cache,
            disk,
            ear: Ear::default(),
            stop: Stop::new(),
            settings,
        }
    }

    fn copy(&self) -> Outcome {
        self.try_copy(&Options::default()).unwrap()
    }

    fn try_copy(&self, options: &Options) -> Result<Outcome, PhaseError> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let work = Work::begin(
            &self.job,
            &self.settings,
            &self.ear,
            &self.stop,
            disk,
            "copy",
        )
        .unwrap();
        run(&work, &self.cache, options)
    }

    fn counts(&self) -> Counts {
        ledger::counts(&self.job.read().unwrap()).unwrap()
    }

    /// Below the target: name and content.
    fn there(&self) -> BTreeMap<String, Vec<u8>> {
        let all = self
            .disk
            .files()
            .into_iter()
            .map(|(path, content)| (String::from_utf8(path).unwrap(), content));
        let below = all.filter_map(|(path, content)| {
            Some((path.strip_prefix("target/")?.to_owned(), content))
        });
        below.filter(|(path, _)| path != ".keep").collect()
    }
}

fn contents(count: usize, size: usize) -> BTreeMap<&'static str, Vec<u8>> {
    const NAMES: [&str; 12] = [
        "a", "b", "c", "d/e", "d/f", "g/h/i", "j", "k", "l", "m", "n", "o",
    ];
    NAMES
        .into_iter()
        .take(count)
        .enumerate()
        .map(|(number, name)| (name, vec![u8::try_from(number + 1).unwrap(); size + number]))
        .collect()
}

fn expected(contents: &BTreeMap<&str, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    contents
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.clone()))
        .collect()
}

#[test]
fn r22_a_mismatch_is_tried_again_and_then_an_error_with_both_checksums() {
    let files = contents(1, 100);
    let bench = Bench::new(&files);
    bench.disk.set_plan(Plan {
        flipping_permille: 1000,
        ..Plan::default()
    });
    let outcome = bench.copy();
    assert_eq!(outcome.exit_code(), ExitCode::SomeFailed);
    assert!(bench.there().is_empty(), "wrong content got a name");
    let reader = bench.job.read().unwrap();
    let row = files::page(&reader, &[], crate::job::FileId(0), 1)
        .unwrap()
        .remove(0)
        .row;
    assert_eq!(
        (row.state, row.cause, row.attempts),
        (FileState::Error, Some(Cause::Mismatch), 4)
    );
    let attempts = ledger::attempts(&reader, row.id).unwrap();
    assert_eq!(attempts.len(), 4, "the first and --retries 3");
    for attempt in attempts {
        let (ours, theirs) = (
            attempt.attempt.source_checksum,
            attempt.attempt.destination_checksum,
        );
        assert!(ours.is_some() && theirs.is_some() && ours != theirs);
    }
    // storage works again
    bench.disk.set_plan(Plan::default());
    assert_eq!(bench.copy().exit_code(), ExitCode::Ok);
    assert_eq!(bench.there(), expected(&files));
}

#[test]
fn r22_flips_now_and_then_are_all_found_and_retried_to_the_right_content() {
    let files = contents(12, 20_000);
    let bench = Bench::new(&files);
    bench.disk.set_plan(Plan {
        flipping_permille: 60,
        ..Plan::default()
    });
    let mut rounds = 0;
    while bench.copy().exit_code() != ExitCode::Ok && rounds < 20 {
        rounds += 1;
    }
    assert_eq!(bench.there(), expected(&files));
    assert!(
        bench.disk.flipped() > 3,
        "too few bits flipped to prove anything"
    );
}

#[test]
fn r20_the_source_is_opened_and_read_once() {
    let files = contents(3, 10_000);
    let bench = Bench::new(&files);
    bench.copy();
    for (name, content) in &files {
        assert_eq!(
            bench.disk.reads(&format!("source/{name}")),
            (1, content.len() as u64),
            "{name}"
        );
    }
}

#[test]
fn r24_a_second_run_opens_nothing() {
    let files = contents(6, 1_000);
    let bench = Bench::new(&files);
    bench.copy();
    assert_eq!(bench.copy().touched_files, 0);
    for name in files.keys() {
        assert_eq!(bench.disk.reads(&format!("source/{name}")).0, 1, "{name}");
    }
}

#[test]
fn r91_a_transient_error_is_tried_again_and_counted() {
    let files = contents(8, 3_000);
    let bench = Bench::new(&files);
    bench.disk.set_plan(Plan {
        busy_permille: 20,
        ..Plan::default()
    });
    let mut rounds = 0;
    while bench.copy().exit_code() != ExitCode::Ok && rounds < 20 {
        rounds += 1;
    }
    assert_eq!(bench.there(), expected(&files));
    let retries = bench
        .ear
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|event| matches!(event, Event::Retry { .. }))
        .count();
    assert!(retries > 0, "nothing had to be tried again");
}

#[test]
fn a_part_of_ferry_that_panics_ends_the_run_and_the_next_one_goes_on() {
    for call in [40, 60, 80, 100] {
        let files = contents(12, 9_000);
        let mut bench = Bench::new(&files);
        bench.disk.set_plan(Plan {
            panics_at_call: Some(call),
            ..Plan::default()
        });
        let ended = bench.try_copy(&Options::default());
        assert!(
            matches!(ended, Err(PhaseError::Job(JobError::Panicked))),
            "{ended:?}"
        );
        bench.disk.set_plan(Plan::default());
        bench.stop = Stop::new();
        assert_eq!(bench.copy().exit_code(), ExitCode::Ok);
        assert_eq!(bench.there(), expected(&files));
    }
}

#[test]
fn names_that_differ_only_in_case_are_not_lost_where_case_is_folded() {
    let files = BTreeMap::from([
        ("Photo", vec![1; 10]),
        ("photo", vec![2; 20]),
        ("other", vec![3; 5]),
    ]);
    let bench = Bench::new(&files);
    bench.disk.set_plan(Plan {
        folds_case: true,
        ..Plan::default()
    });
    assert_eq!(bench.copy().exit_code(), ExitCode::SomeFailed);
    let counts = bench.counts();
    assert_eq!((counts.copied.files, counts.errored.files), (2, 1));
    let there = bench.there();
    assert_eq!(
        (there.get("Photo"), there.get("photo")),
        (Some(&vec![1; 10]), None)
    );
}

#[test]
fn r32_an_attribute_that_cannot_be_read_is_told_and_costs_no_file() {
    let files = contents(3, 500);
    let bench = Bench::new(&files);
    bench.disk.set_plan(Plan {
        unreadable_attribute: Some("security.odd"),
        ..Plan::default()
    });
    assert_eq!(bench.copy().exit_code(), ExitCode::Ok);
    assert_eq!(bench.there(), expected(&files));
    let told = bench.ear.0.lock().unwrap();
    let said = told.iter().filter(|event| {
        matches!(event, Event::Warning { message } if message.contains("not kept: extended attribute security.odd"))
    });
    assert_eq!(said.count(), files.len());
}
