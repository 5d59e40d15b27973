ALTER TABLE deletions DROP COLUMN promised_of;
