//! A job of very many files, in memory and time. `FERRY_TEST_SCALE_FILES` sets how many; the soak takes a million and
//! reads the figures, every day only that it works.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use crate::{fixture::Fixture, real_tree::asked};

fn grow(top: &Path, files: u64) {
    for number in 0..files {
        let dir = top.join(format!(
            "{:03}/{:03}",
            number / 100_000,
            number / 100 % 1_000
        ));
        if number % 100 == 0 {
            fs::create_dir_all(&dir).unwrap();
        }
        fs::write(dir.join(format!("{number:07}")), number.to_string()).unwrap();
    }
}

/// The most that it had resident so far, in MiB; none once it ended.
fn resident_mib(running: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

/// Whether it has a new file of the destination open.
fn writes(running: &Child) -> bool {
    let open = fs::read_dir(format!("/proc/{}/fd", running.id()));
    open.into_iter().flatten().flatten().any(|entry| {
        fs::read_link(entry.path()).is_ok_and(|path| path.to_string_lossy().contains(".ferry-part"))
    })
}

#[test]
fn r43_very_many_files_need_little_memory_and_are_resumed_and_told_of_at_once() {
    let files = asked("FERRY_TEST_SCALE_FILES", 2_000);
    let fixture = Fixture::new();
    grow(&fixture.path("src"), files);
    fixture.job();
    let mut running = fixture
        .start("copy jobs/j.db --dest dst --json --no-preflight --durability none --threads 4");
    let mut reader = BufReader::new(running.stdout.take().unwrap());
    let (mut line, mut ended, mut most_mib) = (String::new(), 0, 0);
    while ended < files * 9 / 10 && reader.read_line(&mut line).unwrap() > 0 {
        if line.contains("\"message_type\":\"file\"") {
            ended += 1;
            if ended % 1_000 == 0 {
                most_mib = resident_mib(&running).unwrap_or(0).max(most_mib);
            }
        }
        line.clear();
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let done = fixture.number("SELECT count(*) FROM copy_status WHERE state = 2");
    assert!(
        u64::try_from(done).unwrap() >= files * 8 / 10,
        "{done} are done"
    );

    let began = Instant::now();
    fixture.ferry("status jobs/j.db").ends_with(0);
    let status = began.elapsed();

    let began = Instant::now();
    let mut resumed = fixture
        .command(["resume", "jobs/j.db", "--quiet"])
        .spawn()
        .unwrap();
    let mut first = None;
    let code = loop {
        if first.is_none() && writes(&resumed) {
            first = Some(began.elapsed());
        }
        most_mib = resident_mib(&resumed).unwrap_or(0).max(most_mib);
        if let Some(status) = resumed.try_wait().unwrap() {
            break status.code();
        }
        std::thread::park_timeout(Duration::from_millis(2));
    };
    assert_eq!(code, Some(0));
    let done = fixture.number("SELECT count(*) FROM copy_status WHERE state = 2");
    assert_eq!(u64::try_from(done).unwrap(), files);

    let mut list = String::new();
    for number in 0..files {
        list.push_str(&format!(
            "{number:064x}  {:03}/{:03}/{number:07}\n",
            number / 100_000,
            number / 100 % 1_000
        ));
    }
    fixture.write("src/list.b3", list.as_bytes());
    let began = Instant::now();
    let imported = fixture
        .ferry("import-checksums jobs/j.db --from src/list.b3 --json")
        .ends_with(0)
        .json();
    let import = began.elapsed();
    assert_eq!(imported["values"], files);
    let first = first.map_or_else(
        || "not seen".to_owned(),
        |first| format!("{:.2} s (bar 3)", first.as_secs_f64()),
    );
    eprintln!(
        "{files} files: {most_mib} MiB resident at most (bar 150); status {:.3} s (bar 0.2); first new file after a kill at 90 %: {first}; import of as many checksums {:.1} s (bar 10 for a million)",
        status.as_secs_f64(),
        import.as_secs_f64()
    );
}
