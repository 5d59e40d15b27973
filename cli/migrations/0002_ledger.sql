-- The ledger: what became of every file, each attempt, each verification, and the audit trail behind them.

CREATE TABLE copy_status (
    file INTEGER PRIMARY KEY REFERENCES source_file (id) ON DELETE CASCADE,
    state INTEGER NOT NULL,             -- FileState
    attempts INTEGER NOT NULL DEFAULT 0,
    changed_at_ns INTEGER,
    algorithm INTEGER,                  -- Algorithm of `checksum`
    checksum BLOB,                      -- of the content that was proved
    destination_root INTEGER REFERENCES root (id), -- where it is now
    destination_path BLOB,              -- when it is not the source's own path
    duplicate INTEGER,                  -- DuplicateKind, when its content was there already
    cause TEXT,                         -- Cause, when it is in error
    message TEXT                        -- for a person, when it is in error or missing
);

CREATE INDEX copy_status_open ON copy_status (state, file) WHERE state IN (0, 1, 6);
CREATE INDEX copy_status_odd ON copy_status (state, file) WHERE state IN (3, 4, 5);

CREATE TABLE attempt (
    file INTEGER NOT NULL REFERENCES source_file (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    state INTEGER NOT NULL,
    moved_bytes INTEGER NOT NULL,
    source_checksum BLOB,
    destination_checksum BLOB,
    error TEXT,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;

CREATE TABLE verification (
    stage INTEGER NOT NULL,             -- 0 shallow, 1 deep
    file INTEGER NOT NULL REFERENCES source_file (id) ON DELETE CASCADE,
    at_ns INTEGER NOT NULL,
    result INTEGER NOT NULL,            -- 0 equal, else a VerifyFinding
    detail TEXT,
    PRIMARY KEY (stage, file)
) WITHOUT ROWID;

-- One row per state: what `status` answers from. The triggers below keep it true in every transaction.
CREATE TABLE tally (
    state INTEGER PRIMARY KEY,
    files INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL
);

INSERT INTO tally (state, files, size_bytes) VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0), (5, 0, 0), (6, 0, 0);

CREATE TRIGGER tally_added AFTER INSERT ON copy_status BEGIN
    UPDATE tally SET files = files + 1,
        size_bytes = size_bytes + (SELECT size_bytes FROM source_file WHERE id = NEW.file)
        WHERE state = NEW.state;
END;

CREATE TRIGGER tally_moved AFTER UPDATE OF state ON copy_status WHEN OLD.state <> NEW.state BEGIN
    UPDATE tally SET files = files - 1,
        size_bytes = size_bytes - (SELECT size_bytes FROM source_file WHERE id = OLD.file)
        WHERE state = OLD.state;
    UPDATE tally SET files = files + 1,
        size_bytes = size_bytes + (SELECT size_bytes FROM source_file WHERE id = NEW.file)
        WHERE state = NEW.state;
END;

CREATE TRIGGER tally_resized AFTER UPDATE OF size_bytes ON source_file WHEN OLD.size_bytes <> NEW.size_bytes BEGIN
    UPDATE tally SET size_bytes = size_bytes + NEW.size_bytes - OLD.size_bytes
        WHERE state = (SELECT state FROM copy_status WHERE file = NEW.id);
END;

CREATE TRIGGER tally_removed BEFORE DELETE ON source_file BEGIN
    UPDATE tally SET files = files - 1, size_bytes = size_bytes - OLD.size_bytes
        WHERE state = (SELECT state FROM copy_status WHERE file = OLD.id);
END;

CREATE TABLE operation (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    description TEXT NOT NULL,
    phase TEXT NOT NULL,
    started_at_ns INTEGER NOT NULL,
    checkpoint_at_ns INTEGER,           -- when the last batch became durable
    ended_at_ns INTEGER,
    outcome TEXT,                       -- exit code's name, when it ended
    configuration TEXT NOT NULL         -- JSON: the settings it ran with
) WITHOUT ROWID;

-- Append only. `chain` = BLAKE3(chain of the row before, seq, at_ns, operation, event, body).
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    operation TEXT,
    event TEXT NOT NULL,
    body TEXT NOT NULL,                 -- JSON
    chain BLOB NOT NULL
);

INSERT INTO copy_status (file, state) SELECT id, 0 FROM source_file;
