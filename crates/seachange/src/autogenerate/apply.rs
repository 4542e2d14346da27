//! Makes the calls that the rendered source makes.

mod column;
mod statement;

use std::future::Future;
use std::pin::Pin;

use sea_orm::sea_query::{Expr, Index, SqliteQueryBuilder, Table as TableBuilder};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

use self::column::column;
use self::statement::{create_index, create_table, create_type, drop_type, foreign_key, new_value, table_ref};
use super::code::{AlterCall, CodeNode, NamedColumns, SchemaCall, code};
use super::operation::SchemaOperation;
use crate::alter::{Alter, NewForeignKey, alter};
use crate::schema::{ForeignKey, Table, TableName};

/// Makes the calls of the rendered source.
///
/// # Errors
///
/// Returns the error of a call, and [`DbErr::BackendNotSupported`] for code that the database of `manager` does not
/// support.
pub(crate) async fn apply(code: &[CodeNode], manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for piece in code {
        match piece {
            CodeNode::Note(_) => {}
            CodeNode::Call(call) => self::call(call, manager).await?,
            CodeNode::Only { databases, lacking, code } => {
                let database = manager.get_database_backend();
                if !databases.contains(&database) {
                    return Err(DbErr::BackendNotSupported { db: database.as_str(), ctx: lacking });
                }
                inner(code, manager).await?;
            }
            CodeNode::Where { database, code } if *database == manager.get_database_backend() => {
                inner(code, manager).await?;
            }
            CodeNode::Where { .. } => {}
        }
    }
    Ok(())
}

/// Boxes the future of [`apply`]: an async function that awaits itself needs a box.
fn inner<'a>(
    code: &'a [CodeNode],
    manager: &'a SchemaManager<'_>,
) -> Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>> {
    Box::pin(apply(code, manager))
}

/// The text that the builder of sea-query writes for a table of SQLite; `None` if it cannot express the table.
pub(super) fn built_text(table: &Table) -> Option<String> {
    let new = SchemaOperation::CreateTable(Box::new(Table { indexes: Vec::new(), ..table.clone() }));
    match code(&[new], DbBackend::Sqlite).as_slice() {
        [CodeNode::Call(SchemaCall::CreateTable(new))] => Some(create_table(new).to_string(SqliteQueryBuilder)),
        _ => None,
    }
}

async fn call(call: &SchemaCall, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    match call {
        SchemaCall::CreateTable(table) => manager.create_table(create_table(table)).await,
        SchemaCall::DropTable(name) => manager.drop_table(TableBuilder::drop().table(table_ref(name)).to_owned()).await,
        SchemaCall::RenameTable { from, to } => {
            manager.rename_table(TableBuilder::rename().table(table_ref(from), table_ref(to)).to_owned()).await
        }
        SchemaCall::Alter { table, changes } => {
            let start = alter(manager, table_ref(table));
            let all = changes.iter().fold(start, |all, change| altered(all, table, change));
            Ok(all.apply().await?)
        }
        SchemaCall::CreateIndex { table, index } => manager.create_index(create_index(table, index)).await,
        SchemaCall::DropIndex { table, name } => {
            manager.drop_index(Index::drop().name(name).table(table_ref(table)).to_owned()).await
        }
        SchemaCall::CreateType { name, values } => manager.create_type(create_type(name, values)).await,
        SchemaCall::DropType(name) => manager.drop_type(drop_type(name)).await,
        SchemaCall::AddValue { name, value, place } => manager.alter_type(new_value(name, value, place)).await,
        SchemaCall::Sql(sql) => manager.get_connection().execute_unprepared(sql).await.map(drop),
    }
}

fn altered<'m, 'c>(alter: Alter<'m, 'c>, table: &TableName, change: &AlterCall) -> Alter<'m, 'c> {
    match change.clone() {
        AlterCall::AddColumn(new) => alter.add_column(column(&new)),
        AlterCall::ModifyColumn { new, keeps_type: false } => alter.modify_column(column(&new)),
        AlterCall::ModifyColumn { new, keeps_type: true } => alter.modify_column_keeping_type(column(&new)),
        AlterCall::RenameColumn { from, to } => alter.rename_column(from, to),
        AlterCall::DropColumn(name) => alter.drop_column(name),
        AlterCall::DropDefault(column) => alter.drop_default(column),
        AlterCall::AddPrimaryKey(NamedColumns { name, columns }) => alter.add_primary_key(name, columns),
        AlterCall::DropPrimaryKey(name) => alter.drop_primary_key(name),
        AlterCall::AddUnique(NamedColumns { name, columns }) => alter.add_unique(name, columns),
        AlterCall::DropUnique(name) => alter.drop_unique(name),
        AlterCall::AddForeignKey(key) => alter.add_foreign_key(new_foreign_key(table, &key)),
        AlterCall::DropForeignKey(key) => alter.drop_foreign_key(foreign_key(table, &key)),
        AlterCall::AddCheck { name, expression } => alter.add_check(name, Expr::cust(expression)),
        AlterCall::DropCheck(name) => alter.drop_check(name),
        AlterCall::Comment(comment) => alter.comment(comment),
        AlterCall::ColumnComment { column, comment } => alter.column_comment(column, comment),
    }
}

fn new_foreign_key(table: &TableName, key: &ForeignKey) -> NewForeignKey {
    let new = NewForeignKey::from(foreign_key(table, key)).on_delete_columns(key.on_delete_columns.clone());
    match key.deferrable {
        Some(deferrable) => new.deferrable(deferrable),
        None => new,
    }
}
