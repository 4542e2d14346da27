-- A catalogue with every kind of object that a revision can create.
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE unused_mood AS ENUM ('a', 'b');
CREATE TYPE money_amount AS (amount numeric(12,2), currency character(3));
COMMENT ON TYPE money_amount IS 'an amount';
CREATE TYPE float_range AS RANGE (SUBTYPE = double precision, SUBTYPE_DIFF = float8mi);
CREATE DOMAIN email AS citext CONSTRAINT email_has_at CHECK (VALUE ~ '@'::citext);
COMMENT ON DOMAIN email IS 'an address';
CREATE DOMAIN "Odd name" AS integer DEFAULT 7 NOT NULL;
CREATE SEQUENCE order_numbers START WITH 1000 INCREMENT BY 5 CACHE 10 CYCLE MAXVALUE 100000;
COMMENT ON SEQUENCE order_numbers IS 'numbers';
CREATE FUNCTION is_positive(value integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT value > 0 $$;
CREATE FUNCTION next_order() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('order_numbers') $$;

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
    address email NOT NULL UNIQUE,
    mood mood DEFAULT 'happy',
    moods mood[],
    balance money_amount,
    span float_range,
    age integer CHECK (is_positive(age)),
    "Select" "Odd name",
    name text COLLATE "C" NOT NULL,
    short text GENERATED ALWAYS AS (substr(name, 1, 3)) STORED
);
ALTER TABLE users ALTER COLUMN name SET STATISTICS 500;
ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL;
ALTER TABLE users SET (fillfactor = 70, autovacuum_enabled = false);
ALTER TABLE users ADD CONSTRAINT users_old CHECK (age < 200) NOT VALID;
ALTER TABLE users ADD CONSTRAINT users_own CHECK (age <> 13) NO INHERIT;
COMMENT ON CONSTRAINT users_own ON users IS 'no bad luck';
COMMENT ON TABLE users IS 'people';
COMMENT ON COLUMN users.age IS 'in years';
CREATE INDEX users_name ON users (name) WITH (fillfactor = 50) WHERE age > 3;
COMMENT ON INDEX users_name IS 'by name';
CREATE STATISTICS users_statistics (dependencies) ON age, name FROM users;

CREATE TABLE orders (
    number bigint DEFAULT nextval('order_numbers') PRIMARY KEY,
    other bigint DEFAULT next_order(),
    user_id bigint,
    part integer,
    CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX orders_identity ON orders (number, part);
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE TABLE order_lines (
    order_number bigint,
    order_part integer,
    line integer
);
ALTER TABLE order_lines ADD CONSTRAINT order_lines_order FOREIGN KEY (order_number, order_part) REFERENCES orders (number, part) MATCH FULL
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;
CREATE UNLOGGED TABLE cached (key text PRIMARY KEY, value jsonb);

CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, region text NOT NULL, body text,
    PRIMARY KEY (id, at, region)) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (region);
CREATE TABLE events_2026_eu PARTITION OF events_2026 FOR VALUES IN ('eu');
CREATE TABLE events_2026_rest PARTITION OF events_2026 DEFAULT;
CREATE INDEX events_body ON events (body);
CREATE INDEX events_2025_body ON events_2025 (lower(body));
ALTER TABLE events_2025 ADD CONSTRAINT small CHECK (length(body) < 100);

CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
ALTER TABLE ONLY events_2027 ALTER COLUMN body SET DEFAULT 'of ''27';
ALTER TABLE ONLY events_2027 ALTER COLUMN body SET NOT NULL;
ALTER TABLE events_2027 ADD CONSTRAINT events_2027_body UNIQUE (body) INCLUDE (id) DEFERRABLE;
ALTER TABLE events_2027 ADD CONSTRAINT events_2027_order FOREIGN KEY (id) REFERENCES orders (number);
COMMENT ON TABLE events_2027 IS 'not yet';
COMMENT ON COLUMN events_2027.body IS 'what happened';
CREATE TABLE readings (at date NOT NULL, source text DEFAULT 'all', value integer DEFAULT 1) PARTITION BY RANGE (at);
CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE ONLY readings_2026 ALTER COLUMN source DROP DEFAULT;
ALTER TABLE readings_2026 ADD CONSTRAINT readings_2026_key PRIMARY KEY (at, value);

CREATE TYPE thing AS (id integer, kind integer, name text);
CREATE TABLE things OF thing (PRIMARY KEY (id) INCLUDE (kind), UNIQUE (name) INCLUDE (kind, id) WITH (fillfactor = 60));
CREATE TABLE tree (id integer, parent integer, kind integer,
    PRIMARY KEY (id) INCLUDE (kind) WITH (fillfactor = 55), FOREIGN KEY (parent) REFERENCES tree (id));
CREATE TABLE ranked (id integer, place integer, PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (place) INCLUDE (id) DEFERRABLE);
CREATE TABLE counted (id serial PRIMARY KEY, low smallserial, big bigserial, perhaps integer, third bigint);
ALTER SEQUENCE counted_id_seq INCREMENT BY 10 MINVALUE 5 START WITH 100 RESTART CACHE 3 CYCLE;
ALTER SEQUENCE counted_low_seq INCREMENT BY -1 MINVALUE -100 MAXVALUE -1 START WITH -1 RESTART;
ALTER SEQUENCE counted_big_seq AS integer;
CREATE SEQUENCE perhaps_numbers OWNED BY counted.perhaps;
ALTER TABLE counted ALTER COLUMN perhaps SET DEFAULT nextval('perhaps_numbers');
CREATE SEQUENCE third_numbers OWNED BY counted.third;
ALTER TABLE counted ALTER COLUMN third SET DEFAULT nextval('third_numbers') * 3;
SET check_function_bodies = off;
CREATE FUNCTION count_names() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM names $$;
CREATE FUNCTION count_all() RETURNS bigint LANGUAGE sql AS $$ SELECT count_names() + count(*) FROM counted $$;
CREATE FUNCTION a_first() RETURNS bigint LANGUAGE sql AS $$ SELECT count_all() $$;
CREATE FUNCTION of_row() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE r names%ROWTYPE; BEGIN RETURN 1; END $$;
RESET check_function_bodies;
CREATE TABLE totals (number bigint DEFAULT count_all());
CREATE FUNCTION zz(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE FUNCTION ff(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT public.zz($1)';
CREATE TABLE inlined (a integer, b integer GENERATED ALWAYS AS (ff(a)) STORED);
CREATE INDEX inlined_ff ON inlined (ff(a));
SET check_function_bodies = off;
CREATE FUNCTION of_type() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE r active_users; BEGIN RETURN 1; END $$;
RESET check_function_bodies;
COMMENT ON SEQUENCE counted_id_seq IS 'numbers';
GRANT USAGE ON SEQUENCE counted_low_seq TO PUBLIC;
GRANT USAGE ON SEQUENCE users_id_seq TO PUBLIC;
CREATE TABLE old_name (id serial PRIMARY KEY, number bigint GENERATED BY DEFAULT AS IDENTITY);
ALTER TABLE old_name RENAME TO new_name;
ALTER SEQUENCE old_name_id_seq INCREMENT BY 2;
CREATE SEQUENCE text_numbers;
CREATE TABLE texts (id text NOT NULL DEFAULT nextval('text_numbers'));
ALTER SEQUENCE text_numbers OWNED BY texts.id;
CREATE TABLE lists (id integer NOT NULL, kind integer) PARTITION BY LIST (kind);
CREATE TABLE lists_1 (id serial, kind integer);
ALTER TABLE lists ATTACH PARTITION lists_1 FOR VALUES IN (1);
CREATE TABLE ranges (id integer PRIMARY KEY, parent integer REFERENCES ranges (id)) PARTITION BY RANGE (id);
CREATE TABLE ranges_1 PARTITION OF ranges FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
CREATE TABLE ranges_1_1 PARTITION OF ranges_1 FOR VALUES FROM (0) TO (5);
CREATE TABLE of_ranges (id integer PRIMARY KEY, range integer REFERENCES ranges (id));
CREATE TABLE codes (id integer PRIMARY KEY, code text NOT NULL, parent text, c integer, p integer,
    CONSTRAINT "q""u" UNIQUE (c), FOREIGN KEY (p) REFERENCES codes (c));
CREATE UNIQUE INDEX codes_code ON codes (code);
ALTER TABLE codes ADD CONSTRAINT codes_parent FOREIGN KEY (parent) REFERENCES codes (code);

CREATE TABLE base (id integer, note text);
CREATE TABLE derived (id integer, note text, extra text);
ALTER TABLE derived INHERIT base;

CREATE VIEW active_users AS SELECT id, name, short, mood FROM users WHERE age > 18;
COMMENT ON VIEW active_users IS 'grown up';
CREATE VIEW names AS SELECT name FROM active_users WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW order_totals AS SELECT user_id, count(*) AS orders FROM orders GROUP BY user_id;
CREATE UNIQUE INDEX order_totals_user ON order_totals (user_id);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.name = 'x;y' THEN RAISE EXCEPTION 'no "%"', new.name; END IF;
    RETURN new;
END
$$;
CREATE PROCEDURE clean(days integer DEFAULT 7) LANGUAGE sql AS $$ DELETE FROM events WHERE at < now() - make_interval(days => days) $$;
CREATE TRIGGER stamp_users BEFORE INSERT OR UPDATE OF name ON users FOR EACH ROW WHEN (new.age > 3) EXECUTE FUNCTION stamp();
ALTER TABLE users DISABLE TRIGGER stamp_users;
CREATE RULE protect AS ON DELETE TO orders WHERE old.number < 10 DO INSTEAD NOTHING;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY own_orders ON orders AS RESTRICTIVE FOR SELECT USING (user_id > 0);
GRANT SELECT, INSERT ON orders TO PUBLIC;
GRANT SELECT (id, name) ON users TO PUBLIC;
GRANT SELECT ON active_users TO PUBLIC;
REVOKE ALL ON FUNCTION is_positive(integer) FROM PUBLIC;
CREATE TABLE zz_source (id serial PRIMARY KEY, name text, number serial);
CREATE TABLE aa_copy (LIKE zz_source INCLUDING ALL);
ALTER TABLE zz_source ADD COLUMN copy integer REFERENCES aa_copy (id);
CREATE TABLE aa_rows (whole zz_source, several aa_copy[]);
CREATE TABLE zz_identity (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
CREATE TABLE aa_identity (id bigint DEFAULT nextval('zz_identity_id_seq'));
