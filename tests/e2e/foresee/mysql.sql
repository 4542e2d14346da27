-- case not null
CREATE TABLE t (id int PRIMARY KEY, a varchar(9));
-- change
ALTER TABLE t MODIFY a varchar(9) NOT NULL;
-- rows good
INSERT INTO t VALUES (1, 'a');
-- rows bad 2 3
INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, NULL);
-- case required column
CREATE TABLE t (id int PRIMARY KEY);
-- change
ALTER TABLE t ADD a int NOT NULL;
-- rows good
INSERT INTO t VALUES (1), (2);
-- case required column, unique
CREATE TABLE t (id int PRIMARY KEY);
-- change
ALTER TABLE t ADD a int NOT NULL, ADD UNIQUE u (a);
-- rows good
INSERT INTO t VALUES (1);
-- rows bad 1 2
INSERT INTO t VALUES (1), (2);
-- case unique
CREATE TABLE t (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_general_ci, b int) DEFAULT CHARSET=utf8mb4;
-- change
ALTER TABLE t ADD UNIQUE u (a, b);
-- rows good
INSERT INTO t VALUES (1, 'a', NULL), (2, 'a', NULL), (3, 'a', 1), (4, 'b', 1);
-- rows bad 1 3
INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'A', 1);
-- case unique with a binary collation
CREATE TABLE t (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_bin) DEFAULT CHARSET=utf8mb4;
-- change
ALTER TABLE t ADD UNIQUE u (a);
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, 'A');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a'), (2, 'a');
-- case unique under another collation
CREATE TABLE t (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_bin, UNIQUE u (a)) DEFAULT CHARSET=utf8mb4;
-- change
ALTER TABLE t MODIFY a varchar(9) COLLATE utf8mb4_unicode_ci;
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'a'), (2, 'A');
-- case unique prefix
CREATE TABLE t (id int PRIMARY KEY, a varchar(9));
-- change
CREATE UNIQUE INDEX u ON t (a(2));
-- rows good
INSERT INTO t VALUES (1, 'abc'), (2, 'acc');
-- rows bad 1 2
INSERT INTO t VALUES (1, 'abc'), (2, 'abd');
-- case unique without a primary key
CREATE TABLE t (a int);
-- change
CREATE UNIQUE INDEX u ON t (a);
-- rows good
INSERT INTO t VALUES (1), (2), (NULL), (NULL);
-- rows bad 1
INSERT INTO t VALUES (1), (2), (1);
-- case key that loses a column
CREATE TABLE t (id int PRIMARY KEY, a int, b int, UNIQUE u (a, b));
-- change
ALTER TABLE t DROP KEY u, ADD UNIQUE u (a);
-- rows good
INSERT INTO t VALUES (1, 1, 1), (2, 2, 1);
-- rows bad 1 2
INSERT INTO t VALUES (1, 1, 1), (2, 1, 2);
-- case primary key
CREATE TABLE t (a int, b int, c int NOT NULL, UNIQUE k (c));
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
-- case foreign key to itself
CREATE TABLE t (id int PRIMARY KEY, a int);
-- change
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (id);
-- rows good
INSERT INTO t VALUES (1, 1), (2, 1), (3, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 1), (2, 9);
-- case check
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(9));
-- change
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND char_length(b) < 5);
-- rows good
INSERT INTO t VALUES (1, 1, 'a'), (2, NULL, 'a'), (3, 1, NULL);
-- rows bad 2 3
INSERT INTO t VALUES (1, 1, 'a'), (2, 0, 'a'), (3, NULL, 'abcdef');
-- case varchar
CREATE TABLE t (id int PRIMARY KEY, a varchar(20));
-- change
ALTER TABLE t MODIFY a varchar(3);
-- rows good
INSERT INTO t VALUES (1, 'abc'), (3, NULL), (4, 'äöü');
-- rows bad 2
INSERT INTO t VALUES (1, 'abc'), (2, 'abcd');
-- case integer
CREATE TABLE t (id int PRIMARY KEY, a bigint);
-- change
ALTER TABLE t MODIFY a smallint;
-- rows good
INSERT INTO t VALUES (1, -32768), (2, NULL);
-- rows bad 1 2
INSERT INTO t VALUES (1, 32768), (2, -32769), (3, 1);
-- case unsigned
CREATE TABLE t (id int PRIMARY KEY, a int);
-- change
ALTER TABLE t MODIFY a int unsigned;
-- rows good
INSERT INTO t VALUES (1, 0), (2, NULL);
-- rows bad 1
INSERT INTO t VALUES (1, -1), (3, 1);
-- case decimal
CREATE TABLE t (id int PRIMARY KEY, a decimal(10, 4));
-- change
ALTER TABLE t MODIFY a decimal(5, 2);
-- rows good
INSERT INTO t VALUES (1, 999.9912), (3, NULL);
-- rows bad 1 2
INSERT INTO t VALUES (1, 999.9951), (2, -1000);
-- case enumeration
CREATE TABLE t (id int PRIMARY KEY, a enum('a', 'b', 'c'));
-- change
ALTER TABLE t MODIFY a enum('a', 'b');
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 'a'), (2, 'c');
-- case set
CREATE TABLE t (id int PRIMARY KEY, a set('a', 'b', 'c'));
-- change
ALTER TABLE t MODIFY a set('a', 'b');
-- rows good
INSERT INTO t VALUES (1, 'a,b'), (2, NULL), (3, '');
-- rows bad 2
INSERT INTO t VALUES (1, 'a'), (2, 'a,c');
-- case text to enumeration
CREATE TABLE t (id int PRIMARY KEY, a varchar(9));
-- change
ALTER TABLE t MODIFY a enum('a', 'b');
-- rows good
INSERT INTO t VALUES (1, 'a'), (2, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 'a'), (2, 'c');
-- case text to integer
CREATE TABLE t (id int PRIMARY KEY, a varchar(20));
-- change
ALTER TABLE t MODIFY a int;
-- rows good
INSERT INTO t VALUES (1, '12'), (2, '-7'), (3, NULL);
-- rows bad 2 3
INSERT INTO t VALUES (2, 'x'), (3, '99999999999'), (4, '1');
-- rows unknown
INSERT INTO t VALUES (1, '1.5');
-- case text to date
CREATE TABLE t (id int PRIMARY KEY, a varchar(20));
-- change
ALTER TABLE t MODIFY a date;
-- rows good
INSERT INTO t VALUES (1, '2026-02-28'), (3, NULL);
-- rows bad 1 2
INSERT INTO t VALUES (1, '2026-02-30'), (2, 'soon'), (3, '2026-01-01');
-- case latin1
CREATE TABLE t (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_general_ci) DEFAULT CHARSET=utf8mb4;
-- change
ALTER TABLE t MODIFY a varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci;
-- rows good
INSERT INTO t VALUES (1, 'äöü'), (2, NULL);
-- rows bad 2
INSERT INTO t VALUES (1, 'a'), (2, '日本');
-- case integer widened under a unique key
CREATE TABLE t (id int PRIMARY KEY, a int, UNIQUE u (a));
-- change
ALTER TABLE t MODIFY a bigint;
-- rows good
INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL);
-- case date to datetime
CREATE TABLE t (id int PRIMARY KEY, a date);
-- change
ALTER TABLE t MODIFY a datetime;
-- rows good
INSERT INTO t VALUES (1, '2026-01-01'), (2, NULL);
