//! The existence queries of `SchemaManager`.

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, ObjectName, Query,
    Select, SelectItem, SetExpr, Statement, TableFactor, Value,
};

use super::{SqlDialect, functions, names};

/// The column aliases of existence queries.
const ALIASES: [&str; 3] = ["has_table", "has_column", "has_index"];

/// Whether a statement is `SELECT COUNT(*) > 0 AS has_table` or a similar query of one table of the catalogue, which
/// returns one row of one column.
pub(super) fn is_probe(statement: &Statement, dialect: SqlDialect) -> bool {
    let Statement::Query(query) = statement else { return false };
    let Some(select) = plain_select(query) else { return false };
    let [SelectItem::ExprWithAlias { expr, alias }] = select.projection.as_slice() else { return false };
    ALIASES.contains(&alias.value.as_str()) && is_count(expr) && is_from_catalogue(select, dialect)
}

/// The `SELECT` of a query that has no other clause, and at most one source.
fn plain_select(query: &Query) -> Option<&Select> {
    let is_plain = query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.locks.is_empty();
    let SetExpr::Select(select) = &*query.body else { return None };
    let is_grouped =
        !matches!(&select.group_by, GroupByExpr::Expressions(by, modifiers) if by.is_empty() && modifiers.is_empty());
    let is_bare = select.having.is_none()
        && select.into.is_none()
        && select.qualify.is_none()
        && !is_grouped
        && matches!(select.distinct, None | Some(Distinct::All))
        && select.from.len() == 1
        && select.from.iter().all(|from| from.joins.is_empty());
    (is_plain && is_bare).then_some(select)
}

/// `COUNT(*) > 0`
fn is_count(expression: &Expr) -> bool {
    let Expr::BinaryOp { left, op: BinaryOperator::Gt, right } = expression else { return false };
    let is_zero =
        matches!(&**right, Expr::Value(value) if matches!(&value.value, Value::Number(text, _) if text == "0"));
    let Expr::Function(function) = &**left else { return false };
    let FunctionArguments::List(list) = &function.args else { return false };
    is_zero
        && function.name.to_string().eq_ignore_ascii_case("count")
        && function.over.is_none()
        && matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
}

/// Whether a `SELECT` reads only the catalogue, itself or in the one query that it reads from.
fn is_from_catalogue(select: &Select, dialect: SqlDialect) -> bool {
    match select.from.first().map(|from| &from.relation) {
        Some(TableFactor::Table { name, .. }) => is_catalogue(name, dialect),
        Some(TableFactor::Derived { subquery, .. }) => {
            plain_select(subquery).is_some_and(|inner| is_from_catalogue(inner, dialect))
        }
        _ => false,
    }
}

/// Whether a table is one of the catalogue.
fn is_catalogue(name: &ObjectName, dialect: SqlDialect) -> bool {
    is_catalogue_table(&names::of_object(name, dialect), dialect)
}

/// Whether the name of a table, as in [`StatementFacts::reads`](super::StatementFacts::reads), is one of the catalogue.
pub(crate) fn is_catalogue_table(name: &str, dialect: SqlDialect) -> bool {
    let name = name.to_lowercase();
    let is_builtin = |name: &str| functions::effect(name, dialect) == functions::FunctionEffect::Pure;
    const VIEWS: [&str; 5] = ["pg_indexes", "pg_tables", "pg_views", "pg_class", "pg_attribute"];
    let bare = name.rsplit('.').next().unwrap_or_default();
    match dialect {
        SqlDialect::Sqlite => {
            ["sqlite_master", "sqlite_schema"].contains(&bare) || bare.starts_with("pragma_") && is_builtin(bare)
        }
        SqlDialect::Postgres => {
            name.starts_with("information_schema.") || name.starts_with("pg_catalog.") || VIEWS.contains(&name.as_str())
        }
        SqlDialect::MySql => name.starts_with("information_schema."),
    }
}
