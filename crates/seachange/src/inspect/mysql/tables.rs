//! Tables, their comments and their collations.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::definition;
use super::scope::CatalogScope;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{DefinitionText, KeptOptions, Table};

/// The tables of one database by name.
pub(super) type TablesByName = BTreeMap<String, TableRow>;

/// A table, and the default collation of its columns.
pub(super) struct TableRow {
    pub(super) table: Table,
    pub(super) collation: Option<String>,
}

/// What a table has in common with the defaults of its database.
struct OptionFacts {
    engine: Option<String>,
    has_default_engine: bool,
    has_default_collation: bool,
}

impl OptionFacts {
    /// The options of a table that has no others.
    fn options(&self, collation: Option<&str>) -> String {
        let engine = self.engine.as_ref().filter(|_| !self.has_default_engine).map(|engine| format!("ENGINE={engine}"));
        let collation = collation.filter(|_| !self.has_default_collation).map(|name| format!("COLLATE={name}"));
        engine.into_iter().chain(collation).collect::<Vec<_>>().join(" ")
    }
}

impl TableRow {
    /// Takes the options from the text of the table. A table with periods of time is created by its whole text, because
    /// the catalogue does not report them.
    fn add_options_of(&mut self, text: &str, facts: &OptionFacts) {
        let mut defaults = vec!["AUTO_INCREMENT", "COMMENT"];
        defaults.extend(facts.has_default_engine.then_some("ENGINE"));
        defaults.extend(facts.has_default_collation.then_some(["CHARSET", "COLLATE"]).into_iter().flatten());
        self.table.options = KeptOptions(definition::options(text, &defaults));
        self.add_periods_of(text);
    }

    /// Takes the whole text of the table if it has periods of time.
    fn add_periods_of(&mut self, text: &str) {
        if definition::has_periods(text) {
            self.table.definition = Some(DefinitionText { text: definition::without_counter(text), is_verbatim: true });
        }
    }
}

/// Takes the texts of tables with periods of time for which the catalogue has no sign but the check that such a period
/// has.
pub(super) async fn add_periods(
    connection: &impl ConnectionTrait,
    database: &str,
    candidates: impl Iterator<Item = &String>,
    tables: &mut TablesByName,
) -> Result<(), DbErr> {
    for name in candidates {
        if let Some(found) = tables.get_mut(name) {
            found.add_periods_of(&definition::read(connection, database, name).await?);
        }
    }
    Ok(())
}

/// A condition whose value is `NULL` is not true.
fn is_true(value: Option<i64>) -> bool {
    value == Some(1)
}

/// The query for tables, which include tables with a history of their rows (MariaDB).
const TABLES: &str =
    "SELECT CAST(t.TABLE_NAME AS CHAR), CAST(t.TABLE_COLLATION AS CHAR), CAST(t.TABLE_COMMENT AS CHAR),
        CAST(t.ENGINE AS CHAR), t.ENGINE = @@default_storage_engine, t.TABLE_COLLATION = d.DEFAULT_COLLATION_NAME,
        COALESCE(t.CREATE_OPTIONS, '') <> '' OR t.TABLE_TYPE = 'SYSTEM VERSIONED' OR t.ENGINE = 'MRG_MYISAM'
    FROM information_schema.TABLES t JOIN information_schema.SCHEMATA d
    WHERE t.TABLE_SCHEMA = ? AND d.SCHEMA_NAME = ? AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";

/// Reads the tables, without their columns, keys and constraints.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
) -> Result<TablesByName, DbErr> {
    let mut tables = TablesByName::new();
    for row in rows(connection, TABLES, [database.into(), database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let name: String = cells.take()?;
        let collation = cells.take()?;
        let comment = cells.take::<Option<String>>()?.filter(|comment| !comment.is_empty());
        let table = Table { comment, ..Table::new(place.name(database, name.clone())) };
        let mut found = TableRow { table, collation };
        let facts = OptionFacts {
            engine: cells.take()?,
            has_default_engine: is_true(cells.take()?),
            has_default_collation: is_true(cells.take()?),
        };
        match is_true(cells.take()?) {
            true => found.add_options_of(&definition::read(connection, database, &name).await?, &facts),
            false => found.table.options = KeptOptions(facts.options(found.collation.as_deref())),
        }
        tables.insert(name, found);
    }
    Ok(tables)
}
