ALTER TABLE $t ADD COLUMN new_one INT

ALTER TABLE $t ADD COLUMN new_one INT CHECK (new_one > 0)

ALTER TABLE $t ADD COLUMN new_one INT DEFAULT 3 CHECK (new_one > 0)

ALTER TABLE $t ADD COLUMN new_one INT GENERATED ALWAYS AS (n * 2) VIRTUAL

ALTER TABLE $t ADD COLUMN new_one INT NOT NULL GENERATED ALWAYS AS (n * 2) VIRTUAL

ALTER TABLE $t ADD COLUMN new_one INT REFERENCES $o (id)

ALTER TABLE $t ADD new_one

ALTER TABLE $t RENAME TO other_$t

DROP INDEX $t_n

DROP TABLE $t

CREATE UNIQUE INDEX $t_i ON $t (u)

CREATE UNIQUE INDEX $t_i ON $t (m, u)

CREATE INDEX IF NOT EXISTS $t_i ON $t (w)

CREATE INDEX $t_i ON $t (n) WHERE n = 5

CREATE INDEX $t_i ON $t (s, w, d, x)

CREATE INDEX $t_i ON $t (abs(n - 5))

-- always
REINDEX $t

REINDEX $t_n

-- always
REINDEX

VACUUM

-- always
ANALYZE

ANALYZE $t

CREATE VIEW $t_v AS SELECT id, n FROM $t

CREATE TRIGGER $t_g AFTER UPDATE ON $t BEGIN SELECT 1; END

-- always
CREATE TABLE $t_new AS SELECT * FROM $t

CREATE TABLE $t_new (id INT PRIMARY KEY, t_id INT REFERENCES $t (id))

INSERT INTO $t (id, o_id, n, u) VALUES (100000001, 1, 1, 100000001)

-- always
INSERT INTO $o SELECT id + 100000000, n, m, s FROM $t

INSERT INTO $o (id, n) VALUES (100000001, (SELECT count(*) FROM $t WHERE m > 3))

REPLACE INTO $t SELECT * FROM $t

UPDATE $t SET m = m + 1

-- always
UPDATE $t SET m = m + 1 WHERE id = 1

-- always
UPDATE $t SET n = n + 1

UPDATE $t SET m = 1 WHERE s = 'text 100'

UPDATE $t SET m = 1 WHERE id IN (SELECT id FROM $o WHERE n > 5)

UPDATE $o SET m = (SELECT count(*) FROM $t WHERE m = 7)

DELETE FROM $t

-- always
DELETE FROM $t WHERE m > 50

DELETE FROM $t WHERE id = 9

DELETE FROM $o WHERE id IN (SELECT o_id FROM $t)

WITH q AS (SELECT id FROM $t WHERE m > 5) UPDATE $t SET m = 3 WHERE id IN (SELECT id FROM q)

PRAGMA user_version = 3

PRAGMA foreign_key_check

-- always
PRAGMA integrity_check

PRAGMA optimize

-- always
prepare: ALTER TABLE $t ADD COLUMN new_one INT GENERATED ALWAYS AS (n * 2) VIRTUAL
ALTER TABLE $t DROP COLUMN new_one

prepare: ALTER TABLE $t ADD COLUMN new_one INT
ALTER TABLE $t DROP COLUMN new_one

prepare: CREATE TABLE $t_new (id INT PRIMARY KEY, o_id INT NOT NULL, n BIGINT NOT NULL, m INT, u INT NOT NULL, s VARCHAR(100), w TEXT, d NUMERIC(10, 2), at TEXT, x REAL, f BOOLEAN, c CHAR(10), v BLOB)
INSERT INTO $t_new SELECT * FROM $t

prepare: CREATE TABLE $t_new (id INT PRIMARY KEY, o_id INT NOT NULL, n BIGINT NOT NULL, m INT, u INT NOT NULL, s VARCHAR(100), w TEXT, d NUMERIC(10, 2), at TEXT, x REAL, f BOOLEAN, c CHAR(10), v BLOB)
prepare: INSERT INTO $t_new SELECT * FROM $t
prepare: DROP TABLE $t
ALTER TABLE $t_new RENAME TO $t

prepare: CREATE TABLE $t_new (id INT PRIMARY KEY, o_id INT NOT NULL, n BIGINT NOT NULL, m INT, u INT NOT NULL, s VARCHAR(100), w TEXT, d NUMERIC(10, 2), at TEXT, x REAL, f BOOLEAN, c CHAR(10), v BLOB)
prepare: INSERT INTO $t_new SELECT * FROM $t
DROP TABLE $t

prepare: CREATE TABLE $t_k (id INT PRIMARY KEY, o_id INT REFERENCES $o (id))
DROP TABLE $o

prepare: CREATE VIEW $t_v AS SELECT id, n FROM $t
DROP VIEW $t_v

prepare: CREATE VIEW $t_v AS SELECT id, n FROM $t
ALTER TABLE $t RENAME COLUMN n TO other_one

prepare: CREATE TRIGGER $t_g AFTER UPDATE ON $t BEGIN UPDATE $o SET m = 3 WHERE id = NEW.o_id; END
UPDATE $t SET m = 3

prepare: CREATE TRIGGER $t_g AFTER UPDATE ON $t BEGIN SELECT 1; END
DROP TRIGGER $t_g

prepare: CREATE VIEW $t_v AS SELECT id, m FROM $t
prepare: CREATE TRIGGER $t_g INSTEAD OF UPDATE ON $t_v BEGIN UPDATE $t SET m = 3 WHERE s = 'x'; END
UPDATE $t_v SET m = 3 WHERE id = 3

-- query
UPDATE $t SET m = 3 WHERE id < 5 RETURNING id

-- query
UPDATE $t SET m = 3 RETURNING id

-- query
SELECT count(*) FROM $t

-- query
CREATE INDEX $t_i ON $t (u)

REINDEX $o

CREATE UNIQUE INDEX $t_i ON $t (u) WHERE m > 5

CREATE TABLE $t_new AS SELECT id, s FROM $t WHERE m > 50

INSERT INTO $o (id, n) SELECT id + 100000000, n FROM $t WHERE m > 50

INSERT OR IGNORE INTO $o SELECT id, n, m, s FROM $t

INSERT INTO $o SELECT id, n, m, s FROM $t WHERE true ON CONFLICT (id) DO UPDATE SET m = excluded.m

INSERT INTO $o (id, n) VALUES (100000001, 3), (100000002, 4)

UPDATE $t SET s = upper(s)

UPDATE $t SET s = 'x', m = 3 WHERE m > 10

UPDATE $t SET m = 3 WHERE u = 100

UPDATE $t SET m = (SELECT count(*) FROM $o WHERE $o.id = $t.o_id)

DELETE FROM $t WHERE u > 10

DELETE FROM $t WHERE n = 5

prepare: CREATE INDEX $t_s ON $t (s)
ALTER TABLE $t RENAME COLUMN s TO other_one

prepare: CREATE INDEX $t_s ON $t (s)
DROP INDEX $t_s

prepare: CREATE INDEX $t_s ON $t (s)
UPDATE $t SET s = 'y' || s

CREATE TABLE $t_new (id INT PRIMARY KEY)

CREATE TABLE $t_new (id INT PRIMARY KEY) WITHOUT ROWID

CREATE TRIGGER $t_g BEFORE DELETE ON $t BEGIN SELECT 1; END

VACUUM main
