-- Reminders.

ALTER TABLE deadline
    ADD COLUMN act TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN made_on TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN expires_at TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN stopped_on TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN told_on TEXT COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE deadline
    ALTER COLUMN act DROP DEFAULT,
    ALTER COLUMN made_on DROP DEFAULT,
    ALTER COLUMN expires_at DROP DEFAULT,
    ALTER COLUMN stopped_on DROP DEFAULT,
    ALTER COLUMN told_on DROP DEFAULT;

ALTER TABLE person
    ADD COLUMN channels TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    ADD COLUMN quiet TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    ADD COLUMN deputy TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN calendar TEXT COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE person
    ALTER COLUMN channels DROP DEFAULT,
    ALTER COLUMN quiet DROP DEFAULT,
    ALTER COLUMN deputy DROP DEFAULT,
    ALTER COLUMN calendar DROP DEFAULT;

CREATE TABLE message (
    agreement TEXT COLLATE "C" NOT NULL,
    instance TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    rung TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    wake_at TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    send TEXT COLLATE "C" NOT NULL,
    sent_at TEXT COLLATE "C" NOT NULL,
    late_days BIGINT NOT NULL,
    acked_by TEXT COLLATE "C" NOT NULL,
    acked_at TEXT COLLATE "C" NOT NULL,
    snoozed_until TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT message_key PRIMARY KEY (agreement, instance, name, revision, rung, recipient, channel),
    CONSTRAINT message_agreement FOREIGN KEY(agreement) REFERENCES agreement (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT message_state_known CHECK (state IN ('pending', 'sent', 'failed', 'uncertain', 'dead', 'parked', 'superseded', 'skipped', 'acknowledged'))
);

CREATE TABLE claim (
    agreement TEXT COLLATE "C" NOT NULL,
    instance TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    rung TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    worker TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    until TEXT COLLATE "C" NOT NULL,
    send TEXT COLLATE "C" NOT NULL,
    CONSTRAINT claim_key PRIMARY KEY (agreement, instance, name, revision, rung, recipient, channel)
);

CREATE TABLE beat (
    worker TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT beat_key PRIMARY KEY (worker)
);

CREATE INDEX message_due ON message (wake_at) WHERE wake_at <> '';
