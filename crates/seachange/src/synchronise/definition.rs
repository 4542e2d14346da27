//! What is synchronised, as data, and the names of the triggers.

use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};

use crate::error::SynchroniseError;
use crate::schema::TableName;
use crate::sql::{SqlDialect, quoted_name};
use crate::store::hexadecimal;

/// A column of one side, and its value from the columns of the other side, as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SideColumn {
    pub(super) name: String,
    pub(super) value: String,
}

/// Columns that are synchronised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Synchronisation {
    pub(super) table: TableName,
    pub(super) old: Vec<SideColumn>,
    pub(super) new: Vec<SideColumn>,
}

/// What the catalogue says about a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundColumn {
    pub(super) name: String,
    /// The type, as a declaration names it.
    pub(super) type_name: String,
    /// Whether it holds characters, which a collation may take for equal (MySQL, MariaDB).
    pub(super) is_text: bool,
    /// The default as an expression.
    pub(super) default: Option<String>,
    pub(super) is_required: bool,
    pub(super) is_generated: bool,
}

/// How the names of the triggers and functions begin. The triggers of a table run in the order of their names on PostgreSQL,
/// and these are to see what others have made of a row.
const PREFIX: &str = "zz_seachange_";

/// Whether a trigger of this name synchronises columns.
#[cfg(feature = "cli")]
pub(crate) fn is_synchronising(trigger: &str) -> bool {
    trigger.starts_with(PREFIX)
}

/// Words in a default that gives each row another value.
const CHANGING: [&str; 6] = ["nextval", "random", "uuid", "clock_timestamp", "timeofday", "sysdate"];

impl Synchronisation {
    /// The name of its triggers and functions.
    pub(super) fn name(&self) -> String {
        let names = |side: &[SideColumn]| side.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join("\n");
        let text = format!("{}\n\n{}\n\n{}", self.table.name, names(&self.old), names(&self.new));
        let hash = hexadecimal(&Sha256::digest(text.as_bytes()));
        format!("{PREFIX}{}", &hash[..16])
    }

    /// Both sides.
    pub(super) fn columns(&self) -> impl Iterator<Item = &SideColumn> {
        self.old.iter().chain(&self.new)
    }

    /// Refuses columns that a trigger cannot synchronise.
    pub(super) fn check(&self, found: &[FoundColumn]) -> Result<(), SynchroniseError> {
        for SideColumn { name, .. } in self.columns() {
            let (table, column) = (self.table.to_string(), name.clone());
            let Some(known) = found.iter().find(|known| known.name == *name) else {
                return Err(SynchroniseError::NoSuchColumn { table, column });
            };
            if known.is_generated {
                return Err(SynchroniseError::Generated { table, column });
            }
            let default = known.default.clone().unwrap_or_default();
            if CHANGING.iter().any(|word| default.to_lowercase().contains(word)) {
                return Err(SynchroniseError::ChangingDefault { table, column, default });
            }
        }
        Ok(())
    }

    /// The default of an old column, and `NULL` for every other column: the row of a statement that writes nothing.
    fn default_in_row<'f>(&self, found: &'f [FoundColumn], name: &str) -> &'f str {
        if self.old.iter().any(|side| side.name == name) { default_of(found, name) } else { "NULL" }
    }

    /// Refuses a new column whose default is not what the defaults of the old columns give. `typed` gives an expression the
    /// type of a column, `differs` compares two, and `text` is the name of the type for characters.
    pub(super) async fn check_defaults(
        &self,
        connection: &impl ConnectionTrait,
        found: &[FoundColumn],
        text: &str,
        typed: impl Fn(&FoundColumn, &str) -> String,
        differs: impl Fn(&FoundColumn, &str, &str) -> String,
    ) -> Result<(), SynchroniseError> {
        let dialect = SqlDialect::of(connection.get_database_backend());
        let given = |column: &FoundColumn| {
            let default = typed(column, self.default_in_row(found, &column.name));
            format!("{default} AS {}", quoted_name(dialect, &column.name))
        };
        let row = found.iter().map(given).collect::<Vec<_>>().join(", ");
        for SideColumn { name, value } in &self.new {
            let Some(column) = found.iter().find(|known| known.name == *name) else { continue };
            let default = default_of(found, name);
            let sql = format!(
                "SELECT COALESCE(CAST({value} AS {text}), 'NULL') AS expected FROM (SELECT {row}) given WHERE {}",
                differs(column, value, default)
            );
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            if let Some(row) = connection.query_one_raw(statement).await? {
                return Err(SynchroniseError::OtherDefault {
                    table: self.table.to_string(),
                    column: name.clone(),
                    default: default.to_owned(),
                    expected: row.try_get("", "expected")?,
                });
            }
        }
        Ok(())
    }
}

/// The default of a column as an expression, `NULL` where it has none.
pub(super) fn default_of<'f>(found: &'f [FoundColumn], name: &str) -> &'f str {
    found.iter().find(|known| known.name == name).and_then(|known| known.default.as_deref()).unwrap_or("NULL")
}
