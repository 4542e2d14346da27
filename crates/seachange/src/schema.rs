//! The schema of a database as plain data: tables, columns, constraints, indexes, enumerated types.
//!
//! An [inspector](crate::inspect) fills these values. Only values from the same inspector are compared, because types
//! and expressions are in the words of the database.
//!
//! This module knows neither connections nor what is done about a difference.

mod column;
mod constraint;
mod index;
mod name;
mod object;
mod options;
mod table;

pub use self::column::{AutoIncrement, Column, Expression, Generated, SequenceOptions, SqlType};
pub use self::constraint::{Check, Deferrable, Exclusion, ForeignKey, PrimaryKey, ReferentialAction, Unique};
pub use self::index::{Index, IndexKey, IndexPart};
pub use self::name::TableName;
pub use self::object::{DatabaseObject, Dependency, ObjectKind, ObjectName};
pub use self::options::KeptOptions;
pub use self::table::{DefinitionText, EnumType, Prerequisites, Schema, Table};
