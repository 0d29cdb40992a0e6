-- The clock asks every minute for rows of which there are hardly ever any: each such question has its own small index.

CREATE INDEX applications_unwanted ON applications (try_at) WHERE wanted = 0 AND removed_at IS NULL;

CREATE INDEX links_to_sweep ON links (sweep_at) WHERE sweeps_left > 0;

CREATE INDEX credentials_unproven ON credentials (starts_at) WHERE accepted IS NULL;
