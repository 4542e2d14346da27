//! The actions that go through sea-query and `alter`.

use seachange::prelude::*;

use crate::action::{Change, ForeignKeyEnds};

pub(crate) async fn create_table(
    manager: &SchemaManager<'_>,
    table: &str,
    columns: &[(String, String)],
) -> Result<(), DbErr> {
    let mut create = Table::create();
    create.table(table.to_owned());
    for (place, (name, kind)) in columns.iter().enumerate() {
        let mut column = column(name, kind);
        if place == 0 {
            column.not_null().primary_key();
        }
        create.col(column);
    }
    manager.create_table(create).await
}

pub(crate) async fn create_index(
    manager: &SchemaManager<'_>,
    index: &str,
    table: &str,
    columns: &[String],
    is_unique: bool,
) -> Result<(), DbErr> {
    let mut create = Index::create();
    create.name(index).table(table.to_owned());
    for column in columns {
        create.col(column.clone());
    }
    if is_unique {
        create.unique();
    }
    manager.create_index(create).await
}

pub(crate) async fn alter_table(
    manager: &SchemaManager<'_>,
    table: &str,
    changes: &[Change],
) -> Result<(), DbErr> {
    let mut change = alter(manager, table.to_owned());
    for wanted in changes {
        change = match wanted.clone() {
            Change::AddColumn(name, kind) => change.add_column(column(&name, &kind)),
            Change::ModifyColumn(name, kind) => change.modify_column(column(&name, &kind)),
            Change::ModifyColumnUsing(name, kind, expression) => {
                change.modify_column(column(&name, &kind).using(Expr::cust(expression)))
            }
            Change::AllowLoss => change.allow_loss(),
            Change::RenameColumn(from, to) => change.rename_column(from, to),
            Change::DropColumn(name) => change.drop_column(name),
            Change::AddForeignKey(ends) => change.add_foreign_key(foreign_key(&ends)),
            Change::AddUnique(name, columns) => change.add_unique(name, columns),
        };
    }
    Ok(change.apply().await?)
}

pub(crate) fn foreign_key(ends: &ForeignKeyEnds) -> ForeignKeyCreateStatement {
    let ForeignKeyEnds { name, from, to } = ends.clone();
    ForeignKey::create()
        .name(name)
        .from(from.0, from.1)
        .to(to.0, to.1)
        .to_owned()
}

fn column(name: &str, kind: &str) -> ColumnDef {
    ColumnDef::new_with_type(name.to_owned(), ColumnType::custom(kind.to_owned()))
}
