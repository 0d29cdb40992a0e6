-- Audit rows are numbered as they are written and chained by hash. The head says where the chain ends, so that rows
-- taken from its end are missed, and where it begins once old rows were removed.

ALTER TABLE audit ADD COLUMN seq INTEGER;

ALTER TABLE audit ADD COLUMN hash TEXT;

CREATE UNIQUE INDEX audit_by_seq ON audit (seq);

CREATE INDEX audit_unchained ON audit (at) WHERE seq IS NULL;

CREATE TABLE audit_head (
    only_row INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    cut_seq INTEGER NOT NULL,
    cut_hash TEXT NOT NULL
);
