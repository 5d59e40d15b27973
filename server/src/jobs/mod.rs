//! Work that nobody waits for: expiry, the deletion queue, the orphan sweep. Safe with any number of instances.
