//! Columns with their types, defaults, collations and comments.

use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::checks::Checks;
use super::column_type;
use super::definition;
use super::expression;
use super::scope::{CatalogScope, ServerFlavor};
use super::tables::TablesByName;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{AutoIncrement, Column, Expression, Generated, KeptOptions, SqlType};
use crate::sql::SqlDialect;
use crate::sql::text::without_parentheses;

const COLUMNS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), CAST(COLUMN_TYPE AS CHAR),
    IS_NULLABLE = 'YES', CAST(COLUMN_DEFAULT AS CHAR), CAST(EXTRA AS CHAR), CAST(GENERATION_EXPRESSION AS CHAR),
    CAST(COLLATION_NAME AS CHAR), CAST(COLUMN_COMMENT AS CHAR)
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// The collation that MariaDB gives to `JSON`.
const JSON_COLLATION: &str = "utf8mb4_bin";

/// Reads the columns of all tables in their order.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
    checks: &Checks,
    tables: &mut TablesByName,
) -> Result<(), DbErr> {
    for row in rows(connection, COLUMNS, [database.into()]).await? {
        let mut found = ColumnRow::read(&row)?;
        let Some(table) = tables.get_mut(&found.table) else { continue };
        if found.collation.as_deref() == Some(JSON_COLLATION) && checks.is_json(&found.table, &found.name) {
            found.column_type = "json".to_owned();
            found.collation = None;
        }
        if found.has_default_unreported() {
            let definition = definition::read(connection, database, &found.table).await?;
            found.default = definition::default_of(&definition, &found.name).map(str::to_owned);
        }
        found.collation = found.collation.filter(|own| table.collation.as_ref() != Some(own));
        table.table.columns.push(found.column(place.server));
    }
    Ok(())
}

/// A row of the catalogue: one column.
struct ColumnRow {
    table: String,
    name: String,
    column_type: String,
    nullable: bool,
    default: Option<String>,
    extra: String,
    generation: String,
    collation: Option<String>,
    comment: Option<String>,
}

impl ColumnRow {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut cells = RowReader::of(row);
        Ok(Self {
            table: cells.take()?,
            name: cells.take()?,
            column_type: cells.take()?,
            nullable: cells.take::<i64>()? == 1,
            default: cells.take()?,
            extra: cells.take::<String>()?.to_lowercase(),
            generation: cells.take::<Option<_>>()?.unwrap_or_default(),
            collation: cells.take()?,
            comment: cells.take::<Option<String>>()?.filter(|comment| !comment.is_empty()),
        })
    }

    /// The properties that are not compared.
    fn options(&self) -> KeptOptions {
        const OPTIONS: [&str; 2] = ["invisible", "without system versioning"];
        let found = OPTIONS.into_iter().filter(|option| self.extra.contains(option));
        KeptOptions(found.map(str::to_ascii_uppercase).collect::<Vec<_>>().join(" "))
    }

    fn column(self, server: ServerFlavor) -> Column {
        let (generated, options) = (self.generated(), self.options());
        Column {
            nullable: self.nullable,
            default: if generated.is_some() { None } else { self.default_expression(server) },
            generated,
            auto_increment: self.extra.contains("auto_increment").then_some(AutoIncrement::Counter),
            on_update: self.extra.split_once("on update ").map(|(_, moment)| expression::of(moment)),
            collation: self.collation,
            comment: self.comment,
            options,
            ..Column::new(
                self.name.clone(),
                SqlType { kind: column_type::of(&self.name, &self.column_type), text: self.column_type },
            )
        }
    }

    /// Whether the catalogue reports a default, but not its value. MySQL does so for a default that was set with `ALTER
    /// COLUMN … SET DEFAULT (…)`, until the next change of the table.
    fn has_default_unreported(&self) -> bool {
        self.default.is_none() && self.extra.contains("default_generated")
    }

    /// The expression of a generated column. MySQL also reports `DEFAULT_GENERATED`, for a default.
    fn generated(&self) -> Option<Generated> {
        let stored = ["stored generated", "persistent"].iter().any(|word| self.extra.contains(word));
        (stored || self.extra.contains("virtual generated")).then(|| {
            let text = expression::unescaped(&self.generation);
            Generated { expression: expression::of(without_parentheses(&text, SqlDialect::MySql)), stored }
        })
    }

    fn default_expression(&self, server: ServerFlavor) -> Option<Expression> {
        let default = self.default.as_deref()?;
        if server == ServerFlavor::MariaDb {
            return (default != "NULL").then(|| expression::of(default));
        }
        let is_expression = self.extra.contains("default_generated");
        Some(expression::of(&expression::default_of_mysql(default, &self.column_type, is_expression)))
    }
}
