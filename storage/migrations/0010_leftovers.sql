-- That what a failed request left in Entra cannot be removed is told once; an outage of Entra's only when it lasts.

ALTER TABLE applications ADD COLUMN disowned_at TEXT;

ALTER TABLE applications ADD COLUMN removal_refused_at TEXT;

-- Since when the earlier ones are not wanted was not written down; their next try is the nearest that is known.
UPDATE applications SET disowned_at = try_at WHERE wanted = 0;
