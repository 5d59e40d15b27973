//! What every command promises to whoever runs it: help, JSON by the published schema, dry runs that change nothing,
//! no question without a terminal, exit codes as listed; and what is made from the command tree is up to date.

use std::{collections::BTreeSet, fs, path::Path, process::Stdio, time::Duration};

use clap::Command;
use ferry_cli::{
    command::{CompletionShell, command_tree, documents},
    exit::ExitCode,
};

use crate::fixture::Fixture;

/// Every command that does something, by its words, and arguments that make it do it on the fixture of [`fixture`].
const LINES: [(&str, &str); 38] = [
    ("run", "src fresh --job r"),
    ("preflight", "src dst"),
    ("init", "--job-dir jobs --job-name new"),
    ("job init", "--job-dir jobs --job-name new"),
    ("job list", "--job-dir jobs"),
    ("job show", "jobs/j.db"),
    ("job remove", "jobs/j.db --yes"),
    ("job add-source", "jobs/j.db src"),
    ("job add-file", "jobs/j.db src/d0/e0/f0"),
    ("job remove-file", "jobs/j.db d0/e0/f0"),
    ("job list-files", "jobs/j.db"),
    ("job regenerate", "jobs/j.db"),
    ("add-source", "jobs/j.db src"),
    ("add-file", "jobs/j.db src/d0/e0/f0"),
    ("list-files", "jobs/j.db"),
    ("remove-file", "jobs/j.db d0/e0/f0"),
    ("analyze", "jobs/j.db"),
    ("checksum", "jobs/j.db"),
    ("copy", "jobs/j.db"),
    ("resume", "jobs/j.db"),
    ("verify", "jobs/j.db"),
    ("deep-verify", "jobs/j.db"),
    ("verify-status", "jobs/j.db"),
    ("deep-verify-status", "jobs/j.db"),
    ("status", "jobs/j.db"),
    ("log", "jobs/j.db"),
    ("summary", "jobs/j.db --html"),
    ("pool add", "jobs/j.db old"),
    ("pool list", "jobs/j.db"),
    ("pool has", "jobs/j.db p"),
    ("pool ensure-checksums", "jobs/j.db"),
    ("add-to-destination-index-pool", "jobs/j.db old"),
    (
        "import-checksums",
        "jobs/j.db --from jobs/checksum-cache.db",
    ),
    ("regenerate", "jobs/j.db --trust checksum"),
    ("config show", "--origin"),
    ("config check", ""),
    ("config path", ""),
    ("config generate", "made.yaml --defaults"),
];

/// Those that leave the fixture as no other can use it.
const TAKES_AWAY: [&str; 3] = ["job remove", "job remove-file", "remove-file"];

/// Those that print a file as it is, and take no job.
const PRINTED: [&str; 4] = ["generate-config", "completions", "json-schema", "man"];

fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.fill("src", 9);
    fixture.write("old/p", b"pool");
    fixture.job();
    fixture.ferry("copy jobs/j.db --dest dst").ends_with(0);
    fixture.ferry("pool add jobs/j.db old").ends_with(0);
    fixture.write("src/late", b"late");
    fixture.ferry("add-source jobs/j.db src").ends_with(0);
    fixture
}

fn leaves(command: &Command, above: &str, found: &mut BTreeSet<String>) {
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        let name = format!("{above}{}", below.get_name());
        match below.has_subcommands() {
            true => leaves(below, &format!("{name} "), found),
            false => drop(found.insert(name)),
        }
    }
}

fn line(words: &str, arguments: &str, more: &str) -> String {
    [words, arguments, more]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_command_is_held_to_the_contract() {
    let mut all = BTreeSet::new();
    leaves(&command_tree(), "", &mut all);
    let held: BTreeSet<String> = LINES
        .iter()
        .map(|(words, _)| (*words).to_owned())
        .chain(PRINTED.map(str::to_owned))
        .collect();
    assert_eq!(all, held);
}

#[test]
fn r47_every_command_answers_in_json_by_the_published_schema() {
    let schema: serde_json::Value = serde_json::from_str(&documents::schema_text()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let shared = fixture();
    for (words, arguments) in LINES {
        let own = TAKES_AWAY.contains(&words).then(fixture);
        let fixture = own.as_ref().unwrap_or(&shared);
        let answer = fixture.ferry(&line(words, arguments, "--json"));
        assert!([0, 9].contains(&answer.code), "{words}: {answer:#?}");
        assert!(!answer.out.is_empty() || words == "job list", "{words}");
        for line in answer.lines() {
            assert!(validator.is_valid(&line), "{words}: {line:#}");
        }
    }
    let failed = Fixture::new().ferry("status nothing --json").ends_with(10);
    assert_eq!(failed.json()["message_type"], "exit_error");
    assert!(validator.is_valid(&failed.json()));
}

#[test]
fn r35_no_dry_run_of_any_command_changes_a_file() {
    let fixture = fixture();
    let all = |fixture: &Fixture| {
        let mut files = fixture.tree("");
        // readers of the databases leave their shared memory behind
        files.retain(|path, _| {
            !path.to_string_lossy().ends_with("-shm") && !path.to_string_lossy().ends_with("-wal")
        });
        files
    };
    let before = all(&fixture);
    for (words, arguments) in LINES {
        let answer = fixture.ferry(&line(words, arguments, "--dry-run"));
        assert!([0, 9].contains(&answer.code), "{words}: {answer:#?}");
        let after = all(&fixture);
        let changed: Vec<_> = after
            .iter()
            .filter(|(path, content)| before.get(*path) != Some(content))
            .map(|(path, _)| path)
            .collect();
        assert!(
            changed.is_empty() && after.len() == before.len(),
            "{words}: {changed:?}"
        );
    }
}

#[test]
fn r77_no_command_waits_for_input_that_cannot_come() {
    let lines = LINES
        .iter()
        .map(|(words, arguments)| {
            line(
                words,
                &arguments.replace(" --yes", "").replace(" --defaults", ""),
                "",
            )
        })
        .chain(
            [
                "copy jobs/j.db --no-resume",
                "generate-config x.yaml",
                "resume",
                "status",
                "",
            ]
            .map(str::to_owned),
        );
    let fixture = fixture();
    for line in lines {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let mut running = fixture
            .command(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let ended = crate::fixture::ends_within(&mut running, Duration::from_secs(60));
        let code = ended.unwrap_or_else(|| panic!("{line}: still waits"));
        let known = ExitCode::ALL.map(|code| i32::from(code.number()));
        assert!(known.contains(&code), "{line}: {code}");
    }
}

#[test]
fn help_of_every_command_is_as_it_was_last_read() {
    let mut all = BTreeSet::new();
    leaves(&command_tree(), "", &mut all);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let write_anew = std::env::vars().any(|(name, _)| name == "FERRY_TEST_WRITE_HELP");
    if write_anew {
        fs::create_dir_all(&folder).unwrap();
    }
    let mut names = BTreeSet::new();
    for words in all.iter().map(String::as_str).chain([""]) {
        let name = format!("ferry {words}").trim().replace(' ', "-");
        let cases = folder.join(format!("{name}.trycmd"));
        names.insert(cases.file_name().unwrap().to_owned());
        if write_anew {
            let told = Fixture::new()
                .ferry(line(words, "--help", "").trim())
                .ends_with(0);
            let shown = line("ferry", words, "--help");
            fs::write(
                &cases,
                format!("```\n$ {shown}\n{}\n\n```\n", told.out.trim_end()),
            )
            .unwrap();
        }
    }
    let there: BTreeSet<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(
        there, names,
        "write them anew: FERRY_TEST_WRITE_HELP=1 cargo test … help_of_every_command"
    );
    trycmd::TestCases::new().case(folder.join("*.trycmd"));
}

#[test]
fn r104_pages_completions_and_schema_are_made_from_this_command_tree() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let made_anew = "run `cargo xtask docs`";
    let mut pages = BTreeSet::new();
    for (name, page) in documents::man_pages().unwrap() {
        assert!(
            fs::read(docs.join("man").join(&name)).ok().as_ref() == Some(&page),
            "{name}: {made_anew}"
        );
        pages.insert(name);
    }
    let there: BTreeSet<String> = fs::read_dir(docs.join("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, pages);
    for (shell, name) in [
        (CompletionShell::Bash, "ferry.bash"),
        (CompletionShell::Zsh, "_ferry"),
        (CompletionShell::Fish, "ferry.fish"),
        (CompletionShell::Powershell, "ferry.ps1"),
    ] {
        assert!(
            fs::read(docs.join("completions").join(name)).unwrap()
                == documents::completion_script(shell),
            "{name}: {made_anew}"
        );
    }
    assert!(
        fs::read_to_string(docs.join("ferry-messages.schema.json")).unwrap()
            == documents::schema_text(),
        "{made_anew}"
    );
}

#[test]
fn every_exit_code_is_produced_and_no_other() {
    let mut seen = BTreeSet::new();
    let fixture = fixture();
    seen.insert(fixture.ferry("status jobs/j.db").ends_with(0).code);
    fixture.write("damaged.db", &[9; 4096]);
    seen.insert(fixture.ferry("status damaged.db").ends_with(1).code);
    seen.insert(
        fixture
            .ferry("copy jobs/j.db --threads none")
            .ends_with(2)
            .code,
    );
    fixture.write("dst/late", b"foreign content");
    seen.insert(fixture.ferry("copy jobs/j.db").ends_with(3).code);
    fixture.remove("dst/d1");
    seen.insert(fixture.ferry("verify jobs/j.db").ends_with(4).code);
    fixture.write("many/a", b"a");
    fixture.write("many/b", b"b");
    fixture.write("taken/a", b"other");
    fixture.write("taken/b", b"others");
    seen.insert(
        fixture
            .ferry("run many taken --max-errors 1")
            .ends_with(5)
            .code,
    );
    seen.insert(fixture.ferry("run nowhere dst").ends_with(6).code);
    seen.insert(fixture.ferry("run src src/inside").ends_with(7).code);
    fixture.ferry("run old dst9").ends_with(0);
    seen.insert(
        fixture
            .ferry("run old dst9 --error-on-no-transfer")
            .ends_with(9)
            .code,
    );
    seen.insert(fixture.ferry("status jobs/nothing.db").ends_with(10).code);
    fixture.write("big/large", &vec![1; 4_000_000]);
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut running = fixture.start("run big dst8 --job-dir jobs --job b --bwlimit 200KB --buffer-size 4096 --no-preflight --json");
        crate::crashes::wait_for_lines(&mut running, 4);
        seen.insert(fixture.ferry("copy jobs/b.db").ends_with(11).code);
        rustix::process::kill_process(rustix::process::Pid::from_child(&running), signal).unwrap();
        seen.insert(running.wait().unwrap().code().unwrap());
    }
    let known = ExitCode::ALL.map(|code| i32::from(code.number()));
    assert_eq!(seen, known.into_iter().collect());
}

#[test]
fn r58_variables_of_its_own_set_options_and_old_names_are_refused() {
    let fixture = Fixture::new();
    let shown = |name: &str, value: &str| {
        let mut command = fixture.command(["config", "show", "--origin"]);
        let output = command.env(name, value).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let own = shown("FERRY_CLI_THREADS", "7");
    assert!(own.contains("environment FERRY_CLI_THREADS"), "{own}");
    let of_the_server = shown("FERRY_LISTEN", "127.0.0.1:1");
    assert!(!of_the_server.contains("environment FERRY"));
    assert!(of_the_server.contains("threads"), "{of_the_server}");
    let with_old = |variables: &[(&str, &str)], line: &[&str]| {
        let mut command = fixture.command(line);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    };
    let old = ("FERRY_DRY_RUN", "true");
    let (code, told) = with_old(&[old], &["config", "show"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("FERRY_DRY_RUN is called FERRY_CLI_DRY_RUN now"),
        "{told}"
    );
    let both = [old, ("FERRY_CLI_DRY_RUN", "true")];
    assert_eq!(with_old(&both, &["config", "show"]).0, Some(0));
    assert_eq!(with_old(&[old], &["--help"]).0, Some(0));
    let typo = fixture
        .command(["status", "j"])
        .env("FERRY_CLI_CONFIG", "not/there.yaml")
        .output()
        .unwrap();
    assert_eq!(typo.status.code(), Some(2), "{typo:?}");
}
