//! What a job learns from elsewhere, or anew: R53-R57, R99, R100.

use std::{fs, process::Command};

use crate::fixture::{Fixture, content};

fn pooled() -> Fixture {
    let fixture = Fixture::new();
    for number in 0..10 {
        fixture.write(&format!("src/{number}"), &content(number, 4_000));
        if number < 5 {
            fixture.write(&format!("old/backup/{number}"), &content(number, 4_000));
        }
    }
    fixture.job();
    fixture
}

#[test]
fn r53_a_pool_is_indexed_again_without_a_change_and_asked_for_paths() {
    let fixture = pooled();
    let first = fixture
        .ferry("pool add jobs/j.db old --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&first["files"], &first["added_files"]),
        (&5.into(), &5.into())
    );
    let again = fixture
        .ferry("add-to-destination-index-pool jobs/j.db old --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&again["files"], &again["added_files"]),
        (&5.into(), &0.into())
    );
    let listed = fixture
        .ferry("pool list jobs/j.db --json")
        .ends_with(0)
        .lines();
    assert_eq!((listed.len(), &listed[0]["files"]), (1, &5.into()));
    fixture.ferry("pool has jobs/j.db backup/3").ends_with(0);
    fixture
        .ferry("pool has jobs/j.db old/backup/3")
        .ends_with(0);
    fixture
        .ferry("pool has jobs/j.db backup/3 backup/9")
        .ends_with(1);
    fixture.remove("old/backup/3");
    let gone = fixture
        .ferry("pool add jobs/j.db old --json")
        .ends_with(0)
        .json();
    assert_eq!(gone["missing_files"], 1);
    fixture.ferry("pool has jobs/j.db backup/3").ends_with(1);
    fixture.ferry("pool add jobs/j.db nowhere").ends_with(6);
}

#[test]
fn r54_the_pool_index_holds_no_checksums() {
    let fixture = pooled();
    fixture.ferry("pool add jobs/j.db old").ends_with(0);
    fixture
        .ferry("pool ensure-checksums jobs/j.db")
        .ends_with(0);
    let database = fixture.database("jobs/j.db");
    let mut statement = database.prepare("SELECT * FROM destination_file").unwrap();
    let columns: Vec<String> = statement
        .column_names()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(columns, ["root", "path", "size_bytes", "mtime_ns"]);
    assert_eq!(
        statement.query([]).unwrap().next().unwrap().map(|_| ()),
        Some(())
    );
}

#[test]
fn r55_pool_checksums_are_computed_once() {
    let fixture = pooled();
    fixture.ferry("pool add jobs/j.db old").ends_with(0);
    let first = fixture
        .ferry("pool ensure-checksums jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(first["hashed_files"], 5);
    let again = fixture
        .ferry("pool ensure-checksums jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&again["hashed_files"], &again["read_bytes"]),
        (&0.into(), &0.into())
    );
    fixture.write("old/backup/3", b"touched");
    fixture.ferry("pool add jobs/j.db old").ends_with(0);
    let touched = fixture
        .ferry("pool ensure-checksums jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&touched["hashed_files"], &touched["read_bytes"]),
        (&1.into(), &7.into())
    );
}

#[test]
fn r56_content_in_the_pool_is_not_written_again_and_stays_verifiable() {
    let fixture = pooled();
    fixture.ferry("pool add jobs/j.db old").ends_with(0);
    fixture
        .ferry("pool ensure-checksums jobs/j.db")
        .ends_with(0);
    fixture
        .ferry("copy jobs/j.db --dest dst --dedup skip")
        .ends_with(0);
    assert_eq!(fixture.tree("dst").len(), 5);
    let moved = fixture.number("SELECT sum(moved_bytes) FROM attempt");
    assert_eq!(
        moved * 2,
        fixture.number("SELECT sum(size_bytes) FROM source_file")
    );
    let said = fixture
        .ferry("list-files jobs/j.db --status deduplicated --json")
        .ends_with(0)
        .lines();
    assert!(
        said.len() == 5
            && said.iter().all(|file| file["message"]
                .as_str()
                .unwrap()
                .contains("in the pool at backup/"))
    );
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(0);
    // the other half of a promise: a pool file that changed is found, and one that changed before is not believed
    fixture.write("old/backup/1", b"other");
    fixture
        .ferry("verify jobs/j.db --stage deep --reverify")
        .ends_with(4);
}

#[test]
fn r57_checksums_come_from_other_jobs_and_lists_and_count_while_the_file_is_the_same() {
    let fixture = Fixture::new();
    fixture.fill("src", 12);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    // another job in another directory, with a cache of its own
    fixture
        .ferry("init --job-dir more --job-name k")
        .ends_with(0);
    fixture.ferry("add-source more/k.db src").ends_with(0);
    let import = |from: &str| {
        fixture
            .ferry(&format!("import-checksums more/k.db --from {from} --json"))
            .ends_with(0)
            .json()
    };
    let first = import("jobs/j.db");
    assert_eq!(
        (&first["values"], &first["changed_values"]),
        (&24.into(), &24.into())
    );
    assert_eq!(import("jobs/j.db")["changed_values"], 0);
    let hashed = fixture
        .ferry("checksum more/k.db --json")
        .ends_with(0)
        .json();
    assert_eq!(hashed["read_bytes"], 0, "imported values count");
    fixture.write("src/d1/e1/f1", b"changed since");
    let hashed = fixture
        .ferry("checksum more/k.db --json")
        .ends_with(0)
        .json();
    assert_eq!(hashed["hashed_files"], 1, "and no longer than that");
    assert_eq!(
        import("jobs/j.db")["changed_values"],
        0,
        "a later value of our own stays"
    );
    assert_eq!(import("jobs/checksum-cache.db")["changed_values"], 0);
}

#[test]
fn r57_lists_of_other_programs_are_taken_over_for_files_that_did_not_change() {
    let fixture = Fixture::new();
    fixture.fill("src", 6);
    fixture.write("src/with, comma", b"comma");
    fixture
        .ferry("init --job-dir jobs --job-name j")
        .ends_with(0);
    fixture.ferry("add-source jobs/j.db src").ends_with(0);
    let list = |program: &str, name: &str| {
        let made = Command::new("sh")
            .arg("-c")
            .arg(format!("cd src && {program} > ../{name}"))
            .current_dir(fixture.path(""))
            .status()
            .unwrap();
        assert!(made.success());
    };
    list("find . -type f -exec sha256sum {} +", "SHA256SUMS");
    fs::rename(fixture.path("SHA256SUMS"), fixture.path("src/SHA256SUMS")).unwrap();
    fixture.write("src/d1/e1/f1", b"changed after the list was made");
    let imported = fixture
        .ferry("import-checksums jobs/j.db --from src/SHA256SUMS --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (
            &imported["values"],
            &imported["changed_values"],
            &imported["skipped_values"]
        ),
        (&7.into(), &6.into(), &1.into())
    );
    let hashed = fixture
        .ferry("checksum jobs/j.db --hash sha256 --json")
        .ends_with(0)
        .json();
    assert_eq!(hashed["hashed_files"], 1);
    // hashdeep's form, without the program
    let sum = |bytes: &[u8]| ferry_cli::path::hex(ring_sha256(bytes).as_ref());
    let path = fixture.path("src/with, comma");
    let text = format!(
        "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## x\n5,00,{},{}\n6,00,{},{}\n",
        sum(b"comma"),
        path.display(),
        sum(b"comma"),
        path.display()
    );
    fixture.write("deep.txt", text.as_bytes());
    let imported = fixture
        .ferry("import-checksums jobs/j.db --from deep.txt --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&imported["values"], &imported["skipped_values"]),
        (&2.into(), &1.into())
    );
    // neither a list nor a database
    fixture.write("noise", b"hello\nworld\n");
    fixture.write("broken.db", b"SQLite format 3\0 and then noise");
    let before = fixture
        .database("jobs/checksum-cache.db")
        .query_row("SELECT count(*) FROM checksum", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap();
    for bad in ["noise", "broken.db"] {
        let refused = fixture
            .ferry(&format!("import-checksums jobs/j.db --from {bad}"))
            .ends_with(1);
        assert!(refused.err.contains(bad), "{}", refused.err);
    }
    fixture
        .ferry("import-checksums jobs/j.db --from nowhere")
        .ends_with(6);
    let after = fixture
        .database("jobs/checksum-cache.db")
        .query_row("SELECT count(*) FROM checksum", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap();
    assert_eq!(before, after);
}

fn ring_sha256(bytes: &[u8]) -> [u8; 32] {
    ferry_cli::engine::hasher::checksum_of(ferry_cli::settings::Algorithm::Sha256, bytes)
}

#[test]
fn r99_regenerate_says_what_is_true_and_keeps_what_was() {
    let fixture = Fixture::new();
    fixture.fill("src", 30);
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    // the ledger is wrong in every way
    fixture.database("jobs/j.db").execute_batch("UPDATE copy_status SET state = 0 WHERE file < 8; UPDATE copy_status SET state = 6 WHERE file IN (10, 11);").unwrap();
    fixture.remove("dst/d3");
    fixture.remove("src/d5/e2/f5");
    fixture.remove("dst/d5/e2/f5");
    fixture.write("src/new", b"new");
    for trust in ["size,mtime", "checksum"] {
        fixture
            .ferry(&format!("regenerate jobs/j.db --trust {trust}"))
            .ends_with(0);
        let (source, there) = (fixture.tree("src"), fixture.tree("dst"));
        let status = fixture.ferry("status jobs/j.db --json").ends_with(0).json();
        let of = |state: &str| status["states"][state]["files"].as_u64().unwrap();
        let present = source
            .iter()
            .filter(|(path, content)| there.get(*path) == Some(content))
            .count() as u64;
        assert_eq!(of("done") + of("skipped"), present, "{trust}: {status}");
        assert_eq!(
            of("pending"),
            source.len() as u64 - present,
            "{trust}: {status}"
        );
        assert_eq!(
            (of("missing"), of("error"), of("in_progress")),
            (1, 0, 0),
            "{trust}: {status}"
        );
        fixture.ferry("log jobs/j.db --verify").ends_with(0);
    }
    assert!(fixture.path("jobs/j.db.before-regenerate-1.bak").exists());
    let before: i64 = fixture
        .database("jobs/j.db.before-regenerate-1.bak")
        .query_row(
            "SELECT count(*) FROM copy_status WHERE state = 6",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(before, 2);
    fixture.ferry("copy jobs/j.db").ends_with(0);
    for (path, content) in fixture.tree("src") {
        assert_eq!(fixture.tree("dst").get(&path), Some(&content));
    }
}

#[test]
fn r100_moved_files_are_known_by_their_content_and_nothing_is_invented() {
    let fixture = Fixture::new();
    for number in 0..6 {
        fixture.write(&format!("src/{number}"), &content(number, 3_000));
    }
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    // moved at the destination, moved at the source, and one that only looks alike
    fs::create_dir(fixture.path("dst/sorted")).unwrap();
    fs::rename(fixture.path("dst/1"), fixture.path("dst/sorted/one")).unwrap();
    fs::rename(fixture.path("src/2"), fixture.path("src/two")).unwrap();
    let alike = fs::metadata(fixture.path("src/3")).unwrap();
    fixture.remove("dst/3");
    fixture.write("dst/sorted/three", &content(9, 3_000));
    fs::File::options()
        .write(true)
        .open(fixture.path("dst/sorted/three"))
        .unwrap()
        .set_modified(alike.modified().unwrap())
        .unwrap();
    let done = fixture
        .ferry("regenerate jobs/j.db --trust checksum --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&done["moved_files"], &done["pending_files"]),
        (&2.into(), &1.into()),
        "{done}"
    );
    let state = |path: &str| {
        let files = fixture
            .ferry("list-files jobs/j.db --json")
            .ends_with(0)
            .lines();
        files
            .iter()
            .find(|file| file["file"]["path"] == path)
            .unwrap()["state"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        [state("1"), state("two"), state("3"), state("2")],
        ["done", "done", "pending", "done"]
    );
    fixture.remove("dst/2");
    fixture
        .ferry("regenerate jobs/j.db --trust checksum")
        .ends_with(0);
    assert_eq!(
        (state("2"), state("two")),
        ("missing".to_owned(), "pending".to_owned())
    );
}

/// Makes a file that was just written so many seconds older.
fn set_age(path: &std::path::Path, secs: u64) {
    let file = fs::File::options().write(true).open(path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - std::time::Duration::from_secs(secs))
        .unwrap();
}

#[test]
fn r57_the_old_checksum_of_a_source_that_changed_is_not_taken_over() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"first");
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.write("src/a", b"other");
    fixture.ferry("analyze jobs/j.db").ends_with(0);
    fixture
        .ferry("init --job-dir more --job-name k")
        .ends_with(0);
    fixture.ferry("add-source more/k.db src").ends_with(0);
    let imported = fixture
        .ferry("import-checksums more/k.db --from jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(imported["values"], 0, "{imported}");
    fixture
        .ferry("copy more/k.db --dest dst --on-conflict source")
        .ends_with(0);
    assert_eq!(fs::read(fixture.path("dst/a")).unwrap(), b"other");
}

#[test]
fn r57_a_list_that_was_copied_along_says_nothing_of_the_copy() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"what the copy became");
    let origin = ferry_cli::path::hex(&ring_sha256(b"what the origin is"));
    fixture.write("src/SHA256SUMS", format!("{origin}  a\n").as_bytes());
    set_age(&fixture.path("src/a"), 7_200);
    set_age(&fixture.path("src/SHA256SUMS"), 3_600);
    fixture.job();
    let imported = fixture
        .ferry("import-checksums jobs/j.db --from src/SHA256SUMS --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (&imported["values"], &imported["skipped_values"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn r99_what_changed_at_the_source_is_not_done_by_the_checksum_of_its_earlier_copy() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"first");
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.write("src/a", b"other");
    let changed = fs::metadata(fixture.path("src/a")).unwrap();
    let copy = fs::File::options()
        .write(true)
        .open(fixture.path("dst/a"))
        .unwrap();
    copy.set_modified(changed.modified().unwrap()).unwrap();
    fixture
        .ferry("regenerate jobs/j.db --trust size,mtime")
        .ends_with(0);
    let file = fixture
        .ferry("list-files jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(file["state"], "skipped", "size and time alone speak for it");
    assert_eq!(
        fixture.number("SELECT count(*) FROM copy_status WHERE checksum IS NOT NULL"),
        0
    );
}

#[test]
fn r100_the_copy_of_one_file_is_not_the_place_of_another() {
    let fixture = Fixture::new();
    fixture.write("src/a", b"the same");
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.write("src/b", b"the same");
    let done = fixture
        .ferry("regenerate jobs/j.db --trust checksum --json")
        .ends_with(0)
        .json();
    assert_eq!(
        (
            &done["present_files"],
            &done["moved_files"],
            &done["pending_files"]
        ),
        (&1.into(), &0.into(), &1.into()),
        "{done}"
    );
    fixture.ferry("copy jobs/j.db").ends_with(0);
    assert_eq!(fixture.tree("dst"), fixture.tree("src"));
}
