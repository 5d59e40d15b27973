//! Which bots of the pool can be asked, for what is no send: to read, to delete, to say how they are. And why none can.

use chrono::{DateTime, Utc};
use ferry_core::wire::{BotChatState, BotState, ChatState};

use super::Pool;
use crate::db::{Connection, DbError, bot_chats, bots, telegram_chats};
use crate::storage::StorageError;
use crate::storage::telegram::token::BotToken;

impl Pool {
    /// The token of a bot, to read what it sent: also of one that a person put aside; none when it is off or gone.
    pub async fn bot(&self, bot_id: i64) -> Result<Option<BotToken>, StorageError> {
        let row = self
            .with(async |conn| bots::find(conn, bot_id).await)
            .await?;
        match row {
            Some(row) if [BotState::Active, BotState::Disabled].contains(&row.state.0) => {
                Ok(Some(self.open(bot_id, row.token_sealed)?))
            }
            _ => Ok(None),
        }
    }

    /// The bots that may be asked about a chat just now, but for one; those that rest are left out.
    pub async fn others(
        &self,
        chat_id: i64,
        except: Option<i64>,
    ) -> Result<Vec<(i64, BotToken)>, StorageError> {
        let now = (self.clock)();
        let rows = self
            .with(async |conn| bots::others(conn, chat_id, except, now).await)
            .await?;
        rows.into_iter()
            .map(|row| Ok((row.id, self.open(row.id, row.token_sealed)?)))
            .collect()
    }

    /// A bot that parts can be sent by, some time, but for one; the error says why there is none.
    pub async fn health(&self, except: Option<i64>) -> Result<BotToken, StorageError> {
        let row = self
            .with(async |conn| bots::usable(conn, except).await)
            .await?;
        match row {
            Some(row) => self.open(row.id, row.token_sealed),
            None => {
                let now = (self.clock)();
                let why = self.with(async |conn| whats_wrong(conn, now).await);
                Err(StorageError::Unavailable(why.await?))
            }
        }
    }
}

/// Why no bot can do it, bot by bot.
pub(super) async fn whats_wrong(
    conn: &mut Connection,
    now: DateTime<Utc>,
) -> Result<String, DbError> {
    let bots = bots::list(conn).await?;
    if bots.is_empty() {
        return Ok("no bot is configured: add one with `ferry-server bots add`".to_owned());
    }
    let chats = telegram_chats::list(conn).await?;
    let pairs = bot_chats::list(conn, now, now).await?;
    let mut wrong: Vec<String> = Vec::new();
    for bot in bots.iter().filter(|bot| bot.state != BotState::Active) {
        let why = bot.reason.as_deref().unwrap_or("switched off");
        wrong.push(format!("bot {} is {}: {why}", bot.id, bot.state.0));
    }
    for pair in pairs
        .iter()
        .filter(|pair| pair.state != BotChatState::Active)
    {
        let why = pair.reason.as_deref().unwrap_or_default();
        let (bot, chat) = (pair.bot_id, pair.chat_id);
        wrong.push(format!(
            "bot {bot} in chat {chat} is {}: {why}",
            pair.state.0
        ));
    }
    for chat in chats.iter().filter(|chat| chat.state == ChatState::Full) {
        wrong.push(format!("chat {} is full", chat.chat_id));
    }
    if wrong.is_empty() {
        wrong.push("no bot has a chat for it".to_owned());
    }
    Ok(wrong.join("; "))
}
