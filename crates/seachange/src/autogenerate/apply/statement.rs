//! Statements, as sea-query has them.

use sea_orm::sea_query::extension::postgres::{Type, TypeAlterStatement, TypeCreateStatement, TypeDropStatement};
use sea_orm::sea_query::{
    Alias, Check, ConditionalStatement, DynIden, Expr, ForeignKeyAction, ForeignKeyCreateStatement, Index, IndexColumn,
    IndexCreateStatement, IndexOrder, IndexType, IntoIden, IntoTableRef, IntoTypeRef, Table, TableCreateStatement,
    TableRef, TypeRef,
};

use super::column::column;
use crate::autogenerate::code::{CreateTable, EnumValuePosition, TableKey};
use crate::schema::{self, ForeignKey, IndexKey, IndexPart, ReferentialAction, TableName};

pub(super) fn table_ref(TableName { schema, name }: &TableName) -> TableRef {
    match schema {
        Some(schema) => (iden(schema), iden(name)).into_table_ref(),
        None => iden(name).into_table_ref(),
    }
}

fn type_ref(TableName { schema, name }: &TableName) -> TypeRef {
    match schema {
        Some(schema) => (iden(schema), iden(name)).into_type_ref(),
        None => iden(name).into_type_ref(),
    }
}

fn iden(name: &str) -> DynIden {
    Alias::new(name).into_iden()
}

pub(super) fn create_table(new: &CreateTable) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(table_ref(&new.name));
    for new in &new.columns {
        table.col(column(new));
    }
    if let Some(primary) = &new.primary_key {
        table.primary_key(&mut key(primary));
    }
    for unique in &new.uniques {
        table.index(key(unique).unique());
    }
    for key in &new.foreign_keys {
        table.foreign_key(&mut foreign_key(&new.name, key));
    }
    for (name, expression) in &new.checks {
        let expression = Expr::cust(expression.clone());
        table.check(match name {
            Some(name) => Check::named(iden(name), expression),
            None => Check::unnamed(expression),
        });
    }
    if let Some(comment) = &new.comment {
        table.comment(comment);
    }
    if !new.options.is_empty() {
        table.extra(&new.options);
    }
    table
}

fn key(TableKey { name, columns, nulls_not_distinct }: &TableKey) -> IndexCreateStatement {
    let mut index = Index::create();
    if let Some(name) = name {
        index.name(name);
    }
    for column in columns {
        index.col(iden(column));
    }
    if *nulls_not_distinct {
        index.nulls_not_distinct();
    }
    index
}

pub(super) fn foreign_key(table: &TableName, key: &ForeignKey) -> ForeignKeyCreateStatement {
    let mut statement = ForeignKeyCreateStatement::new();
    if let Some(name) = &key.name {
        statement.name(name);
    }
    statement.from_tbl(table_ref(table)).to_tbl(table_ref(&key.referenced_table));
    for column in &key.columns {
        statement.from_col(iden(column));
    }
    for column in &key.referenced_columns {
        statement.to_col(iden(column));
    }
    if let Some(action) = action(key.on_delete) {
        statement.on_delete(action);
    }
    if let Some(action) = action(key.on_update) {
        statement.on_update(action);
    }
    statement
}

fn action(action: ReferentialAction) -> Option<ForeignKeyAction> {
    match action {
        ReferentialAction::NoAction => None,
        ReferentialAction::Restrict => Some(ForeignKeyAction::Restrict),
        ReferentialAction::Cascade => Some(ForeignKeyAction::Cascade),
        ReferentialAction::SetNull => Some(ForeignKeyAction::SetNull),
        ReferentialAction::SetDefault => Some(ForeignKeyAction::SetDefault),
    }
}

pub(super) fn create_index(table: &TableName, new: &schema::Index) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(&new.name).table(table_ref(table));
    for part in &new.parts {
        index.col(index_column(part));
    }
    if new.unique {
        index.unique();
    }
    if let Some(method) = &new.method {
        index.index_type(index_type(method));
    }
    for column in &new.include {
        index.include(iden(column));
    }
    if new.nulls_not_distinct {
        index.nulls_not_distinct();
    }
    if let Some(predicate) = &new.predicate {
        index.and_where(Expr::cust(predicate.text.clone()));
    }
    index
}

fn index_type(method: &str) -> IndexType {
    match method {
        "hash" => IndexType::Hash,
        "fulltext" => IndexType::FullText,
        other => IndexType::Custom(iden(other)),
    }
}

fn index_column(part: &IndexPart) -> IndexColumn {
    let column = match (&part.key, part.length, part.descending) {
        (IndexKey::Column(name), None, false) => iden(name).into(),
        (IndexKey::Column(name), None, true) => (iden(name), IndexOrder::Desc).into(),
        (IndexKey::Column(name), Some(length), false) => (iden(name), length).into(),
        (IndexKey::Column(name), Some(length), true) => (iden(name), length, IndexOrder::Desc).into(),
        (IndexKey::Expression(text), _, false) => Expr::cust(text.text.clone()).into(),
        (IndexKey::Expression(text), _, true) => (Expr::cust(text.text.clone()), IndexOrder::Desc).into(),
    };
    let column: IndexColumn = column;
    match &part.operator_class {
        Some(class) => column.with_operator_class(iden(class)),
        None => column,
    }
}

pub(super) fn create_type(name: &TableName, values: &[String]) -> TypeCreateStatement {
    Type::create().as_enum(type_ref(name)).values(values.iter().map(|value| iden(value))).to_owned()
}

pub(super) fn drop_type(name: &TableName) -> TypeDropStatement {
    Type::drop().name(type_ref(name)).to_owned()
}

pub(super) fn new_value(name: &TableName, value: &str, place: &EnumValuePosition) -> TypeAlterStatement {
    let statement = Type::alter().name(type_ref(name)).add_value(iden(value));
    match place {
        EnumValuePosition::Last => statement,
        EnumValuePosition::Before(other) => statement.before(iden(other)),
        EnumValuePosition::After(other) => statement.after(iden(other)),
    }
}
