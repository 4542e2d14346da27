//! Column definitions, with the helpers that SeaORM has for them.

use sea_orm::sea_query::{ColumnType, StringLen};

use super::rust::{RustExpr, array, call, string, word};
use crate::autogenerate::code::{ColumnDefinition, ColumnOption, DefaultValue};

/// Writes a column definition.
pub(super) fn column(new: &ColumnDefinition) -> RustExpr {
    let (start, settings) = keyed(new).unwrap_or_else(|| (start(new), new.settings.as_slice()));
    settings.iter().fold(start, set)
}

/// The helper for a column with its primary key, and the settings that remain.
fn keyed(new: &ColumnDefinition) -> Option<(RustExpr, &[ColumnOption])> {
    use ColumnOption::{AutoIncrement, PrimaryKey};
    let (helper, rest) = match (&new.kind, new.settings.as_slice()) {
        (ColumnType::Integer, [AutoIncrement, PrimaryKey, rest @ ..]) => ("pk_auto", rest),
        (ColumnType::BigInteger, [AutoIncrement, PrimaryKey, rest @ ..]) => ("big_pk_auto", rest),
        (ColumnType::Uuid, [PrimaryKey, rest @ ..]) => ("pk_uuid", rest),
        _ => return None,
    };
    (new.nullable == Some(false)).then(|| (call(helper, vec![string(&new.name)]), rest))
}

/// The name, the type and the nullability.
fn start(new: &ColumnDefinition) -> RustExpr {
    let name = string(&new.name);
    let (helper, arguments) = match (new.nullable, helper(&new.kind)) {
        (Some(nullable), Some((helper, arguments))) => {
            let ending = if nullable { "_null" } else { "" };
            (format!("{helper}{ending}"), arguments)
        }
        (nullable, _) => {
            let start = call("ColumnDef::new_with_type", vec![name, column_type(&new.kind)]);
            return match nullable {
                Some(true) => start.method("null", Vec::new()),
                Some(false) => start.method("not_null", Vec::new()),
                None => start,
            };
        }
    };
    call(helper, [name].into_iter().chain(arguments).collect())
}

fn set(start: RustExpr, setting: &ColumnOption) -> RustExpr {
    match setting {
        ColumnOption::AutoIncrement => start.method("auto_increment", Vec::new()),
        ColumnOption::PrimaryKey => start.method("primary_key", Vec::new()),
        ColumnOption::UniqueKey => start.method("unique_key", Vec::new()),
        ColumnOption::Default(value) => start.method("default", vec![default(value)]),
        ColumnOption::Generated { expression, stored } => {
            start.method("generated", vec![cust(expression), word(stored.to_string())])
        }
        ColumnOption::Extra(text) => start.method("extra", vec![string(text)]),
        ColumnOption::Comment(comment) => start.method("comment", vec![string(comment)]),
        ColumnOption::Using(expression) => start.method("using", vec![cust(expression)]),
    }
}

fn default(value: &DefaultValue) -> RustExpr {
    match value {
        DefaultValue::Boolean(value) => word(value.to_string()),
        DefaultValue::Integer(value) if i32::try_from(*value).is_ok() => word(value.to_string()),
        DefaultValue::Integer(value) => word(format!("{value}_i64")),
        DefaultValue::Float(value) => word(value.to_string()),
        DefaultValue::Text(text) => string(text),
        DefaultValue::CurrentTimestamp => call("Expr::current_timestamp", Vec::new()),
        DefaultValue::Keyword(text) => call("Expr::custom_keyword", vec![string(text)]),
        DefaultValue::Expression(text) => cust(text),
    }
}

/// An expression of SQL.
pub(super) fn cust(expression: &str) -> RustExpr {
    call("Expr::cust", vec![string(expression)])
}

/// The helper for a type, and its arguments after the name.
fn helper(kind: &ColumnType) -> Option<(&'static str, Vec<RustExpr>)> {
    use ColumnType as Kind;
    Some(match kind {
        Kind::Char(None) => ("char", Vec::new()),
        Kind::Char(Some(length)) => ("char_len", numbers(&[*length])),
        Kind::String(StringLen::None) => ("string", Vec::new()),
        Kind::String(StringLen::N(length)) => ("string_len", numbers(&[*length])),
        Kind::Decimal(Some((precision, scale))) => ("decimal_len", numbers(&[*precision, *scale])),
        Kind::Decimal(None) => ("decimal", Vec::new()),
        Kind::Money(Some((precision, scale))) => ("money_len", numbers(&[*precision, *scale])),
        Kind::Money(None) => ("money", Vec::new()),
        Kind::Binary(1) => ("binary", Vec::new()),
        Kind::Binary(length) => ("binary_len", numbers(&[*length])),
        Kind::VarBinary(StringLen::N(length)) => ("var_binary", numbers(&[*length])),
        Kind::Bit(length) => ("bit", vec![optional(length.as_ref())]),
        Kind::VarBit(length) => ("varbit", numbers(&[*length])),
        Kind::Interval(fields, precision) => ("interval", interval(fields.as_ref(), precision.as_ref())),
        Kind::Custom(name) => ("custom", vec![string(&name.to_string())]),
        Kind::Enum { name, variants } => {
            let variants = variants.iter().map(|variant| string(&variant.to_string())).collect();
            ("enumeration", vec![string(&name.to_string()), array(variants)])
        }
        Kind::Array(element) => ("array", vec![column_type(element)]),
        _ => (plain_helper(kind)?, Vec::new()),
    })
}

fn plain_helper(kind: &ColumnType) -> Option<&'static str> {
    use ColumnType as Kind;
    Some(match kind {
        Kind::Text => "text",
        Kind::Blob => "blob",
        Kind::TinyInteger => "tiny_integer",
        Kind::SmallInteger => "small_integer",
        Kind::Integer => "integer",
        Kind::BigInteger => "big_integer",
        Kind::TinyUnsigned => "tiny_unsigned",
        Kind::SmallUnsigned => "small_unsigned",
        Kind::Unsigned => "unsigned",
        Kind::BigUnsigned => "big_unsigned",
        Kind::Float => "float",
        Kind::Double => "double",
        Kind::DateTime => "date_time",
        Kind::Timestamp => "timestamp",
        Kind::TimestampWithTimeZone => "timestamp_with_time_zone",
        Kind::Time => "time",
        Kind::Date => "date",
        Kind::Year => "year",
        Kind::Boolean => "boolean",
        Kind::Json => "json",
        Kind::JsonBinary => "json_binary",
        Kind::Uuid => "uuid",
        _ => return None,
    })
}

fn numbers(numbers: &[u32]) -> Vec<RustExpr> {
    numbers.iter().map(|number| word(number.to_string())).collect()
}

fn optional(number: Option<&u32>) -> RustExpr {
    match number {
        Some(number) => call("Some", numbers(&[*number])),
        None => word("None"),
    }
}

fn interval(fields: Option<&sea_orm::sea_query::PgInterval>, precision: Option<&u32>) -> Vec<RustExpr> {
    let fields = match fields {
        Some(fields) => call("Some", vec![word(format!("PgInterval::{fields:?}"))]),
        None => word("None"),
    };
    vec![fields, optional(precision)]
}

/// Writes a type on its own.
fn column_type(kind: &ColumnType) -> RustExpr {
    use ColumnType as Kind;
    let of = |variant: &str, arguments: Vec<RustExpr>| call(format!("ColumnType::{variant}"), arguments);
    match kind {
        Kind::Char(length) => of("Char", vec![optional(length.as_ref())]),
        Kind::String(StringLen::None) => of("string", vec![word("None")]),
        Kind::String(StringLen::N(length)) => of("string", vec![optional(Some(length))]),
        Kind::String(StringLen::Max) => of("String", vec![word("StringLen::Max")]),
        Kind::VarBinary(StringLen::N(length)) => of("var_binary", numbers(&[*length])),
        Kind::VarBinary(length) => of("VarBinary", vec![word(format!("StringLen::{length:?}"))]),
        Kind::Decimal(size) => of("Decimal", vec![pair(size.as_ref())]),
        Kind::Money(size) => of("Money", vec![pair(size.as_ref())]),
        Kind::Interval(fields, precision) => of("Interval", interval(fields.as_ref(), precision.as_ref())),
        Kind::Binary(length) => of("Binary", numbers(&[*length])),
        Kind::Bit(length) => of("Bit", vec![optional(length.as_ref())]),
        Kind::VarBit(length) => of("VarBit", numbers(&[*length])),
        Kind::Vector(size) => of("Vector", vec![optional(size.as_ref())]),
        // Only PostgreSQL has arrays of these types. It needs their name.
        Kind::Custom(name) | Kind::Enum { name, .. } => of("custom", vec![string(&name.to_string())]),
        Kind::Array(element) => of("Array", vec![call("RcOrArc::new", vec![column_type(element)])]),
        plain => word(format!("ColumnType::{plain:?}")),
    }
}

fn pair(size: Option<&(u32, u32)>) -> RustExpr {
    match size {
        Some((precision, scale)) => call("Some", vec![super::rust::tuple(numbers(&[*precision, *scale]))]),
        None => word("None"),
    }
}
