-- Slack's word that one may not write so soon holds for every instance: by method and channel, * for all channels.

CREATE TABLE pace (
    method TEXT NOT NULL,
    channel TEXT NOT NULL,
    not_before TEXT NOT NULL,
    limited_until TEXT NOT NULL,
    paced_until TEXT NOT NULL,
    PRIMARY KEY (method, channel)
);

-- The slot of the message that an entry edits where it stands already: by it the method is known before it is sent.
ALTER TABLE outbox ADD COLUMN slot TEXT;

-- The oldest goes first, however often it had to wait.
CREATE INDEX outbox_waiting ON outbox (created_at, id) WHERE state = 'queued';
