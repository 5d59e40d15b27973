//! `REQUIREMENTS.md` stays true: every requirement is in it, and every test it names exists.

use std::{collections::BTreeSet, fs, path::Path};

/// R71-R86, R88-R90, R95-R97 belong to a later step.
fn wanted() -> BTreeSet<u32> {
    (1..=70)
        .chain([87])
        .chain(91..=94)
        .chain(98..=105)
        .collect()
}

fn sources(below: &Path, text: &mut String) {
    for entry in fs::read_dir(below).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn r102_every_requirement_is_in_the_table_and_every_test_it_names_exists() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(top.join("REQUIREMENTS.md")).unwrap();
    let mut code = String::new();
    for room in ["src", "tests"] {
        sources(&top.join(room), &mut code);
    }
    let mut found = BTreeSet::new();
    for line in table.lines().filter(|line| line.starts_with("| R")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _, tests] = cells[..] else {
            panic!("three columns: {line}");
        };
        assert!(
            found.insert(number[1..].parse::<u32>().unwrap()),
            "twice: {line}"
        );
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {line}");
        for name in names {
            assert!(
                code.contains(&format!("fn {name}(")),
                "{number}: there is no test {name}"
            );
        }
    }
    assert_eq!(found, wanted());
}

#[test]
fn r101_the_performance_report_names_the_command_that_makes_it() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let report = fs::read_to_string(docs.join("performance-cli.md")).unwrap();
    for part in ["cargo xtask bench cli", "## Taken over, and refused"] {
        assert!(report.contains(part), "{part}");
    }
}

#[test]
fn r103_the_tests_of_this_crate_are_part_of_the_one_command() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ci = fs::read_to_string(top.join(".ci/run")).unwrap();
    assert!(ci.contains("xtask test"), "{ci}");
    let members = fs::read_to_string(top.join("xtask/src/test.rs")).unwrap();
    assert!(members.contains("\"--workspace\"") && !members.contains("\"ferry-cli\""));
}
