//! The use-cases on a real Postgres and a real directory. Each test has its own.

mod abandoned;
mod candidates;
mod damage;
mod fixture;
mod library;
mod parts;
mod quota;
mod receipts;
mod resized;
mod telegram;
mod whole;
