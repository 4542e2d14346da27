//! Defaults: converts a SQL expression to a Rust value, if it is a literal.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use super::DefaultValue;
use crate::schema::{Expression, SqlType};

/// Returns the code for the default of a column.
///
/// A Rust value is used only if sea-query writes the same literal for it.
pub(super) fn default(expression: &Expression, of: &SqlType, backend: DbBackend) -> DefaultValue {
    let text = expression.text.trim();
    let without_cast = if backend == DbBackend::Postgres { without_cast(text, of) } else { text };
    if let Some(value) = literal(without_cast, backend) {
        // MySQL accepts a default of these types only in parentheses.
        let is_large =
            matches!(of.kind, ColumnType::Text | ColumnType::Blob | ColumnType::Json | ColumnType::JsonBinary);
        let is_bare = !(is_large && backend == DbBackend::MySql);
        return if is_bare { DefaultValue::Text(value) } else { DefaultValue::Expression(text.to_owned()) };
    }
    if is_now(expression) {
        return DefaultValue::CurrentTimestamp;
    }
    boolean(text, of, backend)
        .or_else(|| integer(text, of))
        .or_else(|| float(text, of))
        .unwrap_or_else(|| other(text, backend))
}

/// Says whether a default is written as `CURRENT_TIMESTAMP`. `now()` returns the same time, but PostgreSQL keeps its
/// text.
fn is_now(Expression { text, .. }: &Expression) -> bool {
    ["CURRENT_TIMESTAMP", "current_timestamp()"].iter().any(|now| text.trim().eq_ignore_ascii_case(now))
}

fn boolean(text: &str, of: &SqlType, backend: DbBackend) -> Option<DefaultValue> {
    let is_boolean = matches!(of.kind, ColumnType::Boolean);
    match text {
        _ if !is_boolean => None,
        _ if text.eq_ignore_ascii_case("true") => Some(DefaultValue::Boolean(true)),
        _ if text.eq_ignore_ascii_case("false") => Some(DefaultValue::Boolean(false)),
        // The catalogue of MySQL and MariaDB reports `true` and `false` as numbers.
        "1" if backend == DbBackend::MySql => Some(DefaultValue::Boolean(true)),
        "0" if backend == DbBackend::MySql => Some(DefaultValue::Boolean(false)),
        _ => None,
    }
}

fn integer(text: &str, of: &SqlType) -> Option<DefaultValue> {
    let number: i64 = text.parse().ok()?;
    // A minus is an operator on PostgreSQL, which writes the expression in parentheses. The number has the same value.
    (number.to_string() == text && is_number(&of.kind)).then_some(DefaultValue::Integer(number))
}

fn float(text: &str, of: &SqlType) -> Option<DefaultValue> {
    let number: f64 = text.parse().ok()?;
    let same = text.contains('.') && number.is_finite() && number.to_string() == text;
    (same && is_number(&of.kind)).then_some(DefaultValue::Float(number))
}

fn is_number(kind: &ColumnType) -> bool {
    use ColumnType::{
        BigInteger, BigUnsigned, Boolean, Decimal, Double, Float, Integer, SmallInteger, SmallUnsigned, TinyInteger,
        TinyUnsigned, Unsigned,
    };
    matches!(
        kind,
        BigInteger
            | BigUnsigned
            | Boolean
            | Decimal(_)
            | Double
            | Float
            | Integer
            | SmallInteger
            | SmallUnsigned
            | TinyInteger
            | TinyUnsigned
            | Unsigned
    )
}

/// Returns any other default. A literal, and a function that MySQL accepts only without parentheses around it, becomes
/// a keyword.
fn other(text: &str, backend: DbBackend) -> DefaultValue {
    let starts_with_number = text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
    let is_number = starts_with_number && text.parse::<f64>().is_ok();
    let is_moment = backend == DbBackend::MySql && text.to_ascii_lowercase().starts_with("current_timestamp(");
    let is_null = text.eq_ignore_ascii_case("null");
    if is_number || is_moment || is_null || is_tagged_literal(text) {
        DefaultValue::Keyword(text.to_owned())
    } else {
        DefaultValue::Expression(text.to_owned())
    }
}

/// Says whether the text is a literal such as `x'00'` or `b'0'`.
fn is_tagged_literal(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['x', 'X', 'b', 'B']).and_then(|rest| rest.strip_prefix('\'')) else {
        return false;
    };
    digits.strip_suffix('\'').is_some_and(|digits| digits.chars().all(|digit| digit.is_ascii_hexdigit()))
}

/// Removes the cast to the type of the column, which PostgreSQL adds to a string.
fn without_cast<'a>(text: &'a str, of: &SqlType) -> &'a str {
    let base = |name: &str| name.split('(').next().unwrap_or_default().trim().to_owned();
    match text.rsplit_once("::") {
        Some((value, cast)) if value.ends_with('\'') && base(cast) == base(&of.text) => value,
        _ => text,
    }
}

/// Returns the value of a string literal, if sea-query writes the same literal for it.
fn literal(text: &str, backend: DbBackend) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let quotes_are_doubled = !inner.replace("''", "").contains('\'');
    // A backslash is an escape character on MySQL, and an ordinary character on other databases.
    let is_plain = !(backend == DbBackend::MySql && inner.contains('\\'));
    let is_printable = !inner.chars().any(char::is_control);
    (quotes_are_doubled && is_plain && is_printable).then(|| inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use sea_orm::DatabaseBackend::{MySql, Postgres, Sqlite};
    use sea_orm::sea_query::{ColumnType, StringLen};

    use super::super::DefaultValue;
    use super::{DbBackend, Expression, SqlType, default};

    fn check(backend: DbBackend, kind: ColumnType, text: &str, expected: DefaultValue) {
        let of = match kind {
            ColumnType::String(_) => "character varying(20)",
            ColumnType::JsonBinary => "jsonb",
            _ => "other",
        };
        let of = SqlType { text: of.to_owned(), kind };
        assert_eq!(default(&Expression::new(text), &of, backend), expected, "{text}");
    }

    #[test]
    fn literals_are_values() {
        use DefaultValue::{Boolean, CurrentTimestamp, Float, Integer, Text};
        let string = || ColumnType::String(StringLen::N(20));
        check(Postgres, string(), "'draft'::character varying", Text("draft".to_owned()));
        check(Postgres, ColumnType::JsonBinary, "'{}'::jsonb", Text("{}".to_owned()));
        check(Sqlite, string(), "'it''s'", Text("it's".to_owned()));
        check(Sqlite, ColumnType::Boolean, "TRUE", Boolean(true));
        check(MySql, ColumnType::Boolean, "0", Boolean(false));
        check(Sqlite, ColumnType::Boolean, "1", Integer(1));
        check(Postgres, ColumnType::Integer, "-1", Integer(-1));
        check(Postgres, ColumnType::BigInteger, "5000000000", Integer(5_000_000_000));
        check(Postgres, ColumnType::Double, "0.5", Float(0.5));
        check(Postgres, ColumnType::Timestamp, "CURRENT_TIMESTAMP", CurrentTimestamp);
        check(MySql, ColumnType::Timestamp, "current_timestamp()", CurrentTimestamp);
    }

    #[test]
    fn what_would_be_written_in_another_way_is_sql() {
        let keyword = |text: &str| DefaultValue::Keyword(text.to_owned());
        let expression = |text: &str| DefaultValue::Expression(text.to_owned());
        check(Postgres, ColumnType::Decimal(None), "0.10", keyword("0.10"));
        check(MySql, ColumnType::DateTime, "CURRENT_TIMESTAMP(3)", keyword("CURRENT_TIMESTAMP(3)"));
        check(Sqlite, ColumnType::Blob, "x'00'", keyword("x'00'"));
        check(MySql, ColumnType::Text, r"'a\nb'", expression(r"'a\nb'"));
        check(MySql, ColumnType::Text, "'a'", expression("'a'"));
        check(Postgres, ColumnType::Text, "'a'::text || 'b'::text", expression("'a'::text || 'b'::text"));
        check(Sqlite, ColumnType::Text, "'a' || 'b'", expression("'a' || 'b'"));
        check(Postgres, ColumnType::Timestamp, "now()", expression("now()"));
        let as_inspected = Expression { text: "now()".to_owned(), normal: "CURRENT_TIMESTAMP".to_owned() };
        let of = SqlType { text: "timestamp with time zone".to_owned(), kind: ColumnType::TimestampWithTimeZone };
        assert_eq!(default(&as_inspected, &of, Postgres), expression("now()"));
        check(Postgres, ColumnType::Uuid, "gen_random_uuid()", expression("gen_random_uuid()"));
    }
}
