-- Messages go in the order in which they were queued, which no clock decides: each that waits has its place.

ALTER TABLE outbox ADD COLUMN place BIGINT NOT NULL DEFAULT 0;

-- What waits already keeps the order that it had.
UPDATE outbox SET place = (
    SELECT COUNT(*) FROM outbox AS earlier WHERE earlier.state = 'queued' AND (earlier.created_at < outbox.created_at
    OR (earlier.created_at = outbox.created_at AND earlier.id <= outbox.id))
) WHERE state = 'queued';

DROP INDEX outbox_waiting;

CREATE INDEX outbox_waiting ON outbox (place) WHERE state = 'queued';

-- How many calls a second Slack was found to take, once it limited a method in the whole workspace.
ALTER TABLE pace ADD COLUMN a_second INTEGER NOT NULL DEFAULT 1;
