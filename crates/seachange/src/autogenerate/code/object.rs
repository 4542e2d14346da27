//! Objects that are neither tables nor parts of tables, as the SQL of their database.

use sea_orm::DbBackend;

use super::CodeNode;
use super::sql::statement;
use crate::schema::DatabaseObject;

pub(super) fn create(object: &DatabaseObject, backend: DbBackend) -> CodeNode {
    only(backend, object.create.iter().cloned())
}

pub(super) fn drop(object: &DatabaseObject, backend: DbBackend) -> CodeNode {
    only(backend, [object.drop.clone()])
}

/// Statements in the words of one database system.
fn only(backend: DbBackend, statements: impl IntoIterator<Item = String>) -> CodeNode {
    let databases: &'static [DbBackend] = match backend {
        DbBackend::Postgres => &[DbBackend::Postgres],
        DbBackend::MySql => &[DbBackend::MySql],
        _ => &[DbBackend::Sqlite],
    };
    let code = statements.into_iter().map(statement).collect();
    CodeNode::Only { databases, lacking: "this definition of an object", code }
}
