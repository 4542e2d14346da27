-- Changes of a schema for PostgreSQL, each with the truth, for compare.py.
--
-- A change is dangerous if it keeps other sessions from reading or writing for a time that grows with the rows, fails on
-- some rows or always, loses rows or values, or makes a running program fail. It is harmless otherwise; a lock that is
-- held for a moment is harmless. `outside` means that the change runs without a transaction.
--
-- The tables that are there before, with rows:

CREATE TABLE users (id BIGINT PRIMARY KEY, email TEXT, name VARCHAR(100), age INT NOT NULL DEFAULT 0, note TEXT);
CREATE TABLE posts (id BIGINT PRIMARY KEY, author BIGINT NOT NULL, title VARCHAR(100) NOT NULL, body TEXT, created TIMESTAMP);
CREATE INDEX posts_by_author ON posts (author);
CREATE TABLE loose (id BIGINT NOT NULL, code TEXT, CONSTRAINT small CHECK (id < 1000000000));
CREATE TABLE readings (id BIGINT NOT NULL, at DATE NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE readings_1 PARTITION OF readings FOR VALUES FROM (0) TO (1000000000);
CREATE TABLE readings_2 (id BIGINT NOT NULL, at DATE NOT NULL);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS BIGINT;
CREATE TABLE scores (id BIGINT PRIMARY KEY, score positive, feeling mood);
CREATE TABLE topics (id BIGINT PRIMARY KEY);
CREATE TABLE comments (id BIGINT PRIMARY KEY, topic BIGINT REFERENCES topics (id) ON DELETE CASCADE);
CREATE SCHEMA archive;
CREATE MATERIALIZED VIEW titles AS SELECT title FROM posts;

-- dangerous: writers wait while the index is built
CREATE INDEX by_email ON users (email);
-- dangerous: writers wait, and it fails on equal values
CREATE UNIQUE INDEX one_email ON users (email);
-- harmless, outside: beside writers
CREATE INDEX CONCURRENTLY by_email ON users (email);
-- harmless: the table is new
CREATE TABLE drafts (id BIGINT PRIMARY KEY, author BIGINT); CREATE INDEX drafts_by_author ON drafts (author);
-- dangerous: refused inside of the transaction
CREATE INDEX CONCURRENTLY by_email ON users (email);
-- harmless, outside: beside writers
DROP INDEX CONCURRENTLY posts_by_author;
-- dangerous: writers wait while the indexes are built again
REINDEX TABLE posts;
-- dangerous, outside: the materialized view cannot be read meanwhile
REFRESH MATERIALIZED VIEW titles;
-- harmless, outside: beside writers
REINDEX INDEX CONCURRENTLY posts_by_author;
-- dangerous: the rows are written again
ALTER TABLE users ALTER COLUMN age TYPE BIGINT;
-- harmless: the values stay as they are
ALTER TABLE users ALTER COLUMN name TYPE VARCHAR(200);
-- harmless: the values stay as they are
ALTER TABLE users ALTER COLUMN name TYPE TEXT;
-- dangerous: it fails on a longer value, and the rows are read
ALTER TABLE users ALTER COLUMN name TYPE VARCHAR(10);
-- dangerous: the rows are written again
ALTER TABLE posts ALTER COLUMN created TYPE DATE;
-- dangerous: the rows are written again, because the time zone is not UTC
SET timezone = 'Europe/Berlin'; ALTER TABLE posts ALTER COLUMN created TYPE TIMESTAMPTZ;
-- dangerous: it fails on a text that is not a number, and the rows are written again
ALTER TABLE users ALTER COLUMN email TYPE INT USING email::int;
-- harmless: a new column that may be NULL
ALTER TABLE users ADD COLUMN nick TEXT;
-- harmless: a constant default is kept in the catalogue
ALTER TABLE users ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
-- harmless: the time of the transaction is one value
ALTER TABLE users ADD COLUMN seen TIMESTAMPTZ DEFAULT now();
-- dangerous: the rows are written again, each with another value
ALTER TABLE users ADD COLUMN seen TIMESTAMPTZ DEFAULT clock_timestamp();
-- dangerous: the rows are written again, each with another value
ALTER TABLE users ADD COLUMN token UUID DEFAULT gen_random_uuid();
-- dangerous: the rows are written again
ALTER TABLE users ADD COLUMN number BIGSERIAL;
-- dangerous: the rows are written again
ALTER TABLE users ADD COLUMN number BIGINT GENERATED ALWAYS AS IDENTITY;
-- dangerous: the rows are written again
ALTER TABLE users ADD COLUMN twice BIGINT GENERATED ALWAYS AS (age * 2) STORED;
-- dangerous: it fails if there is a row
ALTER TABLE users ADD COLUMN must TEXT NOT NULL;
-- dangerous: the rows are read to check the constraint of the new column
ALTER TABLE users ADD COLUMN points BIGINT DEFAULT 0 CHECK (points >= 0);
-- dangerous: the index of the new column is built under the lock
ALTER TABLE users ADD COLUMN nick TEXT UNIQUE;
-- harmless: the default holds for new rows
ALTER TABLE users ALTER COLUMN note SET DEFAULT 'none';
-- harmless: the default held for new rows
ALTER TABLE users ALTER COLUMN note DROP DEFAULT;
-- dangerous: it fails on NULL, and the rows are read
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
-- harmless: the constraint is checked for new rows
ALTER TABLE users ADD CONSTRAINT email_is_set CHECK (email IS NOT NULL) NOT VALID;
-- dangerous: validated in the transaction that holds the lock
ALTER TABLE users ADD CONSTRAINT email_is_set CHECK (email IS NOT NULL) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT email_is_set;
-- dangerous: a program may meet NULL
ALTER TABLE users ALTER COLUMN age DROP NOT NULL;
-- dangerous: the rows are read under the lock
ALTER TABLE users ADD CONSTRAINT adult CHECK (age >= 0);
-- dangerous: writers of both tables wait while the rows are looked up
ALTER TABLE posts ADD CONSTRAINT author_is_there FOREIGN KEY (author) REFERENCES users (id);
-- harmless: the constraint is checked for new rows
ALTER TABLE posts ADD CONSTRAINT author_is_there FOREIGN KEY (author) REFERENCES users (id) NOT VALID;
-- harmless: the new column has no value to look up
ALTER TABLE posts ADD COLUMN topic BIGINT REFERENCES topics (id);
-- harmless: the table is new
CREATE TABLE likes (id BIGINT PRIMARY KEY, post BIGINT NOT NULL REFERENCES posts (id));
-- dangerous: the index is built under the lock
ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email);
-- dangerous: the index is built under the lock
ALTER TABLE loose ADD PRIMARY KEY (id);
-- dangerous: the index is built under the lock
ALTER TABLE loose ADD CONSTRAINT one_code EXCLUDE USING btree (code WITH =);
-- dangerous: rows that break it can be written from then on
ALTER TABLE loose DROP CONSTRAINT small;
-- dangerous: the rows are lost
DROP TABLE posts CASCADE;
-- harmless: the table was made by the same revision
CREATE TABLE helper (id BIGINT); DROP TABLE helper;
-- dangerous: the values are lost
ALTER TABLE users DROP COLUMN note;
-- dangerous: the rows are lost, and the new table is empty
DROP TABLE topics CASCADE; CREATE TABLE topics (id BIGINT PRIMARY KEY, name TEXT);
-- dangerous: the rows are lost
TRUNCATE posts;
-- dangerous: the rows of `comments` are lost as well
TRUNCATE topics CASCADE;
-- dangerous: the rows are lost
DELETE FROM posts;
-- dangerous: everything in it is lost
DROP SCHEMA archive CASCADE;
-- dangerous: a running program uses the old name
ALTER TABLE posts RENAME TO articles;
-- dangerous: a running program uses the old name
ALTER TABLE posts RENAME COLUMN title TO heading;
-- harmless: no program names an index
ALTER INDEX posts_by_author RENAME TO posts_author_idx;
-- dangerous: a running program uses the old name
ALTER SCHEMA archive RENAME TO history;
-- dangerous: a running program writes the old value
ALTER TYPE mood RENAME VALUE 'sad' TO 'low';
-- harmless: nothing has the value
ALTER TYPE mood ADD VALUE 'calm' BEFORE 'ok';
-- harmless: a new type
CREATE TYPE colour AS ENUM ('red', 'green');
-- dangerous: each row of each table with the domain is read
ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0);
-- harmless: the constraint is checked for new rows
ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;
-- harmless: a new domain
CREATE DOMAIN percent AS INT CHECK (VALUE BETWEEN 0 AND 100);
-- dangerous: the rows are read to see that they belong to the partition
ALTER TABLE readings ATTACH PARTITION readings_2 FOR VALUES FROM (1000000000) TO (2000000000);
-- harmless, outside: waits without a lock
ALTER TABLE readings DETACH PARTITION readings_1 CONCURRENTLY;
-- dangerous: the rows are written again
ALTER TABLE users SET UNLOGGED;
-- harmless: new pages are filled differently
ALTER TABLE users SET (fillfactor = 90);
-- dangerous: the rows are written again
ALTER TABLE users SET ACCESS METHOD heap, ALTER COLUMN age TYPE BIGINT;
-- dangerous, outside: the table cannot be read meanwhile
VACUUM FULL users;
-- harmless, outside: beside readers and writers
VACUUM ANALYZE users;
-- dangerous, outside: the table cannot be read meanwhile
CLUSTER users USING users_pkey;
-- dangerous: a short lock becomes long
ALTER TABLE users ADD COLUMN nick TEXT; CREATE INDEX posts_by_title ON posts (title);
-- dangerous: rows are changed under the lock of the first statement
ALTER TABLE users ADD COLUMN nick TEXT; UPDATE posts SET title = upper(title);
-- harmless: two short locks
ALTER TABLE users ADD COLUMN nick TEXT; ALTER TABLE posts ADD COLUMN slug TEXT;
-- harmless: a new table
CREATE TABLE tags (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE);
-- harmless: a new table with what is usual
CREATE TABLE events (id INT PRIMARY KEY, kind VARCHAR(20) NOT NULL, at TIMESTAMP NOT NULL DEFAULT now());
-- harmless: one row
INSERT INTO topics (id) VALUES (1);
-- harmless: a remark
COMMENT ON TABLE users IS 'people';
-- harmless: a new view
CREATE VIEW grown AS SELECT * FROM users WHERE age >= 18;
-- harmless: a new function
CREATE FUNCTION one() RETURNS INT LANGUAGE sql AS 'SELECT 1';
-- dangerous: the transaction of the migration is ended in the middle
ALTER TABLE users ADD COLUMN nick TEXT; COMMIT; ALTER TABLE posts ADD COLUMN slug TEXT;
-- dangerous: the server cuts the name
CREATE TABLE a_table_whose_name_is_longer_than_the_sixty_three_bytes_that_are_kept_of_it (id BIGINT);
-- dangerous, outside: begun and never committed
BEGIN; ALTER TABLE users ADD COLUMN nick TEXT;
-- harmless: statistics are taken more exactly from now on
ALTER TABLE users ALTER COLUMN email SET STATISTICS 1000;
-- harmless: storage of new values
ALTER TABLE users ALTER COLUMN note SET STORAGE EXTERNAL;
-- dangerous: the rows are moved to other files while the table cannot be read
ALTER TABLE users SET TABLESPACE pg_default, ALTER COLUMN age TYPE BIGINT;
-- harmless: the sequence belongs to a new column of a new table
CREATE TABLE counted (id BIGINT PRIMARY KEY); CREATE SEQUENCE counted_ids OWNED BY counted.id;
