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
