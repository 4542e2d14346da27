//! The operations of an alteration, as data.

use sea_orm::sea_query::{ColumnDef, DynIden, Expr, ForeignKeyCreateStatement, TableForeignKey, TableName, TableRef};

use crate::schema::Deferrable;

/// One change of a table.
#[derive(Debug, Clone)]
pub(super) enum AlterOperation {
    AddColumn(Box<ColumnDef>),
    ModifyColumn { new: Box<ColumnDef>, keeps_type: bool },
    RenameColumn { from: String, to: String },
    DropColumn(String),
    DropDefault(String),
    AddPrimaryKey { name: String, columns: Vec<String> },
    DropPrimaryKey(String),
    AddForeignKey(Box<NewForeignKey>),
    DropForeignKey(ForeignKeyName),
    AddUnique { name: String, columns: Vec<String> },
    DropUnique(String),
    AddCheck { name: String, expression: Box<Expr> },
    DropCheck(String),
    Comment(String),
    ColumnComment { column: String, text: String },
}

/// A foreign key, as the argument of [`Alter::add_foreign_key`](super::Alter::add_foreign_key).
#[derive(Debug, Clone)]
pub struct NewForeignKey {
    pub(super) key: TableForeignKey,
    pub(super) deferrable: Option<Deferrable>,
    pub(super) on_delete_columns: Vec<String>,
}

impl NewForeignKey {
    /// Makes the key deferrable, so that it can be checked as late as the end of the transaction. MySQL and MariaDB
    /// have no deferrable keys, and the change is refused there.
    #[must_use]
    pub fn deferrable(self, deferrable: Deferrable) -> Self {
        Self { deferrable: Some(deferrable), ..self }
    }

    /// Names the columns that `ON DELETE SET NULL` or `ON DELETE SET DEFAULT` sets, if these are not all of them.
    /// PostgreSQL has this since version 15; on other databases the change is refused.
    #[must_use]
    pub fn on_delete_columns<S: Into<String>>(self, columns: impl IntoIterator<Item = S>) -> Self {
        Self { on_delete_columns: columns.into_iter().map(Into::into).collect(), ..self }
    }
}

impl From<TableForeignKey> for NewForeignKey {
    fn from(key: TableForeignKey) -> Self {
        Self { key, deferrable: None, on_delete_columns: Vec::new() }
    }
}

impl From<ForeignKeyCreateStatement> for NewForeignKey {
    fn from(statement: ForeignKeyCreateStatement) -> Self {
        Self::from(&statement)
    }
}

impl From<&ForeignKeyCreateStatement> for NewForeignKey {
    fn from(statement: &ForeignKeyCreateStatement) -> Self {
        Self::from(statement.get_foreign_key().clone())
    }
}

impl From<&mut ForeignKeyCreateStatement> for NewForeignKey {
    fn from(statement: &mut ForeignKeyCreateStatement) -> Self {
        Self::from(&*statement)
    }
}

/// The foreign key to drop, as the argument of [`Alter::drop_foreign_key`](super::Alter::drop_foreign_key): its name,
/// or the statement that created it.
///
/// On SQLite, the foreign keys of a table that `SchemaManager::create_table` created have no names, because sea-query
/// does not write them there. The statement finds such a key by its columns and the table that they refer to. So a
/// revision that runs on several database systems names a foreign key by its statement.
#[derive(Debug, Clone)]
pub struct ForeignKeyName {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) parent: Option<String>,
}

impl From<&str> for ForeignKeyName {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}

impl From<String> for ForeignKeyName {
    fn from(name: String) -> Self {
        Self { name, columns: Vec::new(), parent: None }
    }
}

impl From<ForeignKeyCreateStatement> for ForeignKeyName {
    fn from(statement: ForeignKeyCreateStatement) -> Self {
        Self::from(&statement)
    }
}

impl From<&mut ForeignKeyCreateStatement> for ForeignKeyName {
    fn from(statement: &mut ForeignKeyCreateStatement) -> Self {
        Self::from(&*statement)
    }
}

impl From<&ForeignKeyCreateStatement> for ForeignKeyName {
    fn from(statement: &ForeignKeyCreateStatement) -> Self {
        let key = statement.get_foreign_key();
        Self {
            name: key.get_name().unwrap_or_default().to_owned(),
            columns: key.get_columns(),
            parent: key.get_ref_table().and_then(table_name).map(|table| text(&table.1)),
        }
    }
}

/// Returns the name of a table, unless the reference is a query or has an alias.
pub(crate) fn table_name(table: &TableRef) -> Option<&TableName> {
    match table {
        TableRef::Table(name, None) => Some(name),
        _ => None,
    }
}

/// Returns the text of an identifier.
pub(super) fn text(name: &DynIden) -> String {
    name.to_string()
}
