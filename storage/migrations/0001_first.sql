-- Times are UTC text of one width, so that they sort as text in every engine; documents are JSON text.

CREATE TABLE app_requests (
    id TEXT PRIMARY KEY,
    form_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    requester_id TEXT NOT NULL,
    requester TEXT NOT NULL,
    display_name TEXT NOT NULL,
    form TEXT NOT NULL,
    submitted_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    state_since TEXT NOT NULL,
    settled_by TEXT,
    settled_reason TEXT,
    name_is_taken INTEGER,
    assessed INTEGER NOT NULL DEFAULT 0,
    reminded_at TEXT,
    failure TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    lease_until TEXT,
    try_at TEXT
);

CREATE INDEX app_requests_by_state ON app_requests (state, changed_at);

CREATE INDEX app_requests_by_requester ON app_requests (requester_id, submitted_at);

CREATE TABLE approvals (
    request_id TEXT NOT NULL REFERENCES app_requests (id),
    version INTEGER NOT NULL,
    approver_id TEXT NOT NULL,
    approved_at TEXT NOT NULL,
    PRIMARY KEY (request_id, version, approver_id)
);

CREATE TABLE applications (
    id TEXT PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES app_requests (id),
    display_name TEXT NOT NULL,
    object_id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,
    service_principal_id TEXT,
    form TEXT NOT NULL,
    owners TEXT NOT NULL,
    created_at TEXT NOT NULL,
    wanted INTEGER NOT NULL DEFAULT 1,
    removed_at TEXT,
    try_at TEXT
);

CREATE INDEX applications_by_request ON applications (request_id);

CREATE TABLE links (
    id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    recipient_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    token_hash TEXT UNIQUE,
    issued_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    armed_until TEXT,
    lease TEXT,
    lease_until TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    viewed_at TEXT,
    viewed_from TEXT,
    seen_at TEXT,
    key_id TEXT,
    rotates_key_id TEXT,
    sweep_at TEXT,
    sweeps_left INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX links_by_stage ON links (stage, expires_at);

CREATE INDEX links_by_application ON links (application_id);

-- At most one link of an application can be the right to mint: two clicks on "Rotate now" are one rotation.
CREATE UNIQUE INDEX links_one_alive ON links (application_id) WHERE stage IN ('open', 'minting');

CREATE TABLE credentials (
    key_id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    link_id TEXT NOT NULL REFERENCES links (id),
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    hint TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    remove_at TEXT,
    warned_at TEXT,
    snoozed_until TEXT,
    accepted INTEGER,
    accepted_at TEXT,
    try_at TEXT
);

CREATE INDEX credentials_by_state ON credentials (state, ends_at);

CREATE INDEX credentials_by_application ON credentials (application_id);

CREATE TABLE reminders (
    id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES credentials (key_id),
    step INTEGER NOT NULL,
    claimed_at TEXT NOT NULL,
    UNIQUE (key_id, step)
);

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    recipient TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    available_at TEXT NOT NULL,
    first_tried_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    lease_until TEXT,
    sent_at TEXT,
    last_error TEXT
);

CREATE INDEX outbox_by_state ON outbox (state, available_at);

CREATE INDEX outbox_by_subject ON outbox (subject, kind, state);

CREATE TABLE messages (
    slot TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    ts TEXT NOT NULL
);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT,
    application_id TEXT,
    link_id TEXT,
    details TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at);
