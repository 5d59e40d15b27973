//! What a job says of itself and asks for: R45, R46, R50, R52, R59, R62, R66-R68, R93.

use std::fs;

use crate::{
    fixture::{Fixture, content, set_mode},
    real_tree::asked,
};

#[test]
fn r62_the_log_file_lies_with_the_job_and_says_as_much_as_is_asked() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    fixture.job();
    fixture
        .ferry("copy jobs/j.db --dest dst --log-level debug")
        .ends_with(0);
    let log = fs::read_to_string(fixture.path("jobs/logs/j.log")).unwrap();
    assert!(
        log.contains("copy begins") && log.contains("d1/e1/f1") && log.contains("copy ended"),
        "{log}"
    );
    fixture
        .ferry("verify jobs/j.db --log-level error --log-file elsewhere/x.log")
        .ends_with(0);
    assert_eq!(
        fs::read_to_string(fixture.path("elsewhere/x.log")).unwrap(),
        ""
    );
    fixture
        .ferry("status jobs/none.db --log-file elsewhere/x.log")
        .ends_with(10);
    let log = fs::read_to_string(fixture.path("elsewhere/x.log")).unwrap();
    assert!(log.contains("there is no job"), "{log}");
    fixture
        .ferry("status jobs/j.db --log-level loud")
        .ends_with(2);
    fixture
        .ferry("status jobs/j.db --log-file /proc/nothing/x")
        .ends_with(1);
}

#[test]
fn r68_a_copy_says_what_to_expect_before_the_first_byte_unless_told_not_to() {
    let fixture = Fixture::new();
    fixture.fill("src", 40);
    fixture.job();
    let with = fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    let (said, copying) = (with.err.find("to copy: 40 files"), with.err.find("copying"));
    assert!(said.is_some() && said < copying, "{}", with.err);
    let without = fixture.ferry("run src dst2 --no-preflight").ends_with(0);
    assert!(!without.err.contains("to copy:"), "{}", without.err);
    let json = fixture.ferry("run src dst3 --json").ends_with(0);
    assert!(
        json.lines()
            .iter()
            .any(|line| line["message_type"] == "preflight")
    );
}

#[test]
fn r66_auto_is_what_preflight_advises_and_a_number_stays() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    fixture.job();
    fixture
        .ferry("copy jobs/j.db --dest dst --threads auto")
        .ends_with(0);
    let threads = |command: &str| {
        fixture.number(&format!("SELECT json_extract(configuration, '$.threads') FROM operation WHERE command = '{command}' ORDER BY started_at_ns DESC LIMIT 1"))
    };
    let cores = std::thread::available_parallelism().unwrap().get();
    assert_eq!(
        threads("copy"),
        i64::try_from((cores * 2).clamp(2, 8).min(3)).unwrap()
    );
    fixture.write("src/late", b"late");
    fixture.ferry("add-source jobs/j.db src").ends_with(0);
    fixture.ferry("copy jobs/j.db --threads 7").ends_with(0);
    assert_eq!(threads("copy"), 7);
}

#[test]
fn r67_what_was_said_is_kept_beside_what_it_took_and_the_next_estimate_learns() {
    let fixture = Fixture::new();
    fixture.fill("src", 60);
    let large_mib = usize::try_from(asked("FERRY_TEST_ESTIMATE_MIB", 0)).unwrap();
    fixture.write("src/large", &vec![7; large_mib << 20]);
    let mut inside = 0;
    for round in 0..10 {
        fixture
            .ferry(&format!("run src dst{round} --job j{round}"))
            .ends_with(0);
        let report = fixture
            .ferry(&format!("summary j{round} --json"))
            .ends_with(0)
            .json();
        let truth = &report["estimates"][0];
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let said = &truth["estimate"];
        assert_eq!(said["learned_from_runs"], round);
        let bounds = number(&said["best_secs"])..=number(&said["worst_secs"]);
        let took = number(&truth["actual_secs"]);
        eprintln!("said {bounds:.2?} s, took {took:.2} s");
        inside += u32::from(bounds.contains(&took));
    }
    eprintln!("{inside} of 10 inside what was said");
    assert!(inside >= 8, "{inside} of 10 inside what was said");
}

#[test]
fn r45_summary_counts_everything_and_writes_what_is_not_done() {
    let fixture = Fixture::with_rights();
    fixture.fill("src", 12);
    fixture.write("src/twin", &content(0, 0));
    fixture.job();
    set_mode(&fixture.path("src/d1/e1/f1"), 0o000);
    fixture.remove("src/d2/e2/f2");
    fixture
        .ferry("copy jobs/j.db --dest dst --dedup skip")
        .ends_with(3);
    let told = fixture.ferry("summary jobs/j.db").ends_with(0);
    for word in [
        "total",
        "done",
        "deduplicated",
        "skipped",
        "missing",
        "errors",
        "pending",
        "duration",
        "/s",
        "logs",
        "summary_report.csv",
    ] {
        assert!(told.out.contains(word), "{word}: {}", told.out);
    }
    let csv = fs::read_to_string(fixture.path("jobs/reports/j/summary_report.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 3, "{csv}");
    let report = fixture
        .ferry("summary jobs/j.db --json")
        .ends_with(0)
        .json();
    assert!(!report["slow_directories"].as_array().unwrap().is_empty());
}

#[test]
fn r46_the_csv_keeps_every_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let fixture = Fixture::new();
    let names: [&[u8]; 4] = [b"a,b", b"a\"b", b"a\nb", b"a\xff\xfe"];
    for name in names {
        fs::write(
            fixture.path("src").join(std::ffi::OsStr::from_bytes(name)),
            name,
        )
        .unwrap();
    }
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.ferry("summary jobs/j.db --all").ends_with(0);
    let mut reader =
        csv::Reader::from_path(fixture.path("jobs/reports/j/summary_report.csv")).unwrap();
    let mut found: Vec<Vec<u8>> = reader
        .byte_records()
        .map(|record| record.unwrap()[0].to_vec())
        .collect();
    found.sort();
    let mut wanted: Vec<Vec<u8>> = names.map(<[u8]>::to_vec).to_vec();
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn r52_without_a_terminal_progress_is_plain_lines_and_can_be_left_out() {
    let fixture = Fixture::new();
    fixture.fill("src", 20);
    fixture.job();
    let plain = fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    assert!(
        plain.err.contains("copying") && !plain.err.contains('\r') && !plain.err.contains('\u{1b}'),
        "{}",
        plain.err
    );
    let silent = fixture.ferry("run src dst2 --no-progress").ends_with(0);
    assert!(!silent.err.contains("copying"), "{}", silent.err);
    let quiet = fixture.ferry("run src dst3 --quiet").ends_with(0);
    assert_eq!(quiet.err, "");
}

#[test]
fn r59_a_wrong_value_is_refused_with_its_line_for_every_typed_option() {
    let fixture = Fixture::new();
    for (key, value) in [
        ("threads", "many"),
        ("buffer-size", "big"),
        ("bwlimit", "fast"),
        ("wait", "soon"),
        ("retries", "some"),
        ("hash", "md5"),
    ] {
        fixture.write(
            "c.yaml",
            format!("quiet: false\n{key}: {value}\n").as_bytes(),
        );
        let refused = fixture.ferry("config check c.yaml").ends_with(2);
        assert!(
            refused.err.contains("c.yaml:2") && refused.err.contains(value),
            "{}",
            refused.err
        );
        fixture
            .ferry(&format!("run src dst --{key} {value}"))
            .ends_with(2);
    }
}

/// A command with a terminal, which gets this input.
fn in_a_terminal(fixture: &Fixture, line: &str, input: &str) -> (i32, String) {
    use std::io::Write as _;
    let ferry = env!("CARGO_BIN_EXE_ferry");
    let mut script = fixture
        .program("script")
        .args(["-qec", &format!("{ferry} {line}"), "/dev/null"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    script
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = script.wait_with_output().unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn r93_what_is_missing_is_asked_for_in_a_terminal_and_else_named() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    fixture.job();
    let told = fixture.ferry("copy jobs/j.db").ends_with(2);
    assert!(told.err.contains("--dest"), "{}", told.err);
    let (code, said) = in_a_terminal(&fixture, "copy jobs/j.db", "dst\n");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("which directory"), "{said}");
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    let (code, said) = in_a_terminal(&fixture, "job remove jobs/j.db", "n");
    assert_eq!(
        (code, fixture.path("jobs/j.db").exists()),
        (0, true),
        "{said}"
    );
}

#[test]
fn r50_files_that_are_not_in_the_job_or_gone_are_listed_with_their_number() {
    let fixture = Fixture::new();
    fixture.fill("src", 30);
    fixture.job();
    (0..25).for_each(|number| fixture.write(&format!("src/new/{number}"), b"n"));
    fixture.remove("src/d1");
    let answer = fixture
        .ferry("copy jobs/j.db --dest dst --json")
        .ends_with(0);
    let last = answer.lines().pop().unwrap();
    assert_eq!(
        (&last["message_type"], &last["untracked_files"]),
        (&"summary".into(), &25.into())
    );
    assert!(
        answer.err.contains("not in the job: and 5 more")
            && answer.err.contains("missing: d1/e1/f1"),
        "{}",
        answer.err
    );
}

#[test]
fn directories_keep_times_and_modes_and_empty_ones_are_made() {
    use std::os::unix::fs::MetadataExt as _;
    let fixture = Fixture::new();
    fixture.write("src/a/b/file", b"x");
    fixture.write("src/.git/left-out", b"x");
    fs::create_dir_all(fixture.path("src/empty/below")).unwrap();
    set_mode(&fixture.path("src/a"), 0o750);
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for dir in ["src/a/b", "src/a", "src/empty/below", "src/empty"] {
        fs::File::open(fixture.path(dir))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
    }
    fixture.ferry("run src dst --exclude .git").ends_with(0);
    for dir in ["a/b", "a", "empty/below", "empty"] {
        let meta = fs::metadata(fixture.path(&format!("dst/{dir}"))).unwrap();
        assert_eq!(meta.mtime(), 1_000_000_000, "{dir}");
    }
    assert_eq!(
        fs::metadata(fixture.path("dst/a")).unwrap().mode() & 0o7777,
        0o750
    );
    assert!(!fixture.path("dst/.git").exists());
}

#[test]
fn r64_what_a_killed_measurement_left_goes_with_the_next_run() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    // no process has this number: it is above what Linux gives
    fixture.write("dst/.ferry-preflight-4194305-abc/7", b"left");
    let alive = format!("dst/.ferry-preflight-{}-abc/7", std::process::id());
    fixture.write(&alive, b"of a measurement that runs");
    fixture.ferry("run src dst --no-preflight").ends_with(0);
    assert!(!fixture.path("dst/.ferry-preflight-4194305-abc").exists());
    assert!(fixture.path(&alive).exists());
}
