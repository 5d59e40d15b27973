-- What runs took against what was said, by the filesystems they ran between: the next estimate learns from it.

CREATE TABLE pace (
    at_ns INTEGER NOT NULL,
    source TEXT NOT NULL,               -- volume
    destination TEXT NOT NULL,          -- volume
    ratio REAL NOT NULL                 -- 2 when it took twice as long as the model said
);

CREATE INDEX pace_by_places ON pace (source, destination, at_ns);
