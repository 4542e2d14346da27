//! Column definitions, as sea-query has them.

use sea_orm::sea_query::{Alias, ColumnDef, Expr};

use crate::autogenerate::code::{ColumnDefinition, ColumnOption, DefaultValue};

/// Returns the definition that the rendered source creates.
pub(super) fn column(new: &ColumnDefinition) -> ColumnDef {
    let mut column = ColumnDef::new_with_type(Alias::new(&new.name), new.kind.clone());
    match new.nullable {
        Some(true) => drop(column.null()),
        Some(false) => drop(column.not_null()),
        None => {}
    }
    for setting in &new.settings {
        set(&mut column, setting);
    }
    column
}

fn set<'a>(column: &'a mut ColumnDef, setting: &ColumnOption) -> &'a mut ColumnDef {
    match setting.clone() {
        ColumnOption::AutoIncrement => column.auto_increment(),
        ColumnOption::PrimaryKey => column.primary_key(),
        ColumnOption::UniqueKey => column.unique_key(),
        ColumnOption::Default(value) => column.default(default(value)),
        ColumnOption::Generated { expression, stored } => column.generated(Expr::cust(expression), stored),
        ColumnOption::Extra(text) => column.extra(text),
        ColumnOption::Comment(comment) => column.comment(comment),
        ColumnOption::Using(expression) => column.using(Expr::cust(expression)),
    }
}

fn default(value: DefaultValue) -> Expr {
    match value {
        DefaultValue::Boolean(value) => Expr::val(value),
        // The rendered source writes `i64` where `i32` is too small.
        DefaultValue::Integer(value) => i32::try_from(value).map_or_else(|_| Expr::val(value), Expr::val),
        DefaultValue::Float(value) => Expr::val(value),
        DefaultValue::Text(text) => Expr::val(text),
        DefaultValue::CurrentTimestamp => Expr::current_timestamp(),
        DefaultValue::Keyword(text) => Expr::custom_keyword(Alias::new(text)),
        DefaultValue::Expression(text) => Expr::cust(text),
    }
}
