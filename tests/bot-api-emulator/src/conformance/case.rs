//! A case of the list, as `cases.jsonl` has it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The list, one case a line.
pub(super) const CASES: &str = include_str!("../../conformance/cases.jsonl");

/// What is asked of a server and what it has to answer. Texts may hold `{token}`, `{chat}` and other names, see `Runner::names`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// Control calls beforehand: method, path, body.
    #[serde(default)]
    pub(super) control: Vec<(String, String, String)>,
    /// A document of so many bytes is sent to `{chat}` beforehand; it makes `{message_id}`, `{file_id}`, `{file_path}`.
    pub(super) upload: Option<Upload>,
    /// Control calls after the upload.
    #[serde(default)]
    pub(super) then: Vec<(String, String, String)>,
    /// Calls in order; the last one's reply is looked at.
    pub(super) calls: Vec<Call>,
    pub(super) status: u16,
    /// With `<int>`, `<word>` and `<any>` for what differs each time.
    pub(super) body: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Documents in `{chat}` afterwards, by the emulator's ledger.
    pub(super) stored: Option<usize>,
    /// Why the real service is not asked.
    pub(super) emulator_only: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    pub(super) bytes: usize,
    #[serde(default = "channel")]
    pub(super) chat: String,
    #[serde(default)]
    pub(super) with_path: bool,
}

fn channel() -> String {
    "{chat}".to_owned()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Call {
    /// In place of `/bot{token}/<method>`.
    pub(super) path: Option<String>,
    pub(super) method: String,
    pub(super) params: BTreeMap<String, Value>,
    pub(super) encoding: Encoding,
    /// A file part: its name in the form, file name, bytes.
    pub(super) file: Option<(String, String, usize)>,
    /// Headers and body as they are, in place of all that.
    pub(super) raw: Option<(BTreeMap<String, String>, String)>,
    /// So many times.
    pub(super) repeat: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Encoding {
    #[default]
    Query,
    Form,
    Json,
    Multipart,
}
