//! A destination that is full, or gone: it is waited for, and the run ends resumably.

use super::*;

/// Room for two files of six.
fn leave_little_room(bench: &Bench, files: &BTreeMap<&str, Vec<u8>>) {
    let used: u64 = files.values().map(|content| content.len() as u64).sum();
    bench.disk.set_plan(Plan {
        capacity_bytes: Some(used + 25_000),
        ..Plan::default()
    });
}

/// It begins although space seems short.
fn forced() -> Options {
    Options {
        force: true,
        ..Options::default()
    }
}

#[test]
fn r94_a_full_destination_ends_resumably_when_the_wait_is_over() {
    let files = contents(6, 10_000);
    let bench = Bench::new(&files);
    leave_little_room(&bench, &files);
    let outcome = bench.try_copy(&forced()).unwrap();
    assert_eq!(outcome.exit_code(), ExitCode::Refused);
    let counts = bench.counts();
    assert!(
        counts.copied.files >= 1 && counts.pending.files >= 1 && counts.errored.files == 0,
        "{counts:?}"
    );
    // room was made
    bench.disk.set_plan(Plan::default());
    let again = Bench {
        stop: Stop::new(),
        ..bench
    };
    assert_eq!(again.copy().exit_code(), ExitCode::Ok);
    assert_eq!(again.there(), expected(&files));
}

#[test]
fn r94_room_that_is_made_while_it_waits_lets_it_go_on() {
    let files = contents(6, 10_000);
    let mut bench = Bench::new(&files);
    bench.settings.wait_secs = 60;
    leave_little_room(&bench, &files);
    let outcome = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            while !bench
                .ear
                .0
                .lock()
                .unwrap()
                .iter()
                .any(|event| matches!(event, Event::Waiting { .. }))
            {
                std::thread::yield_now();
            }
            bench.disk.set_plan(Plan::default());
        });
        let outcome = bench.try_copy(&forced()).unwrap();
        waiter.join().unwrap();
        outcome
    });
    assert_eq!(outcome.exit_code(), ExitCode::Ok);
    assert_eq!(bench.there(), expected(&files));
}

#[test]
fn r94_a_destination_that_is_unplugged_ends_resumably() {
    let files = contents(8, 5_000);
    let calm = Bench::new(&files);
    calm.copy();
    let calls = calm.disk.calls();
    for share in 1..8 {
        let bench = Bench::new(&files);
        bench.disk.set_plan(Plan {
            cut_at_call: Some(20 + calls * share / 8),
            ..Plan::default()
        });
        if let Ok(outcome) = bench.try_copy(&Options::default()) {
            assert!(
                matches!(outcome.exit_code(), ExitCode::GaveUp | ExitCode::Ok),
                "{outcome:?}"
            );
        }
        let counts = bench.counts();
        assert_eq!(counts.total().files, 8);
        assert_eq!(
            counts.errored.files, 0,
            "an unplugged disk is no file's error"
        );
        bench.disk.set_plan(Plan::default());
        let again = Bench {
            stop: Stop::new(),
            ..bench
        };
        assert_eq!(again.copy().exit_code(), ExitCode::Ok);
        assert_eq!(again.there(), expected(&files));
    }
}
