//! `ferry config …`: shows, checks and writes settings. What settings are is [`crate::config`].

use std::{fs, io::Write as _, path::Path};

use super::{
    ConfigCommand, ConfigFormat, GenerateConfigArgs, command_tree,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    config::{self, ConfigError, Layer, Parsed, Places, Shown, Terminal},
    exit::ExitCode,
    terminal::{
        Screen,
        answers::{ConfigFile, Configured},
    },
};

impl Session<'_> {
    /// `ferry config …`.
    pub(super) fn config(&self, command: &ConfigCommand, parsed: &Parsed) -> Ended {
        let (places, screen) = (Places::of_this_machine(), &self.screen);
        match command {
            ConfigCommand::Generate(wanted) => return self.generate_config(wanted),
            ConfigCommand::Show { origin, format } => show(parsed, *origin, *format, screen)?,
            ConfigCommand::Check { file } => check(file.as_deref(), &places, screen)?,
            ConfigCommand::Path => path(&places, screen)?,
        }
        Ok(ExitCode::Ok)
    }

    /// `ferry config generate`.
    pub(super) fn generate_config(&self, wanted: &GenerateConfigArgs) -> Ended {
        let places = Places::of_this_machine();
        let tree = command_tree();
        let text = match wanted.defaults {
            true => config::reference(&tree),
            false if self.typed.common.no_input => return Err(ConfigError::NobodyToAsk.into()),
            false => config::write_answers(&tree, &mut Terminal::new()?)?,
        };
        let target = wanted.file.clone().or_else(|| places.user.clone());
        match target {
            Some(file) if file != Path::new("-") => {
                self.write_config(&file, &text, wanted.force)?
            }
            _ => self.screen.raw(text.as_bytes())?,
        }
        Ok(ExitCode::Ok)
    }

    fn write_config(&self, file: &Path, text: &str, force: bool) -> Result<(), CommandError> {
        let word = match self.typed.common.dry_run {
            true => "would write",
            false => {
                write_new(file, text, force)?;
                "wrote"
            }
        };
        let shown = file.display().to_string();
        let said = format!("{word} {shown}");
        let written = Configured::Written { file: shown };
        Ok(self.screen.document("config", &written, &said)?)
    }
}

fn printed(done: std::io::Result<()>) -> Result<(), CommandError> {
    Ok(done?)
}

/// The whole file or nothing, readable by its owner alone.
fn write_new(file: &Path, text: &str, force: bool) -> Result<(), ConfigError> {
    if file.exists() && !force {
        return Err(ConfigError::Exists {
            file: file.to_owned(),
        });
    }
    let above = file.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(above)?;
        let mut new = tempfile::NamedTempFile::new_in(above)?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(file)?;
        Ok(())
    };
    write().map_err(|source| ConfigError::Unwritable {
        file: file.to_owned(),
        source,
    })
}

fn show(
    parsed: &Parsed,
    origin: bool,
    format: ConfigFormat,
    screen: &Screen,
) -> Result<(), CommandError> {
    let all = config::effective(&command_tree(), parsed, &|name| std::env::var_os(name));
    if format == ConfigFormat::Json || screen.manner().json {
        let body = Configured::Shown { settings: all };
        let message =
            crate::terminal::messages::message("config", &body).map(|line| format!("{line}\n"));
        return printed(message.and_then(|line| screen.raw(line.as_bytes())));
    }
    printed(screen.raw(as_yaml(&all, origin).as_bytes()))
}

/// What is set, as a file that says the same; what nobody set is a comment.
fn as_yaml(all: &[Shown], origin: bool) -> String {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    for shown in all {
        let path: Vec<&str> = shown
            .command
            .split(' ')
            .filter(|name| !name.is_empty())
            .collect();
        for (depth, name) in path.iter().enumerate() {
            if open.get(depth) != Some(name) {
                open.truncate(depth);
                open.push(name);
                text.push_str(&format!("{}{name}:\n", "  ".repeat(depth)));
            }
        }
        let indent = "  ".repeat(path.len());
        let value = match shown.values.as_slice() {
            [] => {
                text.push_str(&format!("{indent}#{}: # not set\n", shown.option));
                continue;
            }
            [one] => scalar(one),
            many => format!(
                "[{}]",
                many.iter()
                    .map(|one| scalar(one))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let origin = if origin {
            format!("  # {}", shown.origin)
        } else {
            String::new()
        };
        text.push_str(&format!("{indent}{}: {value}{origin}\n", shown.option));
    }
    text
}

fn scalar(value: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "._-/,".contains(letter);
    match !value.is_empty() && value.chars().all(plain) {
        true => value.to_owned(),
        false => serde_json::Value::from(value).to_string(),
    }
}

fn check(file: Option<&Path>, places: &Places, screen: &Screen) -> Result<(), CommandError> {
    let tree = command_tree();
    let checked = match file {
        Some(file) => {
            Layer::read(file, &tree)?;
            vec![file.display().to_string()]
        }
        None => {
            places.read(None, &tree)?;
            let there = [&places.user, &places.system].into_iter().flatten();
            there
                .filter(|file| file.exists())
                .map(|file| file.display().to_string())
                .collect()
        }
    };
    let text = match checked.is_empty() {
        true => "there is no configuration file; what is built in holds".to_owned(),
        false => format!("{}: all keys and values are valid", checked.join(", ")),
    };
    printed(screen.document("config", &Configured::Valid { valid: checked }, &text))
}

fn path(places: &Places, screen: &Screen) -> Result<(), CommandError> {
    let all = [("user", &places.user), ("system", &places.system)];
    let known = all
        .into_iter()
        .filter_map(|(name, file)| Some((name, file.as_ref()?)));
    let mut lines = Vec::new();
    let mut files = Vec::new();
    for (name, file) in known {
        let state = if file.exists() {
            "is there"
        } else {
            "is not there"
        };
        lines.push(format!("{name:<7} {} ({state})", file.display()));
        let shown = file.display().to_string();
        files.push(ConfigFile {
            place: name,
            file: shown,
            exists: file.exists(),
        });
    }
    let document = Configured::Places { files };
    printed(screen.document("config", &document, &lines.join("\n")))
}
