//! The bots of a Telegram store, for administrators: add, look at, test, change, remove; one use-case a file.
//! Sending, pacing and reading through them is the store's business. Knows no HTTP.

mod error;

mod add;
mod change;
mod holdings;
mod list;
mod names;
mod remove;
mod test_bot;

#[cfg(test)]
mod tests;

use uuid::Uuid;

pub use error::{BotsError, BotsResult};
pub use names::BotName;

use crate::{
    clock::Clock,
    db::{self, Connection, Db, audit::AuditEvent, bots::BotRow},
    storage::telegram::{
        BotApi, BotApis, BotToken, MAX_WEIGHT, Policy, SealedToken, ServerKey, TelegramMetrics,
        Unsealable, is_weight,
    },
};

/// All use-cases about bots, with the parts they need. Cheap to clone.
#[derive(Clone)]
pub struct Bots {
    db: Db,
    clock: Clock,
    key: ServerKey,
    apis: BotApis,
    /// See [`Policy::pair_sends_per_minute`].
    pair_sends_per_minute: Option<u32>,
    metrics: TelegramMetrics,
    holdings: holdings::Holdings,
}

impl Bots {
    pub fn new(db: Db, clock: Clock, key: ServerKey, apis: BotApis, policy: &Policy) -> Self {
        Bots {
            db,
            clock,
            key,
            apis,
            pair_sends_per_minute: policy.pair_sends_per_minute(),
            metrics: TelegramMetrics::default(),
            holdings: holdings::Holdings::default(),
        }
    }

    /// The same beside a store that counts here.
    #[must_use]
    pub fn beside(self, metrics: &TelegramMetrics) -> Self {
        Bots {
            metrics: metrics.clone(),
            ..self
        }
    }

    fn api_of(&self, row: &BotRow) -> Result<BotApi, Unsealable> {
        let sealed = SealedToken::from_bytes(row.token_sealed.clone());
        let token: BotToken = sealed.open(&self.key, row.id)?;
        Ok(self.apis.of(&token))
    }

    async fn row(&self, bot_id: i64) -> BotsResult<BotRow> {
        let found = self
            .db
            .run(async |connection| db::bots::find(connection, bot_id).await)
            .await?;
        found.ok_or(BotsError::NotFound)
    }

    /// Writes down who did what with which bot; `by` is none for the command line.
    async fn note(
        &self,
        connection: &mut Connection,
        by: Option<Uuid>,
        action: &str,
        reason: String,
    ) -> BotsResult<()> {
        let event = AuditEvent {
            at: (self.clock)(),
            user_id: by,
            action: action.to_owned(),
            subject_id: None,
            reason,
        };
        Ok(db::audit::record(connection, &event).await?)
    }
}

/// A weight that a bot may have.
fn checked_weight(weight: f32) -> BotsResult<f32> {
    if is_weight(weight) {
        return Ok(weight);
    }
    Err(BotsError::Invalid(format!(
        "a weight is more than 0 and at most {MAX_WEIGHT}"
    )))
}
