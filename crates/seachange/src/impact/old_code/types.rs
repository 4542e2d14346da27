//! Which types of columns sqlx 0.9 and SeaORM 2 read into a field.
//!
//! sqlx compares the type of a value with the types that a Rust type accepts (`Type::compatible`), on SQLite the type of
//! the stored value. What is not in these tables is unknown.

use sea_orm::DbBackend;
use seachange_source::columns::SourceColumn;

use crate::autogenerate::{DataLoss, SchemaOperation, TableChange, losses};
use crate::schema::Column;

/// Whether a field that reads a column before a change of its type reads and writes it after the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// All values.
    Same,
    /// No value that is not NULL.
    Refused,
    /// Some values, with the reason.
    InPart(&'static str),
    /// It is not known.
    Unknown,
}

/// Compares the types of a column before and after a change.
pub(super) fn reading(field: &SourceColumn, from: &Column, to: &Column, backend: DbBackend) -> Reading {
    let (old, new) = (base(&from.column_type.text), base(&to.column_type.text));
    let kind = field.rust_type.as_deref().filter(|_| !field.is_cast).and_then(field_kind);
    let read = match kind {
        // The same type with another length, precision or collation.
        _ if old == new
            && is_unsigned(&from.column_type.text) == is_unsigned(&to.column_type.text)
            && backend != DbBackend::Sqlite =>
        {
            Reading::Same
        }
        None if backend == DbBackend::Sqlite => return same_affinity(&from.column_type.text, &to.column_type.text),
        None => Reading::Unknown,
        Some(kind) => match backend {
            DbBackend::Postgres => by_sets(accepted_by_postgres(kind), POSTGRES, &old, &new),
            DbBackend::MySql => in_mysql(kind, &from.column_type.text, &to.column_type.text),
            DbBackend::Sqlite => in_sqlite(kind, &from.column_type.text, &to.column_type.text),
            _ => Reading::Unknown,
        },
    };
    let has_values = ["enum", "set"].contains(&new.as_str()) && from.column_type.text != to.column_type.text;
    match read {
        Reading::Same if has_values && kind != Some(FieldKind::Text) => {
            Reading::InPart("cannot read or write values that one of the two does not have")
        }
        Reading::Same if kind != Some(FieldKind::Json) && loses(from, to, backend) => {
            Reading::InPart("can write values that it does not hold")
        }
        read => read,
    }
}

/// The types of fields that the tables know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Signed(u8),
    Unsigned(u8),
    Float(u8),
    Boolean,
    Text,
    Bytes,
    Json,
    Uuid,
    Date,
    Time,
    DateTime,
    DateTimeWithZone,
    Decimal,
}

fn field_kind(rust_type: &str) -> Option<FieldKind> {
    Some(match rust_type {
        "i8" => FieldKind::Signed(8),
        "i16" => FieldKind::Signed(16),
        "i32" => FieldKind::Signed(32),
        "i64" => FieldKind::Signed(64),
        "u8" => FieldKind::Unsigned(8),
        "u16" => FieldKind::Unsigned(16),
        "u32" => FieldKind::Unsigned(32),
        "u64" => FieldKind::Unsigned(64),
        "f32" => FieldKind::Float(32),
        "f64" => FieldKind::Float(64),
        "bool" => FieldKind::Boolean,
        "String" | "std::string::String" => FieldKind::Text,
        "Vec<u8>" => FieldKind::Bytes,
        "Json" | "JsonValue" | "serde_json::Value" => FieldKind::Json,
        "Uuid" | "uuid::Uuid" => FieldKind::Uuid,
        "Date" | "ChronoDate" | "TimeDate" | "NaiveDate" | "chrono::NaiveDate" => FieldKind::Date,
        "Time" | "ChronoTime" | "TimeTime" | "NaiveTime" | "chrono::NaiveTime" => FieldKind::Time,
        "DateTime" | "ChronoDateTime" | "TimeDateTime" | "NaiveDateTime" | "chrono::NaiveDateTime" => {
            FieldKind::DateTime
        }
        "DateTimeWithTimeZone"
        | "DateTimeUtc"
        | "DateTimeLocal"
        | "ChronoDateTimeWithTimeZone"
        | "ChronoDateTimeUtc"
        | "ChronoDateTimeLocal"
        | "TimeDateTimeWithTimeZone"
        | "DateTime<Utc>"
        | "DateTime<FixedOffset>"
        | "DateTime<Local>"
        | "chrono::DateTime<chrono::Utc>"
        | "chrono::DateTime<chrono::FixedOffset>" => FieldKind::DateTimeWithZone,
        "Decimal" | "rust_decimal::Decimal" | "BigDecimal" | "bigdecimal::BigDecimal" => FieldKind::Decimal,
        _ => return None,
    })
}

/// The types of PostgreSQL that the tables know. A domain is not among them: sqlx sees the type below it.
const POSTGRES: &[&str] = &[
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "numeric",
    "boolean",
    "text",
    "character varying",
    "character",
    "name",
    "bytea",
    "json",
    "jsonb",
    "uuid",
    "date",
    "time without time zone",
    "time with time zone",
    "timestamp without time zone",
    "timestamp with time zone",
    "interval",
    "inet",
    "cidr",
    "macaddr",
    "bit",
    "bit varying",
    "money",
    "xml",
];

fn accepted_by_postgres(kind: FieldKind) -> &'static [&'static str] {
    match kind {
        FieldKind::Signed(16) => &["smallint"],
        FieldKind::Signed(32) => &["integer"],
        FieldKind::Signed(64) => &["bigint"],
        FieldKind::Float(32) => &["real"],
        FieldKind::Float(_) => &["double precision"],
        FieldKind::Boolean => &["boolean"],
        FieldKind::Text => &["text", "character varying", "character", "name"],
        FieldKind::Bytes => &["bytea"],
        FieldKind::Json => &["json", "jsonb"],
        FieldKind::Uuid => &["uuid"],
        FieldKind::Date => &["date"],
        FieldKind::Time => &["time without time zone"],
        FieldKind::DateTime => &["timestamp without time zone"],
        FieldKind::DateTimeWithZone => &["timestamp with time zone"],
        FieldKind::Decimal => &["numeric"],
        // SeaORM has functions of its own for these.
        FieldKind::Signed(_) | FieldKind::Unsigned(_) => &[],
    }
}

/// A field that does not accept the type before the change reads by another way than the tables know.
fn by_sets(accepted: &[&str], known: &[&str], old: &str, new: &str) -> Reading {
    match (accepted.contains(&old), accepted.contains(&new)) {
        (true, true) => Reading::Same,
        (true, false) if known.contains(&new) => Reading::Refused,
        _ => Reading::Unknown,
    }
}

const MYSQL_TEXTS: [&str; 8] = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"];

/// The types of MySQL and MariaDB that the tables know, without the texts.
const MYSQL: &[&str] = &[
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal",
    "date",
    "time",
    "datetime",
    "timestamp",
    "json",
    "char",
    "varchar",
    "tinytext",
    "text",
    "mediumtext",
    "longtext",
    "enum",
    "set",
];

fn in_mysql(kind: FieldKind, old_text: &str, new_text: &str) -> Reading {
    let (old, new) = (base(old_text), base(new_text));
    let signed = [("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64)];
    let integer = |text: &str, name: &str| {
        let bits = signed.iter().find(|(own, _)| *own == name)?.1;
        Some((bits, is_unsigned(text)))
    };
    let (from, to) = (integer(old_text, &old), integer(new_text, &new));
    match kind {
        FieldKind::Signed(width) | FieldKind::Unsigned(width) => {
            let is_unsigned = matches!(kind, FieldKind::Unsigned(_));
            match (from, to) {
                (Some((_, own)), Some((bits, other))) if own == is_unsigned && other == is_unsigned => {
                    match bits > width {
                        true => Reading::InPart("cannot read values beyond that type"),
                        false => Reading::Same,
                    }
                }
                (Some((_, own)), Some(_)) if own == is_unsigned => Reading::Refused,
                (Some((_, own)), None) if own == is_unsigned && MYSQL.contains(&new.as_str()) => Reading::Refused,
                _ => Reading::Unknown,
            }
        }
        FieldKind::Boolean => match (from, to) {
            (Some(_), Some(_)) => Reading::Same,
            (Some(_), None) if MYSQL.contains(&new.as_str()) => Reading::Refused,
            _ => Reading::Unknown,
        },
        FieldKind::Text => by_sets(&MYSQL_TEXTS, MYSQL, &old, &new),
        FieldKind::Float(_) => by_sets(&["float", "double"], MYSQL, &old, &new),
        FieldKind::Decimal => by_sets(&["decimal"], MYSQL, &old, &new),
        FieldKind::Date => by_sets(&["date"], MYSQL, &old, &new),
        FieldKind::Time => by_sets(&["time"], MYSQL, &old, &new),
        FieldKind::DateTime | FieldKind::DateTimeWithZone => by_sets(&["datetime", "timestamp"], MYSQL, &old, &new),
        FieldKind::Json | FieldKind::Bytes | FieldKind::Uuid => Reading::Unknown,
    }
}

fn is_unsigned(text: &str) -> bool {
    text.to_lowercase().contains("unsigned")
}

/// How SQLite converts values that are stored in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// The rules of "Determination Of Column Affinity" in SQLite's manual, in their order.
fn affinity(text: &str) -> Affinity {
    let text = text.to_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if has(&["INT"]) => Affinity::Integer,
        () if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
        () if text.trim().is_empty() || has(&["BLOB"]) => Affinity::Blob,
        () if has(&["REAL", "FLOA", "DOUB"]) => Affinity::Real,
        () => Affinity::Numeric,
    }
}

fn same_affinity(old: &str, new: &str) -> Reading {
    if affinity(old) == affinity(new) { Reading::Same } else { Reading::Unknown }
}

fn in_sqlite(kind: FieldKind, old: &str, new: &str) -> Reading {
    let is_whole = matches!(kind, FieldKind::Signed(_) | FieldKind::Unsigned(_) | FieldKind::Boolean);
    let (old, new) = (affinity(old), affinity(new));
    match (old, new) {
        (old, new) if old == new => Reading::Same,
        (Affinity::Integer | Affinity::Numeric, Affinity::Integer | Affinity::Numeric) if is_whole => Reading::Same,
        (Affinity::Integer | Affinity::Numeric, Affinity::Text | Affinity::Real) if is_whole => Reading::Refused,
        (Affinity::Text, Affinity::Integer | Affinity::Numeric | Affinity::Real) if kind == FieldKind::Text => {
            Reading::InPart("cannot read texts that look like numbers")
        }
        _ => Reading::Unknown,
    }
}

/// Whether the new type holds less than the old one.
fn loses(from: &Column, to: &Column, backend: DbBackend) -> bool {
    let change = TableChange::ModifyColumn { from: Box::new(from.clone()), to: Box::new(to.clone()) };
    let operation = SchemaOperation::Change { table: "t".into(), change };
    losses(&[operation], backend).iter().any(|loss| matches!(loss, DataLoss::Conversion { .. }))
}

/// A type without length, precision and sign, in lower case: `timestamp(3) without time zone` is `timestamp without time
/// zone`. An array keeps its brackets.
fn base(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for character in text.to_lowercase().chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            other if depth == 0 => kept.push(other),
            _ => {}
        }
    }
    let words = kept.split_whitespace().filter(|word| !["unsigned", "zerofill", "signed"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}
