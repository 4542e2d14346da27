//! Declarations that the attributes of entities cannot express.

use sea_orm::DbBackend;
use sea_orm::sea_query::IndexCreateStatement;

use crate::schema::TableName;

/// The declarations for a table, in addition to its entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Declarations {
    pub(super) checks: Vec<(String, String)>,
    pub(super) uniques: Vec<(String, Vec<String>)>,
    pub(super) indexes: Vec<IndexCreateStatement>,
    pub(super) comment: Option<String>,
    pub(super) column_comments: Vec<(String, String)>,
    pub(super) statements: Vec<(DbBackend, String)>,
    pub(super) renamed_from: Option<TableName>,
}
