//! The operations that change one schema into another, as data. Every operation has a reverse.

use crate::schema::{
    Check, Column, DatabaseObject, EnumType, Exclusion, ForeignKey, Index, PrimaryKey, Table, TableName, Unique,
};

/// One operation that changes a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaOperation {
    /// Creates an enumerated type (PostgreSQL).
    CreateEnumeration(EnumType),
    /// Drops an enumerated type (PostgreSQL).
    DropEnumeration(EnumType),
    /// Gives an enumerated type other values, or the same values in another order (PostgreSQL).
    AlterEnumeration {
        /// Before.
        from: EnumType,
        /// After; the name is the same.
        to: EnumType,
        /// The columns of the type at the time of the operation.
        users: Vec<EnumUsage>,
        /// The operations that create what depends on expressions over these columns. PostgreSQL refuses to change the
        /// type of a column while such an object exists.
        dependents: Vec<SchemaOperation>,
    },
    /// Creates a table with its constraints and indexes. Foreign keys of a cycle are added later, as changes.
    CreateTable(Box<Table>),
    /// Drops a table with its rows.
    DropTable(Box<Table>),
    /// Renames a table.
    RenameTable {
        /// Before.
        from: TableName,
        /// After.
        to: TableName,
    },
    /// Changes one table.
    Change {
        /// The table, by its name at the time of the operation.
        table: TableName,
        /// The change.
        change: TableChange,
    },
    /// Creates an index.
    CreateIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// Drops an index.
    DropIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// Creates an object that is neither a table nor part of one.
    CreateObject(Box<DatabaseObject>),
    /// Drops such an object.
    DropObject(Box<DatabaseObject>),
    /// Gives such an object another definition, and keeps what depends on it.
    ReplaceObject {
        /// Before.
        from: Box<DatabaseObject>,
        /// After; the name is the same.
        to: Box<DatabaseObject>,
    },
    /// Drops such an object for the time of other operations, or because its table is dropped. This is no difference.
    SuspendObject(Box<DatabaseObject>),
    /// Creates a suspended object again.
    RestoreObject(Box<DatabaseObject>),
}

/// A column of an enumerated type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumUsage {
    /// The table.
    pub table: TableName,
    /// The column. Its type may be an array of the enumerated one.
    pub column: Column,
}

/// A change of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    /// Renames a column.
    RenameColumn {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// Adds a column.
    AddColumn(Box<Column>),
    /// Drops a column with its values.
    DropColumn(Box<Column>),
    /// Changes the type, nullability, default, comment … of a column. The name stays the same.
    ModifyColumn {
        /// Before.
        from: Box<Column>,
        /// After.
        to: Box<Column>,
    },
    /// Adds a primary key.
    AddPrimaryKey(PrimaryKey),
    /// Drops the primary key.
    DropPrimaryKey(PrimaryKey),
    /// Adds a unique constraint.
    AddUnique(Unique),
    /// Drops a unique constraint.
    DropUnique(Unique),
    /// Adds a foreign key.
    AddForeignKey(ForeignKey),
    /// Drops a foreign key.
    DropForeignKey(ForeignKey),
    /// Adds a check.
    AddCheck(Check),
    /// Drops a check.
    DropCheck(Check),
    /// Adds an exclusion constraint (PostgreSQL).
    AddExclusion(Exclusion),
    /// Drops an exclusion constraint (PostgreSQL).
    DropExclusion(Exclusion),
    /// Changes the comment of the table.
    Comment {
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
}

/// Returns the operations that revert the given ones: their reverses, in the opposite order.
#[must_use]
pub fn reversed(operations: &[SchemaOperation]) -> Vec<SchemaOperation> {
    operations.iter().rev().map(SchemaOperation::reverse).collect()
}

impl SchemaOperation {
    /// The tables that the operation concerns, by their names after it.
    pub(crate) fn tables(&self) -> Vec<&TableName> {
        match self {
            Self::CreateEnumeration(_) | Self::DropEnumeration(_) => Vec::new(),
            Self::AlterEnumeration { users, .. } => users.iter().map(|user| &user.table).collect(),
            Self::CreateTable(table) | Self::DropTable(table) => vec![&table.name],
            Self::RenameTable { to, .. } => vec![to],
            Self::Change { table, .. } | Self::CreateIndex { table, .. } | Self::DropIndex { table, .. } => vec![table],
            Self::ReplaceObject { to, .. } => to.tables().collect(),
            Self::CreateObject(object)
            | Self::DropObject(object)
            | Self::SuspendObject(object)
            | Self::RestoreObject(object) => object.tables().collect(),
        }
    }

    /// Returns the operation that reverts this one.
    #[must_use]
    pub fn reverse(&self) -> Self {
        match self.clone() {
            Self::CreateEnumeration(enumeration) => Self::DropEnumeration(enumeration),
            Self::DropEnumeration(enumeration) => Self::CreateEnumeration(enumeration),
            Self::AlterEnumeration { from, to, users, dependents } => {
                Self::AlterEnumeration { from: to, to: from, users, dependents }
            }
            Self::CreateTable(table) => Self::DropTable(table),
            Self::DropTable(table) => Self::CreateTable(table),
            Self::RenameTable { from, to } => Self::RenameTable { from: to, to: from },
            Self::Change { table, change } => Self::Change { table, change: change.reverse() },
            Self::CreateIndex { table, index } => Self::DropIndex { table, index },
            Self::DropIndex { table, index } => Self::CreateIndex { table, index },
            Self::CreateObject(object) => Self::DropObject(object),
            Self::DropObject(object) => Self::CreateObject(object),
            Self::ReplaceObject { from, to } => Self::ReplaceObject { from: to, to: from },
            Self::SuspendObject(object) => Self::RestoreObject(object),
            Self::RestoreObject(object) => Self::SuspendObject(object),
        }
    }
}

impl TableChange {
    fn reverse(self) -> Self {
        match self {
            Self::RenameColumn { from, to } => Self::RenameColumn { from: to, to: from },
            Self::AddColumn(column) => Self::DropColumn(column),
            Self::DropColumn(column) => Self::AddColumn(column),
            Self::ModifyColumn { from, to } => Self::ModifyColumn { from: to, to: from },
            Self::AddPrimaryKey(key) => Self::DropPrimaryKey(key),
            Self::DropPrimaryKey(key) => Self::AddPrimaryKey(key),
            Self::AddUnique(unique) => Self::DropUnique(unique),
            Self::DropUnique(unique) => Self::AddUnique(unique),
            Self::AddForeignKey(key) => Self::DropForeignKey(key),
            Self::DropForeignKey(key) => Self::AddForeignKey(key),
            Self::AddCheck(check) => Self::DropCheck(check),
            Self::DropCheck(check) => Self::AddCheck(check),
            Self::AddExclusion(exclusion) => Self::DropExclusion(exclusion),
            Self::DropExclusion(exclusion) => Self::AddExclusion(exclusion),
            Self::Comment { from, to } => Self::Comment { from: to, to: from },
        }
    }
}
