//! Files to copy: contents that nobody can compress or deduplicate, the same in every run.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Result;

/// Files of one directory.
const IN_A_DIRECTORY: usize = 100;

/// What is to be made.
pub(super) struct Corpus {
    name: String,
    files: usize,
    file_bytes: usize,
}

/// Made.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) files: usize,
}

impl Corpus {
    pub(super) fn equal(name: &str, files: usize, file_bytes: usize) -> Self {
        Corpus {
            name: name.to_owned(),
            files,
            file_bytes,
        }
    }

    /// Below `dir`; one that is there is taken.
    pub(super) fn make(&self, dir: &Path) -> Result<Made> {
        let path = dir.join(self.name.replace(' ', "-"));
        let made = Made {
            name: self.name.clone(),
            bytes: (self.files * self.file_bytes) as u64,
            files: self.files,
            path,
        };
        if made.path.exists() {
            return Ok(made);
        }
        let mut state = 0x5EED_u64;
        let mut block = vec![0; self.file_bytes.min(1 << 20)];
        for number in 0..self.files {
            let above = made.path.join(format!("d{}", number / IN_A_DIRECTORY));
            fs::create_dir_all(&above)?;
            let mut file = File::create(above.join(format!("f{number}")))?;
            let mut left = self.file_bytes;
            while left > 0 {
                fill(&mut block, &mut state);
                let now = left.min(block.len());
                file.write_all(&block[..now])?;
                left -= now;
            }
        }
        Ok(made)
    }
}

impl Made {
    pub(super) fn remove(self) -> Result<()> {
        Ok(fs::remove_dir_all(self.path)?)
    }
}

/// Xorshift.
fn fill(block: &mut [u8], state: &mut u64) {
    for eight in block.chunks_mut(8) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        eight.copy_from_slice(&state.to_le_bytes()[..eight.len()]);
    }
}
