//! Removes a bot. What it stored stays in the chats and is read through another bot there; where there is none, the
//! parts would be lost, and nothing happens unless that is wanted.

use ferry_core::wire::{BotSource, RemovedBot};
use uuid::Uuid;

use super::{Bots, BotsError, BotsResult};
use crate::db::{self, units::u64_of};

impl Bots {
    /// Forgets the bot, its token and its chats. `force` gives up the parts that nobody else can read.
    pub async fn remove(
        &self,
        by: Option<Uuid>,
        bot_id: i64,
        force: bool,
    ) -> BotsResult<RemovedBot> {
        self.db.transact_patiently(async |tx| {
            let row = db::bots::find(tx, bot_id).await?;
            let row = row.ok_or(BotsError::NotFound)?;
            let (parts, recoverable) = db::parts::held_by_bot(tx, bot_id).await?;
            // its own, and what it reads of bots that are gone
            let left = db::parts::left_to_bot(tx, bot_id).await?;
            let unreadable = u64_of(parts - recoverable + left);
            if unreadable > 0 && !force {
                return Err(BotsError::HoldsParts { unreadable });
            }
            db::bots::remove(tx, bot_id).await?;
            let reason = format!(
                "bot {bot_id} (@{}), which had stored {parts} parts; {unreadable} parts cannot be read any more",
                row.username
            );
            self.note(tx, by, "bot.remove", reason).await?;
            Ok(RemovedBot {
                unreadable_parts: unreadable,
                recoverable_parts: u64_of(recoverable),
                returns_at_start: row.source == BotSource::Config,
            })
        })
        .await
    }
}
