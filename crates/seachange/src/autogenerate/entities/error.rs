//! Why entities describe no schema.

use sea_orm::DbErr;

use crate::alter::AlterError;
use crate::schema::TableName;

/// Entities that describe no schema on the database at hand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntityError {
    /// Two entities stand for one table.
    #[error("two entities stand for table `{table}`")]
    Duplicate {
        /// The table.
        table: TableName,
    },
    /// The database has no such type, or cannot number rows by it.
    #[error("{0}")]
    Column(#[source] AlterError),
    /// The database has no schemas that an entity could name.
    #[error("table `{table}` is in a schema, which only PostgreSQL can compare")]
    Schema {
        /// The table.
        table: TableName,
    },
    /// Two columns are of enumerated types with one name and different values.
    #[error("the enumerated type `{name}` has different values in different entities")]
    Enumeration {
        /// The name of the type.
        name: String,
    },
    /// An index that is declared has no name.
    #[error("an index that is declared for table `{table}` has no name")]
    UnnamedIndex {
        /// The table.
        table: TableName,
    },
    /// The database refused the table of an entity.
    #[error("the database refuses what the entities describe: {reason}")]
    Refused {
        /// What it said.
        reason: String,
        /// The whole of it.
        #[source]
        source: DbErr,
    },
}
