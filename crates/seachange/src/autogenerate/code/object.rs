//! Objects that are neither tables nor parts of tables, as the SQL of their database.

use sea_orm::DbBackend;

use super::sql::statement;
use super::{CodeNode, SchemaCall, portable};
use crate::autogenerate::object_alterations::alterations;
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::{DatabaseObject, ObjectKind};

pub(super) fn create(object: &DatabaseObject, backend: DbBackend) -> CodeNode {
    only(backend, object.create.iter().cloned())
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
    let drops_table = |operation: &SchemaOperation| match operation {
        SchemaOperation::DropTable(table) => object.name.owner.as_ref() == Some(&table.name),
        _ => false,
    };
    let only_describes = object.name.kind.is_attached() || object.name.kind == ObjectKind::RowLevelSecurity;
    let ends_with_table = only_describes && later.iter().any(drops_table);
    (!ends_with_table && !object.drop.is_empty()).then(|| only(backend, [object.drop.clone()]))
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

    use super::{CodeNode, SchemaCall, merge_modes, only};

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
