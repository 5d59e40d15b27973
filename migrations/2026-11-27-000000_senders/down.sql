ALTER TABLE bot_sends DROP COLUMN sender_id;
DROP TABLE bot_senders;
