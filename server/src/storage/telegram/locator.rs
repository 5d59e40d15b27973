//! What a locator of this store says: which put it was, and which message holds the part. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::Sent;
use super::pool::Lease;
use crate::storage::{Locator, StorageError};

/// Where a part is. Before it is sent only the attempt is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// First attempt of the put: what its sends have in common.
    pub(super) put_id: Uuid,
    pub(super) message: Option<Message>,
}

/// The document itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) bot_id: i64,
    pub(super) chat_id: i64,
    pub(super) message_id: i64,
    pub(super) telegram_file_id: String,
    pub(super) telegram_file_unique_id: String,
    pub(super) sent_at: DateTime<Utc>,
}

/// As the locator has it.
#[derive(Serialize, Deserialize)]
struct Written {
    attempt: Uuid,
    #[serde(flatten)]
    message: Option<Message>,
}

impl Message {
    /// The message of a send that arrived.
    pub(super) fn of(lease: &Lease, sent: Sent) -> Self {
        Message {
            bot_id: lease.bot_id,
            chat_id: lease.chat_id,
            message_id: sent.message_id,
            telegram_file_id: sent.file_id,
            telegram_file_unique_id: sent.file_unique_id,
            sent_at: sent.date,
        }
    }
}

impl Address {
    /// The address that a locator holds; one of another store is refused.
    pub(super) fn of(locator: &Locator) -> Result<Self, StorageError> {
        let written: Written =
            serde_json::from_value(locator.0.clone()).map_err(|_| StorageError::ForeignLocator)?;
        Ok(Address {
            put_id: written.attempt,
            message: written.message,
        })
    }

    pub(super) fn locator(self) -> Result<Locator, StorageError> {
        let written = Written {
            attempt: self.put_id,
            message: self.message,
        };
        serde_json::to_value(written)
            .map(Locator)
            .map_err(|error| StorageError::Unavailable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_locator_and_back() {
        let put_id = Uuid::from_u128(7);
        let intent = Locator(serde_json::json!({ "attempt": put_id }));
        let bare = Address::of(&intent).unwrap();
        assert_eq!((bare.put_id, &bare.message), (put_id, &None));
        assert_eq!(bare.locator().unwrap(), intent);
        let address = Address {
            put_id,
            message: Some(Message {
                bot_id: 5,
                chat_id: -1001,
                message_id: 17,
                telegram_file_id: "BQAC".to_owned(),
                telegram_file_unique_id: "AgAD".to_owned(),
                sent_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            }),
        };
        let locator = address.clone().locator().unwrap();
        assert_eq!(locator.0["bot_id"], 5);
        assert_eq!(locator.0["telegram_file_id"], "BQAC");
        assert_eq!(Address::of(&locator).unwrap(), address);
        for foreign in [
            serde_json::json!({ "key": "parts/aa" }),
            serde_json::json!({ "bot_id": 7 }),
        ] {
            let read = Address::of(&Locator(foreign));
            assert!(matches!(read, Err(StorageError::ForeignLocator)));
        }
    }
}
