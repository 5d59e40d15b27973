//! What can be wrong with settings. All of it ends with exit code 2: the person corrects a line and runs it again.

use std::path::PathBuf;

/// A setting that can not be used, and where it stands.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("{}: {source}. Name a file that exists, or make one with `ferry config generate`", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not YAML.
    #[error("{}:{line}: this is not valid YAML: {reason}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// From 1; 0 where it is not known.
        line: u64,
        /// What the reader of YAML said.
        reason: String,
    },
    /// A key that no command has.
    #[error("{}:{line}: unknown key \"{key}\"{}", file.display(), did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: u64,
        /// As it is written.
        key: String,
        /// The valid key that is spelled most alike.
        nearest: Option<String>,
    },
    /// A value that the option does not take.
    #[error("{}:{line}: \"{key}\" can not be {value}: {reason}", file.display())]
    WrongType {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: u64,
        /// As it is written.
        key: String,
        /// As it is written, in quotes, or the kind of it.
        value: String,
        /// What it wants.
        reason: String,
    },
    /// A variable by the name it had before.
    #[error(
        "{old} is called {new} now and is not read any more; rename it, or set {new} too if another program reads {old}"
    )]
    OldVariable {
        /// As it is set.
        old: String,
        /// What it is called now.
        new: String,
    },
    /// Something is in the way of a new file.
    #[error("{} exists already; name another file with --output, or add --force to replace it", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// Nobody is there to answer.
    #[error("there is no terminal to ask on; add --defaults to take the proposed answers")]
    NobodyToAsk,
    /// The file can not be written.
    #[error("{}: {source}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The person left in the middle of the questions.
    #[error("the questions were not answered: {0}. Nothing was written")]
    Unanswered(String),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `ferry config generate --defaults --output -` shows all keys".to_owned(),
        |nearest| format!("; did you mean \"{nearest}\"?"),
    )
}
