//! A rebuild that is told to stop. What it rebuilds is tested with the program: R99 and R100.

use std::{fs, sync::Arc};

use super::{Cache, FileState, Job, Phase, Side, Trust, Work, places, run};
use crate::{
    clock::Clock,
    engine::stop::Stop,
    exit::ExitCode,
    job::{ledger, place::JobPlace},
    phases::{Event, Listener, copy::os_disk},
    settings::Settings,
};

/// Presses Ctrl-C when the scans are over.
struct StopsLate(Stop);

impl Listener for StopsLate {
    fn tell(&self, event: &Event) {
        if matches!(
            event,
            Event::PhaseChanged {
                phase: Phase::Planning,
                ..
            }
        ) {
            self.0.by_signal(signal_hook::consts::SIGINT);
        }
    }
}

#[test]
fn r99_a_rebuild_that_is_stopped_takes_back_every_state() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(Clock::system());
    let place = JobPlace::new(&dir.path().join("jobs"), "j", None);
    let job = Job::create(place, &clock).unwrap();
    for (side, name) in [(Side::Source, "src"), (Side::Destination, "dst")] {
        let root = dir.path().join(name);
        fs::create_dir(&root).unwrap();
        fs::write(root.join("a"), b"content").unwrap();
        places::add(&job, side, &root, false).unwrap();
    }
    let cache = Cache::open(&job.place.cache(), &clock).unwrap();
    let settings = Settings::default();
    let rebuilt = |listener: &dyn Listener, stop: &Stop| {
        let work = Work::begin(&job, &settings, listener, stop, os_disk(), "regenerate").unwrap();
        let done = run(&work, &cache, Trust::Checksum).unwrap();
        let counts = ledger::counts(&job.read().unwrap()).unwrap();
        (done, counts)
    };
    let stop = Stop::new();
    let (done, mut counts) = rebuilt(&StopsLate(stop.clone()), &stop);
    assert_eq!(done.stopped, Some(ExitCode::Interrupted));
    assert_eq!(
        (
            done.files,
            done.changed_files,
            counts.of_mut(FileState::Pending).files
        ),
        (0, 0, 1)
    );
    let (done, mut counts) = rebuilt(&StopsLate(Stop::new()), &Stop::new());
    assert_eq!((done.stopped, done.changed_files), (None, 1));
    assert_eq!(counts.of_mut(FileState::Done).files, 1);
}
