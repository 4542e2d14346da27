//! Objects that depend on what changes: they are the same afterwards.

use seachange::autogenerate::EntityTable;

use super::build::{POSTGRES, Postgres, integer, keyed, people, string_len, text};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    [types(), dropped(), renamed()].into_iter().flatten().collect()
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
    followers().map(column).chain(followers().map(table)).chain(followers().map(both)).collect()
}

fn leaked(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}

fn plain() -> EntityTable {
    people([string_len("name", 50), integer("age")])
}
