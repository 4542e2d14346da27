-- case not null
CREATE TABLE t (id int PRIMARY KEY, a text);
-- change
ALTER TABLE t ALTER a SET NOT NULL;
-- rows good
INSERT INTO t VALUES (1, 'a');
-- rows bad 2 3
INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, NULL);
-- case required column
CREATE TABLE t (id int PRIMARY KEY);
-- change
ALTER TABLE t ADD a int NOT NULL;
-- rows good
-- rows bad 1
INSERT INTO t VALUES (1);
-- case required column with a default
CREATE TABLE t (id int PRIMARY KEY);
-- change
ALTER TABLE t ADD a int NOT NULL DEFAULT 0;
-- rows good
INSERT INTO t VALUES (1), (2);
-- case unique over a new column with a constant default
CREATE TABLE t (id int PRIMARY KEY);
-- change
ALTER TABLE t ADD a int NOT NULL DEFAULT 0 UNIQUE;
-- rows good
INSERT INTO t VALUES (1);
-- rows bad 1 2
INSERT INTO t VALUES (1), (2);
-- case unique over a new column with a computed default
CREATE TABLE t (id int PRIMARY KEY);
-- change
ALTER TABLE t ADD a float NOT NULL DEFAULT random() UNIQUE;
-- rows unknown
INSERT INTO t VALUES (1), (2);
-- case unique
CREATE TABLE t (id int PRIMARY KEY, a text, b int);
-- change
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b);
-- rows good
INSERT INTO t VALUES (1, 'a', NULL), (2, 'a', NULL), (3, 'a', 1), (4, 'A', 1);
-- rows bad 1 3
INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'a', 1);
-- case partial unique expression
CREATE TABLE t (id int PRIMARY KEY, a text, live boolean);
-- change
CREATE UNIQUE INDEX u ON t (lower(a)) WHERE live;
-- rows good
INSERT INTO t VALUES (1, 'a', true), (2, 'A', false), (3, NULL, true), (4, NULL, true);
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a', true), (2, 'A', true), (3, 'a', NULL);
-- case unique without a primary key
CREATE TABLE t (a int);
-- change
CREATE UNIQUE INDEX u ON t (a);
-- rows good
INSERT INTO t VALUES (1), (2), (NULL), (NULL);
-- rows bad (0,1) (0,3)
INSERT INTO t VALUES (1), (2), (1);
-- case unique of inherited rows
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE child () INHERITS (t);
-- change
ALTER TABLE ONLY t ADD CONSTRAINT u UNIQUE (a);
-- rows good
INSERT INTO t VALUES (1, 1); INSERT INTO child VALUES (2, 1);
-- case primary key
CREATE TABLE t (a int, b int, c int NOT NULL UNIQUE);
-- change
ALTER TABLE t ADD PRIMARY KEY (a, b);
-- rows good
INSERT INTO t VALUES (1, 1, 1), (1, 2, 2);
-- rows bad 1 2
INSERT INTO t VALUES (1, 1, 1), (1, 1, 2), (2, 2, 3);
-- rows bad 3
INSERT INTO t VALUES (1, 1, 1), (NULL, 1, 3);
-- case foreign key
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
-- change
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (a, b);
-- rows good
INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1, 1), (2, 7, NULL), (3, NULL, NULL);
-- rows bad 2
INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1, 1), (2, 1, 2);
-- case foreign key, match full
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
-- change
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL;
-- rows good
INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1, 1), (3, NULL, NULL);
-- rows bad 2
INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1, 1), (2, 7, NULL);
-- case foreign key to itself
CREATE TABLE t (id int PRIMARY KEY, a bigint);
-- change
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (id);
-- rows good
INSERT INTO t VALUES (1, 1), (2, 1), (3, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 1), (2, 9);
-- case foreign key not valid
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int);
-- change
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT VALID;
-- rows good
INSERT INTO t VALUES (1, 1);
-- case foreign key to a new table
CREATE TABLE t (id int PRIMARY KEY, a int);
-- change
CREATE TABLE p (id int PRIMARY KEY);
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p;
-- rows good
INSERT INTO t VALUES (1, NULL);
-- rows bad 1
INSERT INTO t VALUES (1, 1);
-- case check
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
-- change
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND length(b) < 5);
-- rows good
INSERT INTO t VALUES (1, 1, 'a'), (2, NULL, 'a'), (3, 1, NULL);
-- rows bad 2 3
INSERT INTO t VALUES (1, 1, 'a'), (2, 0, 'a'), (3, NULL, 'abcdef');
-- case check with a function
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION f(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
-- change
ALTER TABLE t ADD CONSTRAINT c CHECK (f(a));
-- rows unknown
INSERT INTO t VALUES (1, 0);
-- case check of a new column
CREATE TABLE t (id int PRIMARY KEY, a int);
-- change
ALTER TABLE t ADD b int DEFAULT 5, ADD CONSTRAINT c CHECK (b > a);
-- rows good
INSERT INTO t VALUES (1, 1);
-- rows bad 2
INSERT INTO t VALUES (1, 1), (2, 5);
-- case exclusion
CREATE TABLE t (id int PRIMARY KEY, a int4range);
-- change
ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (a WITH &&);
-- rows good
INSERT INTO t VALUES (1, '[1,2)'), (2, '[2,3)'), (3, NULL);
-- rows bad 1 3
INSERT INTO t VALUES (1, '[1,5)'), (2, '[7,8)'), (3, '[2,3)');
-- case varchar
CREATE TABLE t (id int PRIMARY KEY, a text);
-- change
ALTER TABLE t ALTER a TYPE varchar(3);
-- rows good
INSERT INTO t VALUES (1, 'abc'), (2, 'abc  '), (3, NULL), (4, 'äöü');
-- rows bad 2
INSERT INTO t VALUES (1, 'abc'), (2, 'abcd');
-- case integer
CREATE TABLE t (id int PRIMARY KEY, a bigint);
-- change
ALTER TABLE t ALTER a TYPE smallint;
-- rows good
INSERT INTO t VALUES (1, -32768), (2, NULL);
-- rows bad 1 2
INSERT INTO t VALUES (1, 32768), (2, -32769), (3, 1);
-- case numeric
CREATE TABLE t (id int PRIMARY KEY, a numeric(10, 4));
-- change
ALTER TABLE t ALTER a TYPE numeric(5, 2);
-- rows good
INSERT INTO t VALUES (1, 999.9912), (2, 'NaN'), (3, NULL);
-- rows bad 1 2
INSERT INTO t VALUES (1, 999.9951), (2, -1000);
-- case numeric with unique
CREATE TABLE t (id int PRIMARY KEY, a numeric(10, 4) UNIQUE);
-- change
ALTER TABLE t ALTER a TYPE numeric(5, 2);
-- rows good
INSERT INTO t VALUES (1, 9.11), (2, 9.12);
-- rows bad 1 2
INSERT INTO t VALUES (1, 9.111), (2, 9.112);
-- case double to integer
CREATE TABLE t (id int PRIMARY KEY, a float);
-- change
ALTER TABLE t ALTER a TYPE int;
-- rows good
INSERT INTO t VALUES (1, 1.5), (2, 2147483647.4), (3, NULL);
-- rows bad 1 2
INSERT INTO t VALUES (1, 2147483647.6), (2, 'NaN');
-- case text to integer
CREATE TABLE t (id int PRIMARY KEY, a text);
-- change
ALTER TABLE t ALTER a TYPE int USING a::int;
-- rows good
INSERT INTO t VALUES (1, ' 12 '), (2, '-7'), (3, NULL);
-- rows bad 1 2 3
INSERT INTO t VALUES (1, '1.5'), (2, 'x'), (3, '99999999999'), (4, '1');
-- case text to numeric
CREATE TABLE t (id int PRIMARY KEY, a text);
-- change
ALTER TABLE t ALTER a TYPE numeric(4, 1) USING a::numeric(4, 1);
-- rows good
INSERT INTO t VALUES (1, ' 12 '), (2, '-7.25'), (3, NULL), (4, '1e2'), (5, 'NaN');
-- rows bad 1 2
INSERT INTO t VALUES (1, '1000'), (2, 'x'), (3, '1');
-- case text to boolean
CREATE TABLE t (id int PRIMARY KEY, a text);
-- change
ALTER TABLE t ALTER a TYPE boolean USING a::boolean;
-- rows good
INSERT INTO t VALUES (1, ' Yes '), (2, '0'), (3, NULL), (4, 'tru');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'maybe'), (2, '2'), (3, 't');
-- case text to uuid
CREATE TABLE t (id int PRIMARY KEY, a text);
-- change
ALTER TABLE t ALTER a TYPE uuid USING a::uuid;
-- rows good
INSERT INTO t VALUES (1, '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}'), (2, NULL);
-- rows bad 1
INSERT INTO t VALUES (1, 'x'), (2, 'A0EEBC999C0B4EF8BB6D6BB9BD380A11');
-- case timestamp to bigint is unknown
CREATE TABLE t (id int PRIMARY KEY, a timestamp);
-- change
ALTER TABLE t ALTER a TYPE bigint USING extract(epoch FROM a)::bigint;
-- rows unknown
INSERT INTO t VALUES (1, now());
-- case removed value
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TABLE t (id int PRIMARY KEY, a mood);
-- change
ALTER TYPE mood RENAME TO old_mood;
CREATE TYPE mood AS ENUM ('a', 'b');
ALTER TABLE t ALTER a TYPE mood USING a::text::mood;
DROP TYPE old_mood;
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 'a'), (2, 'c');
-- case integer widened under a unique key
CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE CHECK (a > 0));
-- change
ALTER TABLE t ALTER a TYPE bigint;
-- rows good
INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL);
