//! What a hostile server can answer: an honest answer bent in one place, or another answer as a whole.

use std::time::Duration;

use ferry_tests::proxy::Answered;
use serde_json::{Value, json};

/// Where in a JSON answer: keys, and the first row of every list.
pub(super) type Place = Vec<Key>;

/// One step into an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Field(String),
    First,
}

/// One lie.
#[derive(Debug, Clone)]
pub(super) enum Bend {
    /// Another value of the same kind.
    Other(Place),
    /// Nothing, of the same kind.
    Empty(Place),
    /// Another kind.
    Kind(Place),
    /// The field is not there.
    Missing(Place),
    /// Far too much of it.
    Huge(Place),
    /// The first row of a list twice.
    Twice(Place),
    /// No body.
    NoBody,
    /// A page.
    Html,
    /// Half of it.
    Cut,
    /// One byte differs.
    Flipped,
    /// Behind four megabytes of nothing.
    Padded,
    /// Another status, with nothing of Ferry's in it.
    Status(u16),
    /// Elsewhere.
    Redirect,
    /// A second later.
    Late,
    /// An answer that was true: of another file, of another user, or of an earlier time.
    Replay(&'static str, Vec<u8>),
}

const HUGE_CHARS: usize = 1 << 20;
const PADDING_BYTES: usize = 4 << 20;

impl Bend {
    /// All that can be said instead of this answer, whatever it holds.
    pub(super) fn of_any() -> Vec<Bend> {
        vec![
            Bend::NoBody,
            Bend::Html,
            Bend::Cut,
            Bend::Flipped,
            Bend::Padded,
            Bend::Status(500),
            Bend::Status(404),
            Bend::Status(401),
            Bend::Redirect,
            Bend::Late,
        ]
    }

    /// All that can be bent in this JSON.
    pub(super) fn of_json(answer: &Value) -> Vec<Bend> {
        let mut places = Vec::new();
        walk(answer, &mut Vec::new(), &mut places);
        let mut bends = Vec::new();
        for (place, is_list) in places {
            if is_list {
                bends.extend([Bend::Twice(place.clone()), Bend::Empty(place.clone())]);
            } else {
                bends.extend([Bend::Other(place.clone()), Bend::Empty(place.clone())]);
                bends.push(Bend::Huge(place.clone()));
            }
            bends.extend([Bend::Kind(place.clone()), Bend::Missing(place)]);
        }
        bends
    }

    /// Tells it.
    pub(super) fn apply(&self, answered: &mut Answered) {
        match self {
            Bend::Other(place) => at(answered, place, other),
            Bend::Empty(place) => at(answered, place, empty),
            Bend::Kind(place) => at(answered, place, kind),
            Bend::Huge(place) => at(answered, place, huge),
            Bend::Twice(place) => at(answered, place, |value| {
                if let Value::Array(rows) = value
                    && let Some(first) = rows.first().cloned()
                {
                    rows.push(first);
                }
            }),
            Bend::Missing(place) => answered.json(|json| remove(json, place)),
            Bend::NoBody => answered.body.clear(),
            Bend::Html => {
                answered.body = b"<!doctype html><title>Sign in to the network</title>".to_vec();
                answered.set("content-type", "text/html");
            }
            Bend::Cut => answered.body.truncate(answered.body.len() / 2),
            Bend::Flipped => {
                let middle = answered.body.len() / 2;
                if let Some(byte) = answered.body.get_mut(middle) {
                    *byte ^= 1;
                }
            }
            Bend::Padded => {
                let body = std::mem::replace(&mut answered.body, vec![b' '; PADDING_BYTES]);
                answered.body.extend(body);
            }
            Bend::Status(status) => {
                answered.status = *status;
                answered.body.clear();
            }
            Bend::Redirect => {
                answered.status = 302;
                answered.set("location", "/healthz");
                answered.body.clear();
            }
            Bend::Late => answered.late_by = Duration::from_secs(1),
            Bend::Replay(_, body) => {
                answered.body.clone_from(body);
                answered.set("content-type", "application/json");
            }
        }
    }
}

/// Values by their places, and lists.
fn walk(value: &Value, here: &mut Place, found: &mut Vec<(Place, bool)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                here.push(Key::Field(name.clone()));
                walk(value, here, found);
                here.pop();
            }
        }
        Value::Array(rows) => {
            found.push((here.clone(), true));
            if let Some(first) = rows.first() {
                here.push(Key::First);
                walk(first, here, found);
                here.pop();
            }
        }
        _ => found.push((here.clone(), false)),
    }
}

fn at(answered: &mut Answered, place: &Place, change: impl FnOnce(&mut Value)) {
    answered.json(|json| {
        if let Some(value) = find(json, place) {
            change(value);
        }
    });
}

fn find<'v>(value: &'v mut Value, place: &[Key]) -> Option<&'v mut Value> {
    place.iter().try_fold(value, |value, key| match key {
        Key::Field(name) => value.get_mut(name),
        Key::First => value.get_mut(0),
    })
}

fn remove(json: &mut Value, place: &[Key]) {
    let Some((last, before)) = place.split_last() else {
        return;
    };
    match (find(json, before), last) {
        (Some(Value::Object(fields)), Key::Field(name)) => {
            fields.remove(name);
        }
        (Some(Value::Array(rows)), Key::First) if !rows.is_empty() => {
            rows.remove(0);
        }
        _ => {}
    }
}

/// Ids stay ids and bytes stay bytes: one digit in the middle differs.
fn other(value: &mut Value) {
    *value = match value {
        Value::String(text) => {
            let middle = text.len() / 2;
            let changed = text.char_indices().map(|(at, c)| match (at == middle, c) {
                (true, 'a') => 'b',
                (true, _) => 'a',
                (false, c) => c,
            });
            let changed: String = changed.collect();
            if changed.is_empty() {
                json!("a")
            } else {
                json!(changed)
            }
        }
        Value::Number(number) => {
            json!(number.as_u64().map_or(1, |number| number.saturating_add(1)))
        }
        Value::Bool(flag) => json!(!*flag),
        _ => json!(1),
    };
}

fn empty(value: &mut Value) {
    *value = match value {
        Value::String(_) => json!(""),
        Value::Array(_) => json!([]),
        Value::Bool(_) => json!(false),
        Value::Number(_) => json!(0),
        _ => Value::Null,
    };
}

fn kind(value: &mut Value) {
    *value = match value {
        Value::String(_) => json!(7),
        Value::Array(_) => json!("a list"),
        _ => json!({"of": "another kind"}),
    };
}

fn huge(value: &mut Value) {
    *value = match value {
        Value::Number(_) => json!(u64::MAX),
        _ => json!("A".repeat(HUGE_CHARS)),
    };
}
