//! Adds a bot with its chats, or chats and a new token to a known one. Everything is tested first, and nothing is
//! written down when one of them cannot be used.

use ferry_core::wire::{AddBotRequest, BotSource, TestedBot, TestedChat};
use uuid::Uuid;

use super::{Bots, BotsError, BotsResult, checked_weight, test_bot::usable};
use crate::{
    config::BotConfig,
    db::{self, Connection, bots::NewBot},
    storage::telegram::{BotToken, Me, SealedToken, UsableChat, test_bot, test_chat},
};

/// A channel has 50 administrators at most and a bot needs no more chats than this to use up its limits.
const MAX_CHATS: usize = 50;
const DEFAULT_WEIGHT: f32 = 1.0;

impl Bots {
    /// Tests the token and every chat, then writes the bot down.
    pub async fn add(&self, by: Option<Uuid>, request: &AddBotRequest) -> BotsResult<TestedBot> {
        let token = BotToken::parse(&request.token)?;
        let chats = checked_chats(&request.chats)?;
        request.weight.map(checked_weight).transpose()?;
        let api = self.apis.of(&token);
        let me = test_bot(&api).await?;
        let mut usable_chats = Vec::new();
        for chat_id in chats {
            usable_chats.push(test_chat(&api, &me, chat_id).await?);
        }
        let sealed = self.sealed(&token)?;
        self.db
            .transact(async |tx| {
                let known = db::bots::find(tx, me.id).await?;
                let bot = NewBot {
                    id: me.id,
                    username: &me.username,
                    token_sealed: sealed.as_bytes(),
                    weight: request
                        .weight
                        .or(known.map(|bot| bot.weight))
                        .unwrap_or(DEFAULT_WEIGHT),
                    source: BotSource::Admin,
                };
                let now = (self.clock)();
                db::bots::upsert(tx, &bot, now).await?;
                db::bots::seen(tx, me.id, &me.username, now).await?;
                for usable in &usable_chats {
                    self.join(tx, &me, usable, request.shared_chats).await?;
                }
                self.note(tx, by, "bot.add", reason(&me, &usable_chats))
                    .await
            })
            .await?;
        let chats: Vec<TestedChat> = usable_chats.into_iter().map(usable).collect();
        Ok(TestedBot {
            bot_id: me.id,
            username: me.username,
            ok: true,
            problem: None,
            chats,
        })
    }

    /// Writes down the bots of the settings with exactly their chats and weights. Asks Telegram nothing: a server starts
    /// also when that is away, and what cannot be used turns out at the first send.
    pub async fn configure(&self, bots: &[BotConfig]) -> BotsResult<()> {
        for BotConfig {
            token,
            chats,
            weight,
        } in bots
        {
            let sealed = self.sealed(token)?;
            let bot = NewBot {
                id: token.bot_id(),
                username: "",
                token_sealed: sealed.as_bytes(),
                weight: checked_weight(*weight)?,
                source: BotSource::Config,
            };
            let chats = checked_chats(chats)?;
            self.db
                .transact(async |tx| -> BotsResult<_> {
                    let now = (self.clock)();
                    db::bots::upsert(tx, &bot, now).await?;
                    for chat_id in &chats {
                        db::telegram_chats::add(tx, *chat_id, now).await?;
                        db::bot_chats::add(tx, bot.id, *chat_id, now).await?;
                    }
                    db::bot_chats::keep_only(tx, bot.id, &chats).await?;
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }

    fn sealed(&self, token: &BotToken) -> BotsResult<SealedToken> {
        let sealed = token.seal(&self.key);
        sealed.map_err(|error| BotsError::Internal(format!("no randomness: {error}")))
    }

    /// Lets the bot send to a chat that was found usable.
    async fn join(
        &self,
        tx: &mut Connection,
        me: &Me,
        usable: &UsableChat,
        shared: Option<bool>,
    ) -> BotsResult<()> {
        let (chat, now) = (&usable.chat, (self.clock)());
        db::telegram_chats::add(tx, chat.id, now).await?;
        // while nothing is known of the new chat: it takes over whether others write there
        if let Some(from) = usable.moved_from {
            db::telegram_chats::migrate(tx, from, chat.id, now).await?;
        }
        db::telegram_chats::describe(tx, chat.id, &chat.title, &chat.kind.to_string()).await?;
        if let Some(shared) = shared {
            db::telegram_chats::set_dedicated(tx, chat.id, !shared).await?;
        }
        db::telegram_chats::begins_at(tx, chat.id, usable.message_id).await?;
        Ok(db::bot_chats::add(tx, me.id, chat.id, now).await?)
    }
}

fn checked_chats(chats: &[i64]) -> BotsResult<Vec<i64>> {
    let mut chats = chats.to_vec();
    chats.sort_unstable();
    chats.dedup();
    if chats.is_empty() || chats.len() > MAX_CHATS {
        return Err(BotsError::Invalid(format!(
            "a bot needs 1 to {MAX_CHATS} chats"
        )));
    }
    if chats.contains(&0) {
        return Err(BotsError::Invalid("no chat has the id 0".to_owned()));
    }
    Ok(chats)
}

fn reason(me: &Me, chats: &[UsableChat]) -> String {
    let ids: Vec<String> = chats
        .iter()
        .map(|usable| usable.chat.id.to_string())
        .collect();
    format!("bot {} (@{}) with {}", me.id, me.username, ids.join(", "))
}
