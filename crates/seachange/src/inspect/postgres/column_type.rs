//! The sea-query type that writes a type of PostgreSQL.

use sea_orm::sea_query::{ColumnType, PgInterval, StringLen};

/// The type for a text from `format_type`, without the brackets of an array.
pub(super) fn of(text: &str) -> ColumnType {
    use ColumnType::{Bit, Char, Decimal, String, VarBit, Vector};
    let (name, numbers) = parts(text);
    let kind = match (name, numbers.as_slice()) {
        ("character", &[length]) => Some(Char(Some(length))),
        ("character varying", &[]) => Some(String(StringLen::None)),
        ("character varying", &[length]) => Some(String(StringLen::N(length))),
        ("numeric", &[]) => Some(Decimal(None)),
        ("numeric", &[precision, scale]) => Some(Decimal(Some((precision, scale)))),
        ("bit", &[length]) => Some(Bit(Some(length))),
        ("bit varying", &[length]) => Some(VarBit(length)),
        ("vector", &[]) => Some(Vector(None)),
        ("vector", &[size]) => Some(Vector(Some(size))),
        ("interval", &[]) => Some(ColumnType::Interval(None, None)),
        ("interval", &[precision]) => Some(ColumnType::Interval(None, Some(precision))),
        (_, precision) if name.starts_with("interval ") => interval(name, precision),
        (_, &[]) => plain(name),
        _ => None,
    };
    kind.unwrap_or_else(|| ColumnType::custom(text.to_owned()))
}

/// The types without parentheses.
fn plain(name: &str) -> Option<ColumnType> {
    Some(match name {
        "text" => ColumnType::Text,
        "smallint" => ColumnType::SmallInteger,
        "integer" => ColumnType::Integer,
        "bigint" => ColumnType::BigInteger,
        "real" => ColumnType::Float,
        "double precision" => ColumnType::Double,
        "timestamp without time zone" => ColumnType::DateTime,
        "timestamp with time zone" => ColumnType::TimestampWithTimeZone,
        "time without time zone" => ColumnType::Time,
        "date" => ColumnType::Date,
        "bytea" => ColumnType::Blob,
        "boolean" => ColumnType::Boolean,
        "money" => ColumnType::Money(None),
        "json" => ColumnType::Json,
        "jsonb" => ColumnType::JsonBinary,
        "uuid" => ColumnType::Uuid,
        "cidr" => ColumnType::Cidr,
        "inet" => ColumnType::Inet,
        "macaddr" => ColumnType::MacAddr,
        "ltree" => ColumnType::LTree,
        _ => return None,
    })
}

fn interval(name: &str, precision: &[u32]) -> Option<ColumnType> {
    let fields = name.strip_prefix("interval ")?.to_uppercase();
    let precision = match precision {
        [] => None,
        [precision] => Some(*precision),
        _ => return None,
    };
    Some(ColumnType::Interval(Some(PgInterval::try_from(fields).ok()?), precision))
}

/// Splits the numbers in parentheses off the end of a type. A text with another ending is a name as a whole.
fn parts(text: &str) -> (&str, Vec<u32>) {
    let split = text.strip_suffix(')').and_then(|text| text.split_once('('));
    let numbers = split.and_then(|(name, numbers)| {
        let numbers: Result<Vec<u32>, _> = numbers.split(',').map(|number| number.trim().parse()).collect();
        Some((name, numbers.ok()?))
    });
    numbers.unwrap_or((text, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sea_query_has_no_type_for_is_written_as_it_is() {
        for text in [
            "bpchar",
            "\"char\"",
            "bit varying",
            "numeric(3,-2)",
            "timestamp(3) without time zone",
            "time(0) with time zone",
            "tsvector",
            "int4range",
            "\"my (1)\"",
            "extensions.citext",
            "geometry(Point,4326)",
        ] {
            assert_eq!(of(text), ColumnType::custom(text.to_owned()));
        }
    }

    #[test]
    fn intervals_have_fields_and_a_precision() {
        assert_eq!(of("interval day to second(3)"), ColumnType::Interval(Some(PgInterval::DayToSecond), Some(3)));
        assert_eq!(of("interval year"), ColumnType::Interval(Some(PgInterval::Year), None));
        assert_eq!(of("interval(6)"), ColumnType::Interval(None, Some(6)));
    }
}
