//! What leads from one schema to another, as data. Everything has its reverse.

use crate::schema::{Check, Column, EnumType, Exclusion, ForeignKey, Index, PrimaryKey, Table, TableName, Unique};

/// One step from a schema to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaOperation {
    /// A new enumerated type (PostgreSQL).
    CreateEnumeration(EnumType),
    /// An enumerated type goes (PostgreSQL).
    DropEnumeration(EnumType),
    /// An enumerated type gets other values, or the same in another order (PostgreSQL).
    AlterEnumeration {
        /// Before.
        from: EnumType,
        /// After; the name is the same.
        to: EnumType,
        /// The columns of the type at this moment.
        users: Vec<EnumUsage>,
        /// What is made of expressions over these columns, as the steps that make it. PostgreSQL refuses another type for a
        /// column while it is there.
        dependents: Vec<SchemaOperation>,
    },
    /// A new table, with all that it has; foreign keys of a cycle come later, as changes.
    CreateTable(Box<Table>),
    /// A table goes, with its rows.
    DropTable(Box<Table>),
    /// A table gets another name.
    RenameTable {
        /// Before.
        from: TableName,
        /// After.
        to: TableName,
    },
    /// A change of one table.
    Change {
        /// The table, by the name that it has at this moment.
        table: TableName,
        /// What happens.
        change: TableChange,
    },
    /// A new index.
    CreateIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// An index goes.
    DropIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
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
    /// A column gets another name.
    RenameColumn {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A new column.
    AddColumn(Box<Column>),
    /// A column goes, with its values.
    DropColumn(Box<Column>),
    /// A column gets another type, nullability, default, comment …; the name is the same.
    ModifyColumn {
        /// Before.
        from: Box<Column>,
        /// After.
        to: Box<Column>,
    },
    /// A new primary key.
    AddPrimaryKey(PrimaryKey),
    /// The primary key goes.
    DropPrimaryKey(PrimaryKey),
    /// A new unique constraint.
    AddUnique(Unique),
    /// A unique constraint goes.
    DropUnique(Unique),
    /// A new foreign key.
    AddForeignKey(ForeignKey),
    /// A foreign key goes.
    DropForeignKey(ForeignKey),
    /// A new check.
    AddCheck(Check),
    /// A check goes.
    DropCheck(Check),
    /// A new exclusion constraint (PostgreSQL).
    AddExclusion(Exclusion),
    /// An exclusion constraint goes (PostgreSQL).
    DropExclusion(Exclusion),
    /// The comment of the table changes.
    Comment {
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
}

/// What takes steps back, in the order that is possible.
#[must_use]
pub fn reversed(operations: &[SchemaOperation]) -> Vec<SchemaOperation> {
    operations.iter().rev().map(SchemaOperation::reverse).collect()
}

impl SchemaOperation {
    /// The tables that it is about, by the names that they have afterwards.
    pub(crate) fn tables(&self) -> Vec<&TableName> {
        match self {
            Self::CreateEnumeration(_) | Self::DropEnumeration(_) => Vec::new(),
            Self::AlterEnumeration { users, .. } => users.iter().map(|user| &user.table).collect(),
            Self::CreateTable(table) | Self::DropTable(table) => vec![&table.name],
            Self::RenameTable { to, .. } => vec![to],
            Self::Change { table, .. } | Self::CreateIndex { table, .. } | Self::DropIndex { table, .. } => vec![table],
        }
    }

    /// What takes it back.
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
