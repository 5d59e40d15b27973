//! Verification: R37-R42.

use std::{fs, os::unix::fs::FileExt as _};

use crate::fixture::{Fixture, content};

fn copied(count: usize) -> Fixture {
    let fixture = Fixture::new();
    fixture.fill("src", count);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture
}

#[test]
fn r37_shallow_finds_what_is_gone_cut_or_touched() {
    let fixture = copied(10);
    fixture.ferry("verify jobs/j.db").ends_with(0);
    fixture.remove("dst/d1/e1/f1");
    fixture.ferry("verify jobs/j.db --reverify").ends_with(4);
    assert_eq!(
        fixture.number("SELECT count(*) FROM verification WHERE stage = 0 AND result = 1"),
        1
    );
}

#[test]
fn r38_deep_does_all_of_shallow_and_reads() {
    let fixture = copied(10);
    flip(&fixture, "dst/d3/e0/f3");
    fixture
        .ferry("verify jobs/j.db --stage shallow")
        .ends_with(0);
    fixture.ferry("deep-verify jobs/j.db").ends_with(4);
    assert_eq!(
        fixture.number("SELECT count(*) FROM verification WHERE stage = 1"),
        10
    );
    assert_eq!(
        fixture.number("SELECT result FROM verification WHERE stage = 1 AND result <> 0"),
        4
    );
}

/// One bit, with the time as it was.
fn flip(fixture: &Fixture, below: &str) {
    let path = fixture.path(below);
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let file = fs::File::options()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 0).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 0).unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn r39_an_interrupted_verification_goes_on_and_reverify_begins_anew() {
    let fixture = copied(1_200);
    let mut running = fixture.start("verify jobs/j.db --stage deep --threads 1 --json");
    crate::crashes::wait_for_lines(&mut running, 520);
    running.kill().unwrap();
    running.wait().unwrap();
    let before = fixture.number("SELECT count(*) FROM verification WHERE stage = 1");
    assert!(before > 0, "nothing was stored before the kill");
    let rest = fixture
        .ferry("verify jobs/j.db --stage deep --json")
        .ends_with(0);
    let files = rest
        .lines()
        .iter()
        .filter(|line| line["message_type"] == "file" || line["event"] == "file")
        .count();
    assert_eq!(i64::try_from(files).unwrap(), 1_200 - before);
    let anew = fixture
        .ferry("verify jobs/j.db --stage deep --reverify --json")
        .ends_with(0);
    assert_eq!(
        anew.lines()
            .iter()
            .filter(|line| line["message_type"] == "file" || line["event"] == "file")
            .count(),
        1_200
    );
}

#[test]
fn r40_the_result_does_not_depend_on_threads() {
    let fixture = copied(40);
    flip(&fixture, "dst/d3/e0/f3");
    fixture.remove("dst/d1/e1/f1");
    let mut found = Vec::new();
    for threads in [1, 8] {
        fixture
            .ferry(&format!(
                "verify jobs/j.db --stage deep --reverify --threads {threads}"
            ))
            .ends_with(4);
        found.push(
            fixture
                .ferry("verify-status jobs/j.db --stage deep --full")
                .ends_with(0)
                .out,
        );
    }
    assert_eq!(found[0], found[1]);
}

#[test]
fn r41_stored_results_are_shown_without_touching_files() {
    let fixture = copied(8);
    fixture.remove("dst/d1/e1/f1");
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(4);
    fixture.remove("dst");
    fixture.remove("src");
    assert_eq!(
        fixture
            .ferry("verify-status jobs/j.db --stage deep --json")
            .ends_with(0)
            .lines()
            .len(),
        2
    );
    assert_eq!(
        fixture
            .ferry("verify-status jobs/j.db --stage deep --full --json")
            .ends_with(0)
            .lines()
            .len(),
        9
    );
    assert_eq!(
        fixture
            .ferry("deep-verify-status jobs/j.db --summary --json")
            .ends_with(0)
            .lines()
            .len(),
        1
    );
}

#[test]
fn r42_a_hundred_faults_are_found_at_the_promised_stage_and_nothing_else() {
    let fixture = Fixture::new();
    for number in 0..130 {
        fixture.write(&format!("src/f{number:03}"), &content(number, 50 + number));
    }
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    for number in 0..100 {
        let name = format!("dst/f{number:03}");
        let open = || {
            fs::File::options()
                .write(true)
                .open(fixture.path(&name))
                .unwrap()
        };
        match number / 25 {
            0 => fixture.remove(&name),
            1 => open().set_len(7).unwrap(),
            2 => open().set_modified(std::time::UNIX_EPOCH).unwrap(),
            _ => flip(&fixture, &name),
        }
    }
    fixture.ferry("verify jobs/j.db").ends_with(4);
    let found = |stage_number: u8| -> Vec<String> {
        let database = fixture.database("jobs/j.db");
        let mut statement = database
            .prepare("SELECT CAST(f.path AS TEXT) FROM verification v JOIN source_file f ON f.id = v.file WHERE v.stage = ?1 AND v.result <> 0 ORDER BY f.path")
            .unwrap();
        statement
            .query_map([stage_number], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let names = |count: usize| {
        (0..count)
            .map(|number| format!("f{number:03}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(0), names(75));
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(4);
    assert_eq!(found(1), names(100));
}

#[test]
fn r37_a_verification_that_came_to_its_end_says_nothing_about_the_next() {
    let fixture = copied(6);
    fixture.ferry("verify jobs/j.db").ends_with(0);
    fixture.remove("dst/d1/e1/f1");
    fixture.ferry("verify jobs/j.db").ends_with(4);
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(4);
    fixture.write("dst/d1/e1/f1", b"other");
    fixture
        .ferry("run src dst --job-dir jobs --job j --no-preflight")
        .ends_with(4);
}
