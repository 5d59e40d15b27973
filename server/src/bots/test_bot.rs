//! Tests a known bot as it is used: its token, and a document in each of its chats. What is found is written down, so
//! that the pool leaves out what cannot be used and comes back to what can be again.

use chrono::TimeDelta;
use ferry_core::wire::{BotChatState, BotState, TestedBot, TestedChat};

use super::{Bots, BotsResult};
use crate::{
    db::{self, bot_chats::PairRow, bots::BotRow},
    storage::telegram::{BotTestError, Fault, Me, UsableChat, test_bot, test_chat},
};

impl Bots {
    /// Tests the bot and all its chats. Whatever is wrong is in the answer and not an error.
    pub async fn test(&self, bot_id: i64) -> BotsResult<TestedBot> {
        let row = self.row(bot_id).await?;
        let api = match self.api_of(&row) {
            Ok(api) => api,
            Err(unsealable) => return Ok(useless(&row, unsealable.to_string())),
        };
        let me = match test_bot(&api).await {
            Ok(me) => me,
            Err(error) => {
                self.write_down_bot(&row, &error).await?;
                return Ok(useless(&row, error.to_string()));
            }
        };
        self.bot_works(&row, &me).await?;
        let mut chats = Vec::new();
        for pair in self.pairs_of(bot_id).await? {
            let outcome = test_chat(&api, &me, pair.chat_id).await;
            self.write_down_chat(&pair, &outcome).await?;
            chats.push(match outcome {
                Ok(chat) => usable(chat),
                Err(error) => unusable(&pair, &error),
            });
        }
        Ok(TestedBot {
            bot_id,
            username: me.username,
            ok: chats.iter().all(|chat| chat.ok),
            problem: chats.is_empty().then(|| {
                "The bot has no chat to store parts in. Add it again with one.".to_owned()
            }),
            chats,
        })
    }

    async fn pairs_of(&self, bot_id: i64) -> BotsResult<Vec<PairRow>> {
        let now = (self.clock)();
        let mut pairs = self
            .db
            .run(async |connection| db::bot_chats::list(connection, now, now).await)
            .await?;
        // a chat that has another id now is tested under that
        pairs.retain(|pair| pair.bot_id == bot_id && pair.state != BotChatState::Migrated);
        Ok(pairs)
    }

    /// The token works: a bot that was off for it is on again.
    async fn bot_works(&self, row: &BotRow, me: &Me) -> BotsResult<()> {
        let now = (self.clock)();
        self.db
            .run(async |connection| {
                db::bots::seen(connection, row.id, &me.username, now).await?;
                // what a person put aside, a test does not take back
                if row.state != BotState::Active && row.state != BotState::Disabled {
                    db::bots::set_state(connection, row.id, BotState::Active, None, now).await?;
                }
                Ok(())
            })
            .await
    }

    async fn write_down_bot(&self, row: &BotRow, error: &BotTestError) -> BotsResult<()> {
        let now = (self.clock)();
        let state = match &error.fault {
            Some(Fault::BotUnauthorized { .. }) => BotState::Unauthorized,
            Some(Fault::BotLoggedOut) => BotState::LoggedOut,
            Some(Fault::RetryAfter { secs }) => {
                let until = now + TimeDelta::seconds(i64::from(*secs));
                return self
                    .db
                    .run(async |connection| Ok(db::bots::cool(connection, row.id, until).await?))
                    .await;
            }
            _ => return Ok(()),
        };
        if row.state == BotState::Disabled {
            return Ok(());
        }
        let reason = error.to_string();
        self.db
            .run(async |connection| {
                db::bots::set_state(connection, row.id, state, Some(&reason), now).await?;
                Ok(())
            })
            .await
    }

    async fn write_down_chat(
        &self,
        pair: &PairRow,
        outcome: &Result<UsableChat, BotTestError>,
    ) -> BotsResult<()> {
        let now = (self.clock)();
        self.db
            .transact(async |tx| {
                let error = match outcome {
                    Ok(usable) => {
                        let chat = &usable.chat;
                        if let Some(from) = usable.moved_from {
                            db::telegram_chats::migrate(tx, from, chat.id, now).await?;
                        }
                        db::telegram_chats::describe(
                            tx,
                            chat.id,
                            &chat.title,
                            &chat.kind.to_string(),
                        )
                        .await?;
                        db::telegram_chats::begins_at(tx, chat.id, usable.message_id).await?;
                        return Ok(db::bot_chats::add(tx, pair.bot_id, chat.id, now).await?);
                    }
                    Err(error) => error,
                };
                let state = match &error.fault {
                    Some(Fault::ChatGone { kind, .. }) => kind.state(),
                    Some(Fault::NoRights { .. }) => BotChatState::NoRights,
                    Some(Fault::RetryAfter { secs }) => {
                        let until = now + TimeDelta::seconds(i64::from(*secs));
                        db::bot_chats::cool(tx, pair.bot_id, pair.chat_id, until).await?;
                        return Ok(());
                    }
                    _ => return Ok(()),
                };
                let reason = error.to_string();
                db::bot_chats::set_state(tx, pair.bot_id, pair.chat_id, state, Some(&reason))
                    .await?;
                Ok(())
            })
            .await
    }
}

/// A bot whose chats were not even tried.
fn useless(row: &BotRow, problem: String) -> TestedBot {
    TestedBot {
        bot_id: row.id,
        username: row.username.clone(),
        ok: false,
        problem: Some(problem),
        chats: Vec::new(),
    }
}

/// For the answer.
pub(super) fn usable(usable: UsableChat) -> TestedChat {
    TestedChat {
        chat_id: usable.chat.id,
        moved_from: usable.moved_from,
        title: usable.chat.title,
        ok: true,
        problem: None,
        warnings: usable.warnings,
    }
}

fn unusable(pair: &PairRow, error: &BotTestError) -> TestedChat {
    TestedChat {
        chat_id: pair.chat_id,
        moved_from: None,
        title: String::new(),
        ok: false,
        problem: Some(error.to_string()),
        warnings: Vec::new(),
    }
}
