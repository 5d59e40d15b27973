//! Makes bytes durable and proves it. Knows of files and handles, not of jobs.

pub mod disk;
