//! What PostgreSQL does to a value when its column changes the type, and the parts of an exclusion constraint.

use sea_orm::DbBackend;

use super::plan::{Conversion, NewValue};
use crate::alter::clause;
use crate::alter::server::losses::PostgresType;
use crate::schema::Column;
use crate::sql::text::{closing, items};
use crate::sql::{SqlDialect, significant, tokens};

/// The forms in which PostgreSQL before 16 reads numbers.
const INTEGER: &str = r"^\s*[-+]?[0-9]+\s*$";
const NUMERIC: &str = r"^\s*([-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[nN][aA][nN])\s*$";
const UUID: &str = r"^(\{[0-9a-fA-F]{4}(-?[0-9a-fA-F]{4}){7}\}|[0-9a-fA-F]{4}(-?[0-9a-fA-F]{4}){7})$";
const BOOLEAN: &str = r"^\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|0|1)\s*$";

/// The conversion of `value`, as an assignment or a plain cast makes it. `values` are those of the new enumerated type.
pub(super) fn conversion(
    from: &Column,
    to: &Column,
    value: &str,
    values: Option<&[String]>,
    version: i32,
) -> Result<Conversion, String> {
    use PostgresType::{Boolean, Char, Date, Double, Integer, Interval, Numeric, Other, Real, Text, Time, Timestamp};
    let (old, new) = (PostgresType::parse(&from.column_type.text), PostgresType::parse(&to.column_type.text));
    let written = &to.column_type.text;
    let v = value;
    let fails = |condition: Option<String>| {
        let converted = format!("({v})::{written}");
        let guarded = match &condition {
            Some(condition) => format!("CASE WHEN {condition} THEN NULL ELSE {converted} END"),
            None => converted,
        };
        Ok(Conversion { fails: condition, doubtful: None, value: NewValue::Expression(guarded) })
    };
    let too_long = |length: u32| format!("rtrim(substr(({v})::text, {}), ' ') <> ''", u64::from(length) + 1);
    let is_number = |of: &PostgresType| matches!(of, Integer(_) | Numeric(_) | Real | Double);
    if old == new {
        // Another collation: values that are equal byte by byte are the only equal ones, unless the collation is not
        // deterministic.
        return match from.column_type == to.column_type {
            true => fails(None),
            false => Ok(Conversion::keeps()),
        };
    }
    if let Some(values) = values {
        let list: Vec<String> = values.iter().map(|value| clause::literal(DbBackend::Postgres, value)).collect();
        let is_plain = !from.column_type.text.contains('[') && !written.contains('[');
        if !is_plain || values.is_empty() {
            return Err(format!("there is no rule for a conversion from {} to {written}", from.column_type.text));
        }
        let condition = format!("({v})::text NOT IN ({})", list.join(", "));
        return Ok(Conversion { fails: Some(condition), doubtful: None, value: NewValue::Unknown });
    }
    match (&old, &new) {
        (Text(_) | Char(_), Text(None)) => Ok(Conversion::keeps()),
        (Text(Some(old)) | Char(old), Text(Some(limit))) if old <= limit => Ok(Conversion::keeps()),
        (Text(_) | Char(_), Text(Some(limit)) | Char(limit)) => fails(Some(too_long(*limit))),
        (_, Text(None)) => fails(None),
        (_, Text(Some(limit)) | Char(limit)) => fails(Some(too_long(*limit))),
        (Integer(old), Integer(new)) if old <= new => Ok(Conversion::keeps()),
        (Integer(_), Integer(bits)) => {
            let (low, high) = range(*bits);
            fails(Some(format!("{v} NOT BETWEEN {low} AND {high}")))
        }
        (Integer(_) | Numeric(_), Numeric(None)) => Ok(Conversion::keeps()),
        (Integer(_) | Numeric(_), Numeric(Some((precision, scale)))) => {
            let whole = i64::from(*precision) - i64::from(*scale);
            fails(Some(format!("({v})::numeric <> 'NaN' AND abs(round(({v})::numeric, {scale})) >= 1e{whole}")))
        }
        (Numeric(_), Integer(bits)) => {
            let (low, high) = range(*bits);
            fails(Some(format!("{v} = 'NaN' OR round({v}) NOT BETWEEN {low} AND {high}")))
        }
        (Real | Double, Integer(bits)) => {
            let (low, high) = range(*bits);
            // The bounds of `bigint` have no exact value of this type: 2^63 is the first one that is too large.
            let high = match bits {
                64 => "9223372036854775808".to_owned(),
                _ => format!("{}", high + 1),
            };
            fails(Some(format!("NOT (round(({v})::float8) >= {low}::float8 AND round(({v})::float8) < {high}::float8)")))
        }
        (Double, Real) => fails(Some(format!(
            "abs({v}) NOT IN ('Infinity', 'NaN') AND (abs({v}) > 3.4028235677973362e38 OR {v} <> 0 AND abs({v}) < 1e-45)"
        ))),
        (Real, Double) | (Integer(_), Real | Double) => fails(None),
        (Numeric(Some(_)), Double) => fails(None),
        (Boolean, Integer(32)) | (Integer(32), Boolean) => fails(None),
        (Date, Timestamp { .. }) => fails(Some(format!("{v} <> 'infinity' AND {v} > '294276-12-31'"))),
        (Timestamp { .. }, Timestamp { .. } | Date)
        | (Timestamp { .. }, Time { .. })
        | (Time { .. }, Time { has_zone: false, .. })
        | (Time { has_zone: true, .. }, Time { .. })
        | (Interval(_), Interval(_)) => fails(None),
        (Text(_) | Char(_), Other(name)) if name == "uuid" && version < 160_000 => {
            fails(Some(format!("({v})::text !~ '{UUID}'")))
        }
        (Text(_) | Char(_), _) if version >= 160_000 && is_built_in(&new) => {
            let name = clause::literal(DbBackend::Postgres, written);
            fails(Some(format!("NOT pg_input_is_valid(({v})::text, {name})")))
        }
        (Text(_) | Char(_), Boolean) => fails(Some(format!("({v})::text !~* '{BOOLEAN}'"))),
        (Text(_) | Char(_), Integer(bits)) => {
            let (low, high) = range(*bits);
            fails(Some(format!(
                "CASE WHEN ({v})::text ~ '{INTEGER}' THEN ({v})::text::numeric NOT BETWEEN {low} AND {high} ELSE true END"
            )))
        }
        (Text(_) | Char(_), Numeric(limits)) => {
            let outside = match limits {
                Some((precision, scale)) => {
                    let whole = i64::from(*precision) - i64::from(*scale);
                    format!("({v})::text::numeric <> 'NaN' AND abs(round(({v})::text::numeric, {scale})) >= 1e{whole}")
                }
                None => "false".to_owned(),
            };
            // A value that is null is kept.
            fails(Some(format!("CASE WHEN {v} IS NULL THEN false WHEN ({v})::text ~ '{NUMERIC}' THEN {outside} ELSE true END")))
        }
        (Other(old), Other(new)) if old == "jsonb" && new == "json" => fails(None),
        (Other(old), Other(new)) if old == "json" && new == "jsonb" && version >= 160_000 => {
            fails(Some(format!("NOT pg_input_is_valid(({v})::text, 'jsonb')")))
        }
        (old, new) if is_number(old) && is_number(new) => {
            Err(format!("there is no rule for a conversion from {} to {written}", from.column_type.text))
        }
        _ => Err(format!("there is no rule for a conversion from {} to {written}", from.column_type.text)),
    }
    .map(|conversion| nulls_kept(conversion, v))
}

/// `NULL` is converted to `NULL`, also where the condition would be true for it.
fn nulls_kept(conversion: Conversion, value: &str) -> Conversion {
    let fails = conversion.fails.map(|fails| format!("({value}) IS NOT NULL AND ({fails})"));
    Conversion { fails, ..conversion }
}

/// Whether a type is one that no extension and no user defines, so that every session reads its values alike.
fn is_built_in(of: &PostgresType) -> bool {
    const NAMES: [&str; 10] =
        ["uuid", "json", "jsonb", "inet", "cidr", "macaddr", "bytea", "money", "int4range", "int8range"];
    match of {
        PostgresType::Other(name) => NAMES.contains(&name.as_str()),
        _ => true,
    }
}

fn range(bits: u32) -> (i128, i128) {
    let range = 1_i128 << bits;
    (-range / 2, range / 2 - 1)
}

/// The expressions with their operators, and the condition.
type ExclusionParts = (Vec<(String, String)>, Option<String>);

/// The expressions with their operators, and the condition, of `EXCLUDE USING gist (a WITH =, b WITH &&) WHERE (c)`.
pub(super) fn exclusion_parts(definition: &str) -> Option<ExclusionParts> {
    let open = definition.find('(')?;
    let list = &definition[open..];
    let end = closing(list, SqlDialect::Postgres)?;
    let mut parts = Vec::new();
    for item in items(&list[1..end], SqlDialect::Postgres) {
        let (expression, operator) = item.rsplit_once(" WITH ")?;
        let all = tokens(expression, SqlDialect::Postgres);
        // An operator class or an order after the expression has no value.
        let is_plain =
            significant(&all).len() == 1 || expression.trim_start().starts_with('(') || expression.ends_with(')');
        if !is_plain {
            return None;
        }
        parts.push((expression.trim().to_owned(), operator.trim().to_owned()));
    }
    let rest = list[end + 1..].trim();
    match rest.strip_prefix("WHERE ") {
        Some(rest) => {
            let end = closing(rest, SqlDialect::Postgres)?;
            Some((parts, Some(rest[1..end].to_owned())))
        }
        None if rest.is_empty() || rest.starts_with("DEFERRABLE") => Some((parts, None)),
        None => None,
    }
}
