//! Ferry in a terminal, as a library of rooms; `main.rs` only starts it. Folders become jobs that stop, resume, verify
//! and report. Not the upload of single files to a Ferry server.
//!
//! In reading order:
//! - [`exit`], [`path`], [`settings`] and [`clock`]: the words that all rooms share.
//! - [`job`] is the ledger: one SQLite database a job, the checksum cache, the audit trail.
//! - [`engine`] makes bytes durable and proves it; all system calls on files are behind [`engine::disk`].
//! - [`destination`] is where files go to; a local directory is the first.
//! - [`phases`] are what a person runs: analyze, checksum, copy, verify, and `run`, which is all of them.
//! - [`preflight`] measures and estimates before the first byte.
//! - [`report`] tells afterwards what happened.
//! - [`terminal`] is all that is printed, and [`config`] where values come from.
//! - [`command`] is the command line, and which room does what it says.

pub mod clock;
pub mod command;
pub mod config;
pub mod destination;
pub mod engine;
pub mod exit;
pub mod job;
pub mod path;
pub mod phases;
pub mod preflight;
pub mod report;
pub mod settings;
pub mod terminal;
