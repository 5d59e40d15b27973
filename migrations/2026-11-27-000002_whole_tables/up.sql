-- Questions about all parts are answered from indexes alone: at ten million rows the table has gigabytes.
ALTER TABLE file_parts ADD COLUMN chat_id bigint GENERATED ALWAYS AS ((locator ->> 'chat_id')::bigint) STORED;
COMMENT ON COLUMN file_parts.chat_id IS 'of a part in Telegram';

DROP INDEX idx_file_parts_bot;
CREATE INDEX idx_file_parts_bot ON file_parts (bot_id, chat_id) INCLUDE (stored_size) WHERE bot_id IS NOT NULL;
CREATE INDEX idx_file_parts_provider ON file_parts (provider) INCLUDE (stored_size);
CREATE INDEX idx_deletions_provider ON deletions (provider);
