//! `[telegram]`: where the Bot API is, and bots that are known from the start. Others come by the admin API.

use std::collections::BTreeSet;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};

use super::{ConfigError, Secret};
use crate::storage::telegram::{API_URL, BotToken, MAX_WEIGHT, Policy, is_weight};

/// Whose limits the pool keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TelegramLimits {
    /// Telegram's: a bot that sends more is refused for minutes.
    #[default]
    Telegram,
    /// Nobody's: for a Bot API server of one's own that has none.
    None,
}

impl TelegramLimits {
    /// What a pool keeps to where nothing else is set.
    pub fn policy(self) -> Policy {
        match self {
            TelegramLimits::Telegram => Policy::default(),
            TelegramLimits::None => Policy::unlimited(),
        }
    }
}

/// Telegram as a store, checked.
#[derive(Debug, Clone)]
pub struct TelegramConfig {
    /// Of the Bot API, without a slash at the end.
    pub api_url: String,
    /// Each once.
    pub bots: Vec<BotConfig>,
    /// Whose limits the pool keeps.
    pub limits: TelegramLimits,
    /// Documents that one bot may send into one chat in a minute.
    pub sends_per_minute: f64,
    /// Of them, at once after a rest.
    pub burst: f64,
}

impl TelegramConfig {
    /// What the pool keeps to.
    pub fn policy(&self) -> Policy {
        Policy {
            sends_per_minute: self.sends_per_minute,
            burst: self.burst,
            ..self.limits.policy()
        }
    }

    /// How many chats the bots have together.
    pub(super) fn chats(&self) -> usize {
        let chats: BTreeSet<i64> = self
            .bots
            .iter()
            .flat_map(|bot| bot.chats.iter().copied())
            .collect();
        chats.len()
    }
}

/// A bot and where it stores.
#[derive(Debug, Clone)]
pub struct BotConfig {
    /// From BotFather. Its `Debug` shows the id alone.
    pub token: BotToken,
    /// Ids of its chats.
    pub chats: Vec<i64>,
    /// Its share of the load, against the others.
    pub weight: f32,
}

/// As it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TelegramSettings {
    api_url: String,
    #[serde(deserialize_with = "bots")]
    bots: Vec<BotSettings>,
    limits: TelegramLimits,
    pub(super) sends_per_minute: Option<f64>,
    pub(super) burst: Option<f64>,
}

impl Default for TelegramSettings {
    fn default() -> Self {
        TelegramSettings {
            api_url: API_URL.to_owned(),
            bots: Vec::new(),
            limits: TelegramLimits::default(),
            sends_per_minute: None,
            burst: None,
        }
    }
}

/// `[[telegram.bots]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BotSettings {
    token: Secret,
    #[serde(deserialize_with = "chats")]
    chats: Vec<i64>,
    #[serde(default = "one")]
    weight: f32,
}

fn one() -> f32 {
    1.0
}

impl TelegramSettings {
    pub(super) fn check(self) -> Result<TelegramConfig, ConfigError> {
        let api_url = self.api_url.trim().trim_end_matches('/').to_owned();
        let is_address = api_url
            .strip_prefix("https://")
            .or_else(|| api_url.strip_prefix("http://"))
            .is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']));
        if !is_address {
            return Err(ConfigError::invalid(
                "telegram.api_url",
                format!("{api_url:?} is not of the form https://host[:port]"),
            ));
        }
        let bots: Vec<BotConfig> = self
            .bots
            .into_iter()
            .map(BotSettings::check)
            .collect::<Result<_, _>>()?;
        let ids: BTreeSet<i64> = bots.iter().map(|bot| bot.token.bot_id()).collect();
        if ids.len() < bots.len() {
            return Err(invalid_bots("the same bot is named twice"));
        }
        let policy = self.limits.policy();
        let sends_per_minute = match self.sends_per_minute {
            Some(sends) => rate("telegram.sends_per_minute", sends)?,
            None => policy.sends_per_minute,
        };
        if self.limits == TelegramLimits::Telegram
            && sends_per_minute > f64::from(policy.minute_sends)
        {
            return Err(ConfigError::invalid(
                "telegram.sends_per_minute",
                format!(
                    "{sends_per_minute} is more than Telegram takes: it lets about {} messages a minute of one bot into \
                     one chat and then refuses the bot. More bots send more; a Bot API server of your own without limits \
                     is told by telegram.limits = \"none\"",
                    policy.minute_sends
                ),
            ));
        }
        Ok(TelegramConfig {
            api_url,
            bots,
            limits: self.limits,
            sends_per_minute,
            burst: match self.burst {
                Some(burst) => rate("telegram.burst", burst)?,
                None => policy.burst,
            },
        })
    }
}

impl BotSettings {
    fn check(mut self) -> Result<BotConfig, ConfigError> {
        let token = BotToken::parse(self.token.expose())
            .map_err(|error| ConfigError::invalid("telegram.bots.token", error.to_string()))?;
        self.chats.sort_unstable();
        self.chats.dedup();
        if self.chats.is_empty() || self.chats.contains(&0) {
            return Err(invalid_bots(&format!(
                "bot {} needs the ids of its chats, such as -1001234567890",
                token.bot_id()
            )));
        }
        if !is_weight(self.weight) {
            return Err(invalid_bots(&format!(
                "the weight of bot {} is more than 0 and at most {MAX_WEIGHT}",
                token.bot_id()
            )));
        }
        Ok(BotConfig {
            token,
            chats: self.chats,
            weight: self.weight,
        })
    }
}

/// A rate above this is a slip of the pen.
const MOST_SENDS: f64 = 1e6;

/// Less than one would never send.
fn rate(name: &'static str, value: f64) -> Result<f64, ConfigError> {
    match value {
        1.0..=MOST_SENDS => Ok(value),
        _ => Err(ConfigError::invalid(
            name,
            format!("is a number from 1 to {MOST_SENDS}"),
        )),
    }
}

fn invalid_bots(reason: &str) -> ConfigError {
    ConfigError::invalid("telegram.bots", reason)
}

/// Tables, or text from the environment: `token@chat,chat;token@chat`.
fn bots<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<BotSettings>, D::Error> {
    struct Bots;
    impl<'de> Visitor<'de> for Bots {
        type Value = Vec<BotSettings>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bots, each with a token and chats")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut bots = Vec::new();
            while let Some(bot) = seq.next_element()? {
                bots.push(bot);
            }
            Ok(bots)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            let items = text.split(';').map(str::trim).filter(|bot| !bot.is_empty());
            let read = |(at, bot)| {
                // The text holds a token: no error repeats it.
                bot_of(bot).ok_or_else(|| {
                    E::custom(format!(
                        "bot number {} is not of the form token@chat,chat",
                        at + 1
                    ))
                })
            };
            items.enumerate().map(read).collect()
        }
    }
    d.deserialize_any(Bots)
}

fn bot_of(text: &str) -> Option<BotSettings> {
    let (token, chats) = text.split_once('@')?;
    Some(BotSettings {
        token: Secret::from(token.to_owned()),
        chats: chat_ids(chats)?,
        weight: one(),
    })
}

fn chat_ids(text: &str) -> Option<Vec<i64>> {
    text.split(',')
        .map(|chat| chat.trim().parse().ok())
        .collect()
}

/// Ids, or one of them, or text with commas.
fn chats<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Many(Vec<i64>),
        One(i64),
        Text(String),
    }
    match Written::deserialize(d)? {
        Written::Many(ids) => Ok(ids),
        Written::One(id) => Ok(vec![id]),
        Written::Text(text) => chat_ids(&text)
            .ok_or_else(|| D::Error::custom("chats are numbers, such as -1001234567890")),
    }
}
