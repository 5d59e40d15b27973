//! Takes uploaded bytes to disk while they come, hashed on the way. It knows no messages.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use ring::digest::{Context, SHA256};
use tokio::{sync::mpsc, task::JoinHandle};

/// Small pieces are written together.
const WRITE_BYTES: usize = 1024 * 1024;
/// Pieces of one upload that wait for the disk; a piece is one read of the socket, at most [`crate::server::READ_BYTES`].
const WAITING_PIECES: usize = 4;

/// The folder of uploads under way.
pub(crate) struct Incoming {
    folder: PathBuf,
    next: AtomicU64,
}

/// A received file; its bytes go when it is dropped, unless they were kept.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) size: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
    path: Option<PathBuf>,
}

/// A file being received.
pub(crate) struct Receiving {
    pieces: mpsc::Sender<Bytes>,
    written: JoinHandle<io::Result<Received>>,
}

impl Incoming {
    /// Below `data`; what a former process left there goes.
    pub(crate) fn open(data: &Path) -> io::Result<Incoming> {
        let folder = data.join("incoming");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(&folder)?;
        Ok(Incoming {
            folder,
            next: AtomicU64::new(0),
        })
    }

    /// Begins a file.
    pub(crate) fn receive(&self) -> Receiving {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(number.to_string());
        let (pieces, coming) = mpsc::channel(WAITING_PIECES);
        let written = tokio::task::spawn_blocking(move || write(path, coming));
        Receiving { pieces, written }
    }
}

impl Receiving {
    pub(crate) async fn add(&self, piece: Bytes) -> io::Result<()> {
        self.pieces
            .send(piece)
            .await
            .map_err(|_| io::Error::other("the file cannot be written"))
    }

    pub(crate) async fn finish(self) -> io::Result<Received> {
        drop(self.pieces);
        self.written.await.map_err(io::Error::other)?
    }
}

impl Received {
    /// Moves the bytes to where they stay.
    pub(crate) fn keep(mut self, at: &Path) -> io::Result<()> {
        match self.path.take() {
            Some(path) => fs::rename(path, at),
            None => Ok(()),
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // The folder is emptied at the next start.
            let _ = fs::remove_file(path);
        }
    }
}

fn write(path: PathBuf, mut coming: mpsc::Receiver<Bytes>) -> io::Result<Received> {
    let mut file = io::BufWriter::with_capacity(WRITE_BYTES, File::create(&path)?);
    // From here on the bytes go when this breaks off.
    let mut received = Received {
        size: 0,
        sha256: String::new(),
        path: Some(path),
    };
    let mut hash = Context::new(&SHA256);
    while let Some(piece) = coming.blocking_recv() {
        hash.update(&piece);
        file.write_all(&piece)?;
        received.size += u64::try_from(piece.len()).map_err(io::Error::other)?;
    }
    file.flush()?;
    let digits = hash
        .finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    received.sha256 = digits;
    Ok(received)
}
