//! What is counted of Telegram. Numbers alone: which bot and which chat stands in the pool's rows, never in a label.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::fault::Fault;

/// Label of a send that failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    why: &'static str,
}

/// All of them. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct TelegramMetrics {
    /// Documents sent and written down.
    pub sends_stored: Counter,
    sends_failed: Family<Why, Counter>,
    /// Times a put found no bot free.
    pub waits: Counter,
    /// Puts that wait for a bot now.
    pub waiting: Gauge,
    /// Parts read through another bot than the one that sent them.
    pub recoveries: Counter,
    /// Ids of orphans that were deleted; some never were a message.
    pub orphans_swept: Counter,
}

impl TelegramMetrics {
    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "ferry_telegram_sends_stored",
            "Documents sent to Telegram",
            self.sends_stored.clone(),
        );
        registry.register(
            "ferry_telegram_sends_failed",
            "Sends that failed, by reason; another bot tries",
            self.sends_failed.clone(),
        );
        registry.register(
            "ferry_telegram_waits",
            "Times a part waited for a bot",
            self.waits.clone(),
        );
        registry.register(
            "ferry_telegram_waiting",
            "Parts that wait for a bot now",
            self.waiting.clone(),
        );
        registry.register(
            "ferry_telegram_recoveries",
            "Parts forwarded because their bot is out of use",
            self.recoveries.clone(),
        );
        registry.register(
            "ferry_telegram_orphans_swept",
            "Ids of messages without a part that were deleted",
            self.orphans_swept.clone(),
        );
    }

    /// Counts one put as waiting until the answer is dropped.
    pub(super) fn one_waits(&self) -> Waiting {
        self.waiting.inc();
        Waiting(self.waiting.clone())
    }

    pub(super) fn send_failed(&self, fault: &Fault) {
        let why = match fault {
            Fault::RetryAfter { .. } => "retry_after",
            Fault::Unknown { .. } => "unknown",
            Fault::Outage { .. } => "outage",
            Fault::BotUnauthorized { .. } | Fault::BotLoggedOut => "bot",
            Fault::ChatGone { .. } | Fault::NoRights { .. } | Fault::ChatMigrated { .. } => "chat",
            _ => "refused",
        };
        self.sends_failed.get_or_create(&Why { why }).inc();
    }
}

/// A put that waits; one that is given up waits no more either.
pub(super) struct Waiting(Gauge);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_counted_until_it_is_over() {
        let metrics = TelegramMetrics::default();
        let (one, two) = (metrics.one_waits(), metrics.one_waits());
        assert_eq!(metrics.waiting.get(), 2);
        drop((one, two));
        assert_eq!(metrics.waiting.get(), 0);
    }

    #[test]
    fn failures_are_counted_by_reason_and_by_nothing_else() {
        let mut registry = Registry::default();
        let metrics = TelegramMetrics::default();
        metrics.register(&mut registry);
        metrics.send_failed(&Fault::RetryAfter { secs: 7 });
        metrics.send_failed(&Fault::ChatMigrated { to: -1_001_234 });
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(
            text.contains(r#"ferry_telegram_sends_failed_total{why="retry_after"} 1"#),
            "{text}"
        );
        assert!(!text.contains("1001234"), "{text}");
    }
}
