-- A receipt promised that bytes would be deleted. Where the provider refuses by then, the promise is found and corrected.
ALTER TABLE deletions ADD COLUMN promised_of uuid;
COMMENT ON COLUMN deletions.promised_of IS 'file whose receipt counts these bytes as deleted; null where nobody was promised anything';
