//! Tests of real files: writes around the cache, and what cannot be written so.

use std::{fs, io::Read as _};

use super::{
    super::{
        buffer::{ALIGNMENT_BYTES, Buffer},
        disk::Disk as _,
    },
    OsDisk,
};

/// Whether or not the filesystem of temporary files can do it.
#[test]
fn a_file_that_goes_around_the_cache_keeps_every_byte_whatever_the_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let root = OsDisk.open_root(dir.path()).unwrap();
    for (number, pieces) in [
        vec![1 << 16, 1 << 16, 100],
        vec![100, 1 << 16, 5],
        vec![4096],
        vec![5000, 8192, 0, 1],
    ]
    .into_iter()
    .enumerate()
    {
        let name = number.to_string();
        let mut file = root.create_file(name.as_bytes()).unwrap();
        file.go_around_cache();
        let mut wanted = Vec::new();
        for (at, size) in pieces.into_iter().enumerate() {
            let mut buffer = Buffer::new(size);
            buffer.bytes_mut().fill(u8::try_from(at + 1).unwrap());
            file.write_all(buffer.first(size)).unwrap();
            wanted.extend_from_slice(buffer.first(size));
        }
        file.sync_data().unwrap();
        let mut stored = Vec::new();
        let other = fs::File::open(dir.path().join(&name));
        other.unwrap().read_to_end(&mut stored).unwrap();
        assert_eq!(stored, wanted);
        file.go_around_cache();
        file.seek_to(0).unwrap();
        let mut buffer = Buffer::new(2 * ALIGNMENT_BYTES);
        let mut found = Vec::new();
        loop {
            match file.read(buffer.bytes_mut()).unwrap() {
                0 => break,
                read => found.extend_from_slice(buffer.first(read)),
            }
        }
        assert_eq!(found, wanted);
    }
}
