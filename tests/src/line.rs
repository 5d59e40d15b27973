//! A line as people have it, in userspace: what goes to the server passes at a rate, all connections together, arrives late,
//! and does not pass at all while the line is cut. It changes no byte.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex as Lock, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex, mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};

/// Bytes that pass at once on a slow line; small against a second of it.
const CHUNK_BYTES: usize = 2_048;
/// The queue before the line, as in a household's router.
const QUEUE_BYTES: u32 = 64 * 1_024;
/// How often another stream takes its share.
const OTHER_EVERY: Duration = Duration::from_millis(50);

/// What a line is like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Toward the server.
    pub bytes_per_sec: u64,
    /// Of each byte toward the server.
    pub delay: Duration,
    /// Every so often it is cut for so long: connections end, and none is made.
    pub cut: Option<(Duration, Duration)>,
}

/// A running line; it ends with its value.
pub struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// What the line does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Carries those that were made since the address is this one; the older ones are silent for ever, as where a device
    /// left the network that they were made in.
    Carries { address: u64 },
    /// Ends those there are and makes none.
    Cut,
    /// Ends those there are; whoever comes gets the page of a captive portal.
    Portal,
}

struct Shared {
    bytes_per_sec: AtomicU64,
    delay: Duration,
    to: SocketAddr,
    /// When what was let through so far has passed.
    free_at: Mutex<Instant>,
    carried_bytes: AtomicU64,
    cuts: AtomicU64,
    addresses: AtomicU64,
    state: watch::Sender<State>,
    capacity: Lock<Capacity>,
}

/// What the line could have carried.
struct Capacity {
    bytes: f64,
    counted_at: Instant,
    /// It carries nothing just now.
    is_down: bool,
    /// What another stream takes of it.
    other_bytes_per_sec: u64,
}

impl Line {
    /// Listens on a free port of loopback and leads to `to`.
    pub async fn start(to: SocketAddr, shape: Shape) -> Result<Line> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(QUEUE_BYTES)?;
        socket.bind("127.0.0.1:0".parse()?)?;
        let listener = socket.listen(128).context("the line finds no port")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            bytes_per_sec: AtomicU64::new(shape.bytes_per_sec),
            delay: shape.delay,
            to,
            free_at: Mutex::new(Instant::now()),
            carried_bytes: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            addresses: AtomicU64::new(0),
            state: watch::Sender::new(State::Carries { address: 0 }),
            capacity: Lock::new(Capacity {
                bytes: 0.0,
                counted_at: Instant::now(),
                is_down: false,
                other_bytes_per_sec: 0,
            }),
        });
        let mut tasks = vec![tokio::spawn(accept(listener, Arc::clone(&shared)))];
        if let Some((every, lasts)) = shape.cut {
            let shared = Arc::clone(&shared);
            tasks.push(tokio::spawn(async move {
                loop {
                    sleep(every).await;
                    shared.go_down(State::Cut);
                    sleep(lasts).await;
                    shared.come_back();
                }
            }));
        }
        Ok(Line {
            address,
            shared,
            tasks,
        })
    }

    /// Its address, as a URL without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes that passed toward the server.
    pub fn carried_bytes(&self) -> u64 {
        self.shared.carried_bytes.load(Ordering::Relaxed)
    }

    /// How often it was cut, or another kept it from carrying.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }

    /// What it could have carried since it was made: its rate while it was up, less what another stream took.
    pub fn capacity_bytes(&self) -> f64 {
        self.shared.count_capacity().bytes
    }

    /// The device is in another network, with another rate: connections made before are silent from now on, and nobody is
    /// told.
    pub fn change_address(&self, bytes_per_sec: u64) {
        drop(self.shared.count_capacity());
        self.shared
            .bytes_per_sec
            .store(bytes_per_sec, Ordering::Relaxed);
        self.shared.cuts.fetch_add(1, Ordering::Relaxed);
        self.shared.addresses.fetch_add(1, Ordering::Relaxed);
        self.shared.come_back();
    }

    /// Until [`Line::open`] a captive portal answers everything with a page of its own, status 200.
    pub fn close_by_portal(&self) {
        self.shared.go_down(State::Portal);
    }

    /// The portal lets everybody through.
    pub fn open(&self) {
        self.shared.come_back();
    }

    /// From now on nobody counts on it: the device sleeps. [`Line::change_address`] wakes it.
    pub fn sleep(&self) {
        self.shared.count_capacity().is_down = true;
    }

    /// Another stream takes this much of it from now on.
    pub fn share_with(&mut self, bytes_per_sec: u64) {
        self.shared.count_capacity().other_bytes_per_sec = bytes_per_sec;
        let shared = Arc::clone(&self.shared);
        self.tasks.push(tokio::spawn(async move {
            loop {
                sleep(OTHER_EVERY).await;
                let bytes = bytes_per_sec as f64 * OTHER_EVERY.as_secs_f64();
                // It does not wait for its turn: a call sends at its rate, whatever the line says.
                shared.take(bytes).await;
            }
        }));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn go_down(&self, state: State) {
        self.count_capacity().is_down = true;
        self.cuts.fetch_add(1, Ordering::Relaxed);
        self.state.send_replace(state);
    }

    fn come_back(&self) {
        self.count_capacity().is_down = false;
        let address = self.addresses.load(Ordering::Relaxed);
        self.state.send_replace(State::Carries { address });
    }

    /// Adds what could have passed since the last time.
    fn count_capacity(&self) -> MutexGuard<'_, Capacity> {
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        let secs = capacity.counted_at.elapsed().as_secs_f64();
        if !capacity.is_down {
            let rate = self.bytes_per_sec.load(Ordering::Relaxed);
            let own = rate.saturating_sub(capacity.other_bytes_per_sec);
            capacity.bytes += own as f64 * secs;
        }
        capacity.counted_at = Instant::now();
        capacity
    }

    /// Waits until so many bytes have passed, behind those that came before.
    async fn pass(&self, bytes: f64) -> Instant {
        let passed_at = self.take(bytes).await;
        sleep_until(passed_at).await;
        passed_at
    }

    /// When so many bytes will have passed, behind those that came before.
    async fn take(&self, bytes: f64) -> Instant {
        let mut free_at = self.free_at.lock().await;
        let rate = self.bytes_per_sec.load(Ordering::Relaxed);
        let takes = Duration::from_secs_f64(bytes / rate as f64);
        *free_at = (*free_at).max(Instant::now()) + takes;
        *free_at
    }

    fn chunk_bytes(&self) -> usize {
        let rate = self.bytes_per_sec.load(Ordering::Relaxed);
        // A hundredth of a second of a fast line: timers are no finer than a millisecond.
        CHUNK_BYTES.max(usize::try_from(rate / 100).unwrap_or(CHUNK_BYTES))
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, Arc::clone(&shared))); }
                Err(_) => return,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut state = shared.state.subscribe();
    let at_first = *state.borrow_and_update();
    match at_first {
        State::Cut => {}
        State::Portal => drop(show_portal(stream).await),
        State::Carries { .. } => {
            let (silent, told) = watch::channel(false);
            let carrying = carry(stream, &shared, told);
            tokio::pin!(carrying);
            tokio::select! {
                _ = &mut carrying => return,
                () = turns(&mut state, |now| *now != at_first) => {}
            }
            let now = *state.borrow();
            if !matches!(now, State::Carries { .. }) {
                return;
            }
            silent.send_replace(true);
            // Held open, and neither side hears of the other any more.
            drop(carrying.await);
        }
    }
}

/// A page with status 200 to whatever was asked.
async fn show_portal(mut stream: TcpStream) -> Result<()> {
    const PAGE: &str = "<!doctype html><title>Welcome</title>Accept the terms of this network.";
    let mut asked = vec![0; 16 * 1024];
    let asked_bytes = stream.read(&mut asked).await?;
    ensure!(asked_bytes > 0, "nothing was asked");
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{PAGE}",
        PAGE.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // What else was on its way is read, so that the page arrives before the end.
    let mut nowhere = tokio::io::sink();
    let rest = tokio::io::copy(&mut stream, &mut nowhere);
    drop(tokio::time::timeout(Duration::from_secs(5), rest).await);
    Ok(())
}

/// One connection, until either side ends it; silent for ever once it is told.
async fn carry(
    stream: TcpStream,
    shared: &Arc<Shared>,
    mut told: watch::Receiver<bool>,
) -> Result<()> {
    let server = TcpStream::connect(shared.to).await?;
    drop((stream.set_nodelay(true), server.set_nodelay(true)));
    let (from_client, mut to_client) = stream.into_split();
    let (mut from_server, to_server) = server.into_split();
    // Room for what is on its way, as long as the delay is.
    let (queue, queued) = mpsc::unbounded_channel();
    let exchange = async {
        tokio::try_join!(
            pace(from_client, queue, shared),
            deliver(queued, to_server, shared),
            async {
                tokio::io::copy(&mut from_server, &mut to_client).await?;
                Ok(to_client.shutdown().await?)
            },
        )
    };
    tokio::pin!(exchange);
    let ended = tokio::select! {
        ended = &mut exchange => Some(ended.map(drop)),
        () = turns(&mut told, |silent| *silent) => None,
    };
    match ended {
        Some(ended) => ended,
        None => std::future::pending().await,
    }
}

/// Waits until a value is what is wanted; for ever where that cannot come.
async fn turns<T>(watched: &mut watch::Receiver<T>, wanted: impl FnMut(&T) -> bool) {
    if watched.wait_for(wanted).await.is_err() {
        std::future::pending().await
    }
}

/// Reads no faster than the line passes it on.
async fn pace(
    mut from: OwnedReadHalf,
    queue: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
    shared: &Shared,
) -> Result<()> {
    loop {
        let mut chunk = vec![0; shared.chunk_bytes()];
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        chunk.truncate(read);
        let arrives_at = shared.pass(read as f64).await + shared.delay;
        queue.send((arrives_at, chunk))?;
    }
}

async fn deliver(
    mut queued: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    mut to: OwnedWriteHalf,
    shared: &Shared,
) -> Result<()> {
    while let Some((arrives_at, bytes)) = queued.recv().await {
        sleep_until(arrives_at).await;
        to.write_all(&bytes).await?;
        shared
            .carried_bytes
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
    Ok(to.shutdown().await?)
}
