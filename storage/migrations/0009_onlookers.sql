-- Who, signed in to Slack, opened a link that was sent to somebody else: each person once for each link.

CREATE TABLE onlookers (
    link_id TEXT NOT NULL REFERENCES links (id),
    person_id TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    PRIMARY KEY (link_id, person_id)
);
