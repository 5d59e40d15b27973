//! Settings: the command line, then `FERRY_CLI_*`, then what the job keeps, then YAML files, then what is built in.
//! Every option of every command can be set in each of these places, because the names and types are read from the
//! command tree itself. What an option means is not known here.

mod apply;
mod error;
mod generate;
mod show;
mod yaml;

pub use apply::{NotUnderstood, Origin, Parsed, Setting, parse};
pub use error::ConfigError;
pub use generate::{Ask, Terminal, reference, write_answers};
pub use show::{Shown, effective};
pub use yaml::Layer;

use std::path::{Path, PathBuf};

/// Where YAML files are looked for, the most personal first.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The user's own file.
    pub user: Option<PathBuf>,
    /// The machine's file.
    pub system: Option<PathBuf>,
}

impl Places {
    /// `$XDG_CONFIG_HOME/ferry/config.yaml` (or what the platform has in its place) and `/etc/ferry/config.yaml`.
    pub fn of_this_machine() -> Self {
        let user = directories::BaseDirs::new();
        Self {
            user: user.map(|dirs| dirs.config_dir().join("ferry/config.yaml")),
            system: cfg!(unix).then(|| PathBuf::from("/etc/ferry/config.yaml")),
        }
    }

    /// The files that count: the named one, which has to exist, in place of the user's; then the machine's.
    ///
    /// # Errors
    /// A named file that is not there, one that is not readable, one that says what no command understands.
    pub fn read(
        &self,
        named: Option<&Path>,
        commands: &clap::Command,
    ) -> Result<Vec<Layer>, ConfigError> {
        let user = match named {
            Some(file) => Some(Layer::read(file, commands)?),
            None => self.read_if_there(self.user.as_deref(), commands)?,
        };
        let system = self.read_if_there(self.system.as_deref(), commands)?;
        Ok(user.into_iter().chain(system).collect())
    }

    fn read_if_there(
        &self,
        file: Option<&Path>,
        commands: &clap::Command,
    ) -> Result<Option<Layer>, ConfigError> {
        match file {
            Some(file) if file.exists() => Layer::read(file, commands).map(Some),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
