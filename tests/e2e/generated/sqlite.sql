CREATE TABLE users (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    email varchar(255) NOT NULL UNIQUE,
    phone varchar(20),
    name text NOT NULL DEFAULT 'nobody',
    age integer,
    height integer CHECK (height > 0),
    CHECK (age > 0)
);
CREATE TABLE posts (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner_id integer,
    title varchar(80),
    price integer,
    amount integer,
    total integer GENERATED ALWAYS AS (price * amount) STORED,
    slug text,
    editor_id integer,
    CONSTRAINT "fk-owner" FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY (editor_id) REFERENCES users (id)
);
CREATE INDEX idx_title ON posts (title);
CREATE INDEX idx_lower ON posts (lower(slug)) WHERE slug IS NOT NULL;
CREATE TABLE old (id integer NOT NULL PRIMARY KEY, what text NOT NULL);
CREATE TABLE codes (code text NOT NULL COLLATE NOCASE PRIMARY KEY, note blob) STRICT, WITHOUT ROWID;
INSERT INTO users (email, age) VALUES ('ada@example.org', 30), ('bob@example.org', 40);
INSERT INTO posts (owner_id, title, price, amount, slug) VALUES (1, '1', 2, 3, 'a'), (2, '2', 3, 4, 'b');

-- becomes

CREATE TABLE users (
    id integer NOT NULL PRIMARY KEY,
    email varchar(100) NOT NULL,
    name text NOT NULL,
    age integer NOT NULL DEFAULT 0,
    height integer,
    active boolean NOT NULL DEFAULT TRUE,
    created_at timestamp_with_timezone_text NOT NULL DEFAULT CURRENT_TIMESTAMP,
    mood text NOT NULL DEFAULT 'it''s \ "fine"',
    CONSTRAINT "uq-users-name" UNIQUE (name, email),
    CONSTRAINT "ck-age" CHECK (age >= 0)
);
CREATE TABLE posts (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner_id integer,
    title integer NOT NULL DEFAULT -1,
    price integer,
    amount integer,
    total integer GENERATED ALWAYS AS (price + amount) VIRTUAL,
    slug text COLLATE NOCASE,
    editor_id integer,
    CONSTRAINT "fk-editor" FOREIGN KEY (editor_id) REFERENCES users (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX idx_title ON posts (title DESC, slug);
CREATE INDEX "idx ""quoted""" ON posts (slug COLLATE BINARY);
CREATE TABLE tags (
    id uuid_text NOT NULL PRIMARY KEY,
    post_id integer NOT NULL,
    "order" integer NOT NULL,
    share double DEFAULT 0.5,
    CONSTRAINT "uq-tags" UNIQUE (post_id, "order"),
    UNIQUE (share),
    FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE ON UPDATE RESTRICT,
    CONSTRAINT "ck-tags" CHECK ("order" > 0),
    CHECK (share <> 3)
);
CREATE INDEX idx_share ON tags (share) WHERE share > 0;
CREATE TABLE "it's \ ""odd""" ("a ""b""" varchar(10), "select" text NOT NULL, PRIMARY KEY ("select", "a ""b"""));
CREATE TABLE strictly (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, what text NOT NULL COLLATE NOCASE) STRICT;
