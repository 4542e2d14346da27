-- A catalogue with every kind of object that a revision can create.
CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL COLLATE NOCASE, age integer CHECK (age > 0), "order" text DEFAULT 'it''s');
CREATE TABLE settings (key text PRIMARY KEY ON CONFLICT REPLACE, value any) STRICT, WITHOUT ROWID;
CREATE TABLE notes (id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, title text UNIQUE ON CONFLICT IGNORE, body text, length integer GENERATED ALWAYS AS (length(body)) VIRTUAL);
CREATE INDEX notes_title ON notes (title COLLATE NOCASE DESC) WHERE body IS NOT NULL;
CREATE VIEW long_notes AS SELECT id, title FROM notes WHERE length > 100;
CREATE VIEW titles (name) AS SELECT title FROM long_notes;
CREATE TABLE log (at text DEFAULT CURRENT_TIMESTAMP, text text);
CREATE TRIGGER notes_log AFTER INSERT ON notes WHEN new.title <> 'x;y' BEGIN
    INSERT INTO log (text) VALUES ('new ' || new.title);
    UPDATE users SET age = age + 1 WHERE id = new.user_id;
END;
CREATE TRIGGER titles_insert INSTEAD OF INSERT ON titles BEGIN INSERT INTO notes (title) VALUES (new.name); END;
CREATE VIRTUAL TABLE notes_text USING fts5(title, body, content='notes', content_rowid='id');
CREATE TRIGGER notes_text_insert AFTER INSERT ON notes BEGIN
    INSERT INTO notes_text (rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE VIRTUAL TABLE places USING rtree(id, min_x, max_x);
