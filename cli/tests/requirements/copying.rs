//! Copy: R21, R25-R30, R32, R33, R36, R48-R52, R56, R92, and the bad input of the copy.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
};

use crate::fixture::{Fixture, content, set_mode};

fn states(fixture: &Fixture) -> Vec<(i64, i64)> {
    let database = fixture.database("jobs/j.db");
    let mut statement = database
        .prepare("SELECT state, count(*) FROM copy_status GROUP BY state ORDER BY state")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn r21_both_sides_are_compared_before_a_file_counts() {
    let fixture = Fixture::new();
    fixture.fill("src", 20);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    assert_eq!(fixture.number("SELECT count(*) FROM attempt WHERE source_checksum = destination_checksum AND state = 2"), 20);
    assert_eq!(fixture.number("SELECT count(*) FROM copy_status s JOIN attempt a ON a.file = s.file WHERE s.checksum = a.destination_checksum"), 20);
}

#[test]
fn r25_what_was_done_and_is_gone_is_copied_again_and_counted() {
    let fixture = Fixture::new();
    fixture.fill("src", 20);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.remove("dst/d1");
    let gone = 20 - fixture.tree("dst").len();
    let again = fixture.ferry("copy jobs/j.db").ends_with(0);
    assert!(
        again.err.contains(&format!("{gone} files that were done")),
        "{}",
        again.err
    );
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    fixture.ferry("log jobs/j.db --verify").ends_with(0);
}

#[test]
fn r26_pending_is_everything_that_is_not_settled() {
    let fixture = Fixture::new();
    fixture.fill("src", 4);
    fixture.job();
    fixture.database("jobs/j.db").execute_batch("UPDATE copy_status SET state = 1 WHERE file = 2; UPDATE copy_status SET state = 6 WHERE file = 3;").unwrap();
    let open = fixture
        .ferry("list-files jobs/j.db --status pending --status in_progress --status error --json")
        .ends_with(0)
        .lines();
    assert_eq!(open.len(), 4);
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}

#[test]
fn r27_every_attempt_is_stored() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    fixture.write("dst/d1/e1/f1", b"foreign");
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(3);
    fixture.ferry("copy jobs/j.db").ends_with(3);
    fixture
        .ferry("copy jobs/j.db --on-conflict source")
        .ends_with(0);
    let database = fixture.database("jobs/j.db");
    let mut statement = database.prepare("SELECT a.number, a.state, a.at_ns > 0, a.error IS NOT NULL, a.moved_bytes FROM attempt a JOIN source_file f ON f.id = a.file WHERE CAST(f.path AS TEXT) = 'd1/e1/f1' ORDER BY a.number").unwrap();
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .unwrap();
    let rows: Vec<(i64, i64, bool, bool, i64)> = rows.map(Result::unwrap).collect();
    let size = i64::try_from(content(1, 37).len()).unwrap();
    assert_eq!(
        rows,
        [
            (1, 6, true, true, 0),
            (2, 6, true, true, 0),
            (3, 2, true, false, size)
        ]
    );
}

#[test]
fn r28_content_that_is_there_is_not_copied_and_the_place_is_said() {
    let fixture = Fixture::new();
    fixture.write("src/a", &content(1, 3_000));
    fixture.write("src/b", &content(1, 3_000));
    fixture.write("src/c", &content(3, 3_000));
    fixture.write("dst/c", &content(3, 3_000));
    fixture.job();
    fixture
        .ferry("copy jobs/j.db --dest dst --dedup skip")
        .ends_with(0);
    assert_eq!(states(&fixture), [(2, 1), (3, 1), (4, 1)]);
    assert_eq!(fixture.tree("dst").len(), 2);
    let files = fixture
        .ferry("list-files jobs/j.db --status deduplicated --json")
        .ends_with(0)
        .lines();
    let said = files[0]["message"].as_str().unwrap();
    assert!(
        said.contains("is at a") || said.contains("is at b"),
        "{said}"
    );
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(0);
}

#[test]
fn r56_half_duplicates_write_half_the_bytes_and_each_mode_keeps_its_promise() {
    for (mode, present, names_of_one) in [
        ("skip", 10, 1),
        ("hardlink", 20, 2),
        ("copy", 20, 1),
        ("off", 20, 1),
        ("reflink", 20, 1),
    ] {
        let fixture = Fixture::new();
        for number in 0..10 {
            fixture.write(&format!("src/one/{number}"), &content(number, 8_000));
            fixture.write(&format!("src/two/{number}"), &content(number, 8_000));
        }
        fixture.job();
        fixture
            .ferry(&format!("copy jobs/j.db --dest dst --dedup {mode}"))
            .ends_with(0);
        assert_eq!(fixture.tree("dst").len(), present, "{mode}");
        let most = fs::read_dir(fixture.path("dst/one"))
            .into_iter()
            .chain(fs::read_dir(fixture.path("dst/two")))
            .flatten()
            .map(|entry| entry.unwrap().metadata().unwrap().nlink())
            .max()
            .unwrap();
        assert_eq!(most, names_of_one, "{mode}");
        if matches!(mode, "skip" | "hardlink") {
            let moved = fixture.number("SELECT sum(moved_bytes) FROM attempt");
            assert_eq!(
                moved * 2,
                fixture.number("SELECT sum(size_bytes) FROM source_file"),
                "{mode}"
            );
        }
        fixture.ferry("verify jobs/j.db --stage deep").ends_with(0);
    }
}

#[test]
fn r29_the_result_does_not_depend_on_threads() {
    for threads in [1, 2, 8] {
        let fixture = Fixture::new();
        fixture.fill("src", 120);
        fixture.job();
        fixture
            .ferry(&format!("copy jobs/j.db --dest dst --threads {threads}"))
            .ends_with(0);
        assert_eq!(
            fixture.tree("dst"),
            fixture.tree("src"),
            "{threads} threads"
        );
    }
}

#[test]
fn r30_one_file_that_fails_does_not_stop_the_others() {
    let fixture = Fixture::with_rights();
    fixture.fill("src", 12);
    fixture.write("dst/d2/e2/f2/is-a-directory", b"x");
    fixture.job();
    set_mode(&fixture.path("src/d1/e1/f1"), 0o000);
    let answer = fixture.ferry("copy jobs/j.db --dest dst").ends_with(3);
    assert!(
        answer.err.contains("d1/e1/f1") && answer.err.contains("d2/e2/f2"),
        "{}",
        answer.err
    );
    assert_eq!(states(&fixture), [(2, 10), (6, 2)]);
}

#[test]
fn r92_permanent_errors_keep_their_cause_and_the_source_that_vanished_is_missing() {
    let fixture = Fixture::with_rights();
    fixture.fill("src", 4);
    fixture.job();
    set_mode(&fixture.path("src/d1/e1/f1"), 0o000);
    fixture.remove("src/d2/e2/f2");
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(3);
    assert_eq!(states(&fixture), [(2, 2), (5, 1), (6, 1)]);
    assert_eq!(
        fixture.number("SELECT count(*) FROM copy_status WHERE cause = 'source_unreadable'"),
        1
    );
    assert_eq!(
        fixture.number("SELECT max(attempts) FROM copy_status"),
        1,
        "a permanent error is not tried again"
    );
}

#[test]
fn r32_mode_time_links_holes_and_attributes_are_kept() {
    let fixture = Fixture::new();
    fixture.write("src/script", b"#!/bin/sh");
    set_mode(&fixture.path("src/script"), 0o4750);
    let file = fs::File::options()
        .write(true)
        .open(fixture.path("src/script"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::new(1_234_567_890, 123_456_789))
        .unwrap();
    symlink("script", fixture.path("src/link")).unwrap();
    symlink("nowhere/at/all", fixture.path("src/dangling")).unwrap();
    symlink(".", fixture.path("src/loop")).unwrap();
    fs::hard_link(fixture.path("src/script"), fixture.path("src/second-name")).unwrap();
    let sparse = fs::File::create(fixture.path("src/sparse")).unwrap();
    sparse.set_len(30_000_000).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"data", 10_000_000).unwrap();
    let attribute = rustix::fs::setxattr(
        fixture.path("src/script"),
        "user.note",
        b"kept",
        rustix::fs::XattrFlags::empty(),
    );
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    let meta = fs::metadata(fixture.path("dst/script")).unwrap();
    assert_eq!(
        (
            meta.permissions().mode() & 0o7777,
            meta.mtime(),
            meta.mtime_nsec()
        ),
        (0o4750, 1_234_567_890, 123_456_789)
    );
    assert_eq!(
        fs::read_link(fixture.path("dst/link")).unwrap(),
        Path::new("script")
    );
    assert_eq!(
        fs::read_link(fixture.path("dst/dangling")).unwrap(),
        Path::new("nowhere/at/all")
    );
    assert_eq!(
        fs::read_link(fixture.path("dst/loop")).unwrap(),
        Path::new(".")
    );
    assert_eq!(
        meta.ino(),
        fs::metadata(fixture.path("dst/second-name")).unwrap().ino()
    );
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    assert!(
        fs::metadata(fixture.path("dst/sparse")).unwrap().blocks() * 512 < 5_000_000,
        "the holes are kept"
    );
    if attribute.is_ok() {
        let mut value = [0; 16];
        let length =
            rustix::fs::getxattr(fixture.path("dst/script"), "user.note", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"kept");
    }
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(0);
}

#[test]
fn r33_the_buffer_has_any_size() {
    for size in ["4KiB", "1MiB", "5000"] {
        let fixture = Fixture::new();
        fixture.write("src/a", &content(1, 300_000));
        fixture.job();
        fixture
            .ferry(&format!("copy jobs/j.db --dest dst --buffer-size {size}"))
            .ends_with(0);
        assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    }
    let fixture = Fixture::new();
    fixture.job();
    fixture
        .ferry("copy jobs/j.db --dest dst --buffer-size much")
        .ends_with(2);
}

#[test]
fn r36_run_does_all_of_it_and_again_goes_on() {
    let fixture = Fixture::new();
    fixture.fill("src", 15);
    fixture.ferry("run src dst").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    fixture.write("src/late", b"late");
    fixture.ferry("run src dst --stage deep").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
    fixture
        .ferry("run src dst --error-on-no-transfer")
        .ends_with(9);
    let jobs = fixture.ferry("job list --json").ends_with(0).lines();
    assert_eq!(
        (jobs.len(), &jobs[0]["counts"]["copied"]["files"]),
        (1, &16.into())
    );
    fixture.ferry("run nowhere dst").ends_with(6);
}

#[test]
fn r48_counts_add_up_at_every_event_and_never_fall() {
    let fixture = Fixture::new();
    fixture.fill("src", 60);
    fixture.write("src/twin", &content(0, 0));
    (1..7).for_each(|number| {
        fixture.write(
            &format!("dst/d{}/e{}/f{number}", number % 7, number % 3),
            b"foreign",
        )
    });
    fixture.write("dst/d0/e0/f0", &content(0, 0));
    fixture.job();
    fixture.remove("src/d0/e0/f42");
    let answer = fixture
        .ferry("copy jobs/j.db --dest dst --dedup skip --json")
        .ends_with(3);
    let mut before = 0;
    let mut files = 0;
    for line in answer.lines() {
        let line = line.get("event").cloned().map_or(line.clone(), |event| {
            if event.is_object() {
                event
            } else {
                line.clone()
            }
        });
        let Some(counts) = line.get("counts") else {
            continue;
        };
        let of = |name: &str| counts[name]["files"].as_u64().unwrap();
        let settled = ["copied", "deduplicated", "skipped", "missing", "errored"]
            .map(of)
            .iter()
            .sum::<u64>();
        assert_eq!(settled + of("pending"), 61, "{line}");
        assert!(settled >= before, "{line}");
        before = settled;
        files += u64::from(line["message_type"] == "file" || line["event"] == "file");
    }
    assert_eq!(before, 61);
    // R49: one event a file operation
    assert_eq!(files, 61);
}

#[test]
fn r50_untracked_and_missing_files_are_counted_and_named() {
    let fixture = Fixture::new();
    fixture.fill("src", 6);
    fixture.job();
    fixture.write("src/new-one", b"n");
    fixture.remove("src/d1/e1/f1");
    let answer = fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    assert!(
        answer.err.contains("not in the job: new-one"),
        "{}",
        answer.err
    );
    assert!(answer.out.contains("1 missing"), "{}", answer.out);
}

#[test]
fn a_destination_inside_its_source_is_refused() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    let answer = fixture.ferry("run src src/backup").ends_with(7);
    assert!(answer.err.contains("inside the source"), "{}", answer.err);
}

#[test]
fn too_little_space_is_refused_before_the_first_byte() {
    let fixture = Fixture::new();
    // 64 TiB that take no storage
    let huge = fs::File::create(fixture.path("src/huge")).unwrap();
    if huge.set_len(1 << 43).is_err() {
        return;
    }
    let answer = fixture.ferry("run src dst").ends_with(7);
    assert!(answer.err.contains("not enough space"), "{}", answer.err);
    assert!(fixture.tree("dst").is_empty());
}

#[test]
fn a_file_that_changed_since_is_copied_again_and_a_foreign_one_is_kept() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"first");
    fixture.ferry("run src dst").ends_with(0);
    fixture.write("src/a", b"second version");
    fixture.ferry("run src dst").ends_with(0);
    assert_eq!(fs::read(fixture.path("dst/a")).unwrap(), b"second version");
    fixture.write("dst/a", b"somebody's own");
    fixture.write("src/a", b"third");
    let refused = fixture.ferry("run src dst").code;
    assert_ne!(refused, 0);
    assert_eq!(fs::read(fixture.path("dst/a")).unwrap(), b"somebody's own");
    fixture.ferry("run src dst --on-conflict keep");
    assert_eq!(fs::read(fixture.path("dst/a")).unwrap(), b"somebody's own");
}

#[test]
fn a_link_in_place_of_a_destination_directory_leads_nowhere() {
    let fixture = Fixture::new();
    fixture.write("src/d/a", b"a");
    fixture.write("outside/keep", b"k");
    fs::create_dir(fixture.path("dst")).unwrap();
    symlink(fixture.path("outside"), fixture.path("dst/d")).unwrap();
    fixture.ferry("run src dst").ends_with(3);
    assert_eq!(fixture.tree("outside").len(), 1);
}

#[test]
fn long_names_and_names_that_are_not_utf_8_are_copied() {
    use std::os::unix::ffi::OsStrExt as _;
    let fixture = Fixture::new();
    let long = "n".repeat(255);
    fixture.write(&format!("src/{long}"), b"long");
    fs::write(
        fixture
            .path("src")
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9")),
        b"latin-1",
    )
    .unwrap();
    fixture.ferry("run src dst").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}

#[test]
fn pipes_are_said_and_do_not_hang() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"a");
    let made = std::process::Command::new("mkfifo")
        .arg(fixture.path("src/pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let answer = fixture.ferry("run src dst").ends_with(0);
    assert!(
        answer.err.contains("pipe") && answer.err.contains("not copied"),
        "{}",
        answer.err
    );
}

#[test]
fn include_and_exclude_choose_files() {
    let fixture = Fixture::new();
    for name in ["src/a.jpg", "src/b.txt", "src/d/c.jpg", "src/tmp/d.jpg"] {
        fixture.write(name, name.as_bytes());
    }
    fixture
        .ferry("run src dst --include *.jpg --exclude tmp/**")
        .ends_with(0);
    let there: Vec<_> = fixture
        .tree("dst")
        .into_keys()
        .map(|path| path.display().to_string())
        .collect();
    assert_eq!(there, ["a.jpg", "d/c.jpg"]);
}

#[test]
fn a_file_that_failed_and_then_vanished_is_missing_and_nothing_else() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"ours");
    fixture.write("dst/a", b"foreign");
    fixture
        .ferry("run src dst --job-dir jobs --job j")
        .ends_with(3);
    fixture.remove("src/a");
    fixture
        .ferry("run src dst --job-dir jobs --job j")
        .ends_with(0);
    assert_eq!(
        fixture.number(
            "SELECT count(*) FROM copy_status WHERE state = 5 AND cause IS NULL AND message IS NULL"
        ),
        1
    );
}

#[test]
fn r91_few_files_that_may_be_open_are_enough() {
    let fixture = Fixture::new();
    for number in 0..3_000 {
        let path = format!("src/{}/{}/{number}", number % 20, number % 300);
        fixture.write(&path, &content(number, 64));
    }
    fixture.job();
    let limited = format!(
        "ulimit -n 256; exec '{}' copy jobs/j.db --dest dst",
        env!("CARGO_BIN_EXE_ferry")
    );
    let copied = fixture
        .program("sh")
        .args(["-c", &limited])
        .output()
        .unwrap();
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );
    assert_eq!(fixture.number("SELECT count(*) FROM attempt"), 3_000);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}

#[test]
fn r32_owners_are_kept_where_that_is_permitted_and_else_said() {
    if rustix::process::geteuid().is_root() {
        let fixture = Fixture::new();
        fixture.write("src/dir/theirs", b"theirs");
        for below in ["src/dir/theirs", "src/dir"] {
            std::os::unix::fs::chown(fixture.path(below), Some(1234), Some(2345)).unwrap();
        }
        set_mode(&fixture.path("src/dir/theirs"), 0o4755);
        fixture.job();
        fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
        for below in ["dst/dir/theirs", "dst/dir"] {
            let meta = fs::metadata(fixture.path(below)).unwrap();
            assert_eq!((meta.uid(), meta.gid()), (1234, 2345), "{below}");
        }
        let meta = fs::metadata(fixture.path("dst/dir/theirs")).unwrap();
        assert_eq!(meta.permissions().mode() & 0o7777, 0o4755);
    }
    // root's, and for everybody to read
    let fixture = Fixture::with_rights();
    fixture.job();
    fixture.ferry("add-file jobs/j.db /etc/passwd").ends_with(0);
    let copied = fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    assert!(
        copied.err.contains("owners not kept, of files: 1"),
        "{}",
        copied.err
    );
    assert_ne!(fs::metadata(fixture.path("dst/passwd")).unwrap().uid(), 0);
}

/// In a namespace of its own, where root, or who may be root there, may mount.
#[test]
fn r94_a_read_only_destination_has_its_exit_code() {
    let fixture = Fixture::new();
    fixture.fill("src", 3);
    fixture.job();
    fs::create_dir(fixture.path("ro")).unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let namespaces = if is_root { "-m" } else { "-rm" };
    let in_its_own = |then: &[&str]| {
        let mount = "mount -t tmpfs none ro && mkdir ro/there && mount -o remount,ro ro && \"$@\"";
        fixture
            .program("unshare")
            .args([namespaces, "sh", "-c", mount, "sh"])
            .args(then)
            .output()
            .unwrap()
    };
    let tried = in_its_own(&["true"]);
    assert!(tried.status.success(), "nobody may mount here: {tried:?}");
    for dest in ["ro/there", "ro/not-yet"] {
        let ferry = env!("CARGO_BIN_EXE_ferry");
        let ended = in_its_own(&[ferry, "copy", "jobs/j.db", "--dest", dest, "--wait", "0s"]);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(5), "{dest}: {said}");
        assert!(said.contains("ead-only"), "{dest}: {said}");
    }
}
