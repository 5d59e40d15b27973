//! The pool on a real Postgres, on clocks of the tests' own: several pools share the rows, as several processes do.

mod fixture;
mod fleet;
mod heartbeat;
mod limits;
mod rests;
mod throughput;
