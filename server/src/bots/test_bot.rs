//! Tests a known bot as it is used: its token, and a document in each of its chats. What is found is written down, so
//! that the pool leaves out what can not be used and comes back to what can be again.

use chrono::TimeDelta;
use ferry_core::wire::{TestedBot, TestedChat};

use super::{Bots, BotsResult};
use crate::{
    db::{
        self,
        bots::{ACTIVE, BotRow, DISABLED, PairRow},
    },
    storage::telegram::{BotTestError, Fault, Me, UsableChat, test_bot, test_chat},
};

/// The pair's chat has another id now; it is tested under that.
const MIGRATED: &str = "migrated";

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
            Err(trouble) => {
                self.write_down_bot(&row, &trouble).await?;
                return Ok(useless(&row, trouble.to_string()));
            }
        };
        self.bot_works(&row, &me).await?;
        let mut chats = Vec::new();
        for pair in self.pairs_of(bot_id).await? {
            let outcome = test_chat(&api, &me, pair.chat_id).await;
            self.write_down_chat(&pair, &outcome).await?;
            chats.push(match outcome {
                Ok(chat) => usable(chat),
                Err(trouble) => unusable(&pair, &trouble),
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
            .run(async |connection| db::bots::pairs(connection, now, now).await)
            .await?;
        pairs.retain(|pair| pair.bot_id == bot_id && pair.state != MIGRATED);
        Ok(pairs)
    }

    /// The token works: a bot that was off for it is on again.
    async fn bot_works(&self, row: &BotRow, me: &Me) -> BotsResult<()> {
        let now = (self.clock)();
        self.db
            .run(async |connection| {
                db::bots::seen(connection, row.id, &me.username, now).await?;
                // what a person put aside, a test does not take back
                if row.state != ACTIVE && row.state != DISABLED {
                    db::bots::set_state(connection, row.id, ACTIVE, None, now).await?;
                }
                Ok(())
            })
            .await
    }

    async fn write_down_bot(&self, row: &BotRow, trouble: &BotTestError) -> BotsResult<()> {
        let now = (self.clock)();
        let state = match &trouble.fault {
            Some(Fault::BotUnauthorized { .. }) => "unauthorized",
            Some(Fault::BotLoggedOut) => "logged_out",
            Some(Fault::RetryAfter { secs }) => {
                let until = now + TimeDelta::seconds(i64::from(*secs));
                return self
                    .db
                    .run(async |connection| Ok(db::bots::cool(connection, row.id, until).await?))
                    .await;
            }
            _ => return Ok(()),
        };
        if row.state == DISABLED {
            return Ok(());
        }
        let reason = trouble.to_string();
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
                let trouble = match outcome {
                    Ok(usable) => {
                        let chat = &usable.chat;
                        if let Some(from) = usable.moved_from {
                            db::bots::migrate_chat(tx, from, chat.id, now).await?;
                        }
                        db::bots::describe_chat(tx, chat.id, &chat.title, chat.kind.as_str())
                            .await?;
                        db::bots::chat_begins_at(tx, chat.id, usable.message_id).await?;
                        return Ok(db::bots::add_pair(tx, pair.bot_id, chat.id, now).await?);
                    }
                    Err(trouble) => trouble,
                };
                let state = match &trouble.fault {
                    Some(Fault::ChatGone { kind, .. }) => kind.as_str(),
                    Some(Fault::NoRights { .. }) => "no_rights",
                    Some(Fault::RetryAfter { secs }) => {
                        let until = now + TimeDelta::seconds(i64::from(*secs));
                        db::bots::cool_pair(tx, pair.bot_id, pair.chat_id, until).await?;
                        return Ok(());
                    }
                    _ => return Ok(()),
                };
                let reason = trouble.to_string();
                db::bots::set_pair_state(tx, pair.bot_id, pair.chat_id, state, Some(&reason))
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

fn unusable(pair: &PairRow, trouble: &BotTestError) -> TestedChat {
    TestedChat {
        chat_id: pair.chat_id,
        moved_from: None,
        title: String::new(),
        ok: false,
        problem: Some(trouble.to_string()),
        warnings: Vec::new(),
    }
}
