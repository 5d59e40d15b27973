//! One YAML file as settings: a key is the long name of an option, or a command with its own options below it.
//!
//! ```yaml
//! threads: 4        # every command that has --threads
//! copy:
//!   retries: 5      # `ferry copy` alone
//! ```

use std::{
    fmt,
    path::{Path, PathBuf},
};

use clap::{Arg, Command};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::{
    apply::{Origin, Setting, long_name},
    error::ConfigError,
};

/// A section that is no command: its keys are options of the commands that copy.
const RESUME_MANAGER: &str = "resume-manager";

/// The settings of one place, in the order they are written.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    settings: Vec<Setting>,
}

impl Layer {
    /// Settings that come from elsewhere than a file, such as those that a job keeps: option names with their values.
    pub fn of(origin: &Origin, values: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let settings = values.into_iter().map(|(option, values)| Setting {
            command: Vec::new(),
            option,
            values,
            origin: origin.clone(),
        });
        Self {
            settings: settings.collect(),
        }
    }

    /// Reads a file and holds every key and value against the command tree.
    ///
    /// # Errors
    /// Unreadable, not YAML, a key that no command has, a value that its option does not take.
    pub fn read(file: &Path, commands: &Command) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
        Self::parse(&text, file, commands)
    }

    /// As [`Layer::read`], for a text that was read already.
    ///
    /// # Errors
    /// As there.
    pub fn parse(text: &str, file: &Path, commands: &Command) -> Result<Self, ConfigError> {
        let mut reading = Reading {
            file: file.to_owned(),
            settings: Vec::new(),
        };
        if text
            .lines()
            .all(|line| line.trim_start().starts_with('#') || line.trim().is_empty())
        {
            return Ok(Self::default());
        }
        let root: Spanned<Node> =
            serde_saphyr::from_str(text).map_err(|error| ConfigError::Syntax {
                file: file.to_owned(),
                line: error.location().map_or(0, |place| place.line()),
                reason: first_line(&error.without_snippet().to_string()),
            })?;
        match &root.value {
            Node::Section(entries) => reading.section(&mut Vec::new(), entries, commands)?,
            other => {
                return Err(reading.wrong(
                    root.referenced.line(),
                    "the file",
                    other,
                    "it wants lines like `threads: 4`",
                ));
            }
        }
        Ok(Self {
            settings: reading.settings,
        })
    }

    /// What this place says about an option of a command; a command's own section goes before the rest.
    pub(super) fn setting(&self, command: &[String], option: &str) -> Option<&Setting> {
        let fits =
            |setting: &&Setting| setting.option == option && command.starts_with(&setting.command);
        self.settings
            .iter()
            .filter(fits)
            .max_by_key(|setting| setting.command.len())
    }
}

/// One file on its way to settings.
struct Reading {
    file: PathBuf,
    settings: Vec<Setting>,
}

type Entries = Vec<(Spanned<String>, Spanned<Node>)>;

impl Reading {
    /// Takes the keys below `path`, the names of the commands that led here.
    fn section(
        &mut self,
        path: &mut Vec<String>,
        entries: &Entries,
        command: &Command,
    ) -> Result<(), ConfigError> {
        for (key, value) in entries {
            let name = key.value.replace('_', "-");
            if let Node::Section(below) = &value.value
                && let Some(found) = command.find_subcommand(&name)
            {
                path.push(found.get_name().to_owned());
                self.section(path, below, found)?;
                path.pop();
                continue;
            }
            if let Node::Section(below) = &value.value
                && path.is_empty()
                && name == RESUME_MANAGER
            {
                self.section(path, below, command)?;
                continue;
            }
            let options = options_named(command, &name, path.is_empty());
            if options.is_empty() {
                return Err(self.unknown(key, command, path.is_empty()));
            }
            let values = self.values(key, value)?;
            for option in options {
                self.check(key.referenced.line(), &key.value, option, &values)?;
            }
            self.settings.push(Setting {
                command: path.clone(),
                option: name,
                values,
                origin: Origin::File {
                    file: self.file.clone(),
                    line: key.referenced.line(),
                },
            });
        }
        Ok(())
    }

    /// The words that stand for a value on the command line.
    fn values(
        &self,
        key: &Spanned<String>,
        value: &Spanned<Node>,
    ) -> Result<Vec<String>, ConfigError> {
        let line = value.referenced.line();
        match &value.value {
            Node::Word(word) => Ok(vec![word.clone()]),
            Node::List(items) => items
                .iter()
                .map(|item| match &item.value {
                    Node::Word(word) => Ok(word.clone()),
                    other => Err(self.wrong(
                        item.referenced.line(),
                        &key.value,
                        other,
                        "each line of a list is one value",
                    )),
                })
                .collect(),
            other => Err(self.wrong(line, &key.value, other, "it wants a value")),
        }
    }

    /// Lets the option's own parser judge the values.
    fn check(
        &self,
        line: u64,
        key: &str,
        option: &Arg,
        values: &[String],
    ) -> Result<(), ConfigError> {
        let refused = super::apply::refusal(option, values);
        refused.map_or(Ok(()), |(value, reason)| {
            Err(ConfigError::WrongType {
                file: self.file.clone(),
                line,
                key: key.to_owned(),
                value: format!("\"{value}\""),
                reason,
            })
        })
    }

    fn wrong(&self, line: u64, key: &str, value: &Node, reason: &str) -> ConfigError {
        ConfigError::WrongType {
            file: self.file.clone(),
            line,
            key: key.to_owned(),
            value: value.kind().to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn unknown(&self, key: &Spanned<String>, command: &Command, everywhere: bool) -> ConfigError {
        ConfigError::UnknownKey {
            file: self.file.clone(),
            line: key.referenced.line(),
            key: key.value.clone(),
            nearest: nearest(
                &key.value.replace('_', "-"),
                &known_keys(command, everywhere),
            ),
        }
    }
}

/// Options of a command called `name`; at the top of a file also those of all commands below.
fn options_named<'a>(command: &'a Command, name: &str, everywhere: bool) -> Vec<&'a Arg> {
    let own = command
        .get_arguments()
        .filter(|option| long_name(option).is_some_and(|long| long == name));
    let mut found: Vec<&Arg> = own.collect();
    if everywhere {
        for below in command.get_subcommands() {
            found.extend(options_named(below, name, true));
        }
    }
    found
}

fn known_keys(command: &Command, everywhere: bool) -> Vec<String> {
    let mut keys: Vec<String> = command.get_arguments().filter_map(long_name).collect();
    keys.extend(everywhere.then(|| RESUME_MANAGER.to_owned()));
    for below in command.get_subcommands() {
        keys.push(below.get_name().to_owned());
        if everywhere {
            keys.extend(known_keys(below, true));
        }
    }
    keys
}

/// The key that is spelled most alike, where one is alike at all.
fn nearest(key: &str, known: &[String]) -> Option<String> {
    let alike = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(key, candidate), candidate));
    alike
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate.clone())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// A YAML value as far as it is of use here: scalars are kept as they would be typed.
#[derive(Debug, Clone)]
enum Node {
    Nothing,
    Word(String),
    List(Vec<Spanned<Node>>),
    Section(Entries),
}

impl Node {
    fn kind(&self) -> &'static str {
        match self {
            Node::Nothing => "empty",
            Node::Word(_) => "a single value",
            Node::List(_) => "a list",
            Node::Section(_) => "a section",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a section")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Word(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Word(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Word(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Word(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Word(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut section = Vec::new();
        while let Some(key) = entries.next_key()? {
            section.push((key, entries.next_value()?));
        }
        Ok(Node::Section(section))
    }
}
