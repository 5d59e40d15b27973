//! Ferry's end-to-end tests: what people do and what may go wrong, on the built parts. One file a subject.

mod accounts;
mod architecture;
mod bots;
mod completing;
mod documents;
mod files;
mod full_disk;
mod in_a_browser;
mod instances;
mod maintenance;
mod many;
mod outages;
mod parts;
mod pieces;
mod programs;
mod proxying;
mod resuming;
mod rights;
mod secrecy;
mod server_kills;
mod strangers;
mod telegram;
