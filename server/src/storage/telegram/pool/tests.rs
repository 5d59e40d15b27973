//! The pool on a real Postgres, on clocks of the tests' own: several pools share the rows, as several processes do.

mod fleet;
mod limits;
mod pulse;
mod rests;
mod stage;
mod throughput;
