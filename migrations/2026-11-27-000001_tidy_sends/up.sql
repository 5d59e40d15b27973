-- What may be tidied, some time: copies stay as long as their parts do, and are not looked at each minute.
DROP INDEX idx_bot_sends_settled;
CREATE INDEX idx_bot_sends_tidy ON bot_sends (settled_at)
    WHERE settled_at IS NOT NULL AND (state <> 'stored' OR kind <> 'copy');
