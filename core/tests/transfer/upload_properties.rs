//! Uploads through random bad days: always a complete and equal file, or an honest stop.

use std::collections::BTreeSet;

use ferry_core::transfer::upload::{Answer, Decision, Event, Outcome, UploadLimits};
use ferry_core::transfer::{Failure, TransferError};
use proptest::prelude::*;

use crate::driver::{Driver, Weather};
use crate::file::{Chance, SimFile, plan_of};
use crate::server::Server;

#[derive(Debug, Clone)]
struct BadDay {
    seed: u64,
    size_bytes: u64,
    weather: Weather,
    /// Steps after which the client dies, each time.
    crashes: Vec<u32>,
    keeps_checkpoint: bool,
    /// Stops and resumes instead of dying.
    stops: bool,
    /// What a machine that stops is told of the network before; afterwards it is told nothing.
    network: Option<bool>,
}

fn bad_days() -> impl Strategy<Value = BadDay> {
    let weather = (0..25u64, 0..20u64, 0..15u64, 0..10u64, 0..20u64).prop_map(
        |(lost, unanswered, busy, damaged, repeated)| Weather {
            lost,
            unanswered,
            busy,
            damaged,
            repeated,
        },
    );
    let size = prop_oneof![Just(0), 1..200_000u64, 0..6_000_000u64];
    (
        any::<u64>(),
        size,
        weather,
        prop::collection::vec(0..400u32, 0..4),
        any::<bool>(),
        any::<bool>(),
        any::<Option<bool>>(),
    )
        .prop_map(
            |(seed, size_bytes, weather, crashes, keeps_checkpoint, stops, network)| BadDay {
                seed,
                size_bytes,
                weather,
                crashes,
                keeps_checkpoint,
                stops,
                network,
            },
        )
}

impl BadDay {
    fn driver(&self, file: &SimFile, run: usize) -> Driver {
        let mut driver = Driver::new(
            file.clone(),
            "~label",
            self.seed ^ u64::try_from(run).unwrap(),
        );
        driver.weather = self.weather;
        driver.decision = Decision::Replace;
        driver
    }
}

/// The driver lives through its interruptions; the last one is left to finish.
fn live_through(day: &BadDay, file: &SimFile, server: &mut Server) -> (Driver, u32) {
    let mut driver = day.driver(file, 0);
    let mut resent_acknowledged = 0;
    for (run, steps) in day.crashes.iter().enumerate() {
        if !driver.run_some(server, *steps) {
            break;
        }
        if day.stops {
            match day.network {
                Some(true) => driver.step(Event::Online),
                Some(false) => driver.step(Event::Offline),
                None => {}
            }
            driver.step(Event::Stop);
            assert_eq!(driver.ended.take(), Some(Outcome::Stopped));
            driver.progress.clear();
            driver.step(Event::Resume);
        } else {
            resent_acknowledged += driver.resent_acknowledged;
            let checkpoints = std::mem::take(&mut driver.checkpoints);
            driver = day.driver(file, run + 1);
            if day.keeps_checkpoint {
                driver.checkpoints = checkpoints;
            }
        }
    }
    if driver.ended.is_none() {
        driver.run_some(server, 0);
        driver.go_on(server);
    }
    resent_acknowledged += driver.resent_acknowledged;
    (driver, resent_acknowledged)
}

/// Until the server has an upload and the client knows its plan: without one a case would show nothing.
fn until_begun(driver: &mut Driver, server: &mut Server) {
    while server.files.is_empty() || driver.plan.is_none() {
        assert!(driver.run_some(server, 1), "{:?}", driver.ended);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_file_arrives_whole(day in bad_days()) {
        let file = SimFile::new(day.size_bytes, day.seed);
        let mut server = Server::new();
        let (driver, resent_acknowledged) = live_through(&day, &file, &mut server);
        let Some(Outcome::Done(done)) = driver.ended else {
            return Err(TestCaseError::fail(format!("{:?}", driver.ended)));
        };
        let upload = &server.files[&done.file_id];
        prop_assert!(upload.is_complete);
        prop_assert_eq!(upload.content().unwrap(), file.clone());
        prop_assert_eq!(done.sha256, file.sha256());
        prop_assert_eq!(upload.manifest.as_ref().unwrap().content.sha256, file.sha256());
        prop_assert_eq!(resent_acknowledged, 0);
        prop_assert_eq!(server.counts.replaced, 0);
        prop_assert!(driver.asked.is_empty());
    }

    #[test]
    fn each_crash_sends_at_most_the_parts_in_flight_again(mut day in bad_days()) {
        day.weather = Weather { repeated: day.weather.repeated, ..Weather::default() };
        let file = SimFile::new(day.size_bytes, day.seed);
        let mut server = Server::new();
        let (driver, _) = live_through(&day, &file, &mut server);
        prop_assert!(matches!(driver.ended, Some(Outcome::Done(_))), "{:?}", driver.ended);
        let crashes = u32::try_from(day.crashes.len()).unwrap();
        prop_assert!(server.counts.needless <= crashes * 4, "{} for {crashes}", server.counts.needless);
    }

    #[test]
    fn an_edit_at_any_moment_is_asked_about_or_stops(day in bad_days(), at_read in 1..200u32, part in 0..1_000u32) {
        let file = SimFile::new(day.size_bytes.max(1), day.seed);
        let mut server = Server::new();
        let mut driver = day.driver(&file, 0);
        // The plan is made in the run: the part is found when its time comes.
        driver.run_some(&mut server, 40);
        until_begun(&mut driver, &mut server);
        let parts = plan_of(driver.plan.unwrap(), file.size_bytes).part_count();
        driver.edit_after_reads = Some((at_read, 1 + part % parts));
        if driver.ended.is_none() {
            driver.go_on(&mut server);
        }
        match driver.ended {
            Some(Outcome::Done(done)) => {
                let upload = &server.files[&done.file_id];
                let content = upload.content().unwrap();
                prop_assert!(content == file || content == driver.file, "neither the old nor the new content");
                prop_assert_eq!(upload.manifest.as_ref().unwrap().content.sha256, content.sha256());
                prop_assert_eq!(done.sha256, content.sha256());
            }
            Some(Outcome::Failed { error: TransferError::FileChangedWhileReading { .. }, .. }) => {
                prop_assert!(server.files.values().all(|upload| !upload.is_complete));
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
    }

    #[test]
    fn a_grown_or_cut_and_edited_file_goes_on_where_it_can(day in bad_days(), new_size in 1..6_000_000u64, edit in any::<bool>()) {
        let file = SimFile::new(day.size_bytes.max(2_000_000), day.seed);
        let mut server = Server::new();
        let mut first = day.driver(&file, 0);
        first.run_some(&mut server, 60 + day.crashes.iter().sum::<u32>());
        until_begun(&mut first, &mut server);
        let old = server.files.clone();
        let mut changed = file.resized(new_size);
        if edit {
            let upload = old.values().next().unwrap();
            changed.edit(plan_of(upload.plan, new_size).part(1).unwrap());
        }
        let mut second = day.driver(&changed, 1);
        let outcome = second.run(&mut server);
        let Outcome::Done(done) = outcome else { return Err(TestCaseError::fail(format!("{outcome:?}"))) };
        prop_assert_eq!(server.files[&done.file_id].content().unwrap(), changed.clone());
        prop_assert_eq!(second.resent_acknowledged, 0);
        for (file_id, upload) in old.iter().filter(|(_, upload)| upload.is_complete) {
            prop_assert_eq!(server.files[file_id].rows(), upload.rows(), "a complete file never changes");
        }
        if let Some(upload) = old.get(&done.file_id).filter(|upload| !upload.parts.is_empty()) {
            prop_assert_eq!(second.asked.len(), 1);
            let plan = plan_of(upload.plan, new_size);
            let differs = |number: u32, part: &crate::server::Stored| {
                plan.part(number).is_none_or(|span| changed.read(span) != part.body.content)
            };
            let differing = upload.parts.iter().filter(|(number, part)| differs(**number, part)).count();
            prop_assert_eq!(second.asked[0].differing_parts, u32::try_from(differing).unwrap());
        }
    }

    #[test]
    fn tight_memory_and_restless_people_change_nothing(day in bad_days(), buffer_bytes in 0..500_000u64, max_sends in 0..6u32) {
        let file = SimFile::new(day.size_bytes, day.seed);
        let mut server = Server::new();
        let limits = UploadLimits { buffer_bytes, max_sends: max_sends.max(1) };
        let mut driver = Driver::with_limits(file.clone(), "~label", day.seed, limits);
        driver.weather = day.weather;
        let mut person = Chance(day.seed);
        driver.step(Event::Begin);
        while driver.ended.is_none() {
            let event = match person.below(60) {
                0 => Event::Offline,
                1..4 => Event::Online,
                4 => Event::RetryNow,
                5 => Event::Tick,
                6 => Event::SignedIn,
                7 => Event::Begin,
                8 => Event::Resume,
                9 => Event::Decide(Decision::Fresh),
                // Late, or never asked for.
                10 => Event::Answered { ticket: driver.settled_ticket(), answer: Answer::Completed },
                11 => Event::Failed { ticket: driver.settled_ticket(), failure: Failure::NotReadable { detail: None } },
                _ if driver.advance(&mut server) => continue,
                _ => Event::Online,
            };
            driver.step(event);
        }
        let Some(Outcome::Done(done)) = driver.ended else {
            return Err(TestCaseError::fail(format!("{:?}", driver.ended)));
        };
        prop_assert_eq!(server.files[&done.file_id].content().unwrap(), file);
        prop_assert_eq!(driver.resent_acknowledged, 0);
    }

    #[test]
    fn an_edit_between_two_runs_is_counted_exactly_and_replaced(day in bad_days(), edits in prop::collection::btree_set(0..60u32, 1..6)) {
        let file = SimFile::new(day.size_bytes.max(2_000_000), day.seed);
        let mut server = Server::new();
        let mut first = day.driver(&file, 0);
        first.run_some(&mut server, 150 + day.crashes.iter().sum::<u32>());
        until_begun(&mut first, &mut server);
        let (file_id, upload) = server.files.iter().next().map(|(id, upload)| (*id, upload.clone())).unwrap();
        let plan = plan_of(upload.plan, file.size_bytes);
        let mut edited = file.clone();
        let numbers: BTreeSet<u32> = edits.into_iter().map(|number| 1 + number % plan.part_count()).collect();
        numbers.iter().for_each(|number| edited.edit(plan.part(*number).unwrap()));
        let differs = |number: &u32, part: &crate::server::Stored| {
            part.body.content != edited.read(plan.part(*number).unwrap())
        };
        let differing = upload.parts.iter().filter(|(number, part)| differs(number, part)).count();
        let was_complete = upload.is_complete;
        let mut second = day.driver(&edited, 1);
        let outcome = second.run(&mut server);
        let Outcome::Done(done) = outcome else { return Err(TestCaseError::fail(format!("{outcome:?}"))) };
        prop_assert_eq!(server.files[&done.file_id].content().unwrap(), edited.clone());
        let asked: Vec<u32> = second.asked.iter().map(|changed| changed.differing_parts).collect();
        if done.file_id != file_id && !was_complete || asked.is_empty() && differing > 0 {
            // Every probe fell on an edited part: another file, and no question was asked.
            prop_assert!(differing >= upload.parts.len().min(5), "{differing} of {}", upload.parts.len());
            prop_assert!(asked.is_empty() && done.file_id != file_id);
        } else {
            let expected: Vec<u32> = (differing > 0).then(|| u32::try_from(differing).unwrap()).into_iter().collect();
            prop_assert_eq!(asked, expected);
            prop_assert_eq!(done.file_id == file_id, !was_complete || differing == 0);
        }
        prop_assert_eq!(second.resent_acknowledged, 0);
    }
}

/// The same machine and the same events give the same actions: nothing inside draws or looks at a clock.
#[test]
fn the_machine_is_deterministic() {
    let run = || {
        let mut driver = Driver::new(SimFile::new(5_000_000, 1), "~label", 7);
        driver.weather = Weather {
            lost: 20,
            unanswered: 10,
            busy: 10,
            damaged: 5,
            repeated: 5,
        };
        driver.run(&mut Server::new());
        driver.actions
    };
    assert_eq!(run(), run());
    assert!(Chance(1).draw() != Chance(2).draw());
}
