//! SQL clauses that differ between the databases only in their quotes.
//!
//! sea-query writes the names of foreign keys without escaping them, and panics on a qualified referenced table on
//! MySQL. This module therefore writes the constraints itself, and quotes every name.

use sea_orm::DbBackend;
use sea_orm::sea_query::{
    ColumnDef, ColumnType, DatabaseName, Expr, ForeignKeyAction, MysqlQueryBuilder, PostgresQueryBuilder, QueryBuilder,
    SchemaName, SqliteQueryBuilder, TableBuilder, TableName,
};

use super::error::AlterError;
use super::operation::{NewForeignKey, table_name, text};
#[cfg(feature = "testing")]
use crate::schema;
use crate::schema::Deferrable;
use crate::sql::{SqlDialect, quoted_name as in_quotes};

/// Quotes a name.
pub(crate) fn quoted(backend: DbBackend, name: &str) -> String {
    in_quotes(SqlDialect::of(backend), name)
}

/// Quotes the name of a table with its schema and database.
pub(crate) fn quoted_table(backend: DbBackend, TableName(schema, table): &TableName) -> String {
    let mut parts = Vec::new();
    if let Some(SchemaName(database, schema)) = schema {
        if let Some(DatabaseName(database)) = database {
            parts.push(quoted(backend, &text(database)));
        }
        parts.push(quoted(backend, &text(schema)));
    }
    parts.push(quoted(backend, &text(table)));
    parts.join(".")
}

/// Quotes the name of an inspected table with its schema.
#[cfg(feature = "testing")]
pub(crate) fn quoted_name(backend: DbBackend, name: &schema::TableName) -> String {
    let table = quoted(backend, &name.name);
    match &name.schema {
        Some(schema) => format!("{}.{table}", quoted(backend, schema)),
        None => table,
    }
}

/// Quotes names, in a comma-separated list.
pub(crate) fn quoted_list(backend: DbBackend, names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(backend, name)).collect();
    names.join(", ")
}

/// Writes a named unique constraint.
pub(crate) fn unique(backend: DbBackend, name: &str, columns: &[String]) -> String {
    let (name, columns) = (quoted(backend, name), quoted_list(backend, columns));
    format!("CONSTRAINT {name} UNIQUE ({columns})")
}

/// Writes a named primary key.
pub(crate) fn primary_key(backend: DbBackend, name: &str, columns: &[String]) -> String {
    let (name, columns) = (quoted(backend, name), quoted_list(backend, columns));
    format!("CONSTRAINT {name} PRIMARY KEY ({columns})")
}

/// Writes a named check.
pub(crate) fn check(backend: DbBackend, name: &str, expression: &Expr) -> String {
    format!("CONSTRAINT {} CHECK ({})", quoted(backend, name), written(backend, expression))
}

/// Writes an expression.
pub(crate) fn written(backend: DbBackend, expression: &Expr) -> String {
    let mut sql = String::new();
    match backend {
        DbBackend::MySql => MysqlQueryBuilder.prepare_expr(expression, &mut sql),
        DbBackend::Postgres => PostgresQueryBuilder.prepare_expr(expression, &mut sql),
        _ => SqliteQueryBuilder.prepare_expr(expression, &mut sql),
    }
    sql
}

/// Writes a text as a string literal.
pub(crate) fn literal(backend: DbBackend, text: &str) -> String {
    match backend {
        DbBackend::MySql => MysqlQueryBuilder.value_to_string(&text.into()),
        DbBackend::Postgres => PostgresQueryBuilder.value_to_string(&text.into()),
        _ => SqliteQueryBuilder.value_to_string(&text.into()),
    }
}

/// Writes a named foreign key of `table`.
///
/// # Errors
///
/// The key has no name, belongs to another table, does not name what it refers to, or the database cannot defer it or set
/// some of its columns.
pub(crate) fn foreign_key(backend: DbBackend, table: &TableName, new: &NewForeignKey) -> Result<String, AlterError> {
    let (own, key) = (text(&table.1), &new.key);
    let Some(name) = key.get_name().filter(|name| !name.is_empty()) else {
        return Err(AlterError::UnnamedForeignKey { table: own, columns: key.get_columns() });
    };
    if let Some(other) = key.get_table().and_then(table_name).filter(|other| text(&other.1) != own) {
        return Err(AlterError::ForeignKeyOfOtherTable { table: own, name: name.to_owned(), other: text(&other.1) });
    }
    let (columns, parent_columns) = (key.get_columns(), key.get_ref_columns());
    let parent = key.get_ref_table().and_then(table_name);
    let Some(parent) = parent.filter(|_| !columns.is_empty() && !parent_columns.is_empty()) else {
        return Err(AlterError::IncompleteForeignKey { table: own, name: name.to_owned() });
    };
    if new.deferrable.is_some() && backend == DbBackend::MySql {
        return Err(AlterError::NotDeferrable { table: own, name: name.to_owned(), database: database_name(backend) });
    }
    if !new.on_delete_columns.is_empty() && backend != DbBackend::Postgres {
        return Err(AlterError::SetsAllColumns { table: own, name: name.to_owned(), database: database_name(backend) });
    }
    // In SQLite a foreign key refers to a table of the same database file, and the syntax has no schema.
    let parent = match backend {
        DbBackend::Sqlite => quoted(backend, &text(&parent.1)),
        _ => quoted_table(backend, parent),
    };
    Ok(format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {parent} ({}){}{}{}{}",
        quoted(backend, name),
        quoted_list(backend, &columns),
        quoted_list(backend, &parent_columns),
        action(" ON DELETE ", key.get_on_delete()),
        match new.on_delete_columns.as_slice() {
            [] => String::new(),
            columns => format!(" ({})", quoted_list(backend, columns)),
        },
        action(" ON UPDATE ", key.get_on_update()),
        deferrable(new.deferrable),
    ))
}

fn deferrable(deferrable: Option<Deferrable>) -> &'static str {
    match deferrable {
        None => "",
        Some(Deferrable::Immediate) => " DEFERRABLE INITIALLY IMMEDIATE",
        Some(Deferrable::Deferred) => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn action(clause: &str, action: Option<ForeignKeyAction>) -> String {
    let action = match action {
        None => return String::new(),
        Some(ForeignKeyAction::Restrict) => "RESTRICT",
        Some(ForeignKeyAction::Cascade) => "CASCADE",
        Some(ForeignKeyAction::SetNull) => "SET NULL",
        Some(ForeignKeyAction::SetDefault) => "SET DEFAULT",
        Some(_) => "NO ACTION",
    };
    format!("{clause}{action}")
}

/// Writes a column definition.
///
/// # Errors
///
/// The database does not have the type. sea-query would panic on it.
pub(crate) fn column(backend: DbBackend, table: &str, column: &ColumnDef) -> Result<String, AlterError> {
    if let Some(column_type) = column.get_column_type().filter(|of| !is_supported(backend, of, column)) {
        return Err(AlterError::UnsupportedType {
            table: table.to_owned(),
            column: column.get_column_name(),
            column_type: format!("{column_type:?}"),
            database: database_name(backend),
        });
    }
    let mut sql = String::new();
    match backend {
        DbBackend::MySql => MysqlQueryBuilder.prepare_column_def(column, &mut sql),
        DbBackend::Postgres => PostgresQueryBuilder.prepare_column_def(column, &mut sql),
        _ => SqliteQueryBuilder.prepare_column_def(column, &mut sql),
    }
    Ok(sql)
}

/// Returns whether sea-query can write the type for the database. It panics on a type that it cannot write.
fn is_supported(backend: DbBackend, column_type: &ColumnType, column: &ColumnDef) -> bool {
    use ColumnType::{
        Array, BigInteger, Bit, Cidr, Inet, Integer, Interval, LTree, MacAddr, SmallInteger, VarBit, Vector, Year,
    };
    match backend {
        DbBackend::Postgres => match column_type {
            Year => false,
            SmallInteger | Integer | BigInteger => true,
            _ => !column.get_column_spec().auto_increment,
        },
        DbBackend::MySql => !matches!(column_type, Array(_) | Vector(_) | Cidr | Inet | MacAddr | LTree | Interval(..)),
        _ => !matches!(
            column_type,
            Array(_) | Vector(_) | Cidr | Inet | MacAddr | LTree | Interval(..) | Year | Bit(_) | VarBit(_)
        ),
    }
}

/// Returns the name of the database system in its official spelling.
pub(crate) fn database_name(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::MySql => "MySQL",
        DbBackend::Postgres => "PostgreSQL",
        _ => "SQLite",
    }
}
