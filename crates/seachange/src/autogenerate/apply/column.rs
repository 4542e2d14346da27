//! Column definitions, as sea-query has them.

use sea_orm::sea_query::{Alias, ColumnDef, Expr};

use crate::autogenerate::code::{DefaultValue, NewColumn, Setting};

/// The definition that the rendered source makes.
pub(super) fn column(new: &NewColumn) -> ColumnDef {
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

fn set<'a>(column: &'a mut ColumnDef, setting: &Setting) -> &'a mut ColumnDef {
    match setting.clone() {
        Setting::AutoIncrement => column.auto_increment(),
        Setting::PrimaryKey => column.primary_key(),
        Setting::UniqueKey => column.unique_key(),
        Setting::Default(value) => column.default(default(value)),
        Setting::Generated { expression, stored } => column.generated(Expr::cust(expression), stored),
        Setting::Extra(text) => column.extra(text),
        Setting::Comment(comment) => column.comment(comment),
        Setting::Using(expression) => column.using(Expr::cust(expression)),
    }
}

fn default(value: DefaultValue) -> Expr {
    match value {
        DefaultValue::Boolean(value) => Expr::val(value),
        // The source says `i64` where `i32` is too small.
        DefaultValue::Integer(value) => i32::try_from(value).map_or_else(|_| Expr::val(value), Expr::val),
        DefaultValue::Float(value) => Expr::val(value),
        DefaultValue::Text(text) => Expr::val(text),
        DefaultValue::CurrentTimestamp => Expr::current_timestamp(),
        DefaultValue::Keyword(text) => Expr::custom_keyword(Alias::new(text)),
        DefaultValue::Expression(text) => Expr::cust(text),
    }
}
