//! One job through a bad night, on real files: killed, its disk gone and back, resumed, verified, and at the end held
//! against `find` and `sha256sum`. `FERRY_TEST_TREE_FILES` and `FERRY_TEST_TREE_MIB` set how large the tree is.

use std::{fs, io::Write as _, path::Path, time::Instant};

use crate::{crashes::wait_for_lines, fixture::Fixture};

/// A number of the environment, or the one for every day.
pub(crate) fn asked(name: &str, otherwise: u64) -> u64 {
    let found = std::env::vars().find(|(known, _)| known == name);
    found.map_or(otherwise, |(_, value)| value.parse().unwrap())
}

/// One file in a hundred has nine tenths of the bytes, as on most disks.
fn grow(top: &Path, files: u64, size_bytes: u64) {
    let large = (size_bytes * 9 / 10) / files.div_ceil(100);
    let small = size_bytes / 10 / files;
    let mut state = 0x5EED_u64;
    let mut block = vec![0_u8; 1 << 16];
    for number in 0..files {
        let dir = top.join(format!("year {}/day {}", number / 10_000, number / 100));
        fs::create_dir_all(&dir).unwrap();
        let mut left = match number % 100 {
            0 => large + number,
            _ => small / 2 + (number * 7_919) % small.max(1),
        };
        let mut file = fs::File::create(dir.join(format!("{number}.raw"))).unwrap();
        while left > 0 {
            for word in block.chunks_exact_mut(8) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_le_bytes());
            }
            let now = usize::try_from(left)
                .unwrap_or(block.len())
                .min(block.len());
            file.write_all(&block[..now]).unwrap();
            left -= now as u64;
        }
    }
}

/// The script, which knows the list alone.
fn agreed(fixture: &Fixture, list: &str) -> String {
    fs::write(fixture.path("list.csv"), list).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agrees.sh");
    let output = fixture
        .program("sh")
        .arg(script)
        .args(["src", "dst", "list.csv"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said.trim().to_owned()
}

#[test]
fn r23_after_a_kill_and_a_disk_that_came_back_every_row_is_what_find_and_sha256sum_say() {
    let (files, mib) = (
        asked("FERRY_TEST_TREE_FILES", 1_000),
        asked("FERRY_TEST_TREE_MIB", 24),
    );
    let fixture = Fixture::new();
    grow(&fixture.path("src"), files, mib << 20);
    let began = Instant::now();
    let say = |what: &str| eprintln!("{:7.1} s  {what}", began.elapsed().as_secs_f64());
    fixture.job();
    say(&format!("{files} files, {mib} MiB are listed"));
    let mut running =
        fixture.start("copy jobs/j.db --dest dst --hash sha256 --json --checkpoint-interval 20");
    let moment = u64::from(std::process::id()).wrapping_mul(0x9E37_79B9) % (files * 8 / 10);
    wait_for_lines(&mut running, usize::try_from(moment).unwrap());
    running.kill().unwrap();
    running.wait().unwrap();
    let done = "SELECT count(*) FROM copy_status WHERE state = 2";
    let before = fixture.number(done);
    say(&format!("killed after {moment} lines: {before} are done"));
    fs::rename(fixture.path("dst"), fixture.path("unplugged")).unwrap();
    let gone = fixture.ferry("resume jobs/j.db --wait 0s");
    assert!(gone.code != 0 && gone.err.contains("dst"), "{gone:#?}");
    assert_eq!(
        fixture.number(done),
        before,
        "nothing is done, nothing is taken back"
    );
    fs::rename(fixture.path("unplugged"), fixture.path("dst")).unwrap();
    say(&format!("without its disk: exit code {}", gone.code));
    fixture.ferry("resume jobs/j.db").ends_with(0);
    say("resumed to the end");
    fixture.ferry("verify jobs/j.db --stage deep").ends_with(0);
    say("verified deeply");
    let summary = fixture
        .ferry("summary jobs/j.db --json")
        .ends_with(0)
        .json();
    assert_eq!(summary["counts"]["copied"]["files"], files, "{summary:#}");
    fixture.ferry("log jobs/j.db --verify").ends_with(0);
    let list = fixture.ferry("list-files jobs/j.db --csv").ends_with(0).out;
    let said = agreed(&fixture, &list);
    assert_eq!(said, format!("{files} files agree"));
    say(&said);
}

#[test]
fn r23_the_script_says_no_when_either_side_or_the_list_is_another() {
    let fixture = Fixture::new();
    grow(&fixture.path("src"), 20, 1 << 16);
    fixture.job();
    fixture
        .ferry("copy jobs/j.db --dest dst --hash sha256")
        .ends_with(0);
    let list = fixture.ferry("list-files jobs/j.db --csv").ends_with(0).out;
    assert_eq!(agreed(&fixture, &list), "20 files agree");
    let says_no = |list: &str| std::panic::catch_unwind(|| agreed(&fixture, list)).is_err();
    assert!(says_no(&list.replace(",done,", ",pending,")));
    fixture.write("dst/year 0/day 0/1.raw", b"other");
    assert!(says_no(&list));
}
