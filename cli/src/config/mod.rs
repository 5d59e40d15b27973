//! Where values come from: defaults, files, environment, command line; each with its origin.
