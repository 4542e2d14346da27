//! Objects that depend on what changes: they are the same afterwards.

use sea_orm::DbBackend;
use seachange::autogenerate::EntityTable;

use super::build::{MySql, POSTGRES, Postgres, Sqlite, integer, keyed, people, string_len, text};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let elsewhere = [(Sqlite, &ON_SQLITE[..]), (MySql, &ON_MYSQL[..])];
    let elsewhere = elsewhere.into_iter().flat_map(|(backend, objects)| on(backend, objects));
    [types(), dropped(), renamed()].into_iter().flatten().chain(elsewhere).collect()
}

/// Objects that PostgreSQL does not let a column change below, and one of each other kind beside them.
const OBJECTS: [(&str, &str); 16] = [
    ("a view", "CREATE VIEW named AS SELECT id, name FROM people WHERE name <> ''"),
    (
        "a view with options, a comment and grants",
        "CREATE VIEW named WITH (security_barrier) AS SELECT id, name FROM people WHERE name <> 'it''s'
            WITH LOCAL CHECK OPTION;
        ALTER VIEW named ALTER COLUMN name SET DEFAULT 'new';
        COMMENT ON VIEW named IS 'people''s names'; COMMENT ON COLUMN named.name IS 'the name';
        GRANT SELECT, UPDATE ON named TO PUBLIC; GRANT INSERT (name) ON named TO PUBLIC",
    ),
    (
        "views on views",
        "CREATE VIEW named AS SELECT id, name FROM people; CREATE VIEW a AS SELECT name FROM named;
        CREATE VIEW z AS SELECT named.id, a.name FROM named JOIN a USING (name)",
    ),
    ("a view with an odd name", "CREATE VIEW \"od\"\"d Names\" AS SELECT name AS \"select\" FROM people"),
    (
        "a view in another schema",
        "DROP SCHEMA IF EXISTS elsewhere CASCADE; CREATE SCHEMA elsewhere; CREATE VIEW elsewhere.named AS SELECT name FROM people;
        CREATE VIEW \"Names\" AS SELECT name FROM elsewhere.named",
    ),
    (
        "a recursive view",
        "CREATE RECURSIVE VIEW named (n) AS SELECT name::text FROM people UNION SELECT n || '' FROM named",
    ),
    (
        "a materialized view with indexes",
        "CREATE MATERIALIZED VIEW named AS SELECT id, name FROM people;
        CREATE UNIQUE INDEX \"by Id\" ON named (id); CREATE INDEX by_name ON named (lower(name)) WHERE id > 1;
        COMMENT ON MATERIALIZED VIEW named IS 'stored'",
    ),
    ("an empty materialized view", "CREATE MATERIALIZED VIEW named AS SELECT name FROM people WITH NO DATA"),
    ("a rule", "CREATE RULE note AS ON UPDATE TO people WHERE old.name <> new.name DO ALSO SELECT new.name"),
    (
        "a view that rules and triggers write through",
        "CREATE VIEW named AS SELECT id, name FROM people;
        CREATE RULE gone AS ON DELETE TO named DO INSTEAD DELETE FROM people WHERE id = old.id;
        CREATE FUNCTION write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER written INSTEAD OF INSERT ON named FOR EACH ROW EXECUTE PROCEDURE write();
        COMMENT ON TRIGGER written ON named IS 'writes'",
    ),
    (
        "policies",
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE people FORCE ROW LEVEL SECURITY;
        CREATE POLICY seen ON people FOR SELECT USING (name <> 'hidden');
        CREATE POLICY \"all Rows\" ON people AS RESTRICTIVE USING (name <> '') WITH CHECK (name <> ' ')",
    ),
    (
        "a trigger of the column",
        "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER \"Watch\" BEFORE UPDATE OF name ON people FOR EACH ROW
            WHEN (old.name IS DISTINCT FROM new.name) EXECUTE PROCEDURE watch();
        ALTER TABLE people DISABLE TRIGGER \"Watch\"",
    ),
    (
        "a constraint trigger",
        "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE CONSTRAINT TRIGGER watch AFTER UPDATE OF name ON people DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE PROCEDURE watch(); ALTER TABLE people ENABLE ALWAYS TRIGGER watch",
    ),
    (
        "statistics",
        "CREATE STATISTICS pairs (dependencies) ON name, age FROM people; COMMENT ON STATISTICS pairs IS 'both'",
    ),
    (
        "a function without a tracked body",
        "CREATE FUNCTION first_name() RETURNS text LANGUAGE sql AS $$ SELECT name::text FROM people LIMIT 1 $$",
    ),
    (
        "a view that calls a function",
        "CREATE FUNCTION shout(t text) RETURNS text LANGUAGE sql AS $$ SELECT upper(t) $$;
        CREATE VIEW loud AS SELECT shout(name) FROM people",
    ),
];

/// Objects of later versions.
const LATER: [(i32, &str, &str); 2] = [
    (
        14,
        "a function with a tracked body",
        "CREATE FUNCTION first_name() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT name FROM people LIMIT 1; END;
        CREATE VIEW one AS SELECT first_name()",
    ),
    (15, "a publication of some rows", "CREATE PUBLICATION changes FOR TABLE people (id, name) WHERE (name <> '')"),
];

const ON_SQLITE: [(&str, &str); 6] = [
    ("a view of SQLite", "CREATE VIEW named AS SELECT id, name AS \"select\" FROM people WHERE name <> 'it''s'"),
    (
        "views on views of SQLite",
        "CREATE VIEW z AS SELECT id, name AS name FROM people; CREATE VIEW a AS SELECT name FROM z;
        CREATE TRIGGER written INSTEAD OF DELETE ON a BEGIN DELETE FROM people WHERE name = old.name; END",
    ),
    (
        "triggers of SQLite",
        "CREATE TRIGGER watch AFTER UPDATE OF name ON people WHEN new.name <> old.name
            BEGIN UPDATE people SET age = new.age WHERE id = -1; END;
        CREATE TRIGGER \"od\"\"d\" BEFORE INSERT ON People BEGIN SELECT raise(ABORT, 'no') WHERE new.name = 'name'; END",
    ),
    (
        "a trigger of a view of SQLite",
        "CREATE VIEW notes AS SELECT 1 AS t;
        CREATE TRIGGER noted INSTEAD OF INSERT ON notes BEGIN UPDATE people SET name = new.t WHERE id = -1; END",
    ),
    (
        "a full-text index of SQLite",
        "CREATE VIRTUAL TABLE found USING fts5 (name, content='people', content_rowid='id');
        CREATE TRIGGER find AFTER INSERT ON people BEGIN INSERT INTO found (rowid, name) VALUES (new.id, new.name); END",
    ),
    ("an R-tree of SQLite", "CREATE VIRTUAL TABLE boxes USING rtree (id, low, high); INSERT INTO boxes VALUES (1, 2, 3)"),
];

const ON_MYSQL: [(&str, &str); 6] = [
    ("a view of MySQL", "CREATE VIEW named AS SELECT id, name FROM people p WHERE p.name <> 'it''s `name`'"),
    (
        "views on views of MySQL",
        "CREATE VIEW z AS SELECT id, name FROM people;
        CREATE VIEW a AS SELECT z.name, people.age FROM z JOIN people USING (id)",
    ),
    (
        "a trigger of MySQL",
        "CREATE TRIGGER `wa``tch` BEFORE UPDATE ON people FOR EACH ROW SET NEW.name = CONCAT(NEW.Name, OLD.`name`, 'name')",
    ),
    (
        "a procedure and a function of MySQL",
        "CREATE PROCEDURE clear() DELETE FROM people WHERE people.name = 'name';
        CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;
        CREATE VIEW doubled AS SELECT twice(age) FROM people",
    ),
    (
        "an event of MySQL",
        "CREATE EVENT clearing ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' COMMENT 'enable' DO DELETE FROM people WHERE name = ''",
    ),
    (
        "a trigger of another mode of MySQL",
        "SET SESSION sql_mode = 'ANSI_QUOTES';
        CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW SET NEW.\"name\" = 'it';
        SET SESSION sql_mode = DEFAULT",
    ),
];

/// The changes beside objects of one database: of a type, of a name, and of a table.
fn on(backend: DbBackend, objects: &'static [(&'static str, &'static str)]) -> Vec<Case> {
    let databases: &'static [DbBackend] = if backend == MySql { &[MySql] } else { &[Sqlite] };
    let case = |change: &str, objects: &(&str, &'static str), after: EntityTable| {
        let name = leaked(format!("{change} {}", objects.0));
        Case::new(name, [plain()], [after]).on(databases).beside(backend, objects.1)
    };
    let changes = |objects: &(&'static str, &'static str)| {
        let renamed = string_len("full_name", 50).comment("renamed_from \"name\"").to_owned();
        vec![
            case("type of a column below", objects, people([text("name"), integer("age")])),
            case("column renamed below", objects, people([renamed, integer("age")])),
            case(
                "table renamed below",
                objects,
                keyed("persons", [string_len("name", 50), integer("age")]).renamed_from("people"),
            ),
        ]
    };
    objects.iter().flat_map(changes).collect()
}

fn types() -> Vec<Case> {
    let change = |objects: &str, sql: &'static str| {
        let name = leaked(format!("type of a column below {objects}"));
        Case::new(name, [plain()], [people([text("name"), integer("age")])]).on(POSTGRES).beside(Postgres, sql)
    };
    let mut cases: Vec<Case> = OBJECTS.iter().map(|(objects, sql)| change(objects, sql)).collect();
    cases.extend(LATER.iter().map(|(since, objects, sql)| change(objects, sql).since(*since)));
    cases.push(
        Case::new(
            "collation of a column below a view",
            [plain()],
            [people([string_len("name", 50).extra("COLLATE \"C\"").to_owned(), integer("age")])],
        )
        .on(POSTGRES)
        .beside(Postgres, OBJECTS[0].1),
    );
    cases
}

/// Objects that go with a table, and come back with it.
fn dropped() -> Vec<Case> {
    let owned = ["a rule", "policies", "a trigger of the column", "a constraint trigger", "statistics"];
    let drop = |(objects, sql): &(&str, &'static str)| {
        let name = leaked(format!("table with {objects} removed"));
        Case::new(name, [plain(), keyed("pets", [])], [keyed("pets", [])]).on(POSTGRES).beside(Postgres, sql)
    };
    let mut cases: Vec<Case> = OBJECTS.iter().filter(|(objects, _)| owned.contains(objects)).map(drop).collect();
    let triggers = [(Sqlite, &[Sqlite][..], ON_SQLITE[2]), (MySql, &[MySql][..], ON_MYSQL[2])];
    cases.extend(triggers.map(|(backend, databases, (objects, sql))| {
        let name = leaked(format!("table with {objects} removed"));
        Case::new(name, [plain(), keyed("pets", [])], [keyed("pets", [])]).on(databases).beside(backend, sql)
    }));
    cases.push(
        Case::new("column with statistics removed", [plain()], [people([string_len("name", 50)])])
            .on(POSTGRES)
            .beside(Postgres, OBJECTS[13].1)
            .without_rows(),
    );
    cases
}

/// Objects that follow a rename.
fn renamed() -> Vec<Case> {
    let column = |(objects, sql): &(&str, &'static str)| {
        let name = leaked(format!("column renamed below {objects}"));
        let after = people([string_len("full_name", 50).comment("renamed_from \"name\"").to_owned(), integer("age")]);
        Case::new(name, [plain()], [after]).on(POSTGRES).beside(Postgres, sql)
    };
    let table = |(objects, sql): &(&str, &'static str)| {
        let name = leaked(format!("table renamed below {objects}"));
        Case::new(name, [plain()], [keyed("persons", [string_len("name", 50), integer("age")]).renamed_from("people")])
            .on(POSTGRES)
            .beside(Postgres, sql)
    };
    let both = |(objects, sql): &(&str, &'static str)| {
        let name = leaked(format!("column renamed, and its type changed, below {objects}"));
        let after = people([text("full_name").comment("renamed_from \"name\"").to_owned(), integer("age")]);
        Case::new(name, [plain()], [after]).on(POSTGRES).beside(Postgres, sql)
    };
    // A function without a tracked body does not follow a rename.
    let followers = || OBJECTS.iter().filter(|(objects, _)| *objects != "a function without a tracked body");
    let every_third = || followers().step_by(3);
    every_third().map(column).chain(followers().skip(1).step_by(3).map(table)).chain(followers().map(both)).collect()
}

fn leaked(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}

fn plain() -> EntityTable {
    people([string_len("name", 50), integer("age")])
}
