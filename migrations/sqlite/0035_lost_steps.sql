-- Who had started a step of which nobody knows how it ended, because its process was given up. That process's flight log may know.
ALTER TABLE step ADD COLUMN lost_by TEXT;
