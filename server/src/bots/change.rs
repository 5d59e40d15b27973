//! Puts a bot aside, takes it back, or changes its share of the load.

use ferry_core::wire::{BotState, ChangeBotRequest};
use uuid::Uuid;

use super::{Bots, BotsError, BotsResult, checked_weight};
use crate::db;

impl Bots {
    /// Does what the request names, and leaves the rest.
    pub async fn change(
        &self,
        by: Option<Uuid>,
        bot_id: i64,
        request: &ChangeBotRequest,
    ) -> BotsResult<()> {
        let weight = request.weight.map(checked_weight).transpose()?;
        self.db
            .transact(async |tx| {
                let row = db::bots::find(tx, bot_id).await?;
                let row = row.ok_or(BotsError::NotFound)?;
                let now = (self.clock)();
                let action = match request.enabled {
                    Some(false) if row.state != BotState::Disabled => {
                        let reason = Some("disabled by an administrator");
                        db::bots::set_state(tx, bot_id, BotState::Disabled, reason, now).await?;
                        Some("bot.disable")
                    }
                    Some(true) if row.state == BotState::Disabled => {
                        db::bots::set_state(tx, bot_id, BotState::Active, None, now).await?;
                        Some("bot.enable")
                    }
                    // a bot that Telegram refuses comes back by a test, not because it is enabled
                    Some(true) if row.state != BotState::Active => return Err(BotsError::Refused),
                    _ => None,
                };
                let reason = format!("bot {bot_id} (@{})", row.username);
                if let Some(action) = action {
                    self.note(tx, by, action, reason.clone()).await?;
                }
                if let Some(weight) = weight {
                    db::bots::set_weight(tx, bot_id, weight).await?;
                    let reason = format!("{reason}: {weight}");
                    self.note(tx, by, "bot.weight", reason).await?;
                }
                Ok(())
            })
            .await
    }
}
