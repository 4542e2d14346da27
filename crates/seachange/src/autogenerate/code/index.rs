//! Indexes.

use sea_orm::DbBackend;

use super::portable::{BackendRequirement, POSTGRES, SQLITE, expression, under};
use super::sql::{list, qualified, quoted, statement};
use super::{CodeNode, SchemaCall, portable};
use crate::schema::{Index, IndexKey, IndexPart, TableName};

/// Creates an index.
pub(super) fn create(table: &TableName, index: &Index, backend: DbBackend) -> CodeNode {
    let code = if is_said_by_builder(table, index, backend) {
        CodeNode::Call(SchemaCall::CreateIndex { table: table.clone(), index: index.clone() })
    } else {
        statement(create_statement(table, index, backend))
    };
    under(needs(table, index, backend), code)
}

/// Drops an index.
pub(super) fn drop(table: &TableName, index: &str, backend: DbBackend) -> CodeNode {
    if is_named_safely(index) && !(backend == DbBackend::MySql && table.schema.is_some()) {
        return CodeNode::Call(SchemaCall::DropIndex { table: table.clone(), name: index.to_owned() });
    }
    let sql = match backend {
        DbBackend::MySql => format!("DROP INDEX {} ON {}", quoted(backend, index), qualified(backend, table)),
        // An index is in the schema of its table.
        _ => format!("DROP INDEX {}", qualified(backend, &TableName { name: index.to_owned(), ..table.clone() })),
    };
    under(quotes(backend), statement(sql))
}

/// Says whether a name has no quotes in it. sea-query does not escape names, and PostgreSQL and MySQL quote
/// differently.
fn is_named_safely(name: &str) -> bool {
    !name.contains(['"', '`'])
}

fn quotes(backend: DbBackend) -> Option<BackendRequirement> {
    Some(portable::own(backend, "this way to quote names"))
}

fn needs(table: &TableName, index: &Index, backend: DbBackend) -> Option<BackendRequirement> {
    const NOT_MYSQL: &[DbBackend] = &[DbBackend::Postgres, DbBackend::Sqlite];
    const NOT_SQLITE: &[DbBackend] = &[DbBackend::Postgres, DbBackend::MySql];
    let has_expressions = index.parts.iter().any(|part| matches!(part.key, IndexKey::Expression(_)));
    if !is_said_by_builder(table, index, backend) {
        return Some(match backend {
            DbBackend::Postgres => (POSTGRES, "this kind of index"),
            DbBackend::MySql => (portable::MYSQL, "this kind of index"),
            // PostgreSQL accepts the same text.
            _ if index.parts.iter().all(|part| part.collation.is_none()) => (NOT_MYSQL, "this kind of index"),
            _ => (SQLITE, "this kind of index"),
        });
    }
    let texts = index.predicate.iter().chain(index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(text) => Some(text),
        IndexKey::Column(_) => None,
    }));
    if let Some(needs) = texts.into_iter().find_map(|text| expression(&text.text, backend)) {
        return Some(needs);
    }
    match index.method.as_deref() {
        Some("hash") | None => {}
        Some(_) if backend == DbBackend::MySql => return Some((portable::MYSQL, "this index method")),
        Some(_) => return Some((POSTGRES, "this index method")),
    }
    if !index.include.is_empty()
        || index.nulls_not_distinct
        || index.parts.iter().any(|part| part.operator_class.is_some())
    {
        return Some((POSTGRES, "this kind of index"));
    }
    if index.predicate.is_some() {
        return Some((NOT_MYSQL, "partial indexes"));
    }
    (has_expressions || index.method.is_some()).then_some((NOT_SQLITE, "this kind of index"))
}

/// Says whether sea-query can express the whole index, and writes it correctly.
fn is_said_by_builder(table: &TableName, index: &Index, backend: DbBackend) -> bool {
    let is_known = match index.method.as_deref() {
        None | Some("hash") => true,
        Some("fulltext") => backend == DbBackend::MySql,
        Some(_) => backend == DbBackend::Postgres,
    };
    // sea-query panics on a qualified table on MySQL.
    let is_in_reach = table.schema.is_none() || backend == DbBackend::Postgres;
    is_known
        && is_in_reach
        && index.options.is_empty()
        && is_named_safely(&index.name)
        && index.parts.iter().all(|part| is_part_said(part, backend))
}

fn is_part_said(part: &IndexPart, backend: DbBackend) -> bool {
    let is_expression = matches!(part.key, IndexKey::Expression(_));
    part.nulls_first.is_none()
        && part.collation.is_none()
        // sea-query writes the operator class after the order, and a prefix and an order for columns only.
        && !(part.operator_class.is_some() && part.descending)
        // sea-query panics on an expression on SQLite.
        && !(is_expression && backend == DbBackend::Sqlite)
}

fn create_statement(table: &TableName, index: &Index, backend: DbBackend) -> String {
    let is_mysql = backend == DbBackend::MySql;
    let unique = if index.unique { "UNIQUE " } else { "" };
    let kind = match index.method.as_deref() {
        Some(method @ ("fulltext" | "spatial")) if is_mysql => format!("{} ", method.to_ascii_uppercase()),
        _ => String::new(),
    };
    let method = match index.method.as_deref() {
        Some(method) if kind.is_empty() => format!(" USING {method}"),
        _ => String::new(),
    };
    let parts: Vec<_> = index.parts.iter().map(|part| self::part(part, backend)).collect();
    let mut sql =
        format!("CREATE {unique}{kind}INDEX {} ON {}", quoted(backend, &index.name), qualified(backend, table));
    sql +=
        &if is_mysql { format!(" ({}){method}", parts.join(", ")) } else { format!("{method} ({})", parts.join(", ")) };
    if !index.include.is_empty() {
        sql += &format!(" INCLUDE ({})", list(&index.include));
    }
    if index.nulls_not_distinct {
        sql += " NULLS NOT DISTINCT";
    }
    sql += &index.options.clause();
    if let Some(predicate) = &index.predicate {
        sql += &format!(" WHERE {}", predicate.text);
    }
    sql
}

fn part(part: &IndexPart, backend: DbBackend) -> String {
    let mut sql = match &part.key {
        IndexKey::Column(column) => quoted(backend, column),
        IndexKey::Expression(expression) => format!("({})", expression.text),
    };
    if let Some(length) = part.length {
        sql += &format!("({length})");
    }
    if let Some(collation) = &part.collation {
        sql += &format!(" COLLATE {}", super::column::collation(collation, backend));
    }
    if let Some(class) = &part.operator_class {
        sql += &format!(" {class}");
    }
    if part.descending {
        sql += " DESC";
    }
    match part.nulls_first {
        Some(true) => sql += " NULLS FIRST",
        Some(false) => sql += " NULLS LAST",
        None => {}
    }
    sql
}
