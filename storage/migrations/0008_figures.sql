-- What monitoring asks for, kept where every instance finds it: how calls ended, and when each round last went well.

CREATE TABLE calls (
    service TEXT NOT NULL,
    call TEXT NOT NULL,
    outcome TEXT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (service, call, outcome)
);

CREATE TABLE round_runs (
    round TEXT PRIMARY KEY,
    succeeded_at TEXT NOT NULL
);
