-- Written by `python -m workflow.store.schema sqlite` from tables.py and machinery.py; do not edit.

PRAGMA application_id = 1297434177;

CREATE TABLE agreement (
    id TEXT NOT NULL,
    ref TEXT NOT NULL,
    title TEXT NOT NULL,
    track TEXT NOT NULL,
    track_version INTEGER NOT NULL,
    track_hash TEXT NOT NULL,
    parties TEXT NOT NULL,
    owner TEXT NOT NULL,
    started_on TEXT NOT NULL,
    params TEXT NOT NULL,
    imported INTEGER NOT NULL,
    CONSTRAINT agreement_key PRIMARY KEY (id),
    CONSTRAINT agreement_ref UNIQUE (ref),
    CONSTRAINT agreement_named CHECK (ref <> ''),
    CONSTRAINT agreement_truths CHECK (imported IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX agreement_owner_ref ON agreement (owner, ref);

CREATE TABLE beat (
    worker TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT beat_key PRIMARY KEY (worker)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE calendar_coverage (
    calendar TEXT NOT NULL,
    year INTEGER NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT calendar_coverage_key PRIMARY KEY (calendar, year),
    CONSTRAINT calendar_coverage_status_known CHECK (status IN ('known', 'partial'))
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE calendar_day (
    calendar TEXT NOT NULL,
    "on" TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT calendar_day_key PRIMARY KEY (calendar, "on"),
    CONSTRAINT calendar_day_kind_known CHECK (kind IN ('national', 'joint-leave', 'closure', 'working'))
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE checkpoint (
    no INTEGER NOT NULL,
    size INTEGER NOT NULL,
    made TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT checkpoint_key PRIMARY KEY (no)
)
 STRICT;

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

CREATE INDEX claim_until ON claim (until);

CREATE TABLE definition (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT definition_key PRIMARY KEY (kind, name, version, hash),
    CONSTRAINT definition_kind_known CHECK (kind IN ('stage', 'track'))
)
 STRICT;

CREATE TABLE entry (
    seq INTEGER NOT NULL,
    chain TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    leaf TEXT NOT NULL,
    body BLOB NOT NULL,
    recorded TEXT NOT NULL,
    act TEXT NOT NULL,
    instance TEXT NOT NULL,
    person TEXT NOT NULL,
    CONSTRAINT entry_key PRIMARY KEY (seq),
    CONSTRAINT entry_chain_cseq UNIQUE (chain, cseq),
    CONSTRAINT entry_fits CHECK (length(body) <= 65535),
    CONSTRAINT entry_hashed CHECK (length(leaf) = 64)
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

CREATE UNIQUE INDEX person_login ON person (login) WHERE login <> '';

CREATE TABLE request (
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    chain TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    CONSTRAINT request_key PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE setting (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT setting_key PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE tree (
    id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    CONSTRAINT tree_key PRIMARY KEY (id),
    CONSTRAINT tree_one CHECK (id = 1)
)
 STRICT;

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

CREATE TABLE audit_detail (
    chain TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    path TEXT NOT NULL,
    salt BLOB NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT audit_detail_key PRIMARY KEY (chain, cseq, path),
    CONSTRAINT audit_detail_chain_cseq FOREIGN KEY(chain, cseq) REFERENCES entry (chain, cseq) DEFERRABLE INITIALLY DEFERRED
)
 WITHOUT ROWID,
 STRICT;

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

CREATE INDEX deadline_agenda ON deadline (effective) WHERE status = 'open';

CREATE INDEX deadline_due ON deadline (wake_at) WHERE wake_at <> '';

CREATE INDEX deadline_overdue ON deadline (effective) WHERE status = 'open' AND overdue = 1;

CREATE TABLE document (
    agreement TEXT NOT NULL,
    no INTEGER NOT NULL,
    instance TEXT NOT NULL,
    "row" TEXT NOT NULL,
    round INTEGER NOT NULL,
    version INTEGER NOT NULL,
    language TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    filename TEXT NOT NULL,
    "on" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    stored INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    CONSTRAINT document_key PRIMARY KEY (agreement, no),
    CONSTRAINT document_agreement FOREIGN KEY(agreement) REFERENCES agreement (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT document_truths CHECK (stored IN (0, 1) AND withdrawn IN (0, 1)),
    CONSTRAINT document_hashed CHECK (length(sha256) = 64)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE instance (
    agreement TEXT NOT NULL,
    ref TEXT NOT NULL,
    stage TEXT NOT NULL,
    number INTEGER NOT NULL,
    parent TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    state TEXT NOT NULL,
    since TEXT NOT NULL,
    opened_on TEXT NOT NULL,
    entered TEXT NOT NULL,
    links TEXT NOT NULL,
    counters TEXT NOT NULL,
    fired TEXT NOT NULL,
    irregular INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    gap_days INTEGER,
    revision INTEGER NOT NULL,
    CONSTRAINT instance_key PRIMARY KEY (agreement, ref),
    CONSTRAINT instance_agreement FOREIGN KEY(agreement) REFERENCES agreement (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT instance_truths CHECK (irregular IN (0, 1) AND imported IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX instance_state_since ON instance (state, since);

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

CREATE INDEX message_due ON message (wake_at) WHERE wake_at <> '';

CREATE INDEX message_of ON message (recipient, channel) WHERE wake_at <> '';

CREATE INDEX message_parked ON message (state) WHERE state = 'parked';

CREATE TABLE approval (
    agreement TEXT NOT NULL,
    no INTEGER NOT NULL,
    instance TEXT NOT NULL,
    "row" TEXT NOT NULL,
    round INTEGER NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    "on" TEXT NOT NULL,
    CONSTRAINT approval_key PRIMARY KEY (agreement, no),
    CONSTRAINT approval_agreement_instance FOREIGN KEY(agreement, instance) REFERENCES instance (agreement, ref) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT approval_decision_known CHECK (decision IN ('approved', 'refused'))
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE requirement_row (
    agreement TEXT NOT NULL,
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    round INTEGER NOT NULL,
    status TEXT NOT NULL,
    data TEXT NOT NULL,
    "on" TEXT NOT NULL,
    CONSTRAINT requirement_row_key PRIMARY KEY (agreement, instance, name, round),
    CONSTRAINT requirement_row_agreement_instance FOREIGN KEY(agreement, instance) REFERENCES instance (agreement, ref) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT requirement_row_status_known CHECK (status IN ('open', 'asked', 'met', 'refused', 'not-required', 'waived', 'unknown'))
)
 WITHOUT ROWID,
 STRICT;

CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;

CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;

-- INSERT OR REPLACE deletes without firing delete triggers: nothing that exists may be inserted again, by key or by number.
CREATE TRIGGER entry_comes_next BEFORE INSERT ON entry
WHEN NEW.cseq IS NOT (SELECT coalesce(max(cseq), 0) + 1 FROM entry WHERE chain = NEW.chain) OR EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an entry follows the last of its chain'); END;

CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;

CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;

CREATE TRIGGER checkpoint_comes_next BEFORE INSERT ON checkpoint
WHEN EXISTS (SELECT 1 FROM checkpoint WHERE no >= NEW.no)
BEGIN SELECT RAISE(ABORT, 'a checkpoint follows the last'); END;

INSERT INTO tree (id, size) VALUES (1, 0);
