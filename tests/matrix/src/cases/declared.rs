//! Objects that are declared beside the entities.

use sea_orm::DbBackend;
use seachange::autogenerate::EntityTable;

use super::build::{MySql, Postgres, Sqlite, integer, people, string_len, text};
use crate::Case;

const VIEW: &str = "CREATE VIEW named AS SELECT id, name FROM people WHERE name <> ''";
const OTHER_VIEW: &str = "CREATE VIEW named AS SELECT id FROM people WHERE id > 1";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (backend, label) in [(Postgres, "PostgreSQL"), (MySql, "MySQL"), (Sqlite, "SQLite")] {
        cases.extend(everywhere(backend, label));
    }
    cases.extend(on_postgres());
    cases.extend(on_mysql());
    cases
}

fn everywhere(backend: DbBackend, label: &str) -> Vec<Case> {
    let trigger = match backend {
        DbBackend::Postgres => {
            &[FUNCTION, "CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE watch()"][..]
        }
        DbBackend::MySql => &["CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW SET NEW.age = OLD.age"],
        _ => &["CREATE TRIGGER watch AFTER UPDATE ON people BEGIN DELETE FROM people WHERE id = -1; END"],
    };
    let other_trigger = match backend {
        DbBackend::Postgres => {
            &[FUNCTION, "CREATE TRIGGER watch AFTER DELETE ON people FOR EACH ROW EXECUTE PROCEDURE watch()"][..]
        }
        DbBackend::MySql => &["CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW SET NEW.age = OLD.age + 1"],
        _ => &["CREATE TRIGGER watch AFTER DELETE ON people BEGIN DELETE FROM people WHERE id = -2; END"],
    };
    let function = trigger.get(..trigger.len() - 1).unwrap_or_default();
    let same = |name: &str, before: &[&'static str], after: &[&'static str]| {
        case(backend, &format!("{name} on {label}"), plain()).objects(backend, before, after)
    };
    let child = "CREATE VIEW a AS SELECT id FROM named";
    vec![
        same("declared view added", &[], &[VIEW]),
        same("declared view changed", &[VIEW], &[OTHER_VIEW]),
        same("declared view removed", &[VIEW], &[]),
        same("declared view written in another way", &[VIEW], &[VIEW]),
        same("declared view changed below another", &[VIEW, child], &[OTHER_VIEW, child]),
        same("declared views added, one reads the other", &[], &[VIEW, child]),
        same("declared trigger added", function, trigger),
        same("declared trigger changed", trigger, other_trigger),
        same("declared trigger removed", trigger, function),
        case(backend, &format!("declared view changed with a column on {label}"), people([integer("age")]))
            .objects(backend, &[VIEW], &["CREATE VIEW named AS SELECT id, age FROM people"])
            .without_rows(),
        case(
            backend,
            &format!("declared view with an added column on {label}"),
            people([string_len("name", 50), integer("age"), text("notes").null().to_owned()]),
        )
        .objects(backend, &[VIEW], &["CREATE VIEW named AS SELECT id, notes FROM people"]),
    ]
}

const FUNCTION: &str = "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$";

fn on_postgres() -> Vec<Case> {
    let same = |name: &str, before: &[&'static str], after: &[&'static str]| {
        case(Postgres, name, plain()).objects(Postgres, before, after)
    };
    let other_body = "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$";
    let trigger = "CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE watch()";
    let stored = "CREATE MATERIALIZED VIEW stored AS SELECT id, name FROM people";
    let index = "CREATE UNIQUE INDEX by_id ON stored (id)";
    let policy = "CREATE POLICY own ON people USING (name = current_user)";
    vec![
        same("declared function gets another body", &[FUNCTION, trigger], &[other_body, trigger]),
        same(
            "declared function returns another type",
            &["CREATE FUNCTION two() RETURNS integer LANGUAGE sql AS 'SELECT 2'", "CREATE VIEW one AS SELECT two()"],
            &["CREATE FUNCTION two() RETURNS text LANGUAGE sql AS $$ SELECT '2' $$", "CREATE VIEW one AS SELECT two()"],
        ),
        same("declared materialized view added", &[], &[stored, index]),
        same("declared materialized view gets an index", &[stored], &[stored, index]),
        same("declared policy added", &[], &["ALTER TABLE people ENABLE ROW LEVEL SECURITY", policy]),
        same("declared policy changed", &[policy], &["CREATE POLICY own ON people USING (name <> 'x')"]),
        same("declared comment of a view", &[VIEW], &[VIEW, "COMMENT ON VIEW named IS 'people''s names'"]),
        case(Postgres, "declared view below a column that gets another type", people([text("name"), integer("age")]))
            .objects(Postgres, &[VIEW], &[VIEW]),
    ]
}

fn on_mysql() -> Vec<Case> {
    let same = |name: &str, before: &[&'static str], after: &[&'static str]| {
        case(MySql, name, plain()).objects(MySql, before, after)
    };
    vec![
        same(
            "declared procedure changed",
            &["CREATE PROCEDURE clear() DELETE FROM people WHERE name = ''"],
            &["CREATE PROCEDURE clear() DELETE FROM people WHERE name = ' '"],
        ),
        same(
            "declared event added",
            &[],
            &["CREATE EVENT clearing ON SCHEDULE EVERY 1 YEAR DISABLE DO DELETE FROM people"],
        ),
    ]
}

fn case(backend: DbBackend, name: &str, after: EntityTable) -> Case {
    let databases: &'static [DbBackend] = match backend {
        DbBackend::Postgres => &[Postgres],
        DbBackend::MySql => &[MySql],
        _ => &[Sqlite],
    };
    Case::new(Box::leak(name.to_owned().into_boxed_str()), [plain()], [after]).on(databases)
}

fn plain() -> EntityTable {
    people([string_len("name", 50), integer("age")])
}
