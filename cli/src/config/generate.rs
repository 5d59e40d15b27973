//! `ferry config generate`: a YAML file with every key, and the answers of a person in it. The keys, their help and
//! their defaults are those of the command tree, so the file can not say what the commands do not.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, IsTerminal},
};

use clap::{Arg, ArgAction, Command};

use super::{ConfigError, apply::long_name};

/// Options that are asked about; all others stand in the file as comments.
const ASKED: &[&str] = &["threads", "hash", "durability", "dedup", "retries"];

/// Somebody who answers questions. [`Terminal`] is a person; tests bring their answers along.
pub trait Ask {
    /// One of `choices`, by its place.
    ///
    /// # Errors
    /// Nobody answers any more.
    fn choose(&mut self, question: &str, choices: &[String], proposed: usize) -> io::Result<usize>;

    /// A word.
    ///
    /// # Errors
    /// Nobody answers any more.
    fn word(&mut self, question: &str, proposed: &str) -> io::Result<String>;
}

/// The person at the terminal, asked on stderr.
#[derive(Debug)]
pub struct Terminal(());

impl Terminal {
    /// # Errors
    /// Standard input or stderr is no terminal: nobody would see the question.
    pub fn new() -> Result<Self, ConfigError> {
        match io::stdin().is_terminal() && io::stderr().is_terminal() {
            true => Ok(Self(())),
            false => Err(ConfigError::NobodyToAsk),
        }
    }
}

impl Ask for Terminal {
    fn choose(&mut self, question: &str, choices: &[String], proposed: usize) -> io::Result<usize> {
        let asked = dialoguer::Select::new()
            .with_prompt(question)
            .items(choices);
        asked.default(proposed).interact().map_err(as_io)
    }

    fn word(&mut self, question: &str, proposed: &str) -> io::Result<String> {
        let asked = dialoguer::Input::new().with_prompt(question);
        asked
            .default(proposed.to_owned())
            .interact_text()
            .map_err(as_io)
    }
}

fn as_io(error: dialoguer::Error) -> io::Error {
    let dialoguer::Error::IO(error) = error;
    error
}

/// Asks about the most important options and returns the file. An answer that its option does not take is asked for
/// again.
///
/// # Errors
/// Nobody answers any more.
pub fn write_answers(commands: &Command, ask: &mut dyn Ask) -> Result<String, ConfigError> {
    let mut answers = BTreeMap::new();
    for name in ASKED {
        if let Some(option) = find(commands, name) {
            let answer = ask_about(option, ask)
                .map_err(|error| ConfigError::Unanswered(error.to_string()))?;
            answers.insert((*name).to_owned(), answer);
        }
    }
    Ok(file(commands, &answers))
}

/// The file without any answer: every key as a comment with its help and its default.
pub fn reference(commands: &Command) -> String {
    file(commands, &BTreeMap::new())
}

fn find<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let own = command
        .get_arguments()
        .find(|option| long_name(option).as_deref() == Some(name));
    own.or_else(|| {
        command
            .get_subcommands()
            .find_map(|below| find(below, name))
    })
}

fn ask_about(option: &Arg, ask: &mut dyn Ask) -> io::Result<String> {
    let question = help(option);
    let proposed = default(option).unwrap_or_default();
    let choices = choices(option);
    if !choices.is_empty() {
        let at = choices
            .iter()
            .position(|choice| *choice == proposed)
            .unwrap_or(0);
        let chosen = ask.choose(&question, &choices, at)?;
        return Ok(choices.get(chosen).cloned().unwrap_or(proposed));
    }
    let mut asked = question.clone();
    loop {
        let answer = ask.word(&asked, &proposed)?;
        match super::apply::refusal(option, std::slice::from_ref(&answer)) {
            None => return Ok(answer),
            Some((value, reason)) => asked = format!("{question} (not \"{value}\": {reason})"),
        }
    }
}

/// All keys, those with an answer as lines that count.
fn file(commands: &Command, answers: &BTreeMap<String, String>) -> String {
    let mut text = String::from(
        "# Settings of ferry. A line counts once the # before it is gone.\n\
         # Stronger than this file: what the job keeps, FERRY_CLI_* variables, the command line.\n\n\
         # For every command:\n",
    );
    for option in listed(commands) {
        entry(&mut text, 0, option, answers);
    }
    sections(&mut text, commands, 0, answers);
    text
}

fn sections(
    text: &mut String,
    command: &Command,
    depth: usize,
    answers: &BTreeMap<String, String>,
) {
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        let mut inner = String::new();
        for option in listed(below).filter(|option| !option.is_global_set()) {
            entry(&mut inner, depth + 1, option, answers);
        }
        sections(&mut inner, below, depth + 1, answers);
        if inner.is_empty() {
            continue;
        }
        let indent = "  ".repeat(depth);
        let about = below
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        // a section with nothing in force would be a key without a value
        let mark = if inner.lines().any(|line| !is_comment(line)) {
            ""
        } else {
            "#"
        };
        let blank = if depth == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{blank}{indent}{mark}{}: # {about}", below.get_name());
        text.push_str(&inner);
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn listed(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|option| long_name(option).is_some() && !option.is_hide_set())
}

fn entry(text: &mut String, depth: usize, option: &Arg, answers: &BTreeMap<String, String>) {
    let Some(name) = long_name(option) else {
        return;
    };
    let indent = "  ".repeat(depth);
    let answer = answers.get(&name);
    let value = answer.cloned().or_else(|| default(option));
    let mark = if answer.is_some() { "" } else { "#" };
    let choices = choices(option);
    let among = match choices.is_empty() {
        true => String::new(),
        false => format!(" ({})", choices.join(", ")),
    };
    let value = value.unwrap_or_else(|| format!("<{}>", value_name(option)));
    let _ = writeln!(text, "{indent}# {}{among}", help(option));
    let _ = writeln!(text, "{indent}{mark}{name}: {value}");
}

fn help(option: &Arg) -> String {
    let help = option
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    help.lines().next().unwrap_or_default().to_owned()
}

fn choices(option: &Arg) -> Vec<String> {
    if is_flag(option) {
        return Vec::new();
    }
    let possible = option.get_possible_values();
    let shown = possible.iter().filter(|value| !value.is_hide_set());
    shown.map(|value| value.get_name().to_owned()).collect()
}

fn is_flag(option: &Arg) -> bool {
    matches!(
        option.get_action(),
        ArgAction::SetTrue | ArgAction::SetFalse
    )
}

fn default(option: &Arg) -> Option<String> {
    let own = option.get_default_values().first();
    let own = own.map(|value| value.to_string_lossy().into_owned());
    own.or_else(|| match option.get_action() {
        ArgAction::SetTrue => Some("false".to_owned()),
        ArgAction::Count => Some("0".to_owned()),
        _ => None,
    })
}

fn value_name(option: &Arg) -> String {
    let names = option.get_value_names().and_then(|names| names.first());
    names.map_or_else(|| "value".to_owned(), ToString::to_string)
}
