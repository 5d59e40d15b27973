//! Ferry's server. `app` is the composition root: it makes every long-lived part and hands it in.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::as_conversions))]

pub mod app;
pub mod config;
pub mod embedded_postgres;
pub mod lifecycle;
pub mod metrics;
pub mod telemetry;

pub mod auth;
pub mod bots;
pub mod budget;
pub mod clock;
pub mod db;
pub mod disk;
mod error_chain;
mod http;
pub mod jobs;
pub mod pages;
pub mod spool;
pub mod storage;
pub mod uploads;

pub use http::document as openapi;
