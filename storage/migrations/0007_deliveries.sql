-- Which requests of Slack's had an effect: kept for as long as their signature could be used again.

CREATE TABLE deliveries (
    key TEXT PRIMARY KEY,
    handled_by TEXT NOT NULL,
    first_seen TEXT NOT NULL
);

CREATE INDEX deliveries_by_age ON deliveries (first_seen);

-- How often something happened can be asked without reading everything.
CREATE INDEX audit_by_event ON audit (event);

-- Whoever posts a message too late for its lease can tell by this whether somebody else posted it too.
ALTER TABLE outbox ADD COLUMN posted_ts TEXT;
