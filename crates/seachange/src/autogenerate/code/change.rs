//! Changes of one table.

use sea_orm::DbBackend;

use super::column::definition_with_comment;
use super::expressions::names;
use super::portable::{POSTGRES, under};
use super::sql::{self, postgres};
use super::{AlterCall, CodeNode, NamedColumns, SchemaCall, modify, note, portable, table};
use crate::alter::default_name;
use crate::autogenerate::operation::TableChange;
use crate::schema::{
    Check, Column, Deferrable, Exclusion, ForeignKey, KeptOptions, PrimaryKey, ReferentialAction, TableName, Unique,
};

/// Returns the code for a change.
pub(super) fn change(table: &TableName, change: &TableChange, backend: DbBackend) -> Vec<CodeNode> {
    let one = |alteration| vec![altered(table, alteration)];
    match change {
        TableChange::RenameColumn { from, to } => one(AlterCall::RenameColumn { from: from.clone(), to: to.clone() }),
        TableChange::AddColumn(new) => add_column(table, new, backend),
        TableChange::DropColumn(old) => drop_column(table, old, None),
        TableChange::ModifyColumn { from, to } => modify::column(table, from, to, backend),
        TableChange::AddPrimaryKey(key) if !key.options.is_empty() => vec![CodeNode::Only {
            databases: POSTGRES,
            lacking: "this kind of primary key",
            code: vec![add_primary_key_statement(table, key)],
        }],
        TableChange::AddPrimaryKey(key) => one(AlterCall::AddPrimaryKey(named(primary_key(table, key), &key.columns))),
        TableChange::DropPrimaryKey(key) => one(AlterCall::DropPrimaryKey(primary_key(table, key))),
        TableChange::AddUnique(new) => vec![add_unique(table, new)],
        TableChange::DropUnique(old) => one(AlterCall::DropUnique(unique(table, old))),
        TableChange::AddForeignKey(key) if !key.options.is_empty() => vec![add_foreign_key_with_options(table, key)],
        TableChange::AddForeignKey(key) => {
            let needs = foreign_key_requirement(key);
            vec![under(needs, altered(table, AlterCall::AddForeignKey(Box::new(table::named(table, key)))))]
        }
        TableChange::DropForeignKey(key) => one(AlterCall::DropForeignKey(Box::new(identified(table, key)))),
        TableChange::AddCheck(new) if !new.options.is_empty() => vec![add_check_with_options(table, new, backend)],
        TableChange::AddCheck(new) => {
            let expression = new.expression.text.clone();
            let needs = portable::expression(&expression, backend);
            vec![under(needs, altered(table, AlterCall::AddCheck { name: check(table, new), expression }))]
        }
        TableChange::DropCheck(old) => one(AlterCall::DropCheck(check(table, old))),
        TableChange::AddExclusion(new) => vec![add_exclusion(table, new)],
        TableChange::DropExclusion(old) => vec![drop_exclusion(table, old)],
        TableChange::Comment { to, .. } => one(AlterCall::Comment(to.clone().unwrap_or_default())),
    }
}

/// The parts of a foreign key by which every database finds it: on SQLite it has no name.
fn identified(table: &TableName, key: &ForeignKey) -> ForeignKey {
    let action = ReferentialAction::NoAction;
    ForeignKey { on_delete: action, on_delete_columns: Vec::new(), on_update: action, ..table::named(table, key) }
}

/// The databases that have such a foreign key, unless all have it.
fn foreign_key_requirement(key: &ForeignKey) -> Option<portable::BackendRequirement> {
    match key {
        _ if !key.on_delete_columns.is_empty() => Some((POSTGRES, "columns that a deleted row sets")),
        ForeignKey { deferrable: Some(_), .. } => Some(NOT_MYSQL),
        _ => None,
    }
}

const NOT_MYSQL: portable::BackendRequirement = (&[DbBackend::Postgres, DbBackend::Sqlite], "deferrable foreign keys");

/// Returns a chain with one change.
pub(super) fn altered(table: &TableName, alteration: AlterCall) -> CodeNode {
    CodeNode::Call(SchemaCall::Alter { table: table.clone(), changes: vec![alteration] })
}

fn named(name: String, columns: &[String]) -> NamedColumns {
    NamedColumns { name, columns: columns.to_vec() }
}

/// Adds a column. A note says if existing rows have no value for it.
pub(super) fn add_column(table: &TableName, column: &Column, backend: DbBackend) -> Vec<CodeNode> {
    let new = definition_with_comment(column, backend);
    let needs = portable::column(&new, backend);
    let fills_itself = column.default.is_some() || column.generated.is_some() || column.auto_increment.is_some();
    let note = (!column.nullable && !fills_itself).then(|| note::rows_have_no_value(&column.name));
    note.into_iter().chain([under(needs, altered(table, AlterCall::AddColumn(new)))]).collect()
}

/// Drops a column, which may be added again later.
pub(super) fn drop_column(table: &TableName, column: &Column, again: Option<&Column>) -> Vec<CodeNode> {
    let dropped = altered(table, AlterCall::DropColumn(column.name.clone()));
    // The values of a generated column can be computed again.
    let note = match again {
        _ if column.generated.is_none() => Some(note::values_are_lost(&column.name)),
        Some(new) if new.generated != column.generated => Some(note::values_are_recomputed(&column.name)),
        _ => None,
    };
    note.into_iter().chain([dropped]).collect()
}

fn add_unique(table: &TableName, new: &Unique) -> CodeNode {
    if new.deferrable.is_some() || new.nulls_not_distinct || !new.options.is_empty() {
        return CodeNode::Only {
            databases: POSTGRES,
            lacking: "this kind of unique constraint",
            code: vec![add_unique_statement(table, new)],
        };
    }
    altered(table, AlterCall::AddUnique(named(unique(table, new), &new.columns)))
}

/// Adds a unique constraint of a kind that only PostgreSQL has.
pub(super) fn add_unique_statement(table: &TableName, new: &Unique) -> CodeNode {
    let kind = if new.nulls_not_distinct { "UNIQUE NULLS NOT DISTINCT" } else { "UNIQUE" };
    let key = format!("{kind} {}{}", key_columns(&new.columns, &new.options), deferrable(new.deferrable));
    sql::statement(format!("ALTER TABLE {} ADD CONSTRAINT {} {key}", sql::table(table), sql::name(&unique(table, new))))
}

/// Adds a primary key with options that no builder can express, which only PostgreSQL has.
pub(super) fn add_primary_key_statement(table: &TableName, new: &PrimaryKey) -> CodeNode {
    let name = sql::name(&primary_key(table, new));
    let key = key_columns(&new.columns, &new.options);
    sql::statement(format!("ALTER TABLE {} ADD CONSTRAINT {name} PRIMARY KEY {key}", sql::table(table)))
}

/// The columns of a key with its options, of which the first belongs to the last column.
fn key_columns(columns: &[String], options: &KeptOptions) -> String {
    const PERIOD: &str = "WITHOUT OVERLAPS";
    let columns = sql::list(columns);
    match options.0.strip_prefix(PERIOD) {
        Some(rest) => format!("({columns} {PERIOD}){rest}"),
        None => format!("({columns}){}", options.clause()),
    }
}

/// Adds a check with options that no builder can express.
pub(super) fn add_check_with_options(table: &TableName, new: &Check, backend: DbBackend) -> CodeNode {
    let sql = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} CHECK ({}){}",
        sql::qualified(backend, table),
        sql::quoted(backend, &check(table, new)),
        new.expression.text,
        new.options.clause()
    );
    under(Some(portable::own(backend, "this kind of check")), sql::statement(sql))
}

/// Adds a foreign key with options that no builder can express, which only PostgreSQL has.
pub(super) fn add_foreign_key_with_options(table: &TableName, key: &ForeignKey) -> CodeNode {
    let key = table::named(table, key);
    // `MATCH` comes before the actions, other options come last.
    let (matching, rest) = match key.options.0.strip_prefix("MATCH FULL") {
        Some(rest) => (" MATCH FULL", rest.to_owned()),
        None => ("", key.options.clause()),
    };
    let action = |clause, action| match action {
        ReferentialAction::NoAction => String::new(),
        ReferentialAction::Restrict => format!(" {clause} RESTRICT"),
        ReferentialAction::Cascade => format!(" {clause} CASCADE"),
        ReferentialAction::SetNull => format!(" {clause} SET NULL"),
        ReferentialAction::SetDefault => format!(" {clause} SET DEFAULT"),
    };
    let columns = match key.on_delete_columns.as_slice() {
        [] => String::new(),
        columns => format!(" ({})", sql::list(columns)),
    };
    let definition = format!(
        "FOREIGN KEY ({}) REFERENCES {} ({}){matching}{}{columns}{}{}{rest}",
        sql::list(&key.columns),
        sql::table(&key.referenced_table),
        sql::list(&key.referenced_columns),
        action("ON DELETE", key.on_delete),
        action("ON UPDATE", key.on_update),
        deferrable(key.deferrable)
    );
    let name = sql::name(key.name.as_deref().unwrap_or_default());
    let table = sql::table(table);
    postgres("this kind of foreign key", [format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")])
}

const fn deferrable(deferrable: Option<Deferrable>) -> &'static str {
    match deferrable {
        None => "",
        Some(Deferrable::Immediate) => " DEFERRABLE",
        Some(Deferrable::Deferred) => " DEFERRABLE INITIALLY DEFERRED",
    }
}

/// Adds an exclusion constraint.
pub(super) fn add_exclusion(table: &TableName, Exclusion { name, definition }: &Exclusion) -> CodeNode {
    let (table, name) = (sql::table(table), sql::name(name));
    postgres("exclusion constraints", [format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")])
}

fn drop_exclusion(table: &TableName, Exclusion { name, .. }: &Exclusion) -> CodeNode {
    let (table, name) = (sql::table(table), sql::name(name));
    postgres("exclusion constraints", [format!("ALTER TABLE {table} DROP CONSTRAINT {name}")])
}

fn primary_key(table: &TableName, key: &PrimaryKey) -> String {
    key.name.clone().unwrap_or_else(|| primary_key_name(table))
}

/// The name that PostgreSQL gives to a primary key without one.
pub(super) fn primary_key_name(table: &TableName) -> String {
    default_name::primary_key(&table.name)
}

fn unique(table: &TableName, unique: &Unique) -> String {
    unique.name.clone().unwrap_or_else(|| unique_name(table, unique))
}

/// The name that PostgreSQL gives to a unique constraint without one.
pub(super) fn unique_name(table: &TableName, unique: &Unique) -> String {
    default_name::unique(&table.name, &unique.columns)
}

/// The name of a check, or the one that PostgreSQL gives to a check without one.
fn check(table: &TableName, check: &Check) -> String {
    check.name.clone().unwrap_or_else(|| default_name::check(&table.name, &names(&check.expression.text)))
}
