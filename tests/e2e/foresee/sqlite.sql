-- case not null
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT NOT NULL); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO t VALUES (1, 'a');
-- rows bad 2 3
INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, NULL);
-- case required column
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- change
ALTER TABLE t ADD a INTEGER NOT NULL DEFAULT 0;
-- rows good
INSERT INTO t VALUES (1);
-- case required column without a default
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT NOT NULL); INSERT INTO n (id) SELECT id FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
-- rows bad 1
INSERT INTO t VALUES (1);
-- case unique
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER);
-- change
CREATE UNIQUE INDEX u ON t (a, b);
-- rows good
INSERT INTO t VALUES (1, 'a', NULL), (2, 'a', NULL), (3, 'a', 1), (4, 'A', 1);
-- rows bad 1 3
INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'a', 1);
-- case unique without case
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- change
CREATE UNIQUE INDEX u ON t (a COLLATE NOCASE);
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a'), (2, 'A');
-- case unique over a column without case
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE);
-- change
CREATE UNIQUE INDEX u ON t (a);
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a'), (2, 'A');
-- case partial unique expression
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, live INTEGER);
-- change
CREATE UNIQUE INDEX u ON t (lower(a)) WHERE live;
-- rows good
INSERT INTO t VALUES (1, 'a', 1), (2, 'A', 0), (3, NULL, 1), (4, NULL, 1);
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a', 1), (2, 'A', 1), (3, 'a', NULL);
-- case unique without a primary key
CREATE TABLE t (a INTEGER);
-- change
CREATE UNIQUE INDEX u ON t (a);
-- rows good
INSERT INTO t VALUES (1), (2), (NULL), (NULL);
-- rows bad 1 3
INSERT INTO t VALUES (1), (2), (1);
-- case check
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, CONSTRAINT c CHECK (a > 0 AND length(b) < 5)); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO t VALUES (1, 1, 'a'), (2, NULL, 'a'), (3, 1, NULL);
-- rows bad 2 3
INSERT INTO t VALUES (1, 1, 'a'), (2, 0, 'a'), (3, NULL, 'abcdef');
-- case foreign key
CREATE TABLE p (a INTEGER, b INTEGER, PRIMARY KEY (a, b));
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES p (a, b)); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1, 1), (2, 7, NULL), (3, NULL, NULL);
-- rows bad 2
INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1, 1), (2, 1, 2);
-- case another type
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO t VALUES (1, 'x'), (2, '7');
-- case another type under a unique key
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER UNIQUE); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows unknown
INSERT INTO t VALUES (1, '1'), (2, '01');
-- case strict
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT) STRICT;
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER) STRICT; INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows unknown
INSERT INTO t VALUES (1, 'x');
-- case primary key
CREATE TABLE t (a TEXT, b INTEGER UNIQUE NOT NULL);
-- change
CREATE TABLE n (a TEXT PRIMARY KEY, b INTEGER UNIQUE NOT NULL); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 3);
-- rows bad 1 2
INSERT INTO t VALUES ('a', 1), ('a', 2), ('b', 3);
-- case another collation under a unique key
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a'), (2, 'A');
-- case unique over a new column with a constant default
CREATE TABLE t (id INTEGER PRIMARY KEY);
-- change
ALTER TABLE t ADD a INTEGER DEFAULT 7; CREATE UNIQUE INDEX u ON t (a);
-- rows good
INSERT INTO t VALUES (1);
-- rows bad 1 2
INSERT INTO t VALUES (1), (2);
-- case foreign key to itself
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER);
-- change
CREATE TABLE n (id INTEGER PRIMARY KEY, a INTEGER REFERENCES n (id)); INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;
-- rows good
INSERT INTO t VALUES (1, 1), (2, 1), (3, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 1), (2, 9);
