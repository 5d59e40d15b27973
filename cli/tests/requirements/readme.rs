//! The README's section on `ferry` is real: its commands run here, and print what stands there but for numbers.

use std::{fs, path::Path};

use crate::fixture::Fixture;

/// Numbers, units, times and identities differ from run to run; words and their order do not.
fn masked(text: &str) -> Vec<String> {
    let differs =
        |word: &str| word.starts_with('/') || word.bytes().any(|byte| byte.is_ascii_digit());
    let mask = |word: &str| match differs(word) {
        true => "#".to_owned(),
        false => match word.trim_end_matches([',', ';']) {
            "file" => "files".to_owned(),
            "B" | "KiB" | "MiB" | "GiB" | "TiB" | "KiB/s" | "MiB/s" | "GiB/s" | "B/s" | "s"
            | "min" | "h" | "d" => "#".to_owned(),
            _ => word.to_owned(),
        },
    };
    let line = |line: &str| {
        // what limits a machine is that machine's own
        let line = line
            .split_once("limited by")
            .map_or(line, |(before, _)| before);
        let mut words: Vec<String> = line.split_whitespace().map(mask).collect();
        words.dedup_by(|later, earlier| later == "#" && earlier == "#");
        words.join(" ")
    };
    text.lines().map(line).collect()
}

/// Commands and what they print, from the block under the heading.
fn shown() -> Vec<(String, String)> {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let section = readme.split("\n## Folders in a terminal").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut shown: Vec<(String, String)> = Vec::new();
    for block in section.split("```console\n").skip(1) {
        for line in block.split("\n```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => shown.push((command.to_owned(), String::new())),
                None => {
                    let (_, output) = shown.last_mut().unwrap();
                    output.push_str(line);
                    output.push('\n');
                }
            }
        }
    }
    shown
}

#[test]
fn r104_the_readmes_section_is_what_ferry_prints() {
    let fixture = Fixture::new();
    let ferry = Path::new(env!("CARGO_BIN_EXE_ferry")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(ferry.to_owned()).chain(std::env::split_paths(&path)))
            .unwrap();
    let shown = shown();
    assert!(shown.len() >= 8, "{shown:#?}");
    for (command, wanted) in shown {
        let output = fixture
            .program("sh")
            .args(["-c", &format!("exec 2>&1; {command}")])
            .env("PATH", &path)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(masked(&printed), masked(&wanted), "$ {command}\n{printed}");
    }
}
