//! Settings become the defaults of the command tree before the command line is read, so that clap itself decides:
//! what is typed goes before `FERRY_CLI_*`, and that before everything written down.

use std::{ffi::OsString, fmt, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, builder::BoolishValueParser, parser::ValueSource};

use super::{ConfigError, Layer, Places};

/// A value for an option, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The names of the commands it is for; empty for all.
    pub command: Vec<String>,
    /// The option's long name.
    pub option: String,
    /// As they would be typed.
    pub values: Vec<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// Where a value comes from, the strongest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Typed.
    CommandLine,
    /// The variable's name.
    Environment(String),
    /// Kept by the job of this name.
    Job(String),
    /// A line of a YAML file.
    File {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: u64,
    },
    /// Nobody said anything.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::CommandLine => f.write_str("command line"),
            Origin::Environment(variable) => write!(f, "environment {variable}"),
            Origin::Job(job) => write!(f, "job {job}"),
            Origin::File { file, line } => write!(f, "{}:{line}", file.display()),
            Origin::BuiltIn => f.write_str("built in"),
        }
    }
}

/// A command line that was understood.
#[derive(Debug)]
pub struct Parsed {
    /// What clap made of it, settings included.
    pub matches: ArgMatches,
    /// The strongest first.
    pub layers: Vec<Layer>,
}

/// Why a command line was not understood.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// Also what `--help` and `--version` answer.
    #[error(transparent)]
    Line(#[from] clap::Error),
    /// A settings file or a variable.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Reads a command line with everything that settings add to it. `job` is asked what the job keeps that this line is
/// about, when the line can be read that far.
///
/// # Errors
/// A line that clap refuses (or answers, as `--help`), a settings file that can not be used, a variable by its old name.
pub fn parse(
    commands: &Command,
    line: &[OsString],
    places: &Places,
    job: impl FnOnce(&ArgMatches) -> Option<Layer>,
) -> Result<Parsed, NotUnderstood> {
    let plain = commands;
    let commands = with_environment(plain.clone());
    // Only to learn which command it is and which file it names: what is missing may stand in that file.
    let glance = commands.clone().ignore_errors(true);
    let Ok(first) = glance.try_get_matches_from(line) else {
        let matches = commands.try_get_matches_from(line)?;
        return Ok(Parsed {
            matches,
            layers: Vec::new(),
        });
    };
    refuse_old_variable(plain, &|name| std::env::var_os(name).is_some())?;
    let named = first.try_get_one::<PathBuf>("config").ok().flatten();
    let files = places.read(named.map(PathBuf::as_path), &commands)?;
    let layers: Vec<Layer> = job(&first).into_iter().chain(files).collect();
    let path = command_path(&first);
    let matches = with_defaults(commands, &path, &layers).try_get_matches_from(line)?;
    Ok(Parsed { matches, layers })
}

/// The names of the commands that were typed, by their first names.
pub(super) fn command_path(matches: &ArgMatches) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        path.push(name.to_owned());
        at = below;
    }
    path
}

/// The name an option has in files; none for `--help` and what is no option.
pub(super) fn long_name(option: &Arg) -> Option<String> {
    let asks = matches!(
        option.get_action(),
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
    );
    let long = option
        .get_long()
        .filter(|_| !asks && !option.is_positional());
    long.filter(|long| *long != "config").map(str::to_owned)
}

/// What all variables begin with. `FERRY_*` alone is the server's: it refuses names that it does not know, and both may
/// run in one environment.
const PREFIX: &str = "FERRY_CLI_";

/// What they began with before.
const OLD_PREFIX: &str = "FERRY_";

/// The prefix and the long name in capitals: `--job-dir` is `FERRY_CLI_JOB_DIR`.
pub(super) fn variable(long: &str) -> String {
    format!("{PREFIX}{}", long.replace('-', "_").to_uppercase())
}

/// The long name of an option that has a variable: what has a name in files, and the file itself.
fn name_of_variable(option: &Arg) -> Option<String> {
    long_name(option).or_else(|| {
        let config = option.get_long().filter(|long| *long == "config");
        config.map(str::to_owned)
    })
}

/// `FERRY_DRY_RUN` was the name of what `FERRY_CLI_DRY_RUN` is. Passing over it would copy where somebody asked not to.
/// It may stay for another program where the new one is set as well. No setting of the server has an option's name.
pub(super) fn refuse_old_variable(
    commands: &Command,
    is_set: &dyn Fn(&str) -> bool,
) -> Result<(), ConfigError> {
    for long in commands.get_arguments().filter_map(name_of_variable) {
        let new = variable(&long);
        let old = new.replacen(PREFIX, OLD_PREFIX, 1);
        if is_set(&old) && !is_set(&new) {
            return Err(ConfigError::OldVariable { old, new });
        }
    }
    let mut below = commands.get_subcommands();
    below.try_for_each(|command| refuse_old_variable(command, is_set))
}

/// Every option, of every command, also by its variable.
fn with_environment(command: Command) -> Command {
    let command = command.mut_args(|option| match name_of_variable(&option) {
        Some(long) => option.env(variable(&long)).hide_env(true),
        None => option,
    });
    command.mut_subcommands(with_environment)
}

/// The commands on the way to `path` with what `layers` say as their defaults.
fn with_defaults(command: Command, path: &[String], layers: &[Layer]) -> Command {
    along(command, path, 0, layers)
}

fn along(command: Command, path: &[String], depth: usize, layers: &[Layer]) -> Command {
    let command = command.mut_args(|option| {
        let said = long_name(&option).and_then(|long| said_about(layers, path, &long));
        match said {
            Some(setting) => with_default(option, &setting.values),
            None => option,
        }
    });
    match path.get(depth) {
        Some(next) => command.mut_subcommand(next, |below| along(below, path, depth + 1, layers)),
        None => command,
    }
}

/// The strongest setting of an option.
pub(super) fn said_about<'a>(
    layers: &'a [Layer],
    command: &[String],
    option: &str,
) -> Option<&'a Setting> {
    layers
        .iter()
        .find_map(|layer| layer.setting(command, option))
}

fn with_default(option: Arg, values: &[String]) -> Arg {
    let option = option.required(false);
    match option.get_action() {
        // so that a line can say no to what a file switched on: `--dry-run=false`
        ArgAction::SetTrue | ArgAction::SetFalse => option
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(BoolishValueParser::new())
            .default_values(values),
        _ => option.default_values(values),
    }
}

/// The first value that an option does not take, and what it wants instead.
pub(super) fn refusal(option: &Arg, values: &[String]) -> Option<(String, String)> {
    let id = option.get_id().clone();
    let takes_many = matches!(option.get_action(), ArgAction::Append);
    if values.len() > 1 && !takes_many {
        return Some((values.join(", "), "it takes one value".to_owned()));
    }
    let alone = with_default(option.clone().global(false).exclusive(false), &[]);
    let is_count = matches!(option.get_action(), ArgAction::Count);
    values.iter().find_map(|value| {
        if is_count {
            let counts = value.parse::<u8>().is_ok();
            return (!counts)
                .then(|| (value.clone(), "it wants a number from 0 to 255".to_owned()));
        }
        let judge = bare(&alone, id.as_str());
        let refused = judge
            .try_get_matches_from([format!("--judged={value}")])
            .err()?;
        Some((value.clone(), reason(&refused)))
    })
}

/// The option by itself: its parser without its relations.
fn bare(option: &Arg, id: &str) -> Command {
    let mut only = Arg::new(id.to_owned())
        .long("judged")
        .action(option.get_action().clone())
        .value_parser(option.get_value_parser().clone());
    if let Some(count) = option.get_num_args() {
        only = only.num_args(count);
    }
    Command::new("ferry").no_binary_name(true).arg(only)
}

fn reason(refused: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    if let Some(ContextValue::Strings(valid)) = refused.get(ContextKind::ValidValue)
        && !valid.is_empty()
    {
        return format!("it wants one of {}", valid.join(", "));
    }
    let cause = std::error::Error::source(refused);
    cause.map_or_else(|| refused.kind().to_string(), ToString::to_string)
}

/// What was typed for an option, at whatever command it was typed.
pub(super) fn typed(matches: &ArgMatches, option: &Arg) -> Option<Vec<String>> {
    let id = option.get_id().as_str();
    let mut at = Some(matches);
    while let Some(here) = at {
        let is_known = here.try_contains_id(id).is_ok();
        if is_known && here.value_source(id) == Some(ValueSource::CommandLine) {
            let raw = here.get_raw(id).into_iter().flatten();
            return Some(
                raw.map(|value| value.to_string_lossy().into_owned())
                    .collect(),
            );
        }
        at = here.subcommand().map(|(_, below)| below);
    }
    None
}
