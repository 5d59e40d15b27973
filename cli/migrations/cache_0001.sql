-- The checksum cache, shared by jobs: a value holds only while size and mtime are still what they were.

CREATE TABLE volume (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE checksum (
    volume INTEGER NOT NULL REFERENCES volume (id),
    path BLOB NOT NULL,                 -- below the volume's top
    algorithm INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    value BLOB NOT NULL,
    computed_at_ns INTEGER NOT NULL,
    imported INTEGER NOT NULL DEFAULT 0, -- 1: taken over from elsewhere, not computed here
    PRIMARY KEY (volume, path, algorithm)
) WITHOUT ROWID;

CREATE INDEX checksum_by_value ON checksum (value, algorithm);
