//! Analyze and checksums: R11-R19.

use std::process::Command;

use crate::fixture::{Fixture, set_mode};

fn rows(fixture: &Fixture) -> Vec<(Vec<u8>, i64, i64)> {
    let database = fixture.database("jobs/j.db");
    let mut statement = database
        .prepare("SELECT path, size_bytes, mtime_ns FROM source_file WHERE kind = 0 ORDER BY path")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn r11_analyze_says_what_find_says_and_again_touches_only_what_changed() {
    let fixture = Fixture::new();
    fixture.fill("src", 60);
    fixture.job();
    let printed = Command::new("find")
        .arg(fixture.path("src"))
        .args(["-type", "f", "-printf", "%P\\t%s\\t%T@\\n"])
        .output()
        .unwrap();
    let mut found: Vec<(Vec<u8>, i64, i64)> = String::from_utf8(printed.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.split('\t').collect();
            let (secs, fraction) = parts[2].split_once('.').unwrap();
            let nanos: i64 = format!("{fraction:0<9}")[..9].parse().unwrap();
            (
                parts[0].into(),
                parts[1].parse().unwrap(),
                secs.parse::<i64>().unwrap() * 1_000_000_000 + nanos,
            )
        })
        .collect();
    found.sort();
    assert_eq!(rows(&fixture), found);
    fixture.write("src/d0/e0/f0", b"longer than before");
    let again = fixture
        .ferry("analyze jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (
            &again["source"]["added_files"],
            &again["source"]["changed_files"]
        ),
        (&0.into(), &1.into())
    );
}

#[test]
fn r12_a_killed_analyze_run_again_gives_the_same_rows() {
    let fixture = Fixture::new();
    fixture.fill("src", 3_000);
    fixture
        .ferry("init --job-dir jobs --job-name j")
        .ends_with(0);
    let mut running = fixture.start("add-source jobs/j.db src --json");
    crate::crashes::wait_for_lines(&mut running, 1);
    running.kill().unwrap();
    running.wait().unwrap();
    fixture.ferry("add-source jobs/j.db src").ends_with(0);
    let after_kill = rows(&fixture);
    fixture
        .ferry("init --job-dir calm --job-name j")
        .ends_with(0);
    fixture.ferry("add-source calm/j.db src").ends_with(0);
    assert_eq!(
        fixture
            .database("calm/j.db")
            .query_row("SELECT count(*) FROM source_file", [], |row| row
                .get::<_, i64>(0))
            .unwrap(),
        3_000
    );
    assert_eq!(after_kill.len(), 3_000);
    fixture.ferry("log jobs/j.db --verify").ends_with(0);
}

#[test]
fn r13_an_unreadable_directory_is_counted_and_nothing_below_it_is_called_missing() {
    let fixture = Fixture::with_rights();
    fixture.fill("src", 30);
    fixture.job();
    set_mode(&fixture.path("src/d1"), 0o000);
    let answer = fixture.ferry("analyze jobs/j.db --json").ends_with(3);
    assert_eq!(answer.json()["source"]["unreadable"], 1);
    assert_eq!(
        fixture.number("SELECT count(*) FROM copy_status WHERE state = 5"),
        0
    );
    set_mode(&fixture.path("src/d1"), 0o755);
    fixture.remove("src/d1");
    fixture.ferry("analyze jobs/j.db").ends_with(0);
    assert!(fixture.number("SELECT count(*) FROM copy_status WHERE state = 5") > 0);
}

#[test]
fn r15_checksums_are_those_of_b3sum_and_sha256sum() {
    let fixture = Fixture::new();
    fixture.fill("src", 25);
    fixture.job();
    fixture.ferry("checksum jobs/j.db --threads 3").ends_with(0);
    fixture
        .ferry("checksum jobs/j.db --hash sha256")
        .ends_with(0);
    let cache = fixture.database("jobs/checksum-cache.db");
    for (path, content) in fixture.tree("src") {
        let values: Vec<Vec<u8>> = cache
            .prepare("SELECT value FROM checksum WHERE CAST(path AS TEXT) LIKE '%/' || ?1 ORDER BY algorithm")
            .unwrap()
            .query_map([path.to_str().unwrap()], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let sha256 = ring::digest::digest(&ring::digest::SHA256, &content);
        assert_eq!(
            values,
            [
                blake3::hash(&content).as_bytes().to_vec(),
                sha256.as_ref().to_vec()
            ]
        );
    }
}

#[test]
fn r16_what_is_known_is_not_read_again() {
    let fixture = Fixture::new();
    fixture.fill("src", 20);
    fixture.job();
    let hashed = |line: &str| fixture.ferry(line).ends_with(0).json();
    assert_eq!(hashed("checksum jobs/j.db --json")["hashed_files"], 20);
    let second = hashed("checksum jobs/j.db --json");
    assert_eq!(
        (&second["hashed_files"], &second["read_bytes"]),
        (&0.into(), &0.into())
    );
    fixture.write("src/d1/e1/f1", b"grown and grown");
    assert_eq!(hashed("checksum jobs/j.db --json")["hashed_files"], 1);
    assert_eq!(
        hashed("checksum jobs/j.db --json --no-cache")["hashed_files"],
        20
    );
    // another job of the directory shares it
    fixture
        .ferry("init --job-dir jobs --job-name k")
        .ends_with(0);
    fixture.ferry("add-source jobs/k.db src").ends_with(0);
    assert_eq!(hashed("checksum jobs/k.db --json")["hashed_files"], 0);
}

#[test]
fn r17_sixteen_threads_lose_nothing() {
    let fixture = Fixture::new();
    fixture.fill("src", 2_000);
    fixture.job();
    fixture
        .ferry("checksum jobs/j.db --threads 16")
        .ends_with(0);
    let cache = fixture.database("jobs/checksum-cache.db");
    let values = |cache: &rusqlite::Connection| -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut statement = cache
            .prepare("SELECT path, value FROM checksum ORDER BY path")
            .unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        rows.map(Result::unwrap).collect()
    };
    let sixteen = values(&cache);
    assert_eq!(sixteen.len(), 2_000);
    fixture
        .ferry("checksum jobs/j.db --threads 1 --no-cache")
        .ends_with(0);
    assert_eq!(values(&cache), sixteen);
}

#[test]
fn r18_a_killed_checksum_reads_only_what_is_left() {
    let fixture = Fixture::new();
    fixture.fill("src", 1_500);
    fixture.job();
    let mut running = fixture.start("checksum jobs/j.db --threads 1 --json");
    crate::crashes::wait_for_lines(&mut running, 700);
    running.kill().unwrap();
    running.wait().unwrap();
    let known: i64 = fixture
        .database("jobs/checksum-cache.db")
        .query_row("SELECT count(*) FROM checksum", [], |row| row.get(0))
        .unwrap();
    assert!(known > 0, "nothing was stored before the kill");
    let rest = fixture
        .ferry("checksum jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(rest["hashed_files"], 1_500 - known);
}

#[test]
fn r19_one_unreadable_file_does_not_stop_the_others() {
    let fixture = Fixture::with_rights();
    fixture.fill("src", 10);
    fixture.job();
    set_mode(&fixture.path("src/d1/e1/f1"), 0o000);
    let answer = fixture.ferry("checksum jobs/j.db --json").ends_with(3);
    assert_eq!(
        (
            &answer.json()["failed_files"],
            &answer.json()["hashed_files"]
        ),
        (&1.into(), &9.into())
    );
}
