//! Everything that lives as long as an emulator, in one place; the rooms are handed it.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::watch;

use crate::{
    Settings,
    calls::{Memory, Violation},
    clock::Clock,
    faults::{Fault, Phase, Script, Target},
    limits::{Book, Exceeded, Limits, Sending},
    refusal::Refusal,
    store::Incoming,
    world::{BotId, ChatId, World},
};

pub(crate) struct Machine {
    pub(crate) clock: Clock,
    pub(crate) incoming: Incoming,
    pub(crate) largest_body_bytes: u64,
    ranges: AtomicBool,
    world: Mutex<World>,
    limits: Mutex<Limits>,
    book: Mutex<Book>,
    script: Mutex<Script>,
    memory: Mutex<Memory>,
    /// A new poller of a bot ends the one before.
    pollers: Mutex<HashMap<BotId, watch::Sender<u64>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    pub(crate) fn open(settings: &Settings) -> io::Result<Machine> {
        let world = World::open(&settings.data)?;
        Ok(Machine {
            clock: Clock::new(settings.clock, world.state.latest),
            incoming: Incoming::open(&settings.data)?,
            largest_body_bytes: settings.largest_body_bytes,
            ranges: AtomicBool::new(settings.ranges),
            world: Mutex::new(world),
            limits: Mutex::new(settings.limits.clone()),
            book: Mutex::default(),
            script: Mutex::default(),
            memory: Mutex::default(),
            pollers: Mutex::default(),
        })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        locked(&self.limits)
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        locked(&self.script)
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        locked(&self.memory)
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        locked(&self.book)
    }

    /// Whether downloads serve byte ranges.
    pub(crate) fn ranges(&self) -> bool {
        self.ranges.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ranges(&self, on: bool) {
        self.ranges.store(on, Ordering::Relaxed);
    }

    pub(crate) fn pick_fault(&self, phase: Phase, target: Target<'_>) -> Option<Fault> {
        self.script().pick(phase, target)
    }

    /// Waits for real, at most so long, or until the faults are deleted.
    pub(crate) async fn hang(&self, secs: f64) {
        let mut cleared = self.script().watch();
        let longest = std::time::Duration::from_secs_f64(secs.clamp(0.0, 86_400.0));
        let _ = tokio::time::timeout(longest, cleared.changed()).await;
    }

    /// Becomes the one poller of a bot; what it returns changes when it no longer is.
    pub(crate) fn poll(&self, bot: BotId) -> watch::Receiver<u64> {
        let mut pollers = locked(&self.pollers);
        let poller = pollers.entry(bot).or_insert_with(|| watch::channel(0).0);
        poller.send_modify(|times| *times += 1);
        poller.subscribe()
    }

    /// Counts a violation; the refusal, if it is one.
    pub(crate) fn violate(
        &self,
        exceeded: Exceeded,
        bot: Option<BotId>,
        chat: Option<ChatId>,
    ) -> Option<Refusal> {
        let violation = Violation {
            at: self.clock.now(),
            bot,
            chat,
            rule: exceeded.rule,
            retry_after: exceeded.retry_after_secs,
        };
        self.memory().add_violation(violation);
        exceeded
            .refused
            .then(|| Refusal::flood(exceeded.retry_after_secs))
    }

    /// Whether a message may be stored now, and counts it.
    pub(crate) fn admit(&self, sending: Sending) -> Result<(), Refusal> {
        let limits = self.limits().clone();
        let now = self.clock.now();
        let early = self.book().early(&limits, sending.bot, sending.chat, now);
        let refused =
            early.and_then(|early| self.violate(early, Some(sending.bot), Some(sending.chat)));
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        let admitted = self.book().admit(&limits, sending, now);
        match admitted {
            Ok(()) => Ok(()),
            Err(exceeded) => self
                .violate(exceeded, Some(sending.bot), Some(sending.chat))
                .map_or(Ok(()), Err),
        }
    }

    /// Whether a token may be used by an address.
    pub(crate) fn meet(&self, address: IpAddr, token: &str) -> Result<(), Refusal> {
        let limits = self.limits().clone();
        let met = self.book().meet(&limits, address, token, self.clock.now());
        match met {
            Ok(()) => Ok(()),
            Err(exceeded) => self.violate(exceeded, None, None).map_or(Ok(()), Err),
        }
    }
}
