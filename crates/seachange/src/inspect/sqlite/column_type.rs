//! The sea-query type that writes a declared type.

use sea_orm::sea_query::{Alias, ColumnType, IntoIden, SqliteQueryBuilder, StringLen, TableBuilder};

use crate::schema::SqlType;
use crate::sqlite_ddl::expression::type_name;

/// Reads a declared type.
pub(super) fn column_type(declared: &str) -> SqlType {
    let text = type_name(declared);
    // The text that sea-query writes depends on its features, so the candidate is written and compared.
    let kind = candidate(&text).filter(|kind| written(kind) == text);
    let kind = kind.unwrap_or_else(|| ColumnType::Custom(Alias::new(&text).into_iden()));
    SqlType { text, kind }
}

/// Writes a type as sea-query does.
pub(super) fn written(kind: &ColumnType) -> String {
    let mut text = String::new();
    TableBuilder::prepare_column_type(&SqliteQueryBuilder, kind, &mut text);
    text
}

fn candidate(text: &str) -> Option<ColumnType> {
    let (name, arguments) = text.split_once('(').unwrap_or((text, ")"));
    let arguments: Vec<&str> = arguments.strip_suffix(')')?.split(", ").filter(|text| !text.is_empty()).collect();
    let numbers: Vec<u32> = arguments.iter().map(|argument| argument.parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [] => plain(name),
        [length] => with_length(name, *length),
        [precision, scale] => with_scale(name, (*precision, *scale)),
        _ => None,
    }
}

fn plain(name: &str) -> Option<ColumnType> {
    Some(match name {
        "char" => ColumnType::Char(None),
        "varchar" => ColumnType::String(StringLen::None),
        "text" => ColumnType::Text,
        "tinyint" => ColumnType::TinyInteger,
        "smallint" => ColumnType::SmallInteger,
        "integer" => ColumnType::Integer,
        "bigint" => ColumnType::BigInteger,
        "float" => ColumnType::Float,
        "double" => ColumnType::Double,
        "real_decimal" => ColumnType::Decimal(None),
        "real_money" => ColumnType::Money(None),
        "datetime_text" => ColumnType::DateTime,
        "timestamp_text" => ColumnType::Timestamp,
        "timestamp_with_timezone_text" => ColumnType::TimestampWithTimeZone,
        "time_text" => ColumnType::Time,
        "date_text" => ColumnType::Date,
        "varbinary_blob" => ColumnType::VarBinary(StringLen::None),
        "blob" => ColumnType::Blob,
        "boolean" => ColumnType::Boolean,
        "json_text" => ColumnType::Json,
        "jsonb_text" => ColumnType::JsonBinary,
        "uuid_text" => ColumnType::Uuid,
        _ => return None,
    })
}

fn with_length(name: &str, length: u32) -> Option<ColumnType> {
    Some(match name {
        "char" => ColumnType::Char(Some(length)),
        "varchar" => ColumnType::String(StringLen::N(length)),
        "blob" => ColumnType::Binary(length),
        "varbinary_blob" => ColumnType::VarBinary(StringLen::N(length)),
        _ => return None,
    })
}

fn with_scale(name: &str, scale: (u32, u32)) -> Option<ColumnType> {
    Some(match name {
        "real" => ColumnType::Decimal(Some(scale)),
        "real_money" => ColumnType::Money(Some(scale)),
        _ => return None,
    })
}
