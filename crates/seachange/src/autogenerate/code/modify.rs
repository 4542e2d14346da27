//! Changes of columns.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use super::change::{add_column, altered};
use super::column::{definition, definition_with_comment};
use super::portable::under;
use super::sql::{self, postgres};
use super::{AlterCall, CodeNode, ColumnDefinition, ColumnOption, identity, note, portable};
use crate::alter::loss::loss;
use crate::schema::{AutoIncrement, Column, SqlType, TableName};

/// Returns the code for a changed column.
///
/// The code contains the whole new definition, because MySQL replaces the old definition with it.
pub(super) fn column(table: &TableName, from: &Column, to: &Column, backend: DbBackend) -> Vec<CodeNode> {
    if from.generated != to.generated {
        return generated(table, from, to, backend);
    }
    if backend != DbBackend::Postgres {
        return on_others(table, from, to, backend);
    }
    let renumbered = from.auto_increment != to.auto_increment;
    let kept = renumbered.then(|| kept_identity(from, to)).flatten();
    let mut code = notes(from, to, backend);
    match (&from.auto_increment, kept) {
        (Some(old), None) if renumbered => {
            code.push(postgres("identity columns", identity::remove(table, &to.name, old)));
        }
        (_, Some((old, new))) => code.push(postgres("identity columns", identity::change(table, &to.name, old, new))),
        _ => {}
    }
    code.extend(definition_on_postgres(table, from, to));
    if !renumbered && to.auto_increment == Some(AutoIncrement::Serial) && from.column_type != to.column_type {
        code.push(postgres("sequences of columns", [identity::retype_sequence(table, to)]));
    }
    if let Some(new) = to.auto_increment.as_ref().filter(|_| renumbered && kept.is_none()) {
        code.push(postgres("identity columns", identity::add(table, to, new)));
    }
    if from.comment != to.comment {
        let comment = to.comment.clone().unwrap_or_default();
        code.push(altered(table, AlterCall::ColumnComment { column: to.name.clone(), comment }));
    }
    code
}

type IdentityChange<'a> = (bool, &'a crate::schema::SequenceOptions);

/// Returns both identities if both columns have one: the old identity can be altered into the new one.
fn kept_identity<'a>(from: &'a Column, to: &'a Column) -> Option<(IdentityChange<'a>, IdentityChange<'a>)> {
    match (&from.auto_increment, &to.auto_increment) {
        (
            Some(AutoIncrement::Identity { always, options }),
            Some(AutoIncrement::Identity { always: becomes, options: new }),
        ) => Some(((*always, options), (*becomes, new))),
        _ => None,
    }
}

/// Drops a column and creates it again, because no database makes an existing column generated, or changes its
/// expression. PostgreSQL can only drop the expression of a stored column.
fn generated(table: &TableName, from: &Column, to: &Column, backend: DbBackend) -> Vec<CodeNode> {
    let becomes_plain = to.generated.is_none() && from.generated.as_ref().is_some_and(|old| old.stored);
    if backend == DbBackend::Postgres && becomes_plain {
        let drop = format!("ALTER TABLE {} ALTER COLUMN {} DROP EXPRESSION", sql::table(table), sql::name(&to.name));
        let plain = Column { generated: None, ..from.clone() };
        let mut code = vec![postgres("dropping the expression of a stored column", [drop])];
        code.extend(column(table, &plain, to, backend));
        return code;
    }
    let note = match (&from.generated, &to.generated) {
        (None, _) => note::values_are_lost(&from.name),
        (_, Some(_)) => note::values_are_recomputed(&from.name),
        (_, None) => note::values_are_lost(&from.name),
    };
    let mut code = vec![note, altered(table, AlterCall::DropColumn(from.name.clone()))];
    code.extend(add_column(table, to, backend));
    code
}

fn notes(from: &Column, to: &Column, backend: DbBackend) -> Vec<CodeNode> {
    let mut notes = Vec::new();
    notes.extend((from.nullable && !to.nullable).then(|| note::null_stops(&to.name)));
    let is_converted = backend == DbBackend::Postgres && cast(from, to).is_some();
    notes.extend(is_converted.then(|| note::values_are_converted(&to.name)));
    let loss = loss(backend, &from.column_type, &to.column_type).filter(|_| to.generated.is_none());
    notes.extend(loss.iter().flat_map(|loss| note::values_change(loss, &to.name)));
    notes
}

/// Returns the code for MySQL, MariaDB and SQLite: one definition has all changes.
fn on_others(table: &TableName, from: &Column, to: &Column, backend: DbBackend) -> Vec<CodeNode> {
    let mut code = notes(from, to, backend);
    let is_mysql = backend == DbBackend::MySql;
    if !is_mysql && from.default.is_some() && to.default.is_none() {
        code.push(altered(table, AlterCall::DropDefault(to.name.clone())));
    }
    let mut new = if is_mysql { definition_with_comment(to, backend) } else { definition(to, backend) };
    if !is_mysql {
        // SQLite keeps what the definition does not mention.
        let goes_back = from.collation.is_some() && to.collation.is_none();
        new.settings.extend(goes_back.then(|| ColumnOption::Extra("COLLATE BINARY".to_owned())));
        number_on_sqlite(&mut new, from, to);
    }
    let needs = portable::column(&new, backend);
    let keeps_type = !from.is_retyped(to);
    code.push(under(needs, altered(table, AlterCall::ModifyColumn { new, keeps_type })));
    code
}

/// Writes the numbering of a column of SQLite. The column numbers rows because it is the primary key, which is repeated
/// only if the numbering changes.
fn number_on_sqlite(new: &mut ColumnDefinition, from: &Column, to: &Column) {
    let is_numbered = matches!(to.auto_increment, Some(AutoIncrement::Rowid { .. }));
    if is_numbered && from.auto_increment.is_some() && from.auto_increment != to.auto_increment {
        let at = usize::from(new.settings.first() == Some(&ColumnOption::AutoIncrement));
        new.settings.insert(at, ColumnOption::PrimaryKey);
    } else {
        new.settings.retain(|setting| *setting != ColumnOption::AutoIncrement);
    }
}

/// Returns the code for the type, the collation, the nullability and the default on PostgreSQL, if one of them changes.
fn definition_on_postgres(table: &TableName, from: &Column, to: &Column) -> Vec<CodeNode> {
    let keeps_type = !from.is_retyped(to);
    let is_redefined = !keeps_type || from.nullable != to.nullable;
    let loses_default = from.default.is_some() && to.default.is_none();
    let mut code = Vec::new();
    if loses_default {
        code.push(altered(table, AlterCall::DropDefault(to.name.clone())));
    }
    if is_redefined || (from.default != to.default && !loses_default) {
        // The caller changes the numbering, unless `.auto_increment()` expresses it.
        let plain = definition(&Column { auto_increment: None, ..to.clone() }, DbBackend::Postgres);
        let numbered = definition(to, DbBackend::Postgres);
        let is_plain = numbered.settings.first() == Some(&ColumnOption::AutoIncrement);
        let mut new = if is_plain { numbered } else { plain };
        new.settings.extend(cast(from, to).map(ColumnOption::Using));
        let needs = portable::column(&new, DbBackend::Postgres);
        code.push(under(needs, altered(table, AlterCall::ModifyColumn { new, keeps_type })));
    }
    code
}

/// The conversion expression for PostgreSQL, if PostgreSQL does not convert the values by itself.
fn cast(from: &Column, to: &Column) -> Option<String> {
    let (old, new) = (&from.column_type, &to.column_type);
    if old == new || is_converted(old, new) {
        return None;
    }
    let (column, into) = (sql::name(&to.name), &new.text);
    Some(match (family(old), family(new)) {
        (TypeFamily::Text, _) => format!("{column}::{into}"),
        (TypeFamily::Boolean, TypeFamily::Number) => format!("{column}::integer"),
        (TypeFamily::Number, TypeFamily::Boolean) => format!("{column} <> 0"),
        _ => format!("{column}::text::{into}"),
    })
}

/// Groups of types. PostgreSQL converts between the types of a group by assignment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TypeFamily {
    Text,
    Number,
    Boolean,
    Moment,
    Json,
    Bits,
    Address,
    Other,
}

fn is_converted(old: &SqlType, new: &SqlType) -> bool {
    let base = |of: &SqlType| of.text.split('(').next().unwrap_or_default().to_owned();
    match (family(old), family(new)) {
        _ if base(old) == base(new) && !old.text.ends_with(']') && !new.text.ends_with(']') => true,
        (_, TypeFamily::Text) => true,
        (TypeFamily::Moment, TypeFamily::Moment) => is_moment_converted(&old.kind, &new.kind),
        (TypeFamily::Address, TypeFamily::Address) => true,
        (old, new) => old == new && old != TypeFamily::Other,
    }
}

fn is_moment_converted(old: &ColumnType, new: &ColumnType) -> bool {
    let is_time = |kind: &ColumnType| matches!(kind, ColumnType::Time);
    let is_date = |kind: &ColumnType| matches!(kind, ColumnType::Date);
    !(is_time(old) || is_date(old) && is_time(new))
}

fn family(of: &SqlType) -> TypeFamily {
    use ColumnType as Kind;
    if of.text.ends_with("[]") {
        return TypeFamily::Other;
    }
    match of.kind {
        Kind::Char(_) | Kind::String(_) | Kind::Text => TypeFamily::Text,
        Kind::TinyInteger
        | Kind::SmallInteger
        | Kind::Integer
        | Kind::BigInteger
        | Kind::TinyUnsigned
        | Kind::SmallUnsigned
        | Kind::Unsigned
        | Kind::BigUnsigned
        | Kind::Float
        | Kind::Double
        | Kind::Decimal(_) => TypeFamily::Number,
        Kind::Boolean => TypeFamily::Boolean,
        Kind::DateTime | Kind::Timestamp | Kind::TimestampWithTimeZone | Kind::Time | Kind::Date => TypeFamily::Moment,
        Kind::Json | Kind::JsonBinary => TypeFamily::Json,
        Kind::Bit(_) | Kind::VarBit(_) => TypeFamily::Bits,
        Kind::Cidr | Kind::Inet => TypeFamily::Address,
        _ => TypeFamily::Other,
    }
}
