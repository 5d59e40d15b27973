//! The one clock of an emulator: real, faster, or stopped until it is told to move. Not for time-outs of sockets, those
//! are real.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// How the clock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// With the machine's; what it was advanced by stays added.
    Real,
    /// So many times as fast as the machine's, waits too. It starts with the machine's time.
    Scaled {
        /// How many times.
        by: u32,
    },
    /// Only when it is advanced. A wait that the server would make is skipped and counted.
    Virtual,
}

/// Tells dates, ages and waits.
pub(crate) struct Clock {
    state: Mutex<State>,
}

struct State {
    mode: ClockMode,
    /// Unix seconds for a virtual clock, seconds to add to the machine's (scaled) for others.
    value: f64,
    skipped_secs: f64,
}

/// What `GET /control/clock` shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClockReading {
    /// How it moves.
    pub mode: ClockMode,
    /// Unix seconds.
    pub now: f64,
    /// Waits that a virtual clock did not make, in seconds.
    pub skipped_secs: f64,
}

impl Clock {
    /// A clock that is not behind `not_before` (Unix seconds), so that time never runs back over a restart.
    pub(crate) fn new(mode: ClockMode, not_before: f64) -> Clock {
        let machine = machine_secs();
        let start = machine.max(not_before);
        let value = start - mode.of_machine(machine);
        Clock {
            state: Mutex::new(State {
                mode,
                value,
                skipped_secs: 0.0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> f64 {
        self.state().now()
    }

    pub(crate) fn reading(&self) -> ClockReading {
        let state = self.state();
        ClockReading {
            mode: state.mode,
            now: state.now(),
            skipped_secs: state.skipped_secs,
        }
    }

    /// Moves it ahead; tells the new time.
    pub(crate) fn advance(&self, secs: f64) -> f64 {
        let mut state = self.state();
        state.value += secs.max(0.0);
        state.now()
    }

    /// Changes how it moves; the time stays.
    pub(crate) fn switch(&self, mode: ClockMode) {
        let mut state = self.state();
        let now = state.now();
        state.mode = mode;
        state.value = now - mode.of_machine(machine_secs());
    }

    /// A wait that the server makes. With a virtual clock it is only counted, so that nobody can be locked in it.
    pub(crate) async fn wait(&self, secs: f64) {
        if secs <= 0.0 {
            return;
        }
        let real_secs = {
            let mut state = self.state();
            match state.mode {
                ClockMode::Real => secs,
                ClockMode::Scaled { by } => secs / f64::from(by.max(1)),
                ClockMode::Virtual => {
                    state.skipped_secs += secs;
                    return;
                }
            }
        };
        tokio::time::sleep(Duration::from_secs_f64(real_secs)).await;
    }
}

impl ClockMode {
    /// The part of the time that follows the machine's.
    fn of_machine(self, machine_secs: f64) -> f64 {
        match self {
            ClockMode::Real => machine_secs,
            ClockMode::Scaled { by } => machine_secs * f64::from(by.max(1)),
            ClockMode::Virtual => 0.0,
        }
    }
}

impl State {
    fn now(&self) -> f64 {
        self.mode.of_machine(machine_secs()) + self.value
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the emulator's one look at the machine's clock"
)]
fn machine_secs() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
