//! Objects that are neither tables nor parts of tables, as the SQL of their database.

use sea_orm::DbBackend;

use super::sql::statement;
use super::{CodeNode, SchemaCall, portable};
use crate::autogenerate::object_alterations::alterations;
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::{DatabaseObject, ObjectKind};
use crate::sql::{self, SqlDialect};

pub(super) fn create(object: &DatabaseObject, backend: DbBackend) -> CodeNode {
    let statements = object.create.iter().cloned();
    if backend == DbBackend::Postgres && object.create.first().is_some_and(|text| may_come_too_early(text)) {
        let [off, reset] = ["SET check_function_bodies = off", "RESET check_function_bodies"].map(str::to_owned);
        return only(backend, [off].into_iter().chain(statements).chain([reset]));
    }
    only(backend, statements)
}

/// Whether the body of a function of PostgreSQL may name what does not exist when the function is created: the catalogue does
/// not say on what a body depends that is a text.
fn may_come_too_early(definition: &str) -> bool {
    let Some(body) = body(definition) else { return false };
    match definition.lines().find_map(|line| line.trim_start().strip_prefix("LANGUAGE ")) {
        Some("sql") => true,
        // The types of its variables have to exist.
        Some("plpgsql") => sql::words(body, SqlDialect::Postgres).iter().any(|word| word == "DECLARE"),
        _ => false,
    }
}

/// The body of a function as `pg_get_functiondef` writes it.
fn body(definition: &str) -> Option<&str> {
    let (tag, rest) = definition.split_once("\nAS $")?.1.split_once('$')?;
    rest.rsplit_once(&format!("${tag}$")).map(|(body, _)| body)
}

/// Turns an object into another one of the same name.
pub(super) fn replace(from: &DatabaseObject, to: &DatabaseObject, backend: DbBackend) -> CodeNode {
    match alterations(from, to) {
        Some(statements) => only(backend, statements),
        None => create(to, backend),
    }
}

/// Drops an object, unless it ends with its table, which one of the later operations drops.
pub(super) fn drop(object: &DatabaseObject, later: &[SchemaOperation], backend: DbBackend) -> Option<CodeNode> {
    // A partition ends with its table, or with the partition of which it is one.
    let drops_table = |operation: &SchemaOperation| match operation {
        SchemaOperation::DropTable(table) => object.name.owner.as_ref() == Some(&table.name),
        SchemaOperation::DropObject(other) => {
            other.name.kind == ObjectKind::Partition && object.name.owner.as_ref() == Some(&other.name.name)
        }
        _ => false,
    };
    let only_describes = object.name.kind.is_attached()
        || matches!(object.name.kind, ObjectKind::RowLevelSecurity | ObjectKind::Partition);
    let ends_with_table = only_describes && later.iter().any(drops_table);
    let statements: Vec<String> = match ends_with_table {
        // The table that it refers to may be dropped first.
        true => object.create.iter().filter_map(|text| without_foreign_key(text)).collect(),
        false => Some(object.drop.clone()).filter(|drop| !drop.is_empty()).into_iter().collect(),
    };
    (!statements.is_empty()).then(|| only(backend, statements))
}

/// The statement that drops the foreign key which another statement adds to a partition.
fn without_foreign_key(statement: &str) -> Option<String> {
    let (table, constraint) = statement.split_once(" ADD CONSTRAINT ")?;
    let (name, _) = constraint.split_once(" FOREIGN KEY (")?;
    table.starts_with("ALTER TABLE ").then(|| format!("{table} DROP CONSTRAINT {name}"))
}

/// Statements in the words of one database system.
fn only(backend: DbBackend, statements: impl IntoIterator<Item = String>) -> CodeNode {
    let (databases, lacking) = portable::own(backend, "this definition of an object");
    CodeNode::Only { databases, lacking, code: statements.into_iter().map(statement).collect() }
}

/// Removes the statements that set a mode again that is still set, or that set a mode for no statement.
pub(super) fn merge_modes(node: &mut CodeNode) {
    let CodeNode::Only { code, .. } = node else { return };
    let mut kept: Vec<CodeNode> = Vec::with_capacity(code.len());
    let mut mode = None;
    for node in std::mem::take(code) {
        let Some(new) = mode_of(&node).map(str::to_owned) else {
            kept.push(node);
            continue;
        };
        if kept.last().and_then(mode_of).is_some() {
            kept.pop();
            mode = kept.iter().rev().find_map(mode_of).map(str::to_owned);
        }
        if mode.as_ref() != Some(&new) {
            mode = Some(new);
            kept.push(node);
        }
    }
    *code = kept;
}

/// The mode that a statement sets.
fn mode_of(node: &CodeNode) -> Option<&str> {
    match node {
        CodeNode::Call(SchemaCall::Sql(sql)) => sql.strip_prefix("SET SESSION sql_mode = "),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::{CodeNode, SchemaCall, may_come_too_early, merge_modes, only};

    #[test]
    fn bodies_that_name_tables_are_not_checked_at_once() {
        let of = |language: &str, body: &str| {
            may_come_too_early(&format!(
                "CREATE OR REPLACE FUNCTION f(a integer)\n RETURNS integer\n LANGUAGE {language}\n IMMUTABLE\nAS $function${body}$function$"
            ))
        };
        assert!(of("sql", "SELECT count(*) FROM posts"));
        assert!(of("sql", "DELETE FROM posts"));
        assert!(of("sql", "SELECT another(a)"));
        assert!(of("sql", "SELECT NULL::a_view IS NULL"));
        assert!(of("plpgsql", "DECLARE p posts%RowType; BEGIN RETURN 1; END"));
        assert!(!of("plpgsql", "BEGIN RETURN (SELECT count(*) FROM posts); END"));
        assert!(!may_come_too_early("CREATE FUNCTION f()\n LANGUAGE sql\nBEGIN ATOMIC\n SELECT 1;\nEND"));
    }

    #[test]
    fn a_mode_is_set_once() {
        let merged = |statements: &[&str]| {
            let mut node = only(DbBackend::MySql, statements.iter().map(|sql| (*sql).to_owned()));
            merge_modes(&mut node);
            let CodeNode::Only { code, .. } = node else { return Vec::new() };
            let text = |node: CodeNode| match node {
                CodeNode::Call(SchemaCall::Sql(sql)) => sql.replace("SET SESSION sql_mode = ", "SET "),
                _ => String::new(),
            };
            code.into_iter().map(text).collect()
        };
        let [a, b] = ["SET SESSION sql_mode = 'A'", "SET SESSION sql_mode = 'B'"];
        assert_eq!(merged(&[a, "f", b, a, "g", b]), ["SET 'A'", "f", "g", "SET 'B'"]);
        assert_eq!(merged(&[a, "f", b, "v", a, "g", b]), ["SET 'A'", "f", "SET 'B'", "v", "SET 'A'", "g", "SET 'B'"]);
        assert_eq!(merged(&["f"]), ["f"]);
    }
}
