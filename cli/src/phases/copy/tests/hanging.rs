//! A disk that never answers, and one that is only slow.

use super::*;

#[test]
fn r94_a_disk_that_hangs_for_ever_ends_the_process_resumably() {
    static LEFT_WITH: AtomicU8 = AtomicU8::new(0);
    fn leave(code: ExitCode) {
        LEFT_WITH.store(code.number(), Ordering::SeqCst);
        // a process would be gone now; the test's has to go on
        release_hung();
    }
    let bench = Bench::new(&contents(12, 500));
    bench.disk.set_plan(Plan {
        hangs_at_call: Some(60),
        ..Plan::default()
    });
    let hang = Hang {
        silence: Duration::from_millis(300),
        leave: Some(leave),
    };
    let options = Options {
        hang,
        ..Options::default()
    };
    bench.try_copy(&options).unwrap();
    assert_eq!(LEFT_WITH.load(Ordering::SeqCst), ExitCode::GaveUp.number());
    let told = bench.ear.0.lock().unwrap();
    let said = told.iter().any(|event| {
        matches!(event, Event::Warning { message } if message.contains("gave up") && message.contains("ferry resume"))
    });
    assert!(said);
}

/// A large file on a disk that is slow in one way; ends the test when the run is left.
fn copied_slowly(plan: Plan) -> Bench {
    fn leave(_: ExitCode) {
        LEFT.store(true, Ordering::SeqCst);
    }
    static LEFT: AtomicBool = AtomicBool::new(false);
    let files = contents(1, 160_000);
    let bench = Bench::new(&files);
    bench.disk.set_plan(plan);
    let options = Options {
        hang: Hang {
            silence: Duration::from_secs(1),
            leave: Some(leave),
        },
        ..Options::default()
    };
    assert_eq!(bench.try_copy(&options).unwrap().exit_code(), ExitCode::Ok);
    assert!(!LEFT.load(Ordering::SeqCst));
    assert_eq!(bench.there(), expected(&files));
    bench
}

#[test]
fn r94_reading_back_a_large_file_on_a_slow_disk_is_no_hanging_disk() {
    copied_slowly(Plan {
        read_takes: Duration::from_millis(60),
        ..Plan::default()
    });
}

#[test]
fn r94_a_sync_that_takes_long_is_told_and_waited_for() {
    let bench = copied_slowly(Plan {
        sync_takes: Duration::from_millis(2_500),
        ..Plan::default()
    });
    let told = bench.ear.0.lock().unwrap();
    let said = told.iter().any(|event| {
        matches!(event, Event::Warning { message } if message.contains("nothing has moved"))
    });
    assert!(said);
}
