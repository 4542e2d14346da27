//! Why a database and entities cannot be compared.

use sea_orm::DbErr;

use crate::alter::AlterError;
use crate::connection::ConnectError;
use crate::database_error::full_reason;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::database_error::has_code;
#[cfg(feature = "mysql")]
use crate::database_error::mysql_number;
use crate::error::Error;
use crate::schema::TableName;

/// Why a database and entities cannot be compared. The compared database is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AutogenerateError {
    /// The entities do not describe a valid schema.
    #[error(transparent)]
    Entities(#[from] EntityError),
    /// The scratch schema in which the tables of the entities are built cannot be used.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A revision failed on the empty scratch database.
    #[error("the revisions cannot be replayed: {0}")]
    Replay(#[source] Box<Error>),
    /// The schema cannot be copied, so the operations cannot be verified.
    #[error("the steps cannot be verified on a scratch copy: {reason}")]
    Copy {
        /// The reason.
        reason: String,
    },
    /// The database refuses one of the operations.
    #[error("the database refuses the steps: {}", full_reason(.0))]
    Statement(#[source] DbErr),
    /// The catalogue cannot be read.
    #[error("cannot read the schema: {}", full_reason(.0))]
    Inspect(#[source] DbErr),
}

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
    /// The database refused a declared object.
    #[error("the database refuses {object}: {reason}")]
    RefusedObject {
        /// The object: its name, or the beginning of its statement.
        object: String,
        /// The reason that the database gave.
        reason: String,
        /// The error of the database.
        #[source]
        source: DbErr,
    },
    /// A name is longer than PostgreSQL's limit. The server would cut it.
    #[error("the name `{name}` has {} bytes, and PostgreSQL has room for {limit}", name.len())]
    NameTooLong {
        /// The name of a table, a column or a type.
        name: String,
        /// The greatest length, in bytes.
        limit: usize,
    },
    /// Relations refer to columns that are no key.
    #[error("{} that are no key: {}", if relations.len() == 1 { "a relation refers to columns" } else { "relations refer to columns" }, relations.join(", "))]
    NoKeyToReferTo {
        /// The tables and columns of the relations.
        relations: Vec<String>,
    },
    /// A column is declared as renamed, and the database has the old and the new one: a rename would lose the values of
    /// one of them.
    #[error("column `{to}` of table `{table}` is declared as renamed from `{from}`, and the database has both")]
    RenamedColumnIsThere {
        /// The table.
        table: TableName,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// A table is declared as renamed, and the database has the old and the new one.
    #[error("table `{to}` is declared as renamed from `{from}`, and the database has both")]
    RenamedTableIsThere {
        /// The old name.
        from: TableName,
        /// The new name.
        to: TableName,
    },
    /// Names are declared as renamed in a circle, so the database does not show whether they are renamed yet.
    #[error(
        "{to} is declared as renamed from {from}, and the other way round: the database is the same before and after"
    )]
    RenamedInCircle {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
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

/// Why a scratch schema or a scratch database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// The connection failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The user has no right to create a schema or a database, or the server is read-only.
    #[error("cannot make a scratch {kind}: {}", full_reason(.source))]
    Forbidden {
        /// `schema` or `database`.
        kind: &'static str,
        /// The error of the database.
        source: DbErr,
    },
    /// The database returned another error.
    #[error("cannot use a scratch schema: {}", full_reason(.0))]
    Database(#[from] DbErr),
}

impl ScratchError {
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    /// The error for a `schema` or a `database` that was not created.
    pub(super) fn of_making(kind: &'static str, source: DbErr) -> Self {
        if is_forbidden(&source) { Self::Forbidden { kind, source } } else { Self::Database(source) }
    }
}

#[cfg(any(feature = "mysql", feature = "postgres"))]
/// Whether the error is PostgreSQL's insufficient_privilege (42501) or read_only_sql_transaction (25006, which a
/// standby returns), or one of MySQL's in `is_denied`.
fn is_forbidden(error: &DbErr) -> bool {
    has_code(error, "42501") || has_code(error, "25006") || is_denied(error)
}

/// Whether the user has no right to a database (1044) or a command (1142, 1227), or the server is read-only (1290,
/// 1836).
#[cfg(feature = "mysql")]
fn is_denied(error: &DbErr) -> bool {
    mysql_number(error).is_some_and(|number| [1044, 1142, 1227, 1290, 1836].contains(&number))
}

#[cfg(all(feature = "postgres", not(feature = "mysql")))]
fn is_denied(_error: &DbErr) -> bool {
    false
}
