//! Who the bots are. What they do and hold is another question, and takes longer.

use super::{Bots, BotsResult};
use crate::db;

/// A bot, as a person calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotName {
    /// The number before the colon of its token.
    pub bot_id: i64,
    /// Without `@`; empty where it was never seen.
    pub username: String,
}

impl Bots {
    /// All bots, by id.
    pub async fn names(&self) -> BotsResult<Vec<BotName>> {
        let rows = self
            .db
            .run(async |connection| db::bots::list(connection).await)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| BotName {
                bot_id: row.id,
                username: row.username,
            })
            .collect())
    }
}
