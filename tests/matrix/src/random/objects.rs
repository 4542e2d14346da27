//! Views, triggers, functions and policies over random tables.

use std::collections::BTreeSet;
use std::error::Error;

use proptest::collection::vec;
use proptest::prelude::*;
use sea_orm::DbBackend;
use seachange::schema::DatabaseObject;

use super::{RandomSchema, RandomTable, TABLES, columns};
use crate::database::Database;

/// An object over a table.
#[derive(Debug, Clone)]
pub(super) struct RandomObject {
    kind: u8,
    table: usize,
    /// The columns `id`, `a`, `b` and `c`, as far as both schemas have them.
    columns: Vec<bool>,
}

pub(super) fn objects() -> impl Strategy<Value = Vec<RandomObject>> {
    vec(object(), 0..4)
}

prop_compose! {
    fn object()(kind in 0..6_u8, table in 0..TABLES, columns in vec(any::<bool>(), 4)) -> RandomObject {
        RandomObject { kind, table, columns }
    }
}

/// The statements that create objects, each over a table that both schemas have. Their expressions suit each type.
pub(super) fn statements(
    objects: &[RandomObject],
    from: &RandomSchema,
    to: &RandomSchema,
    backend: DbBackend,
) -> Vec<String> {
    let of = |(number, object): (usize, &RandomObject)| {
        let (Some(from), Some(to)) = (&from[object.table], &to[object.table]) else { return Vec::new() };
        create(number, object, &object.names(from, to), backend)
    };
    objects.iter().enumerate().flat_map(of).collect()
}

impl RandomObject {
    /// The columns that both tables have; `id` if they share no other.
    fn names(&self, from: &RandomTable, to: &RandomTable) -> Vec<&'static str> {
        let is_in = |table: &RandomTable, name: &str| name == "id" || columns(table).any(|(own, _)| own == name);
        let chosen = ["id", "a", "b", "c"].into_iter().zip(&self.columns).filter(|(_, is_chosen)| **is_chosen);
        let names: Vec<_> = chosen.map(|(name, _)| name).filter(|name| is_in(from, name) && is_in(to, name)).collect();
        if names.is_empty() { vec!["id"] } else { names }
    }
}

fn create(number: usize, object: &RandomObject, columns: &[&str], backend: DbBackend) -> Vec<String> {
    let (table, list, last) = (format!("t{}", object.table), columns.join(", "), columns[columns.len() - 1]);
    let view = format!("CREATE VIEW view_{number} AS SELECT {list} FROM {table} WHERE {last} IS NOT NULL");
    let count = format!("SELECT count({last}) FROM {table}");
    match (object.kind, backend) {
        (0, _) => vec![view],
        (1, _) => vec![view, format!("CREATE VIEW over_{number} AS SELECT count(*) AS rows_of FROM view_{number}")],
        (2, DbBackend::Sqlite) => vec![format!(
            "CREATE TRIGGER trigger_{number} AFTER UPDATE OF {list} ON {table} WHEN NEW.{last} IS NULL BEGIN \
             DELETE FROM {table} WHERE {last} IS NULL; END"
        )],
        (2, DbBackend::MySql) => {
            vec![format!("CREATE TRIGGER trigger_{number} AFTER UPDATE ON {table} FOR EACH ROW SET @last = NEW.{last}")]
        }
        (2, _) => vec![
            format!("CREATE FUNCTION run_{number}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"),
            format!(
                "CREATE TRIGGER trigger_{number} BEFORE UPDATE OF {list} ON {table} FOR EACH ROW \
                 WHEN (OLD.{last} IS DISTINCT FROM NEW.{last}) EXECUTE PROCEDURE run_{number}()"
            ),
        ],
        (3, DbBackend::Sqlite) => vec![
            view,
            format!(
                "CREATE TRIGGER instead_{number} INSTEAD OF DELETE ON view_{number} BEGIN \
                 DELETE FROM {table} WHERE {last} = OLD.{last}; END"
            ),
        ],
        (3, DbBackend::MySql) => {
            vec![format!("CREATE FUNCTION count_{number}() RETURNS bigint READS SQL DATA RETURN ({count})")]
        }
        (3, _) => {
            vec![format!("CREATE FUNCTION count_{number}() RETURNS bigint LANGUAGE sql STABLE AS '{count}'")]
        }
        (4, DbBackend::Postgres) => vec![
            format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            format!("CREATE POLICY policy_{number} ON {table} USING ({last} IS NOT NULL)"),
        ],
        (4, DbBackend::MySql) => vec![format!("CREATE PROCEDURE show_{number}() READS SQL DATA {count}")],
        (_, DbBackend::Postgres) => vec![format!("CREATE MATERIALIZED VIEW stored_{number} AS {count}")],
        _ => vec![format!("CREATE VIEW count_{number} AS {count}")],
    }
}

/// Drops the objects, each before those that it needs.
pub(super) async fn drop_all(database: &Database) -> Result<(), Box<dyn Error>> {
    loop {
        let left = database.objects().await?;
        let mut refused = None;
        for object in &left {
            refused = database.run(&object.drop).await.err().or(refused);
        }
        match database.objects().await?.len() {
            0 => return Ok(()),
            rest if rest == left.len() => return Err(refused.unwrap_or_else(|| "objects stay".into())),
            _ => {}
        }
    }
}

/// The objects that are not as they were, but for the casts that PostgreSQL writes where a column has another type.
pub(super) fn changed(before: &[DatabaseObject], after: &[DatabaseObject]) -> Vec<String> {
    let text = |object: &DatabaseObject| format!("{}: {}", object.name, without_casts(&object.create.join("; ")));
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (before.iter().map(text).collect(), after.iter().map(text).collect());
    let gone = before.difference(&after).map(|own| format!("gone: {own}"));
    let new = after.difference(&before).map(|own| format!("new: {own}"));
    gone.chain(new).collect()
}

fn without_casts(text: &str) -> String {
    let mut parts = text.split("::");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| {
        let types = ["character varying", "timestamp without time zone", "double precision"];
        let known = types.into_iter().find_map(|name| part.strip_prefix(name));
        known.unwrap_or_else(|| part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()))
    });
    [first].into_iter().chain(rest.map(str::to_owned)).collect::<String>().replace(['(', ')'], "")
}
