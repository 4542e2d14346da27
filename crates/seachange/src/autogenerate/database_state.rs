//! What a database has at a moment, and how it differs from what the revisions make.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use super::comparison::{Comparison, records};
#[cfg(feature = "cli")]
use super::diff::RenameCandidate;
use super::diff::Renames;
use super::difference::{self, Difference, DifferenceKind, differences};
use super::error::AutogenerateError;
use super::filter::TableFilter;
use super::hints::EntityHints;
#[cfg(feature = "cli")]
use super::operation::SchemaOperation;
use super::scratch::{MARK_TABLE, ScratchDatabase};
use crate::inspect::{InspectScope, inspect, objects};
use crate::revision::Migrations;
use crate::schema::{DatabaseObject, ObjectName, Schema, Table, TableName};
use crate::settings::DatabaseSettings;
#[cfg(feature = "sqlite")]
use crate::sql::{SqlDialect, words};

/// The tables, types and objects of a database at a moment, without the tables of migration tools.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseState {
    pub(crate) schema: Schema,
    objects: BTreeMap<ObjectName, DatabaseObject>,
    backend: DbBackend,
}

impl DatabaseState {
    /// Reads the tables that match the filter, and all that does not belong to another table.
    ///
    /// # Errors
    ///
    /// The catalogue cannot be read.
    pub(crate) async fn read(connection: &impl ConnectionTrait, filter: &TableFilter) -> Result<Self, DbErr> {
        let scope = InspectScope::default();
        let mut schema = inspect(connection, &scope).await?;
        let omitted = records();
        let is_compared =
            |table: &TableName| !omitted.contains(table) && table.name != MARK_TABLE && filter.matches(table);
        schema.tables.retain(|table, _| is_compared(table));
        let mut objects = objects(connection, &scope).await?;
        objects.retain(|object| object.name.owner.iter().all(is_compared) && is_compared(&object.name.name));
        let objects = objects.into_iter().map(|object| (object.name.clone(), object)).collect();
        Ok(Self { schema, objects, backend: connection.get_database_backend() })
    }

    /// The names of the materialized views.
    #[cfg(feature = "cli")]
    pub(crate) fn materialized_views(&self) -> impl Iterator<Item = &TableName> {
        let views = self.objects.keys().filter(|name| name.kind == crate::schema::ObjectKind::MaterializedView);
        views.map(|name| &name.name)
    }

    /// The tables and types, and the objects.
    #[cfg(feature = "cli")]
    pub(super) fn into_parts(self) -> (Schema, Vec<DatabaseObject>) {
        (self.schema, self.objects.into_values().collect())
    }

    /// The state without some of the objects.
    #[cfg(feature = "cli")]
    pub(crate) fn without(mut self, is_left_out: impl Fn(&ObjectName) -> bool) -> Self {
        self.objects.retain(|name, _| !is_left_out(name));
        self
    }

    /// The objects that are neither tables nor parts of tables.
    #[cfg(feature = "cli")]
    pub(crate) fn objects(&self) -> impl Iterator<Item = (&ObjectName, &DatabaseObject)> {
        self.objects.iter()
    }

    /// The operations that lead from this state to a later one. A table or column that is gone and one that is new are
    /// the same under another name if they are among `renames`, or are similar and `are_renamed` says so of the two names.
    #[cfg(feature = "cli")]
    pub(crate) fn operations_to(
        &self,
        after: &Self,
        mut renames: Renames,
        are_renamed: &dyn Fn(&str, &str) -> bool,
    ) -> Vec<SchemaOperation> {
        let (from, to) = (self.schema.clone(), after.schema.clone());
        let comparison = Comparison::new(from, to, EntityHints::default(), self.backend);
        for candidate in comparison.candidates(&renames) {
            if let RenameCandidate::Table { from, to } = candidate
                && are_renamed(&from.name, &to.name)
            {
                renames.tables.insert(from, to);
            }
        }
        for candidate in comparison.candidates(&renames) {
            if let RenameCandidate::Column { table, from, to } = candidate
                && are_renamed(&from, &to)
            {
                renames.columns.insert((table, from), to);
            }
        }
        comparison.operations(&renames)
    }

    /// How a database differs from this state, which is the expected one.
    pub(crate) fn differences(&self, found: &Self) -> Vec<Difference> {
        let (from, to) = (found.schema.clone(), self.schema.clone());
        let comparison = Comparison::new(from, to, EntityHints::default(), self.backend);
        let mut all = differences(&comparison.operations(&Renames::default()));
        all.extend(self.kept_differences(found, &all));
        for (name, expected) in &self.objects {
            let other = found.objects.get(name);
            if other.is_none_or(|other| other.create != expected.create) {
                all.push(difference::object(other, Some(expected)));
            }
        }
        let unexpected = found.objects.iter().filter(|(name, _)| !self.objects.contains_key(*name));
        all.extend(unexpected.map(|(_, object)| difference::object(Some(object), None)));
        all
    }
}

impl DatabaseState {
    /// The differences of the clauses that are kept in a change and not compared with entities, for tables without another
    /// difference.
    fn kept_differences(&self, found: &Self, reported: &[Difference]) -> Vec<Difference> {
        let is_reported = |table: &TableName| reported.iter().any(|own| own.table.as_ref() == Some(table));
        let mut differences = Vec::new();
        for (name, expected) in self.schema.tables.iter().filter(|(name, _)| !is_reported(name)) {
            let Some(found) = found.schema.tables.get(name) else { continue };
            let (found, expected) = (kept(found), kept(expected));
            let parts = expected.keys().filter(|part| found.get(*part) != expected.get(*part));
            differences.extend(parts.filter(|part| found.contains_key(*part)).map(|part| {
                let with_part = |text: &String| if part.is_empty() { text.clone() } else { format!("{part}: {text}") };
                let text = |of: &BTreeMap<String, String>| of.get(part).filter(|text| !text.is_empty()).map(with_part);
                Difference {
                    kind: DifferenceKind::Table,
                    table: Some(name.clone()),
                    name: None,
                    database: text(&found),
                    entities: text(&expected),
                }
            }));
        }
        differences
    }
}

/// The clauses of a table and of its parts; the empty name is the table itself.
fn kept(table: &Table) -> BTreeMap<String, String> {
    let columns = table.columns.iter().map(|own| (format!("column {}", own.name), own.options.0.clone()));
    let indexes = table.indexes.iter().map(|own| (format!("index {}", own.name), own.options.0.clone()));
    let checks =
        table.checks.iter().filter_map(|own| Some((format!("check {}", own.name.as_ref()?), own.options.0.clone())));
    let keys = table
        .foreign_keys
        .iter()
        .map(|own| (format!("foreign key ({})", own.columns.join(", ")), own.options.0.clone()));
    let definition = table.definition.as_ref().map_or_else(String::new, |definition| of_definition(&definition.text));
    let own = [table.options.0.clone(), definition].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    columns.chain(indexes).chain(checks).chain(keys).chain([(String::new(), own.join(" "))]).collect()
}

/// The clauses in the text of a table that no other field of its schema has (SQLite), in alphabetical order.
fn of_definition(text: &str) -> String {
    #[cfg(feature = "sqlite")]
    {
        let words = words(text, SqlDialect::Sqlite);
        let mut clauses: Vec<String> = ["STRICT", "AUTOINCREMENT"]
            .into_iter()
            .flat_map(|clause| words.iter().filter(move |word| *word == clause).cloned())
            .collect();
        for pair in words.windows(2) {
            match [pair[0].as_str(), pair[1].as_str()] {
                ["WITHOUT", "ROWID"] => clauses.push("WITHOUT ROWID".to_owned()),
                ["CONFLICT", action] => clauses.push(format!("ON CONFLICT {action}")),
                _ => {}
            }
        }
        clauses.sort();
        clauses.join(", ")
    }
    #[cfg(not(feature = "sqlite"))]
    {
        let _ = text;
        String::new()
    }
}

/// Runs all revisions on an empty database, and compares it with the database of `connection`. The empty database is
/// created on the server that `scratch` names, and dropped at the end. On SQLite it is in memory.
///
/// # Errors
///
/// See [`AutogenerateError`]; [`AutogenerateError::Replay`] when a revision fails.
#[cfg(feature = "cli")]
pub(crate) async fn drift(
    connection: &DatabaseConnection,
    migrations: &'static Migrations,
    scratch: &DatabaseSettings,
    filter: &TableFilter,
) -> Result<Vec<Difference>, AutogenerateError> {
    let found = DatabaseState::read(connection, filter).await.map_err(AutogenerateError::Inspect)?;
    let database = ScratchDatabase::create(scratch).await?;
    let expected = replayed(migrations, &database, filter).await;
    let dropped = database.drop().await;
    let expected = expected?;
    dropped?;
    Ok(expected.differences(&found))
}

#[cfg(feature = "cli")]
async fn replayed(
    migrations: &'static Migrations,
    database: &ScratchDatabase,
    filter: &TableFilter,
) -> Result<DatabaseState, AutogenerateError> {
    let replay = |error| AutogenerateError::Replay(Box::new(error));
    let migrator = database.migrator(migrations).await?;
    let state = match migrator.upgrade("heads").await {
        Ok(_) => DatabaseState::read(migrator.connection(), filter).await.map_err(AutogenerateError::Inspect),
        Err(error) => Err(replay(error)),
    };
    migrator.close().await.map_err(replay)?;
    state
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use sea_orm::{ConnectionTrait, Database};

    use super::DatabaseState;
    use crate::autogenerate::TableFilter;

    async fn state(sql: &str) -> DatabaseState {
        let connection = Database::connect("sqlite::memory:").await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        DatabaseState::read(&connection, &TableFilter::default()).await.unwrap()
    }

    async fn check(expected: &str, found: &str, differences: &[&str]) {
        let all = state(expected).await.differences(&state(found).await);
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(all, differences);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn clauses_that_no_entity_declares_are_differences() {
        let table = "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT)";
        check(&format!("{table} STRICT"), table, &["table `posts`: missing: STRICT"]).await;
        let keyed = "CREATE TABLE posts (id TEXT NOT NULL PRIMARY KEY)";
        let without = format!("{keyed} WITHOUT ROWID");
        check(keyed, &without, &["table `posts`: WITHOUT ROWID, which should not be there"]).await;
        let numbered = table.replace("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT");
        check(&numbered, table, &["table `posts`: missing: AUTOINCREMENT"]).await;
        let unique = |action: &str| table.replace("TEXT", &format!("TEXT UNIQUE ON CONFLICT {action}"));
        let changed = "table `posts`: ON CONFLICT IGNORE instead of ON CONFLICT REPLACE";
        check(&unique("REPLACE"), &unique("ignore"), &[changed]).await;
        check(table, &table.replace("TABLE posts", "TABLE /* STRICT */ \"posts\""), &[]).await;
    }
}
