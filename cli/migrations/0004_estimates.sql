-- What a run was said to take and took, and how long each file took.

ALTER TABLE operation ADD COLUMN estimate TEXT;     -- JSON: preflight::Estimate
ALTER TABLE operation ADD COLUMN copying_secs REAL; -- from the first byte to the last file that was marked
ALTER TABLE attempt ADD COLUMN took_ns INTEGER;
