//! What the end-to-end tests are made with: real parts, started and stopped from outside. The tests are in `e2e/`.
//!
//! In reading order:
//! - [`fixture`] sets up a test: server, database, proxy, people; and looks for leftovers at its end.
//! - [`client`] speaks the API natively and seals for real.
//! - [`browser`] drives the page in a real Chromium.
//! - [`proxy`] stands in front of the server, counts and cuts.
//! - [`line`] is slow, late and cut, as people's lines are; [`truth`] says whether the cards told what really was.
//! - [`kills`]: when something is killed, and what that may cost.
//! - [`part_store`]: where the server puts sealed parts; [`bot_pool`] is one of these places.
//! - [`server`], [`cluster`], [`run_dir`]: the processes and where they live; [`tls`]: a server behind a certificate.
//! - [`scan`] looks for what a server must not know; [`shown_commands`] runs the README's examples.
//! - [`wait`]: for conditions, never for time.

pub mod bot_pool;
pub mod browser;
pub mod client;
pub mod cluster;
pub mod fixture;
pub mod kills;
pub mod line;
pub mod nginx;
pub mod part_store;
pub mod proxy;
pub mod run_dir;
pub mod scan;
pub mod server;
pub mod shown_commands;
pub mod tls;
pub mod truth;
pub mod wait;
