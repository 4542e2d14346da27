//! What MySQL and MariaDB do to a value when its column changes the type, in a strict mode.

use sea_orm::DbBackend;

use super::plan::{Conversion, NewValue};
use crate::alter::clause;
use crate::alter::server::losses::{DefinedType, TextType, ValueType, charset_of_collation};
use crate::schema::Column;

/// The forms of a text that a server reads as a number without a complaint.
const INTEGER: &str = "^-?[0-9]+$";
const DECIMAL: &str = "^-?[0-9]+([.][0-9]+)?$";

/// The value of a new column that is `NOT NULL` and has no default.
pub(super) fn implicit_default(column: &Column, is_mariadb: bool) -> Option<&'static str> {
    match DefinedType::parse(&column.column_type.text, is_mariadb)?.value {
        ValueType::Integer(..) | ValueType::Decimal { .. } | ValueType::Float(_) | ValueType::Double(_) => Some("0"),
        ValueType::Text(_) => Some("''"),
        _ => None,
    }
}

/// Whether the implicit default of the type is a date that a strict server may refuse.
pub(super) fn has_zero_date(column: &Column) -> bool {
    let parsed = DefinedType::parse(&column.column_type.text, false).map(|defined| defined.value);
    matches!(parsed, Some(ValueType::Date | ValueType::DateTime(_) | ValueType::Timestamp(_)))
}

/// Whether the values of a column are bytes.
pub(super) fn is_binary(column: &Column) -> bool {
    let parsed = DefinedType::parse(&column.column_type.text, false).map(|defined| defined.value);
    matches!(parsed, Some(ValueType::Binary(_) | ValueType::FixedBinary(_) | ValueType::Bit(_)))
}

/// The conversion of `value`. `options` are the clauses of the table, which may state its collation.
pub(super) fn conversion(
    from: &Column,
    to: &Column,
    value: &str,
    options: &str,
    is_mariadb: bool,
) -> Result<Conversion, String> {
    let no_rule =
        || format!("there is no rule for a conversion from {} to {}", from.column_type.text, to.column_type.text);
    let parse = |column: &Column| DefinedType::parse(&column.column_type.text, is_mariadb).map(|own| own.value);
    let (old, new) = (parse(from).ok_or_else(no_rule)?, parse(to).ok_or_else(no_rule)?);
    let mut conversion = by_type(&old, &new, value).ok_or_else(no_rule)?;
    if from.collation != to.collation {
        let of_table = options.split_whitespace().find_map(|word| word.strip_prefix("COLLATE="));
        let collation = to.collation.as_deref().or(of_table);
        let charset = collation.and_then(charset_of_collation);
        let (Some(collation), Some(charset)) = (collation, charset) else {
            return Err("the new collation is the default of the table or of the database".to_owned());
        };
        let charset = if charset == "utf8" { "utf8mb4".to_owned() } else { charset };
        let there = format!("CONVERT({value} USING {charset})");
        if charset != "utf8mb4" {
            let back = format!("CONVERT({there} USING utf8mb4)");
            let own = format!("CONVERT({value} USING utf8mb4)");
            let lost = format!("NOT (CAST({back} AS BINARY) <=> CAST({own} AS BINARY))");
            conversion.fails = Some(match conversion.fails {
                Some(fails) => format!("({fails}) OR {lost}"),
                None => lost,
            });
        }
        conversion.value = match conversion.value {
            NewValue::Same => NewValue::Expression(format!("{there} COLLATE {collation}")),
            _ => NewValue::Unknown,
        };
    }
    Ok(conversion)
}

fn by_type(old: &ValueType, new: &ValueType, v: &str) -> Option<Conversion> {
    use ValueType::{Date, DateTime, Decimal, Double, Enum, Float, Integer, Json, Set, Text, Timestamp};
    let fails = |condition: String| Conversion { fails: Some(condition), ..Conversion::keeps() };
    let outside = |value: &str, low: i128, high: i128| format!("{value} NOT BETWEEN {low} AND {high}");
    let text = |value: &str| format!("CONVERT({value} USING utf8mb4)");
    Some(match (old, new) {
        (old, new) if old == new => Conversion::keeps(),
        (Integer(low, high), Integer(new_low, new_high)) if new_low <= low && high <= new_high => Conversion::keeps(),
        (Integer(..), Integer(low, high)) => fails(outside(v, *low, *high)),
        (Decimal { .. }, Integer(low, high)) => Conversion {
            value: NewValue::Expression(format!("ROUND({v})")),
            ..fails(outside(&format!("ROUND({v})"), *low, *high))
        },
        (Integer(..) | Decimal { .. }, Decimal { precision, scale, is_unsigned }) => {
            let rounded = format!("ROUND({v}, {scale})");
            let limit = format!("1{}", "0".repeat(precision.saturating_sub(*scale) as usize));
            let negative = if *is_unsigned { format!(" OR {rounded} < 0") } else { String::new() };
            Conversion {
                value: NewValue::Expression(rounded.clone()),
                ..fails(format!("ABS({rounded}) >= {limit}{negative}"))
            }
        }
        (Integer(..) | Decimal { .. } | Float(_), Double(None)) => {
            Conversion { value: NewValue::Unknown, ..Conversion::keeps() }
        }
        (Integer(..), Float(None)) => Conversion { value: NewValue::Unknown, ..Conversion::keeps() },
        (Text(_), Text(limits)) => longer(&text(v), v, limits, old),
        (Integer(..) | Decimal { .. } | Date | DateTime(_) | Timestamp(_) | Enum(_) | Set(_), Text(limits)) => {
            Conversion { value: NewValue::Unknown, ..longer(&format!("CAST({v} AS CHAR)"), v, limits, old) }
        }
        (Enum(_), Enum(members)) => {
            // The empty text stands for an invalid value, which stays one.
            fails(format!("{} NOT IN ({})", text(v), list(members)))
        }
        (Set(old), Set(members)) => {
            let removed: Vec<String> = old
                .iter()
                .filter(|member| !members.contains(member))
                .map(|member| format!("FIND_IN_SET({}, {v}) > 0", literal(member)))
                .collect();
            if removed.is_empty() { Conversion::keeps() } else { fails(removed.join(" OR ")) }
        }
        (Text(_), Enum(members)) => {
            // A number in a text may be the position of a member.
            let other = format!("{} NOT IN ({})", text(v), list(members));
            Conversion {
                fails: Some(format!("{other} AND {} NOT REGEXP '^[0-9]*$'", text(v))),
                doubtful: Some(format!("{other} AND {} REGEXP '^[0-9]*$'", text(v))),
                value: NewValue::Unknown,
            }
        }
        (Text(_), Integer(low, high)) => {
            let number = format!("CAST({v} AS DECIMAL(65, 0))");
            let fraction = format!("{} NOT REGEXP '{INTEGER}'", text(v));
            let no_digit = format!("{} NOT REGEXP '[0-9]' AND {} REGEXP '[a-zA-Z]'", text(v), text(v));
            Conversion {
                fails: Some(format!(
                    "({no_digit}) OR {} REGEXP '{INTEGER}' AND {}",
                    text(v),
                    outside(&number, *low, *high)
                )),
                doubtful: Some(format!("{fraction} AND NOT ({no_digit})")),
                value: NewValue::Expression(number),
            }
        }
        (Text(_), Decimal { precision, scale, is_unsigned: false }) => {
            let number = format!("CAST({v} AS DECIMAL(65, 30))");
            let limit = format!("1{}", "0".repeat(precision.saturating_sub(*scale) as usize));
            let no_digit = format!("{} NOT REGEXP '[0-9]' AND {} REGEXP '[a-zA-Z]'", text(v), text(v));
            Conversion {
                fails: Some(format!(
                    "({no_digit}) OR {} REGEXP '{DECIMAL}' AND ABS(ROUND({number}, {scale})) >= {limit}",
                    text(v)
                )),
                doubtful: Some(format!("{} NOT REGEXP '{DECIMAL}' AND NOT ({no_digit})", text(v))),
                value: NewValue::Unknown,
            }
        }
        (Text(_), Date | DateTime(_)) => {
            let form = "^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?$";
            let is_date = matches!(new, Date);
            let form = if is_date { "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" } else { form };
            let cast = if is_date { format!("CAST({v} AS DATE)") } else { format!("CAST({v} AS DATETIME)") };
            let letters = format!("{} REGEXP '^[a-zA-Z ]+$'", text(v));
            Conversion {
                fails: Some(format!("({letters}) OR {} REGEXP '{form}' AND {cast} IS NULL", text(v))),
                doubtful: Some(format!("{} NOT REGEXP '{form}' AND NOT ({letters})", text(v))),
                value: NewValue::Unknown,
            }
        }
        (Text(_), Json) => Conversion { value: NewValue::Unknown, ..fails(format!("NOT JSON_VALID({v})")) },
        (Date, DateTime(_)) => Conversion::keeps(),
        (DateTime(old), DateTime(new)) if old <= new => Conversion::keeps(),
        (DateTime(_), Date | DateTime(_)) | (Timestamp(_), DateTime(_) | Date) => {
            Conversion { value: NewValue::Unknown, ..Conversion::keeps() }
        }
        _ => return None,
    })
}

/// A text that becomes one of another length. Spaces at its end are cut without an error where only they are too much.
fn longer(text: &str, v: &str, limits: &TextType, old: &ValueType) -> Conversion {
    let mut conditions = Vec::new();
    let (mut doubtful, mut value) = (None, NewValue::Same);
    if let Some(limit) = limits.characters {
        let fits = matches!(old, ValueType::Text(TextType { characters: Some(old), .. }) if *old <= limit);
        if !fits {
            let rest = format!("SUBSTRING({text}, {})", limit + 1);
            conditions.push(format!("CHAR_LENGTH(TRIM(TRAILING ' ' FROM {rest})) > 0"));
            doubtful =
                Some(format!("CHAR_LENGTH({text}) > {limit} AND CHAR_LENGTH(TRIM(TRAILING ' ' FROM {rest})) = 0"));
            value = NewValue::Expression(format!("LEFT({v}, {limit})"));
        }
    }
    if let Some(limit) = limits.bytes {
        conditions.push(format!("LENGTH({text}) > {limit}"));
    }
    Conversion { fails: (!conditions.is_empty()).then(|| conditions.join(" OR ")), doubtful, value }
}

fn literal(text: &str) -> String {
    clause::literal(DbBackend::MySql, text)
}

fn list(members: &[String]) -> String {
    // The empty text stands for a value that was invalid before.
    members.iter().map(|member| literal(member)).chain(["''".to_owned()]).collect::<Vec<_>>().join(", ")
}
