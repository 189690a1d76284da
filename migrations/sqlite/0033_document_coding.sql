-- How a document's bytes are kept: as they are, or packed. The hash is always that of the document itself.
ALTER TABLE document ADD COLUMN coding TEXT NOT NULL DEFAULT 'identity' CHECK (coding IN ('identity', 'lz4'));
