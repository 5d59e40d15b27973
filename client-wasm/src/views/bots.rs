//! The shapes of `ferry.d.ts` about the bots of a Telegram store.

use ferry_core::wire::{
    BotChatEntry, BotChatState, BotEntry, BotQueue, BotSource, BotState, BotsResponse, ChatState,
    RemovedBot, TelegramChatEntry, TestedBot, TestedChat,
};
use serde::Serialize;

use super::time;

view!(
    /// `Bots`.
    BotsView from BotsResponse (pool) {
        at: String = time(pool.at),
        api_url: String = pool.api_url,
        pair_sends_per_minute: Option<u32> = pool.pair_sends_per_minute,
        bots: Vec<BotView> = pool.bots.into_iter().map(BotView::from).collect(),
        chats: Vec<TelegramChatView> = pool.chats.into_iter().map(TelegramChatView::from).collect(),
        queue: BotQueueView = pool.queue.into(),
    }
);

view!(
    /// `BotQueue`.
    BotQueueView from BotQueue (queue) {
        waiting: u64 = queue.waiting,
        in_flight: u64 = queue.in_flight,
        unanswered: u64 = queue.unanswered,
        pending_deletions: u64 = queue.pending_deletions,
        sends_last_minute: u64 = queue.sends_last_minute,
        bytes_last_minute: u64 = queue.bytes_last_minute,
    }
);

view!(
    /// `BotEntry`.
    BotView from BotEntry (bot) {
        bot_id: i64 = bot.bot_id,
        username: String = bot.username,
        state: BotState = bot.state,
        reason: Option<String> = bot.reason,
        cooled_until: Option<String> = bot.cooled_until.map(time),
        weight: f32 = bot.weight,
        source: BotSource = bot.source,
        created_at: String = time(bot.created_at),
        tested_at: Option<String> = bot.checked_at.map(time),
        in_flight: u32 = bot.in_flight,
        sends_last_minute: u32 = bot.sends_last_minute,
        parts: u64 = bot.parts,
        stored_bytes: u64 = bot.stored_bytes,
        chats: Vec<BotChatView> = bot.chats.into_iter().map(BotChatView::from).collect(),
    }
);

view!(
    /// `BotChat`.
    BotChatView from BotChatEntry (pair) {
        chat_id: i64 = pair.chat_id,
        state: BotChatState = pair.state,
        reason: Option<String> = pair.reason,
        cooled_until: Option<String> = pair.cooled_until.map(time),
        sends_last_minute: u32 = pair.sends_last_minute,
    }
);

view!(
    /// `TelegramChat`.
    TelegramChatView from TelegramChatEntry (chat) {
        chat_id: i64 = chat.chat_id,
        title: String = chat.title,
        kind: String = chat.kind,
        dedicated: bool = chat.dedicated,
        state: ChatState = chat.state,
        messages: u64 = chat.messages,
    }
);

view!(
    /// `TestedBot`.
    TestedBotView from TestedBot (checked) {
        bot_id: i64 = checked.bot_id,
        username: String = checked.username,
        ok: bool = checked.ok,
        problem: Option<String> = checked.problem,
        chats: Vec<TestedChatView> = checked.chats.into_iter().map(TestedChatView::from).collect(),
    }
);

view!(
    /// `TestedChat`.
    TestedChatView from TestedChat (chat) {
        chat_id: i64 = chat.chat_id,
        moved_from: Option<i64> = chat.moved_from,
        title: String = chat.title,
        ok: bool = chat.ok,
        problem: Option<String> = chat.problem,
        warnings: Vec<String> = chat.warnings,
    }
);

view!(
    /// `RemovedBot`.
    RemovedBotView from RemovedBot (removed) {
        unreadable_parts: u64 = removed.unreadable_parts,
        recoverable_parts: u64 = removed.recoverable_parts,
        returns_at_start: bool = removed.returns_at_start,
    }
);
