-- The lists alone: which roots a job has, and which files lie below them.

CREATE TABLE root (
    id INTEGER PRIMARY KEY,
    side INTEGER NOT NULL,              -- 0 source, 1 destination, 2 pool
    volume TEXT NOT NULL,               -- which filesystem it is on, wherever that is mounted
    path BLOB NOT NULL,                 -- below the volume's top; empty is the top itself
    seen_at BLOB NOT NULL,              -- the absolute path where it was found last
    listed_only INTEGER NOT NULL DEFAULT 0, -- 1: holds single files that were added by name and is not scanned
    UNIQUE (side, volume, path)
);

CREATE TABLE source_file (
    id INTEGER PRIMARY KEY,
    root INTEGER NOT NULL REFERENCES root (id),
    path BLOB NOT NULL,                 -- below the root, bytes as the filesystem has them
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    UNIQUE (root, path)
);

-- What lies at destination and pool roots. No checksums: those are in the cache.
CREATE TABLE destination_file (
    root INTEGER NOT NULL REFERENCES root (id),
    path BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    PRIMARY KEY (root, path)
) WITHOUT ROWID;

CREATE INDEX destination_file_by_size ON destination_file (size_bytes);
CREATE INDEX source_file_by_size ON source_file (size_bytes);
