//! Makes bytes durable and proves it. Knows of files and handles, not of jobs.
//!
//! In reading order:
//! - [`disk`] is the seam below everything that touches files; [`os_disk`] are the system's calls behind it. The tests
//!   put a fault filesystem there that loses what was not synced. [`buffer`] is memory that suits devices.
//! - [`tree`] reaches a file from its root name by name, so that no symbolic link can lead outside.
//! - [`hasher`] are the hashes of contents, [`content`] reads a source once, hashed in the same pass.
//! - [`fault`] sorts failures by what is to be done about them.
//! - [`volume`] tells filesystems apart, wherever they are mounted.
//! - [`stop`] is how a run is told to end, [`signals`] who tells it, [`pace`] how fast it may be,
//!   [`activity`] whether anything moves, [`open_files`] how many files may be open.

pub mod activity;
pub mod buffer;
pub mod content;
pub mod disk;
pub mod fault;
pub mod hasher;
pub mod open_files;
pub mod os_disk;
pub mod pace;
pub mod signals;
#[cfg(test)]
pub(crate) mod sim_disk;
pub mod stop;
pub mod tree;
pub mod volume;
