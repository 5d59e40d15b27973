//! All that is printed: documents and data on stdout, progress and messages on stderr. The only room that prints.
//!
//! - [`Screen`] is what the rest of the program talks to.
//! - [`Progress`] follows events and holds them against their promise.
//! - [`messages`] are the JSON lines, with their published schema; [`answers`] are those that are no events.
//! - [`log`] is the file that keeps what was told.
//! - [`words`] says numbers.

pub mod answers;
mod draw;
pub mod log;
pub mod messages;
mod progress;
pub mod words;

use std::io::{self, IsTerminal as _, Write};

pub use progress::{Broken, Progress};

use crate::{
    exit::ExitCode,
    phases::{Event, Listener},
};
use draw::Drawing;
use messages::Kind;

/// How much is said, and in which form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// One JSON document, or JSON lines for long answers.
    pub json: bool,
    /// Errors only.
    pub quiet: bool,
    /// No bar and no progress lines.
    pub no_progress: bool,
    /// 0: normal, 1: `-v`, 2: `-vv`.
    pub verbose: u8,
}

/// The terminal, or what stands in its place.
#[derive(Debug)]
pub struct Screen {
    manner: Manner,
    drawing: Drawing,
}

impl Screen {
    /// Prints as told: a bar where stderr is a terminal, else a line now and then.
    pub fn new(manner: Manner) -> Self {
        let silent = manner.json || manner.quiet || manner.no_progress;
        let drawing = match (silent, io::stderr().is_terminal()) {
            (true, _) => Drawing::nothing(),
            (false, true) => Drawing::bar(),
            (false, false) => Drawing::lines(),
        };
        Screen { manner, drawing }
    }

    /// How it prints.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// The command's answer: `text` for a person, or `{"schema":1,"message_type":kind,…}`.
    ///
    /// # Errors
    /// Standard output does not take it.
    pub fn document(
        &self,
        kind: &str,
        document: &impl serde::Serialize,
        text: &str,
    ) -> io::Result<()> {
        self.line(kind, document, text)
    }

    /// One of many lines of an answer.
    ///
    /// # Errors
    /// Standard output does not take it.
    pub fn line(&self, kind: &str, line: &impl serde::Serialize, text: &str) -> io::Result<()> {
        if self.manner.json {
            return self.json(kind, line);
        }
        self.drawing
            .aside(|| writeln!(io::stdout().lock(), "{text}"))
    }

    fn json(&self, kind: &str, body: &impl serde::Serialize) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", messages::message(kind, body)?)?;
        // somebody may follow the lines while they come
        out.flush()
    }

    /// Bytes as they are: for `-0` and CSV.
    ///
    /// # Errors
    /// Standard output does not take it.
    pub fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().lock().write_all(bytes)
    }

    /// A remark on stderr.
    pub fn note(&self, text: &str) {
        if !self.manner.quiet {
            // stderr that is closed is no reason to stop
            let _ = self
                .drawing
                .aside(|| writeln!(io::stderr().lock(), "{text}"));
        }
    }

    /// Where a run is now, on stderr: the answer to SIGUSR1.
    pub fn say_progress(&self) {
        let line = self.drawing.line();
        let _ = self
            .drawing
            .aside(|| writeln!(io::stderr().lock(), "{line}"));
    }

    /// Why it ended badly, on stderr, and as the last JSON line.
    pub fn failure(&self, code: ExitCode, message: &str) {
        log::failure(code, message);
        let _ = self
            .drawing
            .aside(|| writeln!(io::stderr().lock(), "ferry: {message}"));
        if self.manner.json {
            let last = messages::ExitError {
                exit_code: code.number(),
                message: message.to_owned(),
            };
            let _ = self.json(Kind::ExitError.name(), &last);
        }
    }

    /// What is worth a line of its own beside the progress.
    fn remark(&self, event: &Event) {
        match event {
            Event::Started {
                resumed: Some(resumed),
                ..
            } => self.note(&format!(
                "resumed: {} of {} already done",
                words::grouped(resumed.settled_files),
                words::files(resumed.total_files)
            )),
            Event::Warning { message } => self.note(&format!("warning: {message}")),
            Event::Waiting { message, left_secs } => self.note(&format!(
                "waiting, at most {} more: {message}",
                words::seconds(*left_secs as f64)
            )),
            Event::File {
                path,
                message: Some(message),
                cause: Some(_),
                ..
            } => {
                self.note(&format!("failed: {}: {message}", path.path));
            }
            Event::Retry {
                path,
                attempt,
                message,
            } if self.manner.verbose > 0 => {
                self.note(&format!(
                    "again after attempt {attempt}: {}: {message}",
                    path.path
                ));
            }
            Event::File { path, state, .. } if self.manner.verbose > 1 => {
                self.note(&format!("{}: {}", state.name(), path.path));
            }
            _ => {}
        }
    }
}

impl Listener for Screen {
    fn tell(&self, event: &Event) {
        log::event(event);
        let kept = self.drawing.take(event);
        debug_assert_eq!(kept, Ok(()), "progress broke its promise");
        if self.manner.json {
            // a reader that left is noticed by the command's own answer
            let _ = self.json(Kind::of(event).name(), event);
        } else {
            self.remark(event);
        }
    }
}
