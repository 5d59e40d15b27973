//! All that is printed: documents and data on stdout, progress and messages on stderr. The only room that prints.

use std::io::Write as _;

use crate::{
    exit::ExitCode,
    phases::{Event, Listener},
};

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
}

impl Screen {
    /// Prints as told.
    pub fn new(manner: Manner) -> Self {
        Screen { manner }
    }

    /// The command's answer: `text` for a person, or `{"schema":1,"message_type":kind,…}`.
    pub fn document(
        &self,
        kind: &str,
        document: &impl serde::Serialize,
        text: &str,
    ) -> std::io::Result<()> {
        self.line(kind, document, text)
    }

    /// One of many lines of an answer.
    pub fn line(
        &self,
        kind: &str,
        line: &impl serde::Serialize,
        text: &str,
    ) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.manner.json {
            let mut value = serde_json::to_value(line)?;
            if let Some(fields) = value.as_object_mut() {
                fields.insert("schema".into(), 1.into());
                fields.insert("message_type".into(), kind.into());
            }
            return writeln!(out, "{value}");
        }
        writeln!(out, "{text}")
    }

    /// Bytes as they are: for `-0` and CSV.
    pub fn raw(&self, bytes: &[u8]) -> std::io::Result<()> {
        std::io::stdout().lock().write_all(bytes)
    }

    /// A remark on stderr.
    pub fn note(&self, text: &str) {
        if !self.manner.quiet {
            // stderr that is closed is no reason to stop
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// Where a run is now, on stderr: the answer to SIGUSR1.
    pub fn say_progress(&self) {
        self.note("running");
    }

    /// Why it ended badly, on stderr, and as the last JSON line.
    pub fn failure(&self, code: ExitCode, message: &str) {
        let _ = writeln!(std::io::stderr().lock(), "ferry: {message}");
        if self.manner.json {
            let last = serde_json::json!({"exit_code": code.number(), "message": message});
            let _ = self.line("exit_error", &last, "");
        }
    }
}

impl Listener for Screen {
    fn tell(&self, event: &Event) {
        match event {
            Event::Warning { message } => self.note(message),
            Event::File {
                path,
                message: Some(message),
                cause: Some(_),
                ..
            } => self.note(&format!("failed: {}: {message}", path.path)),
            _ => {}
        }
        if self.manner.json {
            let _ = self.line("status", event, "");
        }
    }
}
