//! The sea-query type that writes a type of MySQL or MariaDB.

use sea_orm::sea_query::{ColumnType, StringLen};

use crate::sql::SqlDialect;
use crate::sql::text::{is_literal, items};

/// The sea-query type for the text of a column's type. A display width (`int(11)`) has to be the server's default; with
/// another width, the column has another type.
pub(super) fn of(column: &str, text: &str) -> ColumnType {
    let (name, arguments) = text.strip_suffix(')').and_then(|text| text.split_once('(')).unwrap_or((text, ""));
    let numbers: Result<Vec<u32>, _> = arguments.split(',').map(str::parse).collect();
    let kind = match (name, numbers.as_deref()) {
        ("enum", _) => enumeration(column, arguments),
        ("char", Ok(&[length])) => Some(ColumnType::Char(Some(length))),
        ("varchar", Ok(&[length])) => Some(ColumnType::String(StringLen::N(length))),
        ("decimal", Ok(&[precision, scale])) => Some(ColumnType::Decimal(Some((precision, scale)))),
        ("binary", Ok(&[16])) => Some(ColumnType::Uuid),
        ("binary", Ok(&[length])) => Some(ColumnType::Binary(length)),
        ("varbinary", Ok(&[length])) => Some(ColumnType::VarBinary(StringLen::N(length))),
        ("bit", Ok(&[length])) => Some(ColumnType::Bit(Some(length))),
        _ => plain(text),
    };
    kind.unwrap_or_else(|| ColumnType::custom(text.to_owned()))
}

fn plain(text: &str) -> Option<ColumnType> {
    Some(match text {
        "tinyint(1)" => ColumnType::Boolean,
        "tinyint(4)" | "tinyint" => ColumnType::TinyInteger,
        "smallint(6)" | "smallint" => ColumnType::SmallInteger,
        "int(11)" | "int" => ColumnType::Integer,
        "bigint(20)" | "bigint" => ColumnType::BigInteger,
        "tinyint(3) unsigned" | "tinyint unsigned" => ColumnType::TinyUnsigned,
        "smallint(5) unsigned" | "smallint unsigned" => ColumnType::SmallUnsigned,
        "int(10) unsigned" | "int unsigned" => ColumnType::Unsigned,
        "bigint(20) unsigned" | "bigint unsigned" => ColumnType::BigUnsigned,
        "float" => ColumnType::Float,
        "double" => ColumnType::Double,
        "text" => ColumnType::Text,
        "blob" => ColumnType::Blob,
        "datetime" => ColumnType::DateTime,
        "timestamp" => ColumnType::Timestamp,
        "time" => ColumnType::Time,
        "date" => ColumnType::Date,
        "year(4)" | "year" => ColumnType::Year,
        "json" => ColumnType::Json,
        _ => return None,
    })
}

/// The enumerated type of these values, unless a value needs an escape: sea-query puts values in quotes and escapes
/// nothing. Such a type keeps the server's text.
fn enumeration(column: &str, values: &str) -> Option<ColumnType> {
    let values = items(values, SqlDialect::MySql).into_iter().map(|value| {
        let plain = value.get(1..value.len().checked_sub(1)?)?;
        (is_literal(value, SqlDialect::MySql) && !plain.contains(['\'', '\\'])).then(|| plain.to_owned().into())
    });
    Some(ColumnType::Enum { name: column.to_owned().into(), variants: values.collect::<Option<Vec<_>>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sea_query_has_no_type_for_is_written_as_it_is() {
        for text in [
            "int(5)",
            "int(10) unsigned zerofill",
            "tinyint(1) unsigned",
            "mediumint(9)",
            "float(7,2)",
            "decimal(5,0) unsigned",
            "datetime(3)",
            "timestamp(6)",
            "longtext",
            "set('a','b')",
            "enum('it''s')",
            "enum('b\\\\c')",
            "point",
            "uuid",
        ] {
            assert_eq!(of("c", text), ColumnType::custom(text.to_owned()));
        }
    }

    #[test]
    fn values_of_an_enumeration_may_hold_commas() {
        let variants = vec!["a".into(), "x,y)".into(), "q\"".into()];
        assert_eq!(of("kind", "enum('a','x,y)','q\"')"), ColumnType::Enum { name: "kind".into(), variants });
    }
}
