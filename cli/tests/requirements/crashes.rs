//! Kills and stops of the real binary: R23, R24, R31, R34, R87. `FERRY_TEST_KILLS` sets how many kills.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Child,
};

use crate::fixture::Fixture;

/// Waits until the process has printed so many lines, or ended.
pub(crate) fn wait_for_lines(child: &mut Child, count: usize) {
    let out = child.stdout.take().unwrap();
    let mut reader = BufReader::new(out);
    let mut line = String::new();
    for _ in 0..count {
        line.clear();
        if reader.read_line(&mut line).unwrap() == 0 {
            break;
        }
    }
    // nobody reads on: what is still printed goes to a thread that throws it away
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
}

fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// No row says done of a file that is not there whole; no partial file has a final name.
fn assert_true(fixture: &Fixture) {
    let (there, source) = (fixture.tree("dst"), fixture.tree("src"));
    for (path, content) in &there {
        if !path.to_str().unwrap().ends_with(".ferry-part") {
            assert_eq!(
                source.get(path),
                Some(content),
                "{} is partial",
                path.display()
            );
        }
    }
    let database = fixture.database("jobs/j.db");
    let mut statement = database.prepare("SELECT f.path FROM copy_status s JOIN source_file f ON f.id = s.file WHERE s.state = 2").unwrap();
    let done = statement
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap()
        .map(|path| String::from_utf8(path.unwrap()).unwrap());
    for path in done {
        assert!(
            there.contains_key(std::path::Path::new(&path)),
            "{path} is marked done and is not there"
        );
    }
}

fn kills() -> u64 {
    let asked = std::env::vars().find(|(name, _)| name == "FERRY_TEST_KILLS");
    asked.map_or(24, |(_, count)| count.parse().unwrap())
}

#[test]
fn r23_no_kill_leaves_a_false_done_or_a_partial_file_under_a_final_name() {
    let mut dice = 0x5EED_F00D_u64;
    let mut left = kills();
    while left > 0 {
        let fixture = Fixture::new();
        fixture.fill("src", 250);
        fixture.write("src/large", &crate::fixture::content(1, 3_000_000));
        fixture.job();
        // several kills of one job: a resume is killed, too
        for _ in 0..left.min(8) {
            left -= 1;
            let mut running = fixture
                .start("copy jobs/j.db --dest dst --json --checkpoint-interval 10 --threads 2");
            let lines = usize::try_from(random(&mut dice) % 60).unwrap();
            wait_for_lines(&mut running, lines);
            running.kill().unwrap();
            running.wait().unwrap();
            assert_true(&fixture);
        }
        fixture.ferry("resume jobs/j.db").ends_with(0);
        assert_true(&fixture);
        let done = fixture.number("SELECT count(*) FROM copy_status WHERE state = 2");
        assert_eq!(done, 251, "what a killed run copied is done, not skipped");
        assert_eq!(
            fixture.tree("dst"),
            fixture.tree("src"),
            "nothing is missing and nothing is left over"
        );
        fixture.ferry("log jobs/j.db --verify").ends_with(0);
        fixture.ferry("verify jobs/j.db --stage deep").ends_with(0);
    }
}

#[test]
fn r24_what_is_done_is_not_read_again() {
    let fixture = Fixture::new();
    fixture.fill("src", 12);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.write("src/late", b"late");
    fixture.ferry("add-source jobs/j.db src").ends_with(0);
    // a source that would be read would be found gone
    fixture.remove("src/d1");
    fixture.ferry("copy jobs/j.db").ends_with(0);
    assert_eq!(
        fixture.number("SELECT count(*) FROM copy_status WHERE state = 2"),
        13
    );
    assert_eq!(fixture.number("SELECT max(attempts) FROM copy_status"), 1);
}

#[test]
fn r31_a_killed_file_starts_again_at_zero() {
    let fixture = Fixture::new();
    fixture.write("src/large", &crate::fixture::content(3, 6_000_000));
    fixture.job();
    let part = fixture.path("dst");
    let mut running =
        fixture.start("copy jobs/j.db --dest dst --bwlimit 3MB --buffer-size 64KiB --json");
    let begun = || {
        std::fs::read_dir(&part).is_ok_and(|mut entries| {
            entries.any(|entry| {
                entry.is_ok_and(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 500_000))
            })
        })
    };
    while !begun() && running.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(
        fixture
            .tree("dst")
            .keys()
            .all(|path| path.to_str().unwrap().ends_with(".ferry-part"))
    );
    fixture.ferry("resume jobs/j.db --bwlimit 1GB").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    assert_eq!(fixture.number("SELECT moved_bytes FROM attempt"), 6_000_002);
}

#[test]
fn r34_resume_goes_on_with_the_settings_it_had() {
    let fixture = Fixture::new();
    fixture.fill("src", 5);
    fixture.job();
    fixture
        .ferry("copy jobs/j.db --dest dst --threads 3 --hash sha256 --dedup off")
        .ends_with(0);
    fixture.write("src/late", b"late");
    fixture.ferry("add-source jobs/j.db src").ends_with(0);
    fixture.ferry("resume jobs/j.db --retries 9").ends_with(0);
    let configuration: String = fixture
        .database("jobs/j.db")
        .query_row(
            "SELECT configuration FROM operation WHERE command = 'resume'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let configuration: serde_json::Value = serde_json::from_str(&configuration).unwrap();
    assert_eq!(
        (
            &configuration["threads"],
            &configuration["hash"],
            &configuration["dedup"]
        ),
        (&3.into(), &"sha256".into(), &"off".into())
    );
    assert_eq!(configuration["retries"], 9);
    // from the beginning only when somebody says so
    let asked = fixture.ferry("copy jobs/j.db --no-resume").ends_with(2);
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    fixture
        .ferry("copy jobs/j.db --no-resume --yes")
        .ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}

#[test]
fn r87_the_first_ctrl_c_ends_resumably_and_says_how_to_go_on() {
    let fixture = Fixture::new();
    fixture.fill("src", 200);
    fixture.write("src/zz-large", &vec![7; 20_000_000]);
    fixture.job();
    for (signal, code) in [
        (rustix::process::Signal::INT, 130),
        (rustix::process::Signal::TERM, 143),
    ] {
        let mut running =
            fixture.start("copy jobs/j.db --dest dst --json --bwlimit 2MB --checkpoint-interval 5");
        // what was looked at first, began, is planned, is copied
        wait_for_lines(&mut running, 4);
        let pid = rustix::process::Pid::from_child(&running);
        rustix::process::kill_process(pid, signal).unwrap();
        let mut said = String::new();
        running
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(code), "{said}");
        assert!(said.contains("ferry resume"), "{said}");
        assert_eq!(
            fixture.number("SELECT count(*) FROM copy_status WHERE state = 1"),
            0,
            "nothing stays in hand"
        );
        assert!(
            fixture
                .tree("dst")
                .keys()
                .all(|path| !path.to_str().unwrap().ends_with(".ferry-part"))
        );
        assert_true(&fixture);
    }
    fixture.ferry("resume jobs/j.db --bwlimit 1GB").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}

#[test]
fn r87_the_second_ctrl_c_stops_at_once_and_is_consistent() {
    let fixture = Fixture::new();
    fixture.write("src/large", &vec![7; 6_000_000]);
    fixture.fill("src", 50);
    fixture.job();
    let mut running = fixture.start("copy jobs/j.db --dest dst --json --bwlimit 100KB --threads 1");
    wait_for_lines(&mut running, 4);
    let pid = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("once more") && said.read_line(&mut line).unwrap() > 0 {}
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_true(&fixture);
    fixture.ferry("resume jobs/j.db --bwlimit 1GB").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}

#[test]
fn r87_one_ctrl_c_is_one_also_for_a_command_of_several_phases() {
    let fixture = Fixture::new();
    fixture.fill("src", 20);
    fixture.write("src/large", &vec![7; 20_000_000]);
    let mut running = fixture
        .start("run src dst --job-dir jobs --job j --json --bwlimit 1MB --buffer-size 64KiB");
    // scanned, looked at, planned
    wait_for_lines(&mut running, 8);
    let pid = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut said = String::new();
    running
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130), "{said}");
    assert_eq!(said.matches("Ctrl-C").count(), 1, "{said}");
    assert!(said.contains("ferry resume"), "{said}");
    assert_true(&fixture);
}
