//! The state on disk: a journal of events, replayed at the start, and the files' bytes beside it. A kill at any moment
//! loses at most what no client was told yet.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use super::{Event, FileKey, State};

/// The state and the only way to change it.
pub(crate) struct World {
    pub(crate) state: State,
    journal: Journal,
}

/// An open journal.
struct Journal {
    file: File,
    folder: PathBuf,
}

impl World {
    /// Opens what `data` holds, or founds it.
    pub(crate) fn open(data: &Path) -> io::Result<World> {
        let folder = data.join("files");
        fs::create_dir_all(&folder)?;
        let path = data.join("journal.jsonl");
        let mut state = State::default();
        replay(&path, &mut state)?;
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut world = World {
            state,
            journal: Journal { file, folder },
        };
        if world.state.secret.is_empty() {
            world.record(Event::Founded {
                secret: crate::random_word(32)?,
            })?;
        }
        world.sweep()?;
        Ok(world)
    }

    /// Writes the event, then makes it so; bytes that nothing shows any more go.
    pub(crate) fn record(&mut self, event: Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(&event).map_err(io::Error::other)?;
        line.push(b'\n');
        self.journal.file.write_all(&line)?;
        for orphan in self.state.apply(event) {
            remove(&self.path_of(orphan))?;
        }
        Ok(())
    }

    /// Where the bytes of a file are.
    pub(crate) fn path_of(&self, file: FileKey) -> PathBuf {
        self.journal.folder.join(file.to_string())
    }

    /// Bytes without a message: of uploads that a kill ended.
    fn sweep(&self) -> io::Result<()> {
        let known: HashSet<String> = self.state.files.keys().map(u64::to_string).collect();
        for entry in fs::read_dir(&self.journal.folder)? {
            let entry = entry?;
            if !known.contains(entry.file_name().to_string_lossy().as_ref()) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Applies all whole lines; a last one that a kill cut off is taken away.
fn replay(path: &Path, state: &mut State) -> io::Result<()> {
    let mut text = Vec::new();
    match File::open(path) {
        Ok(mut file) => file.read_to_end(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut whole = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if !line.ends_with(b"\n") {
            break;
        }
        let event = serde_json::from_slice(line).map_err(io::Error::other)?;
        state.apply(event);
        whole += line.len();
    }
    if whole < text.len() {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(u64::try_from(whole).map_err(io::Error::other)?)?;
    }
    Ok(())
}
