//! What a difference between two schemas means for an entity.

use sea_orm::DbBackend;
use seachange_source::columns::{SourceColumn, SourceEntity};

use super::differences::Difference;
use super::types::{Reading, reading};
use crate::schema::{Column, TableName};

/// Whether an entity that works before a change works after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It works.
    Works,
    /// It does not. The message follows the name of the version.
    Breaks { message: String, help: &'static str },
    /// That depends on the rows that versions write.
    MayBreak { message: String, help: &'static str },
    /// It is not known, with the reason.
    Unknown(String),
}

const CONTRACT: &str = "make the change when no version that uses it runs; first deploy one that does not";
const EXPAND: &str = "give it a default or let it be NULL until this version has ended";
const COPY: &str = "add a column of the new type, and keep the old one until this version has ended";
const LATER: &str = "run it after this version has ended, if it may write such rows";

/// Judges a difference of a table. `place` names the entity in messages.
pub(super) fn verdict(
    entity: &SourceEntity,
    place: &str,
    table: &TableName,
    difference: &Difference<'_>,
    backend: DbBackend,
) -> Verdict {
    let judged = of_difference(entity, place, table, difference, backend);
    match &entity.doubt {
        Some(doubt) => Verdict::Unknown(format!("{place}: {doubt}")),
        None => judged,
    }
}

/// Judges a change of the view of an entity.
pub(super) fn of_view(place: &str, view: &TableName, is_gone: bool) -> Verdict {
    match is_gone {
        true => Verdict::Breaks { message: format!("fails: {place} uses the view, which is dropped"), help: CONTRACT },
        false => Verdict::Unknown(format!("{place}: the view `{view}` changes, or a table that it reads")),
    }
}

fn of_difference(
    entity: &SourceEntity,
    place: &str,
    table: &TableName,
    difference: &Difference<'_>,
    backend: DbBackend,
) -> Verdict {
    let uses = |name: &str| used(entity, name, backend);
    match difference {
        Difference::TableGone { renamed } => Verdict::Breaks {
            message: format!("fails: {place} uses the table, which {}", fate(renamed.as_deref())),
            help: CONTRACT,
        },
        Difference::ColumnGone { column, renamed } => match uses(&column.name) {
            None => Verdict::Works,
            Some(_)
                if renamed.as_ref().is_some_and(|new| new.eq_ignore_ascii_case(&column.name))
                    && backend != DbBackend::Postgres =>
            {
                Verdict::Unknown(format!("{place}: the spelling of `{}` changes", column.name))
            }
            Some(_) => Verdict::Breaks {
                message: format!("fails: {place} uses `{}`, which {}", column.name, fate(renamed.as_deref())),
                help: CONTRACT,
            },
        },
        Difference::Required { column, was, may_be_set } => {
            required(place, column, *was, uses(&column.name), *may_be_set)
        }
        Difference::RefusesNull { column } => match uses(&column.name) {
            Some(own) if own.is_optional => Verdict::MayBreak {
                message: format!("may fail: {place} can write NULL to `{}`, which refuses it", column.name),
                help: LATER,
            },
            _ => Verdict::Works,
        },
        Difference::Nullable { column } => match uses(&column.name) {
            Some(own) if !own.is_optional => Verdict::MayBreak {
                message: format!("may fail: {place} cannot read NULL, which `{}` may be", column.name),
                help: "let no version write NULL until this version has ended",
            },
            _ => Verdict::Works,
        },
        Difference::Computed { column } => match uses(&column.name) {
            Some(own) if own.is_numbered => Verdict::MayBreak {
                message: format!("may fail: {place} can write `{}`, which the database computes", column.name),
                help: LATER,
            },
            Some(_) => Verdict::Breaks {
                message: format!("fails: {place} writes `{}`, which the database computes", column.name),
                help: COPY,
            },
            None => Verdict::Works,
        },
        Difference::EnumValues { column, removed, added } => match uses(&column.name) {
            Some(own) => enumeration(place, column, own, removed, added),
            None => Verdict::Works,
        },
        Difference::Restricted { by } => Verdict::MayBreak {
            message: format!("may fail: {place} can write rows that `{table}` refuses or changes by {by}"),
            help: LATER,
        },
        Difference::Retyped { from, to } => match uses(&to.name) {
            Some(own) => retyped(place, own, from, to, backend),
            None => Verdict::Works,
        },
    }
}

/// The column of an entity by its name in the database; PostgreSQL alone tells upper case from lower case.
fn used<'e>(entity: &'e SourceEntity, name: &str, backend: DbBackend) -> Option<&'e SourceColumn> {
    let ignores_case = backend != DbBackend::Postgres;
    entity.columns.iter().find(|own| own.name == name || (ignores_case && own.name.eq_ignore_ascii_case(name)))
}

fn fate(renamed: Option<&str>) -> String {
    match renamed {
        Some(name) => format!("is named `{name}`"),
        None => "does not exist".to_owned(),
    }
}

fn required(
    place: &str,
    column: &Column,
    was: Option<&Column>,
    own: Option<&SourceColumn>,
    may_be_set: bool,
) -> Verdict {
    let name = &column.name;
    let has_lost_number = was.is_some_and(|was| was.auto_increment.is_some());
    let message = match own {
        None => format!("{place} does not know `{name}`, which is NOT NULL and has no default"),
        Some(own) if own.is_numbered && has_lost_number => {
            format!("{place} expects the database to number `{name}`, which it does not")
        }
        Some(_) => {
            return Verdict::MayBreak {
                message: format!("may fail: {place} can leave out `{name}`, which is NOT NULL and has no default"),
                help: EXPAND,
            };
        }
    };
    match may_be_set {
        true => Verdict::Unknown(format!("{message}; a trigger of the table may set it")),
        false => Verdict::Breaks { message: format!("cannot insert: {message}"), help: EXPAND },
    }
}

fn enumeration(place: &str, column: &Column, own: &SourceColumn, removed: &[String], added: &[String]) -> Verdict {
    let is_text = own.rust_type.as_deref() == Some("String");
    let name = &column.name;
    let message = match (removed, added) {
        ([], []) => return Verdict::Works,
        ([], _) if is_text => return Verdict::Works,
        ([], added) => format!("cannot read new values of `{name}`: {}", added.join(", ")),
        (removed, _) => format!("can write values that `{name}` no longer has: {}", removed.join(", ")),
    };
    Verdict::MayBreak { message: format!("may fail: {place} {message}"), help: LATER }
}

fn retyped(place: &str, own: &SourceColumn, from: &Column, to: &Column, backend: DbBackend) -> Verdict {
    let (old, new) = (&from.column_type.text, &to.column_type.text);
    let name = &to.name;
    let field = own.rust_type.as_deref().unwrap_or("its type");
    match reading(own, from, to, backend) {
        Reading::Same => Verdict::Works,
        Reading::Refused => Verdict::Breaks {
            message: format!("fails: {place} cannot read `{name}` as `{field}`: it is {new}, and was {old}"),
            help: COPY,
        },
        Reading::InPart(reason) => Verdict::MayBreak {
            message: format!("may fail: {place} uses `{name}` as `{field}`, and {reason}: it is {new}, and was {old}"),
            help: COPY,
        },
        Reading::Unknown => Verdict::Unknown(format!("{place} uses `{name}` as `{field}`: it is {new}, and was {old}")),
    }
}
