//! What Ferry's stories are told with: real parts, started and stopped from outside. The stories are in `stories/`.
//!
//! In reading order:
//! - [`stage`] sets up a story: server, database, proxy, people; and looks for leftovers at its end.
//! - [`client`] speaks the API natively and seals for real.
//! - [`browser`] drives the page in a real Chromium.
//! - [`proxy`] stands in front of the server, counts and cuts.
//! - [`kills`]: when something is killed, and what that may cost.
//! - [`parts_at`]: where the server puts sealed parts; [`bot_pool`] is one of these places.
//! - [`server`], [`cluster`], [`stage_dir`]: the processes and where they live.
//! - [`scan`] looks for what a server must not know; [`shown_commands`] runs the README's examples.
//! - [`wait`]: for conditions, never for time.

pub mod bot_pool;
pub mod browser;
pub mod client;
pub mod cluster;
pub mod kills;
pub mod parts_at;
pub mod proxy;
pub mod scan;
pub mod server;
pub mod shown_commands;
pub mod stage;
pub mod stage_dir;
pub mod wait;
