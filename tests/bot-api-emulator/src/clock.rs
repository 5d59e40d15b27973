//! The one clock of an emulator: real, or standing until it is told to move. Not for time-outs of sockets, those are real.

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
    /// Only when it is advanced. A wait that the server would make is skipped and counted.
    Virtual,
}

/// Tells dates, ages and waits.
pub(crate) struct Clock {
    state: Mutex<State>,
}

struct State {
    mode: ClockMode,
    /// Unix seconds for a virtual clock, seconds to add for a real one.
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
        let value = match mode {
            ClockMode::Real => start - machine,
            ClockMode::Virtual => start,
        };
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
        state.value = match mode {
            ClockMode::Real => now - machine_secs(),
            ClockMode::Virtual => now,
        };
    }

    /// A wait that the server makes: real with a real clock, else only counted, so that nobody can be locked in it.
    pub(crate) async fn wait(&self, secs: f64) {
        if secs <= 0.0 {
            return;
        }
        let real = {
            let mut state = self.state();
            if state.mode == ClockMode::Virtual {
                state.skipped_secs += secs;
            }
            state.mode == ClockMode::Real
        };
        if real {
            tokio::time::sleep(Duration::from_secs_f64(secs)).await;
        }
    }
}

impl State {
    fn now(&self) -> f64 {
        match self.mode {
            ClockMode::Real => machine_secs() + self.value,
            ClockMode::Virtual => self.value,
        }
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
