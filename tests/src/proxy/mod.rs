//! A proxy in front of the server that counts what passes, cuts what a test wants cut, and lies where a test wants a
//! hostile server. Without a [`Lie`] it changes no byte, so origin, cookies and addresses are those the browser sees.

mod exchange;
mod fault;
mod http;
mod ledger;
mod lie;
mod own;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
    task::JoinHandle,
};

pub use fault::{Action, Fault};
pub use http::Head;
pub use ledger::{Confirmed, Ledger, Outcome, PartId, Seen};
pub use lie::{Answered, Lie};
pub use own::Posted;

use crate::wait;
use exchange::{Entry, exchange};

/// A running proxy; it ends with its value.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    upstream: Mutex<Option<SocketAddr>>,
    prefix_route: Mutex<Option<(String, SocketAddr)>>,
    faults: Mutex<Vec<Fault>>,
    lies: Mutex<Vec<Lie>>,
    /// Every request as it came, head and body, once somebody asked for that.
    record: Mutex<Option<Vec<Vec<u8>>>>,
    ledger: Mutex<Ledger>,
    changed: Notify,
    released: Notify,
    own: Mutex<own::Own>,
}

impl Shared {
    fn aside(&self, path: &str) -> Option<SocketAddr> {
        let prefix_route = locked(&self.prefix_route);
        let (prefix, address) = prefix_route.as_ref()?;
        path.starts_with(prefix).then_some(*address)
    }

    fn upstream_of(&self, path: &str) -> Option<SocketAddr> {
        self.aside(path).or(*locked(&self.upstream))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Listens on a free port of loopback; requests are refused until [`Proxy::forward_to`].
    pub async fn start() -> Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("the proxy finds no port")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Proxy {
            address,
            shared,
            accepting,
        })
    }

    /// Its address, as a URL without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where requests go from now on.
    pub fn forward_to(&self, server: SocketAddr) {
        *locked(&self.shared.upstream) = Some(server);
    }

    /// Where requests for paths that begin with `prefix` go instead, over the same proxy.
    pub fn forward_prefix_to(&self, prefix: &str, other: &Proxy) {
        *locked(&self.shared.prefix_route) = Some((prefix.to_owned(), other.address));
    }

    /// Answers `GET /__bench/{name}` itself.
    pub fn serve(&self, name: &str, kind: &'static str, text: String) {
        locked(&self.shared.own)
            .pages
            .insert(name.to_owned(), (kind, text));
    }

    /// Takes what is posted to `/__bench/...` from now on.
    pub fn take_posts(&self) -> UnboundedReceiver<Posted> {
        let (sender, receiver) = unbounded_channel();
        locked(&self.shared.own).posted = Some(sender);
        receiver
    }

    /// Adds a fault behind the others.
    pub fn add(&self, fault: Fault) {
        locked(&self.shared.faults).push(fault);
    }

    /// Adds a lie behind the others.
    pub fn tell(&self, lie: Lie) {
        locked(&self.shared.lies).push(lie);
    }

    /// Keeps every request from now on, whole.
    pub fn record(&self) {
        *locked(&self.shared.record) = Some(Vec::new());
    }

    /// What was kept.
    pub fn recorded(&self) -> Vec<Vec<u8>> {
        locked(&self.shared.record).clone().unwrap_or_default()
    }

    /// Forgets the faults and lies that were not used up.
    pub fn heal(&self) {
        locked(&self.shared.faults).clear();
        locked(&self.shared.lies).clear();
        self.release();
    }

    /// Lets held requests go on.
    pub fn release(&self) {
        self.shared.released.notify_waiters();
    }

    /// What was seen so far.
    pub fn ledger(&self) -> Ledger {
        locked(&self.shared.ledger).clone()
    }

    /// Waits until the ledger satisfies `wanted`, and returns it as it was in that moment.
    pub async fn until(
        &self,
        what: &str,
        within: Duration,
        wanted: impl Fn(&Ledger) -> bool,
    ) -> Result<Ledger> {
        wait::within(within, what, async {
            loop {
                let changed = self.shared.changed.notified();
                let ledger = self.ledger();
                if wanted(&ledger) {
                    return ledger;
                }
                changed.await;
            }
        })
        .await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, Arc::clone(&shared))); }
                Err(_) => return,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one client connection until either side ends it; why it ended is in the ledger.
async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    drop(stream.set_nodelay(true));
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::with_capacity(64 * 1024, read);
    while let Ok(Some(head)) = Head::read(&mut read).await {
        let is_own = head.path().starts_with(own::PREFIX) && shared.aside(head.path()).is_none();
        let exchanged = if is_own {
            let answer = locked(&shared.own).answer(&head);
            own::exchange(answer, &head, &mut read, &mut write).await
        } else {
            exchange(&Entry::open(&shared, &head), &head, &mut read, &mut write).await
        };
        match exchanged {
            Ok(true) => {}
            Ok(false) | Err(_) => return,
        }
    }
}
