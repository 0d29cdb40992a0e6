-- A removal is claimed before Entra is asked, so that a secret which goes back into use is not removed meanwhile.
-- One that nobody saw is removed without a warning; a refusal of Entra's is told once.

ALTER TABLE credentials ADD COLUMN disowned_at TEXT;

ALTER TABLE credentials ADD COLUMN removal_tries INTEGER NOT NULL DEFAULT 0;

ALTER TABLE credentials ADD COLUMN removal_refused_at TEXT;
