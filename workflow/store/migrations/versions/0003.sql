-- The audit log.

CREATE TABLE checkpoint (
    no INTEGER NOT NULL,
    size INTEGER NOT NULL,
    made TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT checkpoint_key PRIMARY KEY (no)
)
 STRICT;

CREATE TABLE node (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT node_key PRIMARY KEY (level, place),
    CONSTRAINT node_hashed CHECK (length(hash) = 32)
)
 WITHOUT ROWID,
 STRICT;

CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;

CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;

CREATE TRIGGER checkpoint_comes_next BEFORE INSERT ON checkpoint
WHEN EXISTS (SELECT 1 FROM checkpoint WHERE no >= NEW.no)
BEGIN SELECT RAISE(ABORT, 'a checkpoint follows the last'); END;

-- A claim is of all that a person is to be told over a channel.

ALTER TABLE claim RENAME TO claimed;

CREATE TABLE claim (
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    worker TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    until TEXT NOT NULL,
    send TEXT NOT NULL,
    letter TEXT NOT NULL,
    CONSTRAINT claim_key PRIMARY KEY (recipient, channel)
)
 WITHOUT ROWID,
 STRICT;

INSERT INTO claim (recipient, channel, worker, attempt, until, send, letter)
SELECT recipient, channel, max(worker), max(attempt), max(until), max(c.send),
    group_concat(agreement || char(31) || instance || char(31) || name || char(31) || revision || char(31) || rung || char(31) || recipient || char(31) || channel, char(30))
FROM claimed c JOIN message m USING (agreement, instance, name, revision, rung, recipient, channel) 
WHERE c.send <> '' AND c.send = (SELECT max(send) FROM claimed x WHERE x.recipient = c.recipient AND x.channel = c.channel)
GROUP BY recipient, channel;

DROP TABLE claimed;

CREATE INDEX claim_until ON claim (until);

CREATE INDEX message_of ON message (recipient, channel) WHERE wake_at <> '';

CREATE INDEX message_parked ON message (state) WHERE state = 'parked';

-- An activity that was entered in error is withdrawn.

ALTER TABLE activity RENAME TO activity_0002;

CREATE TABLE activity (
    agreement TEXT NOT NULL,
    no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    field TEXT NOT NULL,
    "on" TEXT NOT NULL,
    until TEXT NOT NULL,
    instance TEXT NOT NULL,
    note TEXT NOT NULL,
    withdrawn INTEGER NOT NULL,
    CONSTRAINT activity_key PRIMARY KEY (agreement, no),
    CONSTRAINT activity_agreement FOREIGN KEY(agreement) REFERENCES agreement (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT activity_kind_known CHECK (kind IN ('activity', 'contact', 'report')),
    CONSTRAINT activity_truths CHECK (withdrawn IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;

INSERT INTO activity (agreement, no, kind, title, field, "on", until, instance, note, withdrawn)
SELECT agreement, no, kind, title, field, "on", until, instance, note, 0 FROM activity_0002;

DROP TABLE activity_0002;
