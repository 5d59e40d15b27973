//! The script of faults: which calls fail, and how. It picks; carrying out is the server's.

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::world::{BotId, ChatId};

/// What is done to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The connection is reset as soon as the head was read.
    ResetBeforeBody,
    /// The connection is reset in the middle of the request's body, or of the reply's when it is a download.
    ResetMidBody,
    /// The body is read, or a download written, no faster than this. Real seconds on any clock.
    SlowBody {
        /// Speed.
        bytes_per_sec: u64,
    },
    /// Nothing happens for this long (real seconds), or until the faults are deleted; then the call goes on.
    Hang {
        /// Longest wait.
        #[serde(default = "ten_minutes")]
        secs: f64,
    },
    /// 429, and the bot is to stay away from the chat.
    Flood {
        /// Seconds.
        retry_after: u64,
    },
    /// 500, as a server that closes answers.
    Restart500,
    /// 502 of the front, as JSON.
    BadGatewayJson,
    /// 502 of the front, as HTML.
    BadGatewayHtml,
    /// 400 `wrong file_id or the file is temporarily unavailable`: says nothing about the file.
    Unavailable,
    /// 401 on a download although the token is right.
    #[serde(rename = "file_401")]
    File401,
    /// Any other refusal.
    Refuse {
        /// HTTP status and error code.
        code: u16,
        /// Text.
        description: String,
    },
    /// The call is carried out, then the connection is reset: the maker of duplicates.
    ResetAfterStore,
    /// The call is carried out, then the front answers 502.
    BadGatewayAfterStore,
    /// The call is carried out, then the connection ends without a byte.
    EmptyReply,
    /// The call is carried out, the reply ends in its middle.
    HalfReply,
    /// The download ends in its middle, shorter than it said.
    TruncatedDownload,
    /// The download is half of the file, and says no other length.
    ShortDownload,
    /// One bit of the download is wrong.
    FlippedBit,
    /// The download is another stored file, of the same size if there is one.
    SwappedPart,
}

fn ten_minutes() -> f64 {
    600.0
}

/// When a fault is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// When only the head is known: rules that name a chat count if the query names it.
    Head,
    /// When the call is known.
    Call,
}

impl Fault {
    fn phase(&self) -> Phase {
        match self {
            Fault::ResetBeforeBody | Fault::ResetMidBody | Fault::SlowBody { .. } => Phase::Head,
            _ => Phase::Call,
        }
    }

    /// Its name, as in the script.
    pub(crate) fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value
            .get("kind")
            .and_then(|kind| kind.as_str())
            .unwrap_or_default()
            .to_owned()
    }
}

/// A fault, and for which calls. What is not given is any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Of this bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotId>,
    /// To this chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
    /// Of this method, in any case; `file` is the download.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only the nth matching call, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Each nth matching call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// By chance, from 0 to 1; the same `seed` makes the same choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// See `probability`.
    #[serde(default)]
    pub seed: u64,
    /// At most so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    pub fault: Fault,
}

impl FaultRule {
    /// For every call, until it is deleted.
    pub fn always(fault: Fault) -> FaultRule {
        FaultRule {
            bot: None,
            chat: None,
            method: None,
            nth: None,
            every: None,
            probability: None,
            seed: 0,
            count: None,
            fault,
        }
    }

    /// For a method, by its name.
    pub fn on(method: &str, fault: Fault) -> FaultRule {
        FaultRule {
            method: Some(method.to_owned()),
            ..FaultRule::always(fault)
        }
    }
}

/// A rule and what became of it, as `GET /control/faults` shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FaultState {
    /// The rule.
    #[serde(flatten)]
    pub rule: FaultRule,
    /// Calls that it was for.
    pub matched: u64,
    /// Calls that it was carried out on.
    pub fired: u64,
}

/// All rules in order.
pub(crate) struct Script {
    rules: Vec<FaultState>,
    /// Changes when the rules are deleted, so that hanging calls go on.
    cleared: watch::Sender<u64>,
}

/// A call, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) bot: Option<BotId>,
    pub(crate) chat: Option<ChatId>,
    /// Lower case.
    pub(crate) method: &'a str,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            rules: Vec::new(),
            cleared: watch::channel(0).0,
        }
    }
}

impl Script {
    pub(crate) fn add(&mut self, rules: Vec<FaultRule>) {
        self.rules.extend(rules.into_iter().map(|rule| FaultState {
            rule,
            matched: 0,
            fired: 0,
        }));
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
        self.cleared.send_modify(|times| *times += 1);
    }

    pub(crate) fn rules(&self) -> &[FaultState] {
        &self.rules
    }

    /// Hears of the next [`Script::clear`].
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.cleared.subscribe()
    }

    /// The fault of a call in a phase: of the first rule that fires. All rules that match count the call.
    pub(crate) fn pick(&mut self, phase: Phase, target: Target<'_>) -> Option<Fault> {
        let mut picked = None;
        for state in &mut self.rules {
            if state.rule.fault.phase() != phase || !state.rule.matches(target) {
                continue;
            }
            state.matched += 1;
            if picked.is_none() && state.fires() {
                state.fired += 1;
                picked = Some(state.rule.fault.clone());
            }
        }
        picked
    }
}

impl FaultRule {
    fn matches(&self, target: Target<'_>) -> bool {
        self.bot.is_none_or(|bot| target.bot == Some(bot))
            && self.chat.is_none_or(|chat| target.chat == Some(chat))
            && self
                .method
                .as_ref()
                .is_none_or(|method| method.eq_ignore_ascii_case(target.method))
    }
}

impl FaultState {
    fn fires(&self) -> bool {
        let rule = &self.rule;
        let left = rule.count.is_none_or(|count| self.fired < count);
        let due = rule.nth.is_none_or(|nth| self.matched == nth)
            && rule
                .every
                .is_none_or(|every| every > 0 && self.matched.is_multiple_of(every))
            && rule
                .probability
                .is_none_or(|chance| draw(rule.seed, self.matched) < chance);
        left && due
    }
}

/// A number from 0 to 1 that depends on both alone (splitmix64).
fn draw(seed: u64, nth: u64) -> f64 {
    let mut mixed = seed
        .wrapping_mul(0xa076_1d64_78bd_642f)
        .wrapping_add(nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEND: Target<'_> = Target {
        bot: Some(7),
        chat: Some(-1),
        method: "senddocument",
    };

    fn fired(rule: FaultRule, calls: u64) -> Vec<u64> {
        let mut script = Script::default();
        script.add(vec![rule]);
        (1..=calls)
            .filter(|_| script.pick(Phase::Call, SEND).is_some())
            .collect()
    }

    #[test]
    fn rules_fire_on_the_nth_each_nth_or_at_most_so_often() {
        let rule = FaultRule::on("sendDocument", Fault::Restart500);
        let nth = FaultRule {
            nth: Some(3),
            ..rule.clone()
        };
        assert_eq!(fired(nth, 9), [3]);
        let every = FaultRule {
            every: Some(4),
            ..rule.clone()
        };
        assert_eq!(fired(every, 9), [4, 8]);
        let twice = FaultRule {
            count: Some(2),
            ..rule.clone()
        };
        assert_eq!(fired(twice, 9), [1, 2]);
        let other = FaultRule {
            bot: Some(8),
            ..rule
        };
        assert!(fired(other, 9).is_empty());
    }

    #[test]
    fn chance_is_the_same_for_a_seed_and_about_right() {
        let rule = |seed| FaultRule {
            probability: Some(0.05),
            seed,
            ..FaultRule::always(Fault::Restart500)
        };
        assert_eq!(fired(rule(1), 1000), fired(rule(1), 1000));
        assert_ne!(fired(rule(1), 1000), fired(rule(2), 1000));
        let often = fired(rule(1), 10_000).len();
        assert!((400..600).contains(&often), "{often}");
    }

    #[test]
    fn scripts_are_read_as_they_are_documented() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"bot":7,"method":"getFile","every":2,"fault":{"kind":"flood","retry_after":9}}"#,
        )
        .expect("a rule");
        assert_eq!(rule.fault, Fault::Flood { retry_after: 9 });
        let file: FaultRule =
            serde_json::from_str(r#"{"method":"file","fault":{"kind":"file_401"}}"#)
                .expect("a rule");
        assert_eq!(file.fault.name(), "file_401");
    }
}
