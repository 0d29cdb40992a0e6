-- What a try leaves for the next one to know, Retry included: when a creation was first tried, and who could not be
-- made an owner. And within one stay in provisioning: since when it has been stuck, and whether slowness was told of.

ALTER TABLE app_requests ADD COLUMN create_tried_at TEXT;

ALTER TABLE app_requests ADD COLUMN not_owners TEXT NOT NULL DEFAULT '[]';

ALTER TABLE app_requests ADD COLUMN stuck_since TEXT;

ALTER TABLE app_requests ADD COLUMN slow_told INTEGER NOT NULL DEFAULT 0;

-- A request that was tried before this column came may have made something.
UPDATE app_requests SET create_tried_at = state_since WHERE attempts > 0 OR state = 'failed';
