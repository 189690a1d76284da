-- How a document's bytes are kept: as they are, or packed. The hash is always that of the document itself.
ALTER TABLE document ADD COLUMN coding TEXT COLLATE "C" NOT NULL DEFAULT 'identity' CHECK (coding IN ('identity', 'lz4'));
-- What can be packed is packed when it comes: the database need not try again.
ALTER TABLE document ALTER COLUMN bytes SET STORAGE EXTERNAL;
