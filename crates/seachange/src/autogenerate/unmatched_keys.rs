//! Foreign keys of entities that refer to columns without a key. SeaORM needs no key to join by a relation, but a database
//! refuses such a foreign key.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::error::EntityError;
use crate::schema::{ForeignKey, IndexPart, Schema, Table, TableName};

/// The rule by which a database decides whether a foreign key may refer to columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReferenceRule {
    pub(super) backend: DbBackend,
    /// Whether an index that begins with the columns is enough.
    allows_part: bool,
}

impl ReferenceRule {
    /// The rule of a database system, where its settings do not matter or are unknown. InnoDB needs only an index that
    /// begins with the columns.
    pub(super) fn of(backend: DbBackend) -> Self {
        Self { backend, allows_part: backend == DbBackend::MySql }
    }

    /// Reads the rule of a server. From version 8.4 on, MySQL demands a whole key by default
    /// (`restrict_fk_on_non_standard_key`).
    ///
    /// # Errors
    ///
    /// The error of the query.
    pub(super) async fn read(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let backend = connection.get_database_backend();
        if backend != DbBackend::MySql {
            return Ok(Self::of(backend));
        }
        let query = "SHOW VARIABLES LIKE 'restrict_fk_on_non_standard_key'";
        let row = connection.query_one_raw(Statement::from_string(backend, query)).await?;
        let value: Option<String> = row.map(|row| row.try_get_by_index(1)).transpose()?;
        Ok(Self { backend, allows_part: value.is_none_or(|value| value != "ON") })
    }

    /// Whether a table has a key on the columns that a foreign key refers to.
    pub(super) fn has_key(self, parent: &Table, key: &ForeignKey) -> bool {
        let is_same = |columns: &[String]| {
            columns.len() == key.referenced_columns.len()
                && key.referenced_columns.iter().all(|own| columns.iter().any(|column| same(own, column, self.backend)))
        };
        let begins =
            |columns: &[String]| self.allows_part && columns.get(..key.referenced_columns.len()).is_some_and(is_same);
        let indexed = parent.indexes.iter().any(|index| {
            let columns: Option<Vec<String>> = index.parts.iter().map(plain_column).collect();
            let columns = columns.unwrap_or_default();
            begins(&columns) || index.unique && index.predicate.is_none() && is_same(&columns)
        });
        let primary_key = parent.primary_key.iter().map(|key| &key.columns);
        let mut keys = primary_key.chain(parent.uniques.iter().map(|own| &own.columns)).map(Vec::as_slice);
        indexed || keys.any(|columns| is_same(columns) || begins(columns))
    }
}

/// Finds the foreign keys of entities that do not refer to keys. `from` is the schema of the database, which has the
/// tables without an entity.
pub(super) fn find(from: &Schema, to: &Schema, rule: ReferenceRule) -> Vec<(TableName, ForeignKey)> {
    let keys = to.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    let unmatched = keys.filter(|(_, key)| !key.referenced_columns.is_empty()).filter(|(_, key)| {
        let parent = to.table(&key.referenced_table).or_else(|| from.table(&key.referenced_table));
        parent.is_some_and(|parent| !rule.has_key(parent, key))
    });
    unmatched.map(|(table, key)| (table.name.clone(), key.clone())).collect()
}

/// Checks that the entities still have none of the foreign keys that [`find`] found: they may be left out.
///
/// # Errors
///
/// [`EntityError::NoKeyToReferTo`] with all foreign keys that they have.
pub(super) fn check(unmatched: &[(TableName, ForeignKey)], to: &Schema) -> Result<(), EntityError> {
    let is_there =
        |(table, key): &&(TableName, ForeignKey)| to.table(table).is_some_and(|table| table.foreign_keys.contains(key));
    let relations: Vec<String> = unmatched.iter().filter(is_there).map(|(table, key)| described(table, key)).collect();
    if relations.is_empty() { Ok(()) } else { Err(EntityError::NoKeyToReferTo { relations }) }
}

fn plain_column(part: &IndexPart) -> Option<String> {
    part.column_name().map(str::to_owned)
}

fn same(left: &str, right: &str, backend: DbBackend) -> bool {
    left == right || backend != DbBackend::Postgres && left.eq_ignore_ascii_case(right)
}

fn described(table: &TableName, key: &ForeignKey) -> String {
    format!(
        "`{}` ({}) -> `{}` ({})",
        table,
        key.columns.join(", "),
        key.referenced_table,
        key.referenced_columns.join(", ")
    )
}
