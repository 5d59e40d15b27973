//! The JSON lines: `{"schema":1,"message_type":…}` and the fields of what is told. Fields may be added within a schema,
//! never removed or given another meaning. The schema is published as `docs/ferry-messages.schema.json`.

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::{job::FileState, phases::Event};

/// Goes up when a field is removed or means something else.
pub const SCHEMA: u64 = 1;

/// What a line of progress is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How it goes.
    Status,
    /// A file that got a new state.
    File,
    /// A file that failed.
    Error,
    /// The last line of a command that came to its end.
    Summary,
    /// The last line of a command that did not.
    ExitError,
}

impl Kind {
    /// As in `message_type`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Status => "status",
            Kind::File => "file",
            Kind::Error => "error",
            Kind::Summary => "summary",
            Kind::ExitError => "exit_error",
        }
    }

    /// The kind of line that an event becomes.
    pub fn of(event: &Event) -> Self {
        match event {
            Event::File {
                state: FileState::Error,
                ..
            } => Kind::Error,
            Event::File { .. } => Kind::File,
            Event::Finished { .. } => Kind::Summary,
            _ => Kind::Status,
        }
    }
}

/// Why a command ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExitError {
    /// The exit code.
    pub exit_code: u8,
    /// For a person, with what to do.
    pub message: String,
}

/// A line as JSON.
///
/// # Errors
/// The body is nothing that JSON can hold.
pub fn message(kind: &str, body: &impl Serialize) -> io::Result<Value> {
    let mut value = match serde_json::to_value(body)? {
        Value::Object(fields) => fields,
        other => serde_json::Map::from_iter([("items".to_owned(), other)]),
    };
    value.insert("schema".into(), SCHEMA.into());
    value.insert("message_type".into(), kind.into());
    Ok(Value::Object(value))
}

/// The published schema of every line and document: one of them each.
pub fn schema() -> Schema {
    let mut generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut any = vec![
        line(
            &["status", "file", "error", "summary"],
            generator.subschema_for::<Event>(),
        ),
        line(&["exit_error"], generator.subschema_for::<ExitError>()),
    ];
    any.extend(documents(&mut generator));
    let definitions = generator.take_definitions(true);
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What ferry prints with --json",
        "description": "Each line of standard output is one of these. Fields may be added within schema 1, never removed.",
        "anyOf": any,
        "$defs": definitions,
    })
}

/// Answers of commands, by their `message_type`.
fn documents(generator: &mut SchemaGenerator) -> Vec<Schema> {
    use super::answers::{
        Analyzed, AttemptShown, Configured, FileListed, FileVerified, FilesAdded, FilesRemoved,
        JobListed, JobMade, JobRemoved, JobShown, LogEntry, LogProved, Planned, Pool, PoolFile,
        Status, Verification,
    };
    use crate::phases::{
        analyze::Scanned, checksum::Hashed, import::Imported, regenerate::Regenerated,
    };
    macro_rules! answers {
        ($($kind:literal: $($body:ty),+;)*) => {
            vec![$($(line(&[$kind], generator.subschema_for::<$body>()),)+)*]
        };
    }
    answers! {
        "attempt": AttemptShown;
        "checksum": Hashed;
        "config": Configured;
        "file": FileListed;
        "import": Imported;
        "job": JobMade, JobShown, JobRemoved, JobListed;
        "log": LogEntry, LogProved;
        "plan": Planned;
        "pool": Pool;
        "pool_file": PoolFile;
        "preflight": crate::preflight::Preflight;
        "regenerated": Regenerated;
        "report": crate::report::JobReport;
        "scan": Scanned, Analyzed, FilesAdded, FilesRemoved;
        "status": Status;
        "verification": Verification;
        "verified": FileVerified;
    }
}

fn line(kinds: &[&str], body: Schema) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["schema", "message_type"],
        "properties": {
            "schema": { "const": SCHEMA },
            "message_type": { "enum": kinds },
        },
        "allOf": [body],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{job::Counts, path::JsonPath};

    const PUBLISHED: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/ferry-messages.schema.json"
    );

    #[test]
    fn r47_the_published_schema_is_what_the_code_says() {
        let published: Value =
            serde_json::from_str(&std::fs::read_to_string(PUBLISHED).unwrap()).unwrap();
        assert_eq!(
            published,
            Value::from(schema()),
            "the messages changed: write the schema anew with `cargo xtask docs`"
        );
    }

    fn file(state: FileState) -> Event {
        Event::File {
            path: JsonPath {
                path: "a\\xff".into(),
                path_hex: Some("61ff".into()),
            },
            state,
            size_bytes: 1,
            attempts: 1,
            cause: None,
            message: None,
            same_as: None,
            counts: Counts::default(),
        }
    }

    #[test]
    fn r47_lines_fit_the_schema_and_others_do_not() {
        let validator = jsonschema::validator_for(&Value::from(schema())).unwrap();
        let done = file(FileState::Done);
        let line = message(Kind::of(&done).name(), &done).unwrap();
        assert_eq!(
            (&line["schema"], &line["message_type"]),
            (&1.into(), &"file".into())
        );
        assert!(validator.is_valid(&line), "{line}");
        let failed = message(
            "exit_error",
            &ExitError {
                exit_code: 2,
                message: "no".into(),
            },
        )
        .unwrap();
        assert!(validator.is_valid(&failed), "{failed}");
        let mut without = line.clone();
        without.as_object_mut().unwrap().remove("counts");
        let mut newer = line.clone();
        newer["schema"] = 2.into();
        let mut wrong = line;
        wrong["size_bytes"] = "many".into();
        for bad in [without, newer, wrong] {
            assert!(!validator.is_valid(&bad), "{bad}");
        }
    }

    #[test]
    fn r47_a_failed_file_is_an_error_line() {
        assert_eq!(Kind::of(&file(FileState::Error)), Kind::Error);
        assert_eq!(
            Kind::of(&Event::Warning {
                message: "x".into()
            }),
            Kind::Status
        );
    }
}
