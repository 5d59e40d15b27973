//! Memory for reads and writes, at an address that devices can work with directly. How large it is, the caller says.

/// Addresses, positions and lengths that are multiples of this suit the devices of today: it is the page of memory, and
/// the largest sector in common use.
pub const ALIGNMENT_BYTES: usize = 4096;

/// Bytes of a buffer for a file: no more than `most`, no more than the file needs, and never less than one block.
pub fn size_for(file_bytes: u64, most: usize) -> usize {
    let most = most.max(ALIGNMENT_BYTES);
    // one more than the file has, so that its end shows in the same read
    let needed = usize::try_from(file_bytes.saturating_add(1)).unwrap_or(most);
    needed.clamp(ALIGNMENT_BYTES, most)
}

/// Bytes at an address that is a multiple of [`ALIGNMENT_BYTES`].
#[derive(Debug)]
pub struct Buffer {
    memory: Vec<u8>,
    start: usize,
    size_bytes: usize,
}

impl Buffer {
    /// Zeros.
    pub fn new(size_bytes: usize) -> Self {
        let memory = vec![0; size_bytes + ALIGNMENT_BYTES];
        let start = memory.as_ptr().align_offset(ALIGNMENT_BYTES);
        Buffer {
            // a platform that cannot say gets the start, and reads through the cache
            start: start.min(ALIGNMENT_BYTES),
            memory,
            size_bytes,
        }
    }

    /// All of it.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory
            .get_mut(self.start..self.start + self.size_bytes)
            .unwrap_or_default()
    }

    /// The first `size_bytes` of it.
    pub fn first(&self, size_bytes: usize) -> &[u8] {
        let end = self.start + size_bytes.min(self.size_bytes);
        self.memory.get(self.start..end).unwrap_or_default()
    }
}

/// Whether these bytes can go to a device as they are, by address and length.
pub fn suits_direct(bytes: &[u8]) -> bool {
    bytes.len().is_multiple_of(ALIGNMENT_BYTES) && bytes.as_ptr().align_offset(ALIGNMENT_BYTES) == 0
}
