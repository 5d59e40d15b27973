//! A line as people have it, in userspace: what goes to the server passes at a rate, all connections together, arrives late,
//! and does not pass at all while the line is cut. It changes no byte.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
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

/// Bytes that pass at once; small against a second of any line.
const CHUNK_BYTES: usize = 2_048;
/// The queue before the line, as in a household's router.
const QUEUE_BYTES: u32 = 64 * 1_024;

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

struct Shared {
    shape: Shape,
    to: SocketAddr,
    /// When what was let through so far has passed.
    free_at: Mutex<Instant>,
    carried_bytes: AtomicU64,
    cuts: AtomicU64,
    is_cut: watch::Sender<bool>,
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
            shape,
            to,
            free_at: Mutex::new(Instant::now()),
            carried_bytes: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            is_cut: watch::Sender::new(false),
        });
        let mut tasks = vec![tokio::spawn(accept(listener, Arc::clone(&shared)))];
        if let Some((every, lasts)) = shape.cut {
            tasks.push(tokio::spawn(cut_again_and_again(
                Arc::clone(&shared),
                every,
                lasts,
            )));
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

    /// How often it was cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn cut_again_and_again(shared: Arc<Shared>, every: Duration, lasts: Duration) {
    loop {
        sleep(every).await;
        shared.is_cut.send_replace(true);
        shared.cuts.fetch_add(1, Ordering::Relaxed);
        sleep(lasts).await;
        shared.is_cut.send_replace(false);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        let mut is_cut = shared.is_cut.subscribe();
                        tokio::select! {
                            _ = is_cut.wait_for(|cut| *cut) => {}
                            _ = carry(stream, &shared) => {}
                        }
                    });
                }
                Err(_) => return,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, until either side ends it.
async fn carry(stream: TcpStream, shared: &Arc<Shared>) -> Result<()> {
    let server = TcpStream::connect(shared.to).await?;
    drop((stream.set_nodelay(true), server.set_nodelay(true)));
    let (from_client, mut to_client) = stream.into_split();
    let (mut from_server, to_server) = server.into_split();
    let (queue, queued) = mpsc::channel(32);
    tokio::try_join!(
        pace(from_client, queue, shared),
        deliver(queued, to_server, shared),
        async {
            tokio::io::copy(&mut from_server, &mut to_client).await?;
            Ok(to_client.shutdown().await?)
        },
    )?;
    Ok(())
}

/// Reads no faster than the line passes it on.
async fn pace(
    mut from: OwnedReadHalf,
    queue: mpsc::Sender<(Instant, Vec<u8>)>,
    shared: &Shared,
) -> Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        let passed_at = {
            let mut free_at = shared.free_at.lock().await;
            let takes = Duration::from_secs_f64(read as f64 / shared.shape.bytes_per_sec as f64);
            *free_at = (*free_at).max(Instant::now()) + takes;
            *free_at
        };
        sleep_until(passed_at).await;
        let arrives_at = passed_at + shared.shape.delay;
        queue.send((arrives_at, chunk[..read].to_vec())).await?;
    }
}

async fn deliver(
    mut queued: mpsc::Receiver<(Instant, Vec<u8>)>,
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
