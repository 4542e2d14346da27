//! Replacements for operations that sea-query does not support for a database. sea-query panics there, with a text
//! that contains neither the revision nor a solution.
//!
//! Pure: the hint depends only on the text and the place of the panic. The texts are those of sea-query 1.0.2.

/// Returns what to write instead, if sea-query panicked because a database does not support an operation.
pub(super) fn hint(panic: &str, location: Option<&str>) -> Option<String> {
    let panic = panic.strip_prefix("not implemented: ").unwrap_or(panic);
    if let Some((column_type, database)) = unavailable_type(panic) {
        return Some(instead_of_type(column_type, database));
    }
    let said = by_text(panic).or_else(|| by_place(panic, &location?.replace('\\', "/")));
    said.map(str::to_owned)
}

/// The panics whose texts name the operation.
fn by_text(panic: &str) -> Option<&'static str> {
    Some(match panic {
        "Sqlite does not support modification of foreign key constraints to existing tables" => {
            "SQLite needs the table rebuilt for this: write `alter(manager, \"TABLE\").add_foreign_key(KEY).apply().await?`, or \
             `.drop_foreign_key(\"NAME\")`, which work on every database"
        }
        "Sqlite not support modifying table column" => {
            "SQLite needs the table rebuilt for this: write `alter(manager, \"TABLE\").modify_column(COLUMN).apply().await?`, which \
             works on every database"
        }
        "Sqlite does not support dropping constraints from existing tables" => {
            "SQLite needs the table rebuilt for this: write `alter(manager, \"TABLE\").drop_unique(\"NAME\").apply().await?`, or \
             `.drop_check`, `.drop_foreign_key`, `.drop_primary_key`, which work on every database"
        }
        "Sqlite doesn't support multiple alter options" => {
            "SQLite makes one change a statement: write `alter(manager, \"TABLE\").add_column(COLUMN).drop_column(\"NAME\").apply().await?`, \
             which makes several on every database"
        }
        "Sqlite doesn't support TRUNCATE statement" => {
            "SQLite has no TRUNCATE: write `manager.execute(Query::delete().from_table(\"TABLE\").take()).await?`"
        }
        "No alter option found" => {
            "the `Table::alter()` says no change: add one, such as `.add_column(COLUMN)`, or leave the statement out"
        }
        "Operator 'ANY' doesnot support" | "Operator 'SOME' doesnot support" | "Operator 'ALL' doesnot support" => {
            "SQLite has no ANY, SOME and ALL: write `.in_subquery(QUERY)`, or `Expr::exists(QUERY)` with the comparison in the query"
        }
        "Mysql does not support IF EXISTS for DROP INDEX" => {
            "MySQL has no IF EXISTS here: ask with `manager.has_index(\"TABLE\", \"NAME\").await?` before"
        }
        "Mysql does not support FULL OUTER JOIN" => {
            "MySQL has no FULL OUTER JOIN: write a UNION of a left and a right join"
        }
        "TableRef with values is not support" => {
            "the statement takes the plain name of a table, not a query or a list of values"
        }
        _ => return None,
    })
}

/// The panics whose texts say only that something is not supported; the source file of sea-query identifies the
/// operation.
fn by_place(panic: &str, location: &str) -> Option<&'static str> {
    let is_in = |crate_name: &str, file: &str| location.contains(crate_name) && location.contains(file);
    let is_silent = ["Not supported", "not implemented"].contains(&panic);
    Some(match () {
        () if !is_silent => return None,
        () if is_in("sea-query", "/sqlite/index.rs") => {
            "an index on SQLite takes the plain name of a table, without a schema and an alias: `.table(\"TABLE\")`"
        }
        () if is_in("sea-query", "/index_builder.rs") => {
            "sea-query writes no expression into this index: write `manager.get_connection().execute_unprepared(\"CREATE INDEX ...\").await?`"
        }
        () if is_in("sea-query", "/foreign_key.rs") || is_in("sea-query", "/table_builder.rs") => {
            "the statement takes the plain name of a table, without an alias"
        }
        () if is_in("sea-query", "/query_builder.rs") => {
            "this function or operator is of another database: choose by `manager.get_database_backend()`, or write it with `Expr::cust`"
        }
        () if is_in("sea-orm", "/database/statement.rs") => {
            "types are objects of the schema on PostgreSQL only: do this only if `manager.get_database_backend()` names PostgreSQL; \
             elsewhere a column says its values itself (`enumeration`)"
        }
        () => return None,
    })
}

/// Parses `Year is not available in Sqlite.`
fn unavailable_type(panic: &str) -> Option<(&str, &str)> {
    let (column_type, database) = panic.strip_suffix('.')?.split_once(" is not available in ")?;
    let database = match database {
        "Sqlite" => "SQLite",
        "Postgres" => "PostgreSQL",
        database => database,
    };
    let is_word = column_type.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then_some((column_type, database))
}

fn instead_of_type(column_type: &str, database: &str) -> String {
    let instead = match column_type {
        "Array" | "Vector" => "`json(COLUMN)` holds a list",
        "Year" => "`small_integer(COLUMN)` holds a year",
        "Bit" | "VarBit" => "`binary_len(COLUMN, LENGTH)` holds bits",
        "Interval" => "`big_integer(COLUMN)` holds a number of seconds",
        _ => "`string(COLUMN)` holds its text",
    };
    format!(
        "{database} has no type `{column_type}`: {instead} on every database, or choose by `manager.get_database_backend()`"
    )
}

#[cfg(test)]
mod tests;
