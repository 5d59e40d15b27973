//! Reading a part: through the bot that owns it, and where that one can't, through another bot of the chat, which learns a
//! file id of its own by forwarding the message into the same chat. Nothing is called lost before the message is known to
//! be gone. In small chats no other bot knows the message by its id, so that nobody is asked to forward it.

use chrono::TimeDelta;
use uuid::Uuid;

use super::api::Sent;
use super::fault::Fault;
use super::locator::Message;
use super::pool::{Lease, Leased};
use super::store::{TelegramStore, busy};
use super::token::BotToken;
use crate::db::bot_sends::{COMMON_IDS_BELOW, SendKind};
use crate::storage::{ByteStream, StorageError};

/// Bots of a chat that are asked to forward before a read is given up.
const FORWARDERS: usize = 5;

/// Why a document could not be opened through one bot.
enum ReadError {
    /// The same bot will be able to, or the Bot API in use gives nothing so large: nothing is known of the part.
    Later(StorageError),
    /// Not through this bot, or so it seems; through another perhaps.
    Elsewhere(String),
}

impl TelegramStore {
    /// The document's bytes, through whichever bot can.
    pub(super) async fn open(
        &self,
        put_id: Uuid,
        message: &Message,
    ) -> Result<ByteStream, StorageError> {
        let (why, is_owner_dead) = match self.pool.bot(message.bot_id).await? {
            None => (format!("bot {} is out of use", message.bot_id), true),
            Some(token) => match self.open_patiently(&token, message).await {
                Ok(bytes) => return Ok(bytes),
                Err(ReadError::Later(error)) => return Err(error),
                Err(ReadError::Elsewhere(why)) => (why, false),
            },
        };
        tracing::info!(
            bot_id = message.bot_id,
            chat_id = message.chat_id,
            why,
            "a part is read by forwarding it"
        );
        // An owner that is well may forward too: it tells whether the message is there at all.
        let except = is_owner_dead.then_some(message.bot_id);
        self.recover(put_id, message, except, &why).await
    }

    /// Through the owner. An answer that may mean anything is asked for again, ever later.
    async fn open_patiently(
        &self,
        token: &BotToken,
        message: &Message,
    ) -> Result<ByteStream, ReadError> {
        for pause in self.timeouts.retry_delays {
            match self.open_once(token, &message.telegram_file_id).await {
                Err(fault) if fault.may_be_a_bad_moment() => {
                    (self.timer)((self.clock)() + jittered(pause)).await;
                }
                outcome => return self.judge(outcome, message).await,
            }
        }
        let last = self.open_once(token, &message.telegram_file_id).await;
        self.judge(last, message).await
    }

    async fn open_once(&self, token: &BotToken, file_id: &str) -> Result<ByteStream, Fault> {
        let _permit = self.reads.permit(token.bot_id()).await;
        let opened = self.apis.of(token).open(file_id, self.timeouts.open).await;
        if let Some(wait) = opened.as_ref().err().and_then(Fault::retry_after) {
            self.reads.hold(token.bot_id(), (self.clock)() + wait);
        }
        opened
    }

    async fn judge(
        &self,
        outcome: Result<ByteStream, Fault>,
        message: &Message,
    ) -> Result<ByteStream, ReadError> {
        let fault = match outcome {
            Ok(bytes) => return Ok(bytes),
            Err(fault) => fault,
        };
        if let Some(wait) = fault.retry_after() {
            let why = "Telegram asks the bot to wait";
            return Err(ReadError::Later(busy(wait, why)));
        }
        match &fault {
            Fault::Outage { .. }
            | Fault::Unknown { .. }
            | Fault::TooBig { .. }
            | Fault::LinkExpired => Err(ReadError::Later(StorageError::Unavailable(
                fault.to_string(),
            ))),
            Fault::BotUnauthorized { .. } | Fault::BotLoggedOut => {
                let reported = self.report(message.bot_id, message.chat_id, &fault).await;
                reported.map_err(ReadError::Later)?;
                Err(ReadError::Elsewhere(fault.to_string()))
            }
            _ => Err(ReadError::Elsewhere(fault.to_string())),
        }
    }

    /// Through a bot that forwarded the message earlier, or forwards it now.
    async fn recover(
        &self,
        put_id: Uuid,
        message: &Message,
        except: Option<i64>,
        why: &str,
    ) -> Result<ByteStream, StorageError> {
        if let Some(bytes) = self.open_copy(put_id).await? {
            return Ok(bytes);
        }
        if message.chat_id >= COMMON_IDS_BELOW {
            return Err(StorageError::Unavailable(format!(
                "{why}; and in a chat that is no channel or supergroup no other bot can read what bot {} stored",
                message.bot_id
            )));
        }
        // A forward carries no bytes of its own.
        let size_bytes = 0;
        let mut last = String::new();
        for _ in 0..FORWARDERS {
            let leased =
                self.pool
                    .lease_copy(put_id, Uuid::new_v4(), message.chat_id, except, size_bytes);
            let lease = match leased.await? {
                Leased::Go(lease) => lease,
                Leased::Wait { until } => {
                    let wait = until - (self.clock)();
                    return Err(busy(
                        wait,
                        "the other bots of the chat have used up their sends",
                    ));
                }
                Leased::Nobody { why: nobody } => {
                    last = nobody;
                    break;
                }
            };
            match self.forward(&lease, message).await? {
                Ok(copy) => return self.open_forwarded(&lease.token, copy, message).await,
                Err(Fault::MessageGone) => return Err(StorageError::NotFound),
                Err(fault) => last = fault.to_string(),
            }
        }
        Err(StorageError::Unavailable(format!(
            "{why}; and through no other bot: {last}"
        )))
    }

    async fn forward(
        &self,
        lease: &Lease,
        message: &Message,
    ) -> Result<Result<Sent, Fault>, StorageError> {
        let api = self.apis.of(&lease.token);
        match api.forward(message.chat_id, message.message_id).await {
            Ok(copy) => {
                self.pool.settle_stored(lease, &copy).await?;
                self.metrics.recoveries.inc();
                Ok(Ok(copy))
            }
            Err(fault) => {
                self.send_failed(lease, &fault).await?;
                Ok(Err(fault))
            }
        }
    }

    async fn open_copy(&self, put_id: Uuid) -> Result<Option<ByteStream>, StorageError> {
        for copy in self.pool.stored_of(&[put_id]).await? {
            let file_id = copy
                .telegram_file_id
                .filter(|_| copy.kind == SendKind::Copy);
            let (Some(file_id), Some(token)) = (file_id, self.pool.bot(copy.bot_id).await?) else {
                continue;
            };
            if let Ok(bytes) = self.open_once(&token, &file_id).await {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    async fn open_forwarded(
        &self,
        token: &BotToken,
        copy: Sent,
        message: &Message,
    ) -> Result<ByteStream, StorageError> {
        if copy.file_unique_id != message.telegram_file_unique_id {
            tracing::error!(
                chat_id = message.chat_id,
                message_id = message.message_id,
                "the message of a part holds another document"
            );
            return Err(StorageError::NotFound);
        }
        for pause in self.timeouts.retry_delays {
            match self.open_once(token, &copy.file_id).await {
                Ok(bytes) => return Ok(bytes),
                Err(fault) => tracing::debug!(%fault, "a forwarded part is asked for again"),
            }
            (self.timer)((self.clock)() + jittered(pause)).await;
        }
        let opened = self.open_once(token, &copy.file_id).await;
        opened.map_err(|fault| StorageError::Unavailable(fault.to_string()))
    }
}

/// Between half and one and a half of it, so that those who failed together do not come back together.
fn jittered(pause: TimeDelta) -> TimeDelta {
    let mut random = [0_u8; 1];
    let share = match getrandom::fill(&mut random) {
        Ok(()) => random[0],
        // Without randomness it waits as long as the others.
        Err(_) => 128,
    };
    pause / 2 + pause * i32::from(share) / 255
}
