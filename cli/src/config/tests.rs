//! Settings over a small command tree: who wins, what is refused and how.

use std::{ffi::OsString, io, path::Path};

use clap::{Arg, ArgAction, Command, value_parser};

use super::*;

fn commands() -> Command {
    let threads = Arg::new("threads").long("threads").global(true);
    let threads = threads
        .value_parser(["auto", "1", "2", "4", "8"])
        .default_value("auto");
    let retries = Arg::new("retries").long("retries").help("How often");
    let retries = retries.value_parser(value_parser!(u32)).default_value("3");
    let dry_run = Arg::new("dry_run")
        .long("dry-run")
        .action(ArgAction::SetTrue);
    let include = Arg::new("include")
        .long("include")
        .action(ArgAction::Append);
    let side = Arg::new("side").long("side").required(true);
    let config = Arg::new("config").long("config").global(true);
    let config = config.value_parser(value_parser!(std::path::PathBuf));
    Command::new("ferry")
        .args([threads, config])
        .subcommand(Command::new("copy").args([retries, dry_run, include]))
        .subcommand(Command::new("checksum").arg(side))
}

fn layer(text: &str) -> Result<Layer, ConfigError> {
    Layer::parse(text, Path::new("ferry.yaml"), &commands())
}

fn line(words: &[&str]) -> Vec<OsString> {
    std::iter::once(&"ferry")
        .chain(words)
        .map(OsString::from)
        .collect()
}

fn parsed(yaml: &str, words: &[&str]) -> Parsed {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.yaml");
    std::fs::write(&file, yaml).unwrap();
    let places = Places {
        user: Some(file),
        system: None,
    };
    parse(&commands(), &line(words), &places, |_| None).unwrap()
}

fn threads(parsed: &Parsed) -> &str {
    let (_, command) = parsed.matches.subcommand().unwrap();
    command.get_one::<String>("threads").unwrap()
}

fn retries(parsed: &Parsed) -> u32 {
    let (_, command) = parsed.matches.subcommand().unwrap();
    *command.get_one::<u32>("retries").unwrap()
}

#[test]
fn r58_a_file_sets_any_option_of_any_command() {
    let of_file = "threads: 4\ncopy:\n  retries: 7\n  include: ['*.jpg', '*.raw']\nchecksum:\n  side: source\n";
    let copy = parsed(of_file, &["copy"]);
    assert_eq!(threads(&copy), "4");
    assert_eq!(retries(&copy), 7);
    let (_, command) = copy.matches.subcommand().unwrap();
    let include: Vec<&String> = command.get_many("include").unwrap().collect();
    assert_eq!(include, ["*.jpg", "*.raw"]);
    let checksum = parsed(of_file, &["checksum"]);
    let (_, command) = checksum.matches.subcommand().unwrap();
    assert_eq!(command.get_one::<String>("side").unwrap(), "source");
}

#[test]
fn r58_a_typed_option_wins_even_with_the_built_in_value() {
    let copy = parsed(
        "threads: 4\nretries: 7\n",
        &["copy", "--threads", "auto", "--retries=3"],
    );
    assert_eq!(threads(&copy), "auto");
    assert_eq!(retries(&copy), 3);
}

#[test]
fn r58_what_a_file_switched_on_a_line_switches_off() {
    let flag = |words: &[&str]| {
        let copy = parsed("dry_run: true\n", words);
        let (_, command) = copy.matches.subcommand().unwrap();
        *command.get_one::<bool>("dry_run").unwrap()
    };
    assert!(flag(&["copy"]));
    assert!(flag(&["copy", "--dry-run"]));
    assert!(!flag(&["copy", "--dry-run=false"]));
}

#[test]
fn r58_the_job_goes_before_files_and_the_users_file_before_the_machines() {
    let dir = tempfile::tempdir().unwrap();
    let places = Places {
        user: Some(dir.path().join("user.yaml")),
        system: Some(dir.path().join("system.yaml")),
    };
    std::fs::write(dir.path().join("user.yaml"), "retries: 5\n").unwrap();
    std::fs::write(
        dir.path().join("system.yaml"),
        "copy: {retries: 6}\nthreads: 2\n",
    )
    .unwrap();
    let of_job = |values: &[(&str, &str)]| {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
        Some(Layer::of(&Origin::Job("photos".to_owned()), values))
    };
    let without_job = parse(&commands(), &line(&["copy"]), &places, |_| None).unwrap();
    assert_eq!((retries(&without_job), threads(&without_job)), (5, "2"));
    let with_job = parse(&commands(), &line(&["copy"]), &places, |_| {
        of_job(&[("threads", "8")])
    })
    .unwrap();
    assert_eq!((retries(&with_job), threads(&with_job)), (5, "8"));
}

#[test]
fn r58_every_value_is_shown_with_its_origin() {
    let shown = parsed("copy:\n  retries: 7\n", &["--threads", "2", "copy"]);
    let environment = |name: &str| (name == "FERRY_CLI_SIDE").then(|| OsString::from("dest"));
    let all = effective(&commands(), &shown, &environment);
    let of = |command: &str, option: &str| {
        let found = all
            .iter()
            .find(|one| one.command == command && one.option == option);
        let found = found.unwrap();
        (found.values.join(" "), found.origin.clone())
    };
    assert_eq!(
        of("", "threads"),
        ("2".to_owned(), "command line".to_owned())
    );
    assert_eq!(
        of("checksum", "side"),
        ("dest".to_owned(), "environment FERRY_CLI_SIDE".to_owned())
    );
    let (retries, origin) = of("copy", "retries");
    assert_eq!(retries, "7");
    assert!(origin.ends_with("config.yaml:2"), "{origin}");
    assert_eq!(
        of("copy", "dry-run"),
        ("false".to_owned(), "built in".to_owned())
    );
}

#[test]
fn r59_an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
    let error = layer("threads: 4\ncopy:\n  retires: 5\n")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "ferry.yaml:3: unknown key \"retires\"; did you mean \"retries\"?"
    );
    let error = layer("\n\nzzz: 1\n").unwrap_err().to_string();
    assert!(
        error.starts_with("ferry.yaml:3: unknown key \"zzz\"; `ferry config generate"),
        "{error}"
    );
}

#[test]
fn r59_a_wrong_type_is_refused_with_its_line() {
    let message = |text: &str| layer(text).unwrap_err().to_string();
    assert_eq!(
        message("# first\ncopy:\n  retries: many\n"),
        "ferry.yaml:3: \"retries\" can not be \"many\": invalid digit found in string"
    );
    assert_eq!(
        message("threads: 5\n"),
        "ferry.yaml:1: \"threads\" can not be \"5\": it wants one of auto, 1, 2, 4, 8"
    );
    assert_eq!(
        message("retries: [1, 2]\n"),
        "ferry.yaml:1: \"retries\" can not be \"1, 2\": it takes one value"
    );
    assert!(message("dry-run: perhaps\n").starts_with("ferry.yaml:1: \"dry-run\" can not be"));
    assert!(message("retries:\n").starts_with("ferry.yaml:1: \"retries\" can not be empty"));
    assert!(message("- a\n- b\n").starts_with("ferry.yaml:1: \"the file\" can not be a list"));
    assert!(
        message("copy: [a\n").contains("not valid YAML"),
        "{}",
        message("copy: [a\n")
    );
    assert!(layer("# nothing\n\n").is_ok());
}

#[test]
fn r59_a_named_file_has_to_be_there() {
    let words = line(&["copy", "--config", "/nowhere/ferry.yaml"]);
    let error = parse(&commands(), &words, &Places::default(), |_| None).unwrap_err();
    assert!(
        error.to_string().starts_with("/nowhere/ferry.yaml: "),
        "{error}"
    );
}

/// Gives prepared answers, then leaves.
struct Answers(Vec<&'static str>);

impl Ask for Answers {
    fn choose(&mut self, _: &str, choices: &[String], _: usize) -> io::Result<usize> {
        let answer = self.word("", "")?;
        Ok(choices.iter().position(|choice| *choice == answer).unwrap())
    }

    fn word(&mut self, _: &str, _: &str) -> io::Result<String> {
        match self.0.is_empty() {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(self.0.remove(0).to_owned()),
        }
    }
}

#[test]
fn r60_answers_become_a_file_that_is_accepted_unchanged() {
    // "many" is no number of retries: asked again
    let text = write_answers(&commands(), &mut Answers(vec!["8", "many", "9"])).unwrap();
    let layer = layer(&text).unwrap();
    let copy = ["copy".to_owned()];
    assert_eq!(layer.setting(&copy, "threads").unwrap().values, ["8"]);
    assert_eq!(layer.setting(&copy, "retries").unwrap().values, ["9"]);
    assert!(layer.setting(&copy, "dry-run").is_none());
    assert!(write_answers(&commands(), &mut Answers(vec!["8"])).is_err());
}

#[test]
fn r60_every_key_of_the_reference_is_accepted_once_its_mark_is_gone() {
    let text = reference(&commands());
    let uncommented: Vec<String> = text
        .lines()
        .map(|line| {
            line.replacen("#threads", "threads", 1)
                .replacen("#retries", "retries", 1)
        })
        .map(|line| {
            line.replacen("#copy", "copy", 1)
                .replacen("#dry-run", "dry-run", 1)
        })
        .collect();
    let layer = layer(&uncommented.join("\n")).unwrap();
    assert_eq!(
        layer
            .setting(&["copy".to_owned()], "retries")
            .unwrap()
            .values,
        ["3"]
    );
    super::tests::layer(&text).unwrap();
}

#[test]
fn r60_without_a_terminal_nobody_is_asked() {
    // nextest and CI give no terminal; where one is there, the question would be asked on it
    use std::io::IsTerminal;
    let is_there = io::stdin().is_terminal() && io::stderr().is_terminal();
    assert_eq!(Terminal::new().is_ok(), is_there);
}
