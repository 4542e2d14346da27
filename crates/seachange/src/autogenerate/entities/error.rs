//! Why entities do not describe a valid schema.

use sea_orm::DbErr;

use crate::alter::AlterError;
use crate::schema::TableName;

/// Why entities do not describe a schema that the database can have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntityError {
    /// Two entities map to the same table.
    #[error("two entities map to table `{table}`")]
    Duplicate {
        /// The table.
        table: TableName,
    },
    /// The database does not have the type, or cannot number rows by it.
    #[error("{0}")]
    Column(#[source] AlterError),
    /// An entity names a schema, which is supported on PostgreSQL only.
    #[error("table `{table}` is in a named schema, and named schemas are compared on PostgreSQL only")]
    Schema {
        /// The table.
        table: TableName,
    },
    /// Two columns have enumerated types with the same name and different values.
    #[error("the enumerated type `{name}` has different values in different entities")]
    Enumeration {
        /// The name of the type.
        name: String,
    },
    /// A declared index has no name.
    #[error("an index that is declared for table `{table}` has no name")]
    UnnamedIndex {
        /// The table.
        table: TableName,
    },
    /// The database refused the table of an entity.
    #[error("the database refuses what the entities describe: {reason}")]
    Refused {
        /// The reason that the database gave.
        reason: String,
        /// The error of the database.
        #[source]
        source: DbErr,
    },
}
