//! Jobs and their lists: R1-R10, R35, R43, R44, R98.

use rusqlite::Connection;

use crate::fixture::Fixture;

#[test]
fn r01_init_makes_a_job_and_again_loses_nothing() {
    let fixture = Fixture::new();
    fixture.fill("src", 20);
    fixture.job();
    for made in ["jobs/j.db", "jobs/checksum-cache.db", "jobs/logs"] {
        assert!(fixture.path(made).exists(), "{made}");
    }
    let before = fixture.number("SELECT count(*) FROM source_file");
    fixture
        .ferry("init --job-dir jobs --job-name j")
        .ends_with(0);
    assert_eq!(
        (before, fixture.number("SELECT count(*) FROM source_file")),
        (20, 20)
    );
    fixture
        .ferry("init --job-dir jobs --job-name k --checksum-db elsewhere.db")
        .ends_with(0);
    assert!(fixture.path("elsewhere.db").exists());
}

#[test]
fn r02_the_database_has_its_tables_and_asks_its_indexes_for_pending_files() {
    let fixture = Fixture::new();
    fixture.job();
    let database = fixture.database("jobs/j.db");
    for table in ["source_file", "destination_file", "copy_status"] {
        let sql =
            format!("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{table}'");
        assert_eq!(fixture.number(&sql), 1, "{table}");
    }
    let checked: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(checked, "ok");
    let sql = format!("EXPLAIN QUERY PLAN {}", ferry_cli::job::files::OPEN_BY_SCAN);
    let plan: String = database.query_row(&sql, [], |row| row.get(3)).unwrap();
    assert!(plan.contains("INDEX copy_status_open"), "{plan}");
}

#[test]
fn r03_others_read_while_one_writes_and_a_second_writer_is_told_who() {
    let fixture = Fixture::new();
    fixture.fill("src", 40);
    fixture.write("src/large", &vec![1; 4_000_000]);
    fixture.job();
    let mut running = fixture.start("copy jobs/j.db --dest dst --bwlimit 500KB --threads 1 --json");
    crate::crashes::wait_for_lines(&mut running, 3);
    for reading in ["status jobs/j.db", "log jobs/j.db", "list-files jobs/j.db"] {
        fixture.ferry(reading).ends_with(0);
    }
    let second = fixture.ferry("copy jobs/j.db --dest dst").ends_with(11);
    assert!(
        second.err.contains(&format!("pid {}", running.id())),
        "{}",
        second.err
    );
    assert!(!second.err.contains("database is locked"));
    running.kill().unwrap();
    running.wait().unwrap();
}

fn older(fixture: &Fixture, version: u32) {
    std::fs::create_dir_all(fixture.path("jobs")).unwrap();
    let database = fixture.database("jobs/j.db");
    let steps = [
        include_str!("../../migrations/0001_lists.sql"),
        include_str!("../../migrations/0002_ledger.sql"),
    ];
    database.execute_batch(steps[0]).unwrap();
    let located = ferry_cli::engine::volume::locate(&fixture.path("src")).unwrap();
    let root = fixture.path("src");
    database
        .execute(
            "INSERT INTO root (side, volume, path, seen_at) VALUES (0, ?1, ?2, ?3)",
            rusqlite::params![
                located.volume.0,
                located.path,
                root.to_str().unwrap().as_bytes()
            ],
        )
        .unwrap();
    for number in 0..3 {
        let path = format!("f{number}");
        database
            .execute(
                "INSERT INTO source_file (root, path, size_bytes, mtime_ns) VALUES (1, ?1, 4, 0)",
                [path.as_bytes()],
            )
            .unwrap();
    }
    if version > 1 {
        database.execute_batch(steps[1]).unwrap();
    }
    database
        .pragma_update(None, "user_version", version)
        .unwrap();
}

#[test]
fn r04_a_job_without_states_is_backed_up_and_migrated_and_a_newer_one_is_refused() {
    let fixture = Fixture::new();
    (0..3).for_each(|number| {
        fixture.write(&format!("src/f{number}"), format!("abc{number}").as_bytes())
    });
    fixture.write("dst/f1", b"abc1");
    older(&fixture, 1);
    let status = fixture.ferry("status jobs/j.db --json").ends_with(0).json();
    assert_eq!(status["states"]["pending"]["files"], 3);
    assert!(fixture.path("jobs/j.db.v1.bak").exists());
    fixture.ferry("log jobs/j.db --verify").ends_with(0);
    // what is there is proved, the rest is copied
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    assert_eq!(
        (
            fixture.number("SELECT count(*) FROM copy_status WHERE state = 4"),
            fixture.number("SELECT count(*) FROM copy_status WHERE state = 2")
        ),
        (1, 2)
    );

    fixture
        .database("jobs/j.db")
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let refused = fixture.ferry("status jobs/j.db").ends_with(1);
    assert!(
        refused.err.contains("99") && refused.err.contains("newer"),
        "{}",
        refused.err
    );
}

/// A job as the program of an earlier version had left it.
fn take_back_to(fixture: &Fixture, version: u32) {
    let database = fixture.database("jobs/j.db");
    let (of_3, of_4) = (
        [
            "source_file DROP COLUMN kind",
            "source_file DROP COLUMN mode",
            "source_file DROP COLUMN inode",
            "source_file DROP COLUMN nlink",
        ],
        [
            "operation DROP COLUMN estimate",
            "operation DROP COLUMN copying_secs",
            "attempt DROP COLUMN took_ns",
        ],
    );
    let later = of_3.iter().filter(|_| version < 3).chain(&of_4);
    for change in later {
        database
            .execute_batch(&format!("ALTER TABLE {change}"))
            .unwrap();
    }
    database
        .pragma_update(None, "user_version", version)
        .unwrap();
}

#[test]
fn r98_the_trail_of_a_finished_job_still_replays_after_a_migration() {
    for version in [2, 3] {
        let fixture = Fixture::new();
        fixture.fill("src", 3);
        fixture.job();
        fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
        take_back_to(&fixture, version);
        let told = fixture
            .ferry("log jobs/j.db --verify --json")
            .ends_with(0)
            .json();
        assert_eq!(told["different_files"], 0, "from version {version}");
        assert!(fixture.path(&format!("jobs/j.db.v{version}.bak")).exists());
    }
}

#[test]
fn r14_new_fields_come_by_migration_without_a_scan() {
    let fixture = Fixture::new();
    (0..3).for_each(|number| {
        fixture.write(&format!("src/f{number}"), format!("abc{number}").as_bytes())
    });
    older(&fixture, 2);
    fixture.ferry("status jobs/j.db").ends_with(0);
    assert_eq!(fixture.number("SELECT count(*) FROM source_file WHERE mode IS NULL AND inode IS NULL AND nlink IS NULL"), 3);
    fixture.ferry("analyze jobs/j.db").ends_with(0);
    assert_eq!(
        fixture.number(
            "SELECT count(*) FROM source_file WHERE mode IS NOT NULL AND inode > 0 AND nlink = 1"
        ),
        3
    );
}

#[test]
fn r05_add_source_lists_everything_below_and_again_changes_nothing() {
    let fixture = Fixture::new();
    fixture.fill("src", 30);
    fixture
        .ferry("init --job-dir jobs --job-name j")
        .ends_with(0);
    let first = fixture
        .ferry("add-source jobs/j.db src --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&first["files"], &first["added_files"]),
        (&30.into(), &30.into())
    );
    let again = fixture
        .ferry("add-source jobs/j.db src --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&again["added_files"], &again["changed_files"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn r06_add_file_adds_one_and_a_missing_path_changes_nothing() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"a");
    fixture
        .ferry("init --job-dir jobs --job-name j")
        .ends_with(0);
    fixture.ferry("add-file jobs/j.db src/a").ends_with(0);
    let trail = fixture.number("SELECT count(*) FROM audit");
    fixture.ferry("add-file jobs/j.db src/nothing").ends_with(6);
    assert_eq!(
        (
            fixture.number("SELECT count(*) FROM source_file"),
            fixture.number("SELECT count(*) FROM audit")
        ),
        (1, trail)
    );
}

#[test]
fn r07_list_files_shows_every_file_in_each_form() {
    let fixture = Fixture::new();
    fixture.write("src/plain", b"1");
    fixture.write("src/com,ma \"quoted\"\nline", b"22");
    let strange = fixture
        .path("src")
        .join(std::ffi::OsString::from(String::from("x")));
    std::fs::write(strange, b"333").unwrap();
    {
        use std::os::unix::ffi::OsStrExt as _;
        std::fs::write(
            fixture
                .path("src")
                .join(std::ffi::OsStr::from_bytes(b"\xff\xfe")),
            b"4444",
        )
        .unwrap();
    }
    fixture.job();
    let files = fixture
        .ferry("list-files jobs/j.db --json")
        .ends_with(0)
        .lines();
    assert_eq!(files.len(), 4);
    assert!(
        files
            .iter()
            .all(|file| file["volume"].is_string() && file["state"] == "pending")
    );
    assert!(
        files
            .iter()
            .any(|file| file["file"]["path_hex"] == "fffe" && file["size_bytes"] == 4)
    );
    let output = fixture
        .command(["list-files", "jobs/j.db", "-0"])
        .output()
        .unwrap();
    assert_eq!(output.stdout.iter().filter(|byte| **byte == 0).count(), 4);
    let output = fixture
        .command(["list-files", "jobs/j.db", "--csv"])
        .output()
        .unwrap();
    let mut reader = csv::Reader::from_reader(&output.stdout[..]);
    let paths: Vec<Vec<u8>> = reader
        .byte_records()
        .map(|record| record.unwrap()[1].to_vec())
        .collect();
    assert!(
        paths.contains(&b"com,ma \"quoted\"\nline".to_vec())
            && paths.contains(&b"\xff\xfe".to_vec())
    );
    assert_eq!(
        fixture
            .ferry("list-files jobs/j.db --status done")
            .ends_with(0)
            .out,
        ""
    );
}

#[test]
fn r08_remove_file_takes_the_row_away_and_an_unknown_one_is_said() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    fixture.job();
    fixture.ferry("remove-file jobs/j.db d0/e0/f0").ends_with(0);
    assert_eq!(fixture.number("SELECT count(*) FROM source_file"), 2);
    fixture.ferry("remove-file jobs/j.db d0/e0/f0").ends_with(6);
    fixture.ferry("log jobs/j.db --verify").ends_with(0);
}

#[test]
fn r09_a_source_that_is_mounted_elsewhere_goes_on_without_copying_again() {
    let fixture = Fixture::new();
    fixture.fill("src", 12);
    fixture.write("src/.ferry-volume-id", b"disk-7");
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.write("src/late", b"late");
    std::fs::rename(fixture.path("src"), fixture.path("moved")).unwrap();
    let lost = fixture.ferry("copy jobs/j.db").ends_with(6);
    assert!(lost.err.contains("--source"), "{}", lost.err);
    fixture
        .ferry("analyze jobs/j.db --source moved")
        .ends_with(0);
    fixture.ferry("copy jobs/j.db").ends_with(0);
    // the name of one disk is not copied to another
    fixture.remove("moved/.ferry-volume-id");
    assert_eq!(fixture.tree("dst"), fixture.tree("moved"));
    assert_eq!(fixture.number("SELECT max(attempts) FROM copy_status"), 1);
}

#[test]
fn r10_two_sources_with_one_name_are_reported_and_never_overwritten() {
    let fixture = Fixture::new();
    for (path, text) in [
        ("one/same", "equal"),
        ("two/same", "equal"),
        ("one/other", "first"),
        ("two/other", "second"),
        ("two/own", "own"),
    ] {
        fixture.write(path, text.as_bytes());
    }
    fixture
        .ferry("init --job-dir jobs --job-name j")
        .ends_with(0);
    fixture.ferry("add-source jobs/j.db one two").ends_with(0);
    let copied = fixture.ferry("copy jobs/j.db --dest dst").ends_with(3);
    assert!(copied.err.contains("other content"), "{}", copied.err);
    let there: Vec<String> = fixture
        .tree("dst")
        .into_values()
        .map(|content| String::from_utf8(content).unwrap())
        .collect();
    assert_eq!(there, ["first", "own", "equal"]);
    assert_eq!(
        fixture.number("SELECT count(*) FROM copy_status WHERE state = 6 AND cause = 'same_name'"),
        1
    );
    // several destinations
    fixture
        .ferry("copy jobs/j.db --dest dst --dest dst2")
        .ends_with(3);
}

#[test]
fn r35_a_dry_run_changes_nothing() {
    let fixture = Fixture::new();
    fixture.fill("src", 10);
    fixture.job();
    fixture.write("dst/keep", b"k");
    fixture.ferry("analyze jobs/j.db --dest dst").ends_with(0);
    let before = (
        fixture.tree("dst"),
        fixture.tree("src"),
        dump(&fixture.database("jobs/j.db")),
    );
    let plan = fixture
        .ferry("copy jobs/j.db --dest dst -n --json")
        .ends_with(0)
        .json();
    assert_eq!(plan["files"], 10);
    for dry in [
        "add-source jobs/j.db src -n",
        "remove-file jobs/j.db d0/e0/f0 -n",
        "analyze jobs/j.db -n",
        "checksum jobs/j.db -n",
        "verify jobs/j.db -n",
        "job remove jobs/j.db -n",
        "resume jobs/j.db -n",
        "run src dst --job-dir jobs --job j -n",
    ] {
        fixture.ferry(dry).ends_with(0);
    }
    assert_eq!(
        before,
        (
            fixture.tree("dst"),
            fixture.tree("src"),
            dump(&fixture.database("jobs/j.db"))
        )
    );
    fixture.ferry("run src fresh -n").ends_with(0);
    assert!(!fixture.path("fresh").exists() && !fixture.path("data").exists());
}

/// Every row of every table.
fn dump(database: &Connection) -> Vec<String> {
    let mut tables = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut rows = Vec::new();
    for name in names {
        let mut statement = database.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let width = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<rusqlite::types::Value> =
                (0..width).map(|at| row.get(at).unwrap()).collect();
            rows.push(format!("{name} {values:?}"));
        }
    }
    rows
}

#[test]
fn r43_status_says_all_of_it() {
    let fixture = Fixture::new();
    fixture.fill("src", 10);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    let status = fixture.ferry("status jobs/j.db --json").ends_with(0).json();
    assert_eq!(
        (&status["states"]["done"]["files"], &status["percent"]),
        (&10.into(), &100.0.into())
    );
    assert!(
        status["last_checkpoint"].is_string()
            && status["running"].is_null()
            && status["phase"].is_string()
    );
    assert_eq!(
        (
            &status["copied_and_read_back"]["files"],
            &status["mismatched_files"],
            &status["unverified_files"]
        ),
        (&10.into(), &0.into(), &0.into())
    );
    fixture.ferry("status jobs/none.db").ends_with(10);
}

#[test]
fn r44_log_is_the_audit_trail_of_a_file_a_time_an_event() {
    let fixture = Fixture::new();
    fixture.fill("src", 5);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    let of_file = fixture
        .ferry("log jobs/j.db --file d0/e0/f0 --json")
        .ends_with(0)
        .lines();
    assert!(of_file.iter().any(|line| line["event"] == "added"));
    assert!(of_file.iter().any(|line| line["body"]["done"].is_string()));
    assert!(of_file.iter().any(
        |line| line["attempt"] == 1 && line["source_checksum"] == line["destination_checksum"]
    ));
    let started = fixture
        .ferry("log jobs/j.db --event started --json")
        .ends_with(0)
        .lines();
    assert!(started.iter().all(|line| line["event"] == "started") && started.len() >= 2);
    assert_eq!(
        fixture
            .ferry("log jobs/j.db --since 2099-01-01T00:00:00")
            .ends_with(0)
            .out,
        ""
    );
}

#[test]
fn r98_the_trail_replays_to_the_ledger_and_shows_what_was_changed() {
    let fixture = Fixture::new();
    fixture.fill("src", 15);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    let whole = fixture
        .ferry("log jobs/j.db --verify --json")
        .ends_with(0)
        .json();
    assert_eq!(whole["different_files"], 0);
    // a state without an entry
    fixture
        .database("jobs/j.db")
        .execute("UPDATE copy_status SET state = 4 WHERE file = 3", [])
        .unwrap();
    assert_eq!(
        fixture
            .ferry("log jobs/j.db --verify --json")
            .ends_with(1)
            .json()["different_files"],
        1
    );
    // an entry that was changed, one that was cut out
    fixture
        .database("jobs/j.db")
        .execute("UPDATE audit SET body = body || ' ' WHERE seq = 2", [])
        .unwrap();
    assert!(
        fixture
            .ferry("log jobs/j.db --verify")
            .ends_with(1)
            .err
            .contains("entry 2")
    );
    fixture
        .database("jobs/j.db")
        .execute("DELETE FROM audit WHERE seq = 2", [])
        .unwrap();
    fixture.ferry("log jobs/j.db --verify").ends_with(1);
}

#[test]
fn a_damaged_database_is_named_and_left_alone() {
    let fixture = Fixture::new();
    fixture.write("jobs/j.db", &[0x5a; 8192]);
    let answer = fixture.ferry("status jobs/j.db").ends_with(1);
    assert!(answer.err.contains("damaged"), "{}", answer.err);
    assert_eq!(
        std::fs::read(fixture.path("jobs/j.db")).unwrap(),
        [0x5a; 8192]
    );
}

#[test]
fn r61_max_concurrent_resumes_is_how_many_jobs_of_a_directory_copy_at_one_time() {
    let fixture = Fixture::new();
    fixture.fill("src", 10);
    fixture.write("src/large", &vec![1; 4_000_000]);
    fixture.job();
    fixture.write("other/a", b"a");
    fixture
        .ferry("init --job-dir jobs --job-name k")
        .ends_with(0);
    fixture.ferry("add-source jobs/k.db other").ends_with(0);
    let mut running = fixture.start("copy jobs/j.db --dest dst --bwlimit 300KB --threads 1 --json");
    crate::crashes::wait_for_lines(&mut running, 4);
    let refused = fixture.ferry("copy jobs/k.db --dest dst2").ends_with(11);
    assert!(
        refused.err.contains("--max-concurrent-resumes"),
        "{}",
        refused.err
    );
    fixture
        .ferry("copy jobs/k.db --dest dst2 --max-concurrent-resumes 2")
        .ends_with(0);
    running.kill().unwrap();
    running.wait().unwrap();
}
