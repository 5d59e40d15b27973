-- What more is known about a file; the next analyze fills it in, nothing has to be scanned anew.

ALTER TABLE source_file ADD COLUMN kind INTEGER NOT NULL DEFAULT 0; -- 0 regular file, 1 symbolic link
ALTER TABLE source_file ADD COLUMN mode INTEGER;
ALTER TABLE source_file ADD COLUMN inode INTEGER;
ALTER TABLE source_file ADD COLUMN nlink INTEGER;
