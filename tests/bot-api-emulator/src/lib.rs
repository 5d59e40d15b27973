//! A Telegram Bot API server for tests: it stores and returns documents, keeps the real service's limits on a clock that
//! tests move, and fails when it is told to. It is no Telegram: no updates, no text messages, no people.
//!
//! In reading order:
//! - [`Emulator`] runs it; [`Control`] is what a test does with it from outside the API.
//! - `server` takes connections, `call` leads a call from its head to its reply, `methods` has one function a method.
//! - `intake`, `multipart`, `params`, `store`: how a request's body gets in; `download`: how a file gets out.
//! - `refusal` has every error text, `shapes` every object, `reply` puts them on the wire.
//! - [`conformance`] asks a server what it has to answer: this one in its tests, the real one by hand.
//! - `world` is what exists, with its journal on disk; `limits`, `faults`, `clock`, `calls` are one thing each.

mod call;
mod calls;
mod clock;
pub mod conformance;
mod control;
mod download;
mod faults;
mod intake;
mod limits;
mod machine;
mod methods;
mod multipart;
mod params;
mod refusal;
mod reply;
mod server;
mod shapes;
mod store;
mod world;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use tokio::{net::TcpListener, task::JoinHandle};

pub use calls::{Call, Violation};
pub use clock::{ClockMode, ClockReading};
pub use control::{BotSeed, ChatSeed, Control, ControlError, LedgerRow, Members};
pub use faults::{Fault, FaultRule, FaultState};
pub use limits::{Limits, Rule};
pub use world::{BotId, ChatId, ChatKind, Membership};

use machine::Machine;

/// How an emulator is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its folder; a later emulator goes on where one left off.
    pub data: PathBuf,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How its clock moves.
    pub clock: ClockMode,
    /// Which limits it keeps.
    pub limits: Limits,
    /// Whether downloads serve byte ranges, which the real service does not promise.
    pub ranges: bool,
    /// Larger request bodies are answered 413, as the front of the real service does it at 50 MB.
    pub largest_body_bytes: u64,
}

/// What the front of the real service takes, so nginx has it: 50 MiB for a whole body.
const LARGEST_BODY_BYTES: u64 = 50 << 20;

impl Settings {
    /// A real clock, all limits, a free port of loopback.
    pub fn new(data: impl Into<PathBuf>) -> Settings {
        Settings {
            data: data.into(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            clock: ClockMode::Real,
            limits: Limits::on(),
            ranges: false,
            largest_body_bytes: LARGEST_BODY_BYTES,
        }
    }
}

/// A running emulator; it ends with its value.
pub struct Emulator {
    address: SocketAddr,
    machine: Arc<Machine>,
    serving: JoinHandle<()>,
}

impl Emulator {
    /// Opens its state and listens.
    pub async fn start(settings: Settings) -> io::Result<Emulator> {
        let machine = Arc::new(Machine::open(&settings)?);
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&machine)));
        Ok(Emulator {
            address,
            machine,
            serving,
        })
    }

    /// What a client takes for `https://api.telegram.org`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its other side.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.machine))
    }

    /// Ends it, with all connections, and waits for that.
    pub async fn shutdown(mut self) {
        self.serving.abort();
        // Aborting is how it ends.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// So many letters, digits, `-` and `_` by chance.
pub(crate) fn random_word(length: usize) -> io::Result<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 64)).copied().map(char::from);
    Ok(bytes.iter().filter_map(letter).collect())
}
