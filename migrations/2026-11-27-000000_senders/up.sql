-- Who sends: the places of a process that died are free as soon as that is known, not when its sends would have ended.
CREATE TABLE bot_senders (
    id    uuid PRIMARY KEY,
    beats bigint NOT NULL CHECK (beats > 0)
);
COMMENT ON COLUMN bot_senders.beats IS 'signs of life so far: others see it rise, and need not share its clock';

ALTER TABLE bot_sends ADD COLUMN sender_id uuid;
COMMENT ON COLUMN bot_sends.sender_id IS 'process that sends; null for sends of earlier releases, which wait for their deadline';
