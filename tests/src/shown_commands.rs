//! Runs the commands that a document shows and compares what it says they print with what they print.
//!
//! A tested example is `<!-- tested -->` on a line of its own, a block fenced as `sh`, and the shown output in the next
//! block (`json` or `text`). Commands run one after another in one shell each, with the variables of the test; a line
//! `NAME=$(...)` is not carried over. In the output, ids, times and sealed bytes are compared by their kind, and a
//! shown string `"…"` stands for any value.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

const MARK: &str = "<!-- tested -->";

/// A command and what is shown below it.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The shell lines.
    pub command: String,
    /// The shown output.
    pub output: String,
}

/// The tested examples of a document.
pub fn examples(document: &str) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for after_mark in document.split(MARK).skip(1) {
        let mut blocks = after_mark.split("```").skip(1).step_by(2);
        let command = blocks.next().context("no block after the mark")?;
        let output = blocks.next().context("no shown output")?;
        let command = command
            .strip_prefix("sh\n")
            .context("the first block after the mark is not `sh`")?;
        let (_, output) = output.split_once('\n').context("an empty block")?;
        examples.push(Example {
            command: command.trim().to_owned(),
            output: output.trim().to_owned(),
        });
    }
    Ok(examples)
}

/// Runs it with these variables and compares.
pub fn run(example: &Example, dir: &Path, variables: &[(&str, String)]) -> Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-euc", &example.command]).current_dir(dir);
    shell.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = shell.output().context("sh does not start")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}\nended with {}: {printed}{complaint}",
        example.command,
        output.status
    );
    compare(&example.output, printed.trim())
        .with_context(|| format!("{}\nprints: {printed}", example.command))
}

fn compare(shown: &str, printed: &str) -> Result<()> {
    if let (Ok(shown), Ok(printed)) = (
        serde_json::from_str::<Value>(shown),
        serde_json::from_str::<Value>(printed),
    ) {
        return alike(&shown, &printed, "$");
    }
    ensure!(normal(shown) == normal(printed), "shown: {shown}");
    Ok(())
}

fn alike(shown: &Value, printed: &Value, place: &str) -> Result<()> {
    match (shown, printed) {
        (Value::String(any), _) if any == "…" => Ok(()),
        (Value::Object(shown), Value::Object(printed)) => {
            let names = |object: &serde_json::Map<String, Value>| {
                object
                    .keys()
                    .cloned()
                    .collect::<std::collections::BTreeSet<_>>()
            };
            ensure!(
                names(shown) == names(printed),
                "{place}: shown {:?}, printed {:?}",
                names(shown),
                names(printed)
            );
            shown.iter().try_for_each(|(name, value)| {
                alike(value, &printed[name], &format!("{place}.{name}"))
            })
        }
        (Value::Array(shown), Value::Array(printed)) => {
            ensure!(
                shown.len() == printed.len(),
                "{place}: shown {}, printed {}",
                shown.len(),
                printed.len()
            );
            let mut pairs = shown.iter().zip(printed).enumerate();
            pairs.try_for_each(|(at, (shown, printed))| {
                alike(shown, printed, &format!("{place}[{at}]"))
            })
        }
        (Value::String(shown), Value::String(printed)) if normal(shown) == normal(printed) => {
            Ok(())
        }
        (shown, printed) if shown == printed => Ok(()),
        (shown, printed) => bail!("{place}: shown {shown}, printed {printed}"),
    }
}

/// A text with ids, times and sealed bytes replaced by their kind.
fn normal(text: &str) -> String {
    text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || "-_.:~".contains(c)))
        .map(normal_word)
        .collect()
}

fn normal_word(word: &str) -> String {
    let body = word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || "-_.:~".contains(c)));
    let rest = &word[body.len()..];
    let is_time = body.len() >= 20 && body.ends_with('Z') && body.as_bytes().get(10) == Some(&b'T');
    let kind = match body {
        _ if uuid::Uuid::parse_str(body).is_ok() => "<id>",
        _ if is_time => "<time>",
        _ if body.len() >= 40 => "<bytes>",
        other => other,
    };
    format!("{kind}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "Ask:\n<!-- tested -->\n```sh\necho hello\n```\nprints\n```text\nhello\n```\n\n```sh\nnot tested\n```\n";

    #[test]
    fn only_marked_blocks_are_examples() {
        let found = examples(DOCUMENT).unwrap();
        assert_eq!(
            found,
            [Example {
                command: "echo hello".into(),
                output: "hello".into()
            }]
        );
        run(&found[0], Path::new("/"), &[]).unwrap();
    }

    #[test]
    fn another_output_is_refused() {
        let lie = Example {
            command: "echo hello".into(),
            output: "good-bye".into(),
        };
        assert!(run(&lie, Path::new("/"), &[]).is_err());
        let failing = Example {
            command: "false".into(),
            output: String::new(),
        };
        assert!(run(&failing, Path::new("/"), &[]).is_err());
    }

    #[test]
    fn ids_and_times_are_compared_by_kind_and_all_else_exactly() {
        let shown = r#"{"id":"00000000-0000-4000-8000-000000000000","at":"2026-01-01T00:00:00Z","n":[1,2],"m":"…"}"#;
        let printed = r#"{"at":"2026-11-20T12:13:14.123Z","n":[1,2],"m":{"x":1},"id":"7d9c3a52-52a4-4c2d-9a36-0f4f4a3f6b0e"}"#;
        compare(shown, printed).unwrap();
        assert!(compare(shown, &printed.replace("[1,2]", "[1,3]")).is_err());
        assert!(compare(shown, &printed.replace("\"at\"", "\"then\"")).is_err());
        assert!(compare("204", "200").is_err());
    }
}
