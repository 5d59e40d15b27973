DROP INDEX idx_bot_sends_tidy;
CREATE INDEX idx_bot_sends_settled ON bot_sends (settled_at) WHERE settled_at IS NOT NULL;
