//! Changes of a column on PostgreSQL, where each property has its own clause.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, ColumnSpec, ColumnType, PostgresQueryBuilder, TableBuilder, TableName};

use super::statements::comment_of;
use crate::alter::clause::{column, literal, quoted, quoted_table, written};
use crate::alter::error::AlterError;
use crate::alter::operation::text;

const POSTGRES: DbBackend = DbBackend::Postgres;

/// Writes the statements that change a column to `new`. With `keeps_type` they leave the type out.
pub(super) fn modify_column(table: &TableName, new: &ColumnDef, keeps_type: bool) -> Result<Vec<String>, AlterError> {
    // Called for its error about a type that the database does not have.
    column(POSTGRES, &text(&table.1), new)?;
    let spec = new.get_column_spec();
    let refused =
        |reason| AlterError::UnsupportedChange { table: text(&table.1), column: new.get_column_name(), reason };
    if spec.check.is_some() {
        return Err(refused("a check is added with `add_check`"));
    }
    if spec.generated.is_some() {
        return Err(refused("it cannot become a generated column; drop it and add it again"));
    }
    let new_type = new.get_column_type().filter(|_| !keeps_type);
    let clauses = clauses(&new.get_column_name(), new_type, spec);
    let alter =
        (!clauses.is_empty()).then(|| format!("ALTER TABLE {} {}", quoted_table(POSTGRES, table), clauses.join(", ")));
    Ok(alter.into_iter().chain(comment_of(table, new)).collect())
}

/// Writes the statement that sets the comment of a column.
pub(super) fn column_comment(table: &TableName, column: &str, comment: &str) -> String {
    let (table, column) = (quoted_table(POSTGRES, table), quoted(POSTGRES, column));
    let comment = if comment.is_empty() { "NULL".to_owned() } else { literal(POSTGRES, comment) };
    format!("COMMENT ON COLUMN {table}.{column} IS {comment}")
}

/// Writes the clauses. sea-query would write them too, but it appends `USING` and the extra words to the last clause,
/// whatever that clause is.
fn clauses(name: &str, new_type: Option<&ColumnType>, spec: &ColumnSpec) -> Vec<String> {
    let name = quoted(POSTGRES, name);
    let mut clauses = Vec::new();
    let mut alter = |clause: String| clauses.push(format!("ALTER COLUMN {name} {clause}"));
    if let Some(column_type) = new_type {
        if spec.default.is_some() {
            // The old default may not be valid for the new type.
            alter("DROP DEFAULT".to_owned());
        }
        alter(set_type(column_type, spec));
    }
    if let Some(nullable) = spec.nullable {
        alter(if nullable { "DROP NOT NULL" } else { "SET NOT NULL" }.to_owned());
    }
    if let Some(default) = &spec.default {
        alter(format!("SET DEFAULT {}", written(POSTGRES, default)));
    }
    if spec.unique {
        clauses.push(format!("ADD UNIQUE ({name})"));
    }
    if spec.primary_key {
        clauses.push(format!("ADD PRIMARY KEY ({name})"));
    }
    clauses
}

fn set_type(column_type: &ColumnType, spec: &ColumnSpec) -> String {
    let mut clause = "TYPE ".to_owned();
    TableBuilder::prepare_column_type(&PostgresQueryBuilder, column_type, &mut clause);
    if let Some(extra) = &spec.extra {
        clause = format!("{clause} {extra}");
    }
    match &spec.using {
        Some(using) => format!("{clause} USING {}", written(POSTGRES, using)),
        None => clause,
    }
}
