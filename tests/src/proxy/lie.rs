//! What the proxy says in the server's place: an answer, changed on its way to the client. The server has done what it
//! was asked; only the client is told something else.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::http::Head;

/// An answer that may be changed before it goes on.
#[derive(Debug, Clone)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Fields besides those that frame the body.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// It goes on only after this.
    pub late_by: Duration,
}

type Change = Arc<dyn Fn(&mut Answered) + Send + Sync>;

/// A change, for which answers, how often.
pub struct Lie {
    matches: Box<dyn Fn(&Head) -> bool + Send>,
    times: u32,
    change: Change,
}

impl Lie {
    /// About requests whose `METHOD path` begins like this.
    pub fn on(
        what: &str,
        times: u32,
        change: impl Fn(&mut Answered) + Send + Sync + 'static,
    ) -> Lie {
        let what = what.to_owned();
        Lie::matching(
            move |head| format!("{} {}", head.method(), head.path()).starts_with(&what),
            times,
            change,
        )
    }

    /// About requests chosen by their head.
    pub fn matching(
        matches: impl Fn(&Head) -> bool + Send + 'static,
        times: u32,
        change: impl Fn(&mut Answered) + Send + Sync + 'static,
    ) -> Lie {
        Lie {
            matches: Box::new(matches),
            times,
            change: Arc::new(change),
        }
    }
}

impl Answered {
    /// Changes the JSON in it, where it is some.
    pub fn json(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            change(&mut value);
            self.body = value.to_string().into_bytes();
        }
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn of(head: &Head, status: u16, body: Vec<u8>) -> Self {
        let framing = ["content-length", "transfer-encoding", "connection"];
        let fields = head.fields();
        Answered {
            status,
            fields: fields
                .filter(|(name, _)| !framing.contains(name))
                .map(owned)
                .collect(),
            body,
            late_by: Duration::ZERO,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} lie\r\n", self.status);
        for (name, value) in &self.fields {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        [text.as_bytes(), &self.body].concat()
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The first one that matches, used up once.
pub(super) fn take(lies: &mut Vec<Lie>, head: &Head) -> Option<Change> {
    let at = lies.iter().position(|lie| (lie.matches)(head))?;
    let lie = &mut lies[at];
    lie.times = lie.times.saturating_sub(1);
    let change = Arc::clone(&lie.change);
    if lie.times == 0 {
        lies.remove(at);
    }
    Some(change)
}
