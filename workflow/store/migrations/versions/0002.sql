-- Reminders. Tables with new columns are written anew, so that they stand as if they had been made so.

DROP INDEX deadline_agenda;
DROP INDEX deadline_due;
DROP INDEX deadline_overdue;
ALTER TABLE deadline RENAME TO deadline_0001;

CREATE TABLE deadline (
    agreement TEXT NOT NULL,
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    anchor TEXT NOT NULL,
    anchored_on TEXT NOT NULL,
    nominal TEXT NOT NULL,
    effective TEXT NOT NULL,
    wake_at TEXT NOT NULL,
    on_expiry TEXT NOT NULL,
    fire TEXT NOT NULL,
    basis TEXT NOT NULL,
    citation TEXT NOT NULL,
    amount INTEGER NOT NULL,
    unit TEXT NOT NULL,
    direction TEXT NOT NULL,
    calendar TEXT NOT NULL,
    shows TEXT NOT NULL,
    provisional INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    overdue INTEGER NOT NULL,
    settled_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    act TEXT NOT NULL,
    made_on TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    stopped_on TEXT NOT NULL,
    told_on TEXT NOT NULL,
    CONSTRAINT deadline_key PRIMARY KEY (agreement, instance, name, revision),
    CONSTRAINT deadline_agreement FOREIGN KEY(agreement) REFERENCES agreement (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT deadline_status_known CHECK (status IN ('open', 'met', 'missed', 'void', 'fired', 'past')),
    CONSTRAINT deadline_truths CHECK (provisional IN (0, 1) AND overdue IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;

INSERT INTO deadline (agreement, instance, name, revision, status, anchor, anchored_on, nominal, effective, wake_at, on_expiry, fire, basis, citation, amount, unit, direction, calendar, shows, provisional, occurrence, overdue, settled_on, reason, act, made_on, expires_at, stopped_on, told_on)
SELECT agreement, instance, name, revision, status, anchor, anchored_on, nominal, effective, wake_at, on_expiry, fire, basis, citation, amount, unit, direction, calendar, shows, provisional, occurrence, overdue, settled_on, reason, '', '', '', '', '' FROM deadline_0001;

DROP TABLE deadline_0001;

CREATE INDEX deadline_agenda ON deadline (effective) WHERE status = 'open';

CREATE INDEX deadline_due ON deadline (wake_at) WHERE wake_at <> '';

CREATE INDEX deadline_overdue ON deadline (effective) WHERE status = 'open' AND overdue = 1;

DROP INDEX person_login;
ALTER TABLE person RENAME TO person_0001;

CREATE TABLE person (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    login TEXT NOT NULL,
    email TEXT NOT NULL,
    roles TEXT NOT NULL,
    lang TEXT NOT NULL,
    zone TEXT NOT NULL,
    admin INTEGER NOT NULL,
    active INTEGER NOT NULL,
    channels TEXT NOT NULL,
    quiet TEXT NOT NULL,
    deputy TEXT NOT NULL,
    calendar TEXT NOT NULL,
    CONSTRAINT person_key PRIMARY KEY (id),
    CONSTRAINT person_truths CHECK (admin IN (0, 1) AND active IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;

INSERT INTO person (id, name, login, email, roles, lang, zone, admin, active, channels, quiet, deputy, calendar)
SELECT id, name, login, email, roles, lang, zone, admin, active, '[]', '[]', '{}', '' FROM person_0001;

DROP TABLE person_0001;

CREATE UNIQUE INDEX person_login ON person (login) WHERE login <> '';

CREATE TABLE message (
    agreement TEXT NOT NULL,
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    rung TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    due_on TEXT NOT NULL,
    wake_at TEXT NOT NULL,
    state TEXT NOT NULL,
    send TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    late_days INTEGER NOT NULL,
    acked_by TEXT NOT NULL,
    acked_at TEXT NOT NULL,
    snoozed_until TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT message_key PRIMARY KEY (agreement, instance, name, revision, rung, recipient, channel),
    CONSTRAINT message_agreement FOREIGN KEY(agreement) REFERENCES agreement (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT message_state_known CHECK (state IN ('pending', 'sent', 'failed', 'uncertain', 'dead', 'parked', 'superseded', 'skipped', 'acknowledged'))
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE claim (
    agreement TEXT NOT NULL,
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    rung TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    worker TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    until TEXT NOT NULL,
    send TEXT NOT NULL,
    CONSTRAINT claim_key PRIMARY KEY (agreement, instance, name, revision, rung, recipient, channel)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE beat (
    worker TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT beat_key PRIMARY KEY (worker)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX message_due ON message (wake_at) WHERE wake_at <> '';
