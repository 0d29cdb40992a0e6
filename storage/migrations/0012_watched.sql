-- How often each thing stood in audit rows that were removed since: what is counted never goes down.

CREATE TABLE audit_removed (
    event TEXT PRIMARY KEY,
    times BIGINT NOT NULL
);

-- What is old is found from its old end, and what is new for monitoring from its new one.
CREATE INDEX app_requests_by_time ON app_requests (state_since);

CREATE INDEX approvals_by_time ON approvals (approved_at);

CREATE INDEX outbox_by_sending ON outbox (sent_at) WHERE sent_at IS NOT NULL;

-- Applications are counted by their last secret in this index alone.
CREATE INDEX credentials_by_end ON credentials (state, application_id, ends_at);

-- Before a link goes, the engine looks for the secrets that name it.
CREATE INDEX credentials_by_link ON credentials (link_id);
