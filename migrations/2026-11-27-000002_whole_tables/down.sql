DROP INDEX idx_deletions_provider;
DROP INDEX idx_file_parts_provider;
DROP INDEX idx_file_parts_bot;
ALTER TABLE file_parts DROP COLUMN chat_id;
CREATE INDEX idx_file_parts_bot ON file_parts (bot_id) WHERE bot_id IS NOT NULL;
