//! The values of a column of MySQL or MariaDB that a new type would not keep, as conditions on a row.
//!
//! The servers cast to few types in a query, so each pair of types has its own condition. A value is kept if it is equal
//! after the conversion; a text that becomes a number or a date is kept if it has the form in which the server writes
//! such a value, up to zeros at the end of a fraction.

use sea_orm::DbBackend;

use super::mysql_type::{DefinedType, TextType, ValueType};
use crate::alter::clause;

/// The most digits that a `decimal` has, and the most after the point.
const WIDEST: &str = "DECIMAL(65, 30)";

/// How many decimal digits every number of the type `double` and of the type `float` keeps.
const DIGITS_OF_DOUBLE: u32 = 15;
const DIGITS_OF_FLOAT: u32 = 6;

/// Writes the condition under which a value of `column`, a quoted name, is not kept; `None` if every value is kept. Both
/// types state their character sets, if they have one.
pub(super) fn lost(old: &DefinedType, new: &DefinedType, column: &str, is_mariadb: bool) -> Option<String> {
    let value = OldValue { old, column, is_mariadb };
    let conditions = match &new.value {
        ValueType::Integer(low, high) => value.as_integer(*low, *high),
        ValueType::Decimal { precision, scale, is_unsigned } => value.as_decimal(*precision, *scale, *is_unsigned),
        ValueType::Float(scale) => value.as_float(*scale),
        ValueType::Double(scale) => value.as_double(*scale),
        ValueType::Bit(digits) => value.as_bit(*digits),
        ValueType::Year => value.as_year(),
        ValueType::Text(text) => value.as_text(text, new.charset.as_deref()),
        ValueType::FixedBinary(length) => value.as_fixed_binary(*length),
        ValueType::Binary(length) => value.as_binary(*length),
        ValueType::Enum(members) => value.as_enum(members),
        ValueType::Set(members) => value.as_set(members),
        ValueType::Date => value.as_date(),
        ValueType::Time(digits) => value.as_time(*digits),
        ValueType::DateTime(digits) => value.as_datetime(*digits, false),
        ValueType::Timestamp(digits) => value.as_datetime(*digits, true),
        ValueType::Json | ValueType::Other(_) => Vec::new(),
    };
    let conditions: Vec<String> = conditions.into_iter().map(|condition| format!("({condition})")).collect();
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
}

/// Whether some value of another type could be lost in a column of this type.
pub(super) fn may_lose(new: &ValueType) -> bool {
    let is_largest = |text: &TextType| text.characters.is_none() && text.bytes.is_none();
    match new {
        ValueType::Text(text) => !is_largest(text),
        ValueType::Binary(length) => *length < u64::from(u32::MAX),
        ValueType::Json | ValueType::Other(_) => false,
        _ => true,
    }
}

/// A value of the old type.
struct OldValue<'a> {
    old: &'a DefinedType,
    column: &'a str,
    is_mariadb: bool,
}

impl OldValue<'_> {
    fn as_integer(&self, low: i128, high: i128) -> Vec<String> {
        let v = self.column;
        let outside = |v: &str| format!("NOT ({v} >= {low} AND {v} < {})", high + 1);
        match &self.old.value {
            ValueType::Integer(from, to) if *from >= low && *to <= high => Vec::new(),
            ValueType::Integer(..) => vec![outside(v)],
            ValueType::Decimal { precision, scale: 0, is_unsigned }
                if fits_digits(*precision, high) && (low < 0 || *is_unsigned) =>
            {
                Vec::new()
            }
            ValueType::Decimal { .. } | ValueType::Float(_) | ValueType::Double(_) => {
                vec![outside(v), format!("{v} <> ROUND({v})")]
            }
            ValueType::Year if high >= 2155 => Vec::new(),
            ValueType::Date | ValueType::Time(_) | ValueType::DateTime(_) | ValueType::Timestamp(_) => {
                let number = format!("({v} + 0)");
                vec![outside(&number), format!("{number} <> ROUND({number})")]
            }
            ValueType::Enum(_) | ValueType::Set(_) | ValueType::Bit(_) | ValueType::Year => {
                vec![outside(&format!("({v} + 0)"))]
            }
            ValueType::Other(_) => Vec::new(),
            _ => {
                let number = format!("CAST({} AS DECIMAL(65, 0))", self.text());
                let kept = format!("{} AND {number} BETWEEN {low} AND {high}", same_text(&number, &self.text()));
                vec![unless(v, &kept)]
            }
        }
    }

    fn as_decimal(&self, precision: u32, scale: u32, is_unsigned: bool) -> Vec<String> {
        let v = self.column;
        let whole = precision.saturating_sub(scale);
        let number = format!("CAST({v} AS DECIMAL({precision}, {scale}))");
        let mut conditions = match &self.old.value {
            ValueType::Integer(low, high) if digits((*high).max(-*low)) <= whole => Vec::new(),
            ValueType::Decimal { precision, scale: old_scale, .. }
                if *old_scale <= scale && precision.saturating_sub(*old_scale) <= whole =>
            {
                Vec::new()
            }
            ValueType::Integer(..) | ValueType::Decimal { .. } | ValueType::Double(_) => {
                vec![format!("{number} <> {v}")]
            }
            // A number of this type has fewer digits than a comparison with it uses.
            ValueType::Float(_) => vec![format!("CAST({number} AS FLOAT) <> {v}")],
            ValueType::Year if whole >= 4 => Vec::new(),
            ValueType::Date
            | ValueType::Time(_)
            | ValueType::DateTime(_)
            | ValueType::Timestamp(_)
            | ValueType::Enum(_)
            | ValueType::Set(_)
            | ValueType::Bit(_)
            | ValueType::Year => {
                vec![format!("CAST({v} + 0 AS DECIMAL({precision}, {scale})) <> {v} + 0")]
            }
            ValueType::Other(_) => Vec::new(),
            _ => {
                let text = self.text();
                vec![self.unless_number(&format!("CAST({text} AS DECIMAL({precision}, {scale}))"))]
            }
        };
        let was_signed = match &self.old.value {
            ValueType::Integer(low, _) => *low < 0,
            ValueType::Decimal { is_unsigned, .. } => !is_unsigned,
            ValueType::Other(_) | ValueType::Year | ValueType::Bit(_) => false,
            _ => true,
        };
        if is_unsigned && was_signed {
            conditions.push(format!("{} < 0", self.number()));
        }
        conditions
    }

    fn as_double(&self, scale: Option<u32>) -> Vec<String> {
        let v = self.column;
        let mut conditions = match &self.old.value {
            ValueType::Integer(low, high) if digits((*high).max(-*low)) <= DIGITS_OF_DOUBLE => Vec::new(),
            ValueType::Integer(..) => vec![format!("CAST({v} + 0E0 AS DECIMAL(20, 0)) <> {v}")],
            ValueType::Decimal { precision, scale, .. } if *precision > DIGITS_OF_DOUBLE => {
                vec![format!("CAST({v} + 0E0 AS DECIMAL({precision}, {scale})) <> {v}")]
            }
            of if is_text(of) => vec![self.unless_number(&format!("CAST({} + 0E0 AS {WIDEST})", self.text()))],
            _ => Vec::new(),
        };
        conditions.extend(self.rounded(scale));
        conditions
    }

    fn as_float(&self, scale: Option<u32>) -> Vec<String> {
        let v = self.column;
        let number = format!("CAST({v} AS FLOAT)");
        let mut conditions = match &self.old.value {
            ValueType::Integer(low, high) if digits((*high).max(-*low)) <= DIGITS_OF_FLOAT => Vec::new(),
            ValueType::Integer(..) => vec![format!("CAST({number} AS DECIMAL(20, 0)) <> {v}")],
            ValueType::Decimal { precision, scale, .. } if *precision > DIGITS_OF_FLOAT => {
                vec![format!("CAST({number} AS DECIMAL({precision}, {scale})) <> {v}")]
            }
            ValueType::Double(_) => vec![format!("{number} <> {v}")],
            ValueType::Date | ValueType::Time(_) | ValueType::DateTime(_) | ValueType::Timestamp(_) => {
                vec![format!("CAST({v} + 0 AS FLOAT) <> {v} + 0")]
            }
            of if is_text(of) => {
                let number = format!("CAST(CAST({} AS FLOAT) AS {WIDEST})", self.text());
                vec![self.unless_number(&number)]
            }
            _ => Vec::new(),
        };
        conditions.extend(self.rounded(scale));
        conditions
    }

    /// The condition under which a number is rounded to the digits that a type states.
    fn rounded(&self, scale: Option<u32>) -> Option<String> {
        let scale = scale?;
        let keeps = match &self.old.value {
            ValueType::Integer(..) => true,
            ValueType::Decimal { scale: old, .. } => *old <= scale,
            ValueType::Float(Some(old)) | ValueType::Double(Some(old)) => *old <= scale,
            _ => false,
        };
        let number = self.number();
        (!keeps).then(|| format!("{number} <> ROUND({number}, {scale})"))
    }

    fn as_bit(&self, digits: u32) -> Vec<String> {
        match &self.old.value {
            ValueType::Bit(old) if *old <= digits => Vec::new(),
            ValueType::Integer(low, high) if *low >= 0 && *high < 1_i128 << digits.min(64) => Vec::new(),
            ValueType::Bit(_) | ValueType::Integer(..) => {
                vec![format!("NOT ({0} + 0 >= 0 AND {0} + 0 < {1})", self.column, 1_i128 << digits.min(64))]
            }
            _ => Vec::new(),
        }
    }

    fn as_year(&self) -> Vec<String> {
        let v = self.column;
        match &self.old.value {
            ValueType::Year | ValueType::Other(_) => Vec::new(),
            ValueType::Integer(..) | ValueType::Decimal { .. } => {
                vec![format!("NOT ({v} = 0 OR {v} BETWEEN 1901 AND 2155 AND {v} = ROUND({v}))")]
            }
            of if is_text(of) => {
                let number = format!("CAST({} AS DECIMAL(65, 0))", self.text());
                let is_year = format!("{number} BETWEEN 1901 AND 2155");
                vec![unless(v, &format!("{} AND {is_year}", same_text(&number, &self.text())))]
            }
            _ => vec![format!("{v} IS NOT NULL")],
        }
    }

    fn as_text(&self, new: &TextType, charset: Option<&str>) -> Vec<String> {
        let (old, text) = (&self.old.value, self.text());
        let charset = charset.unwrap_or("utf8mb4");
        let mut conditions = Vec::new();
        if matches!(old, ValueType::Other(_) | ValueType::Bit(_)) {
            return conditions;
        }
        if matches!(old, ValueType::Binary(_) | ValueType::FixedBinary(_)) {
            // The bytes become the text, if they are one.
            conditions.push(format!("NOT (CAST(CONVERT({0} USING {charset}) AS BINARY) <=> {0})", self.column));
        } else if let Some(own) = self.old.charset.as_deref().filter(|own| !has_all_of(charset, own)) {
            let back = format!("CONVERT(CONVERT({text} USING {charset}) USING {own})");
            conditions.push(format!("NOT (CAST({back} AS BINARY) <=> CAST({text} AS BINARY))"));
        }
        let (characters, bytes) = (longest(old), self.most_bytes(charset));
        if let Some(limit) = new.characters.filter(|limit| characters.is_none_or(|longest| longest > *limit)) {
            conditions.push(format!("CHAR_LENGTH({}) > {limit}", self.text_of_bytes(charset)));
        }
        if let Some(limit) = new.bytes.filter(|limit| bytes.is_none_or(|most| most > *limit)) {
            conditions.push(match self.old.charset.as_deref() == Some(charset) {
                true => format!("LENGTH({text}) > {limit}"),
                false => format!("LENGTH(CONVERT({text} USING {charset})) > {limit}"),
            });
        }
        let was_padded = matches!(old, ValueType::Text(TextType { is_padded: true, .. }));
        if new.is_padded && !was_padded && is_text(old) {
            conditions.push(format!("LENGTH(TRIM(TRAILING ' ' FROM {text})) <> LENGTH({text})"));
        }
        conditions
    }

    /// The maximum number of bytes that the value has in a character set, if it is limited.
    fn most_bytes(&self, charset: &str) -> Option<u64> {
        match &self.old.value {
            ValueType::Text(TextType { bytes: Some(bytes), .. }) if self.old.charset.as_deref() == Some(charset) => {
                Some(*bytes)
            }
            of => longest(of).map(|characters| characters.saturating_mul(4)),
        }
    }

    /// The value as a text, where bytes become the characters that they are.
    fn text_of_bytes(&self, charset: &str) -> String {
        match &self.old.value {
            ValueType::Binary(_) | ValueType::FixedBinary(_) => format!("CONVERT({} USING {charset})", self.column),
            _ => self.text(),
        }
    }

    fn as_fixed_binary(&self, length: u64) -> Vec<String> {
        match &self.old.value {
            ValueType::FixedBinary(old) if *old == length => Vec::new(),
            ValueType::Other(_) | ValueType::Bit(_) => Vec::new(),
            // A shorter value is padded with zeros.
            _ => vec![format!("LENGTH({}) <> {length}", self.text())],
        }
    }

    fn as_binary(&self, length: u64) -> Vec<String> {
        let most = match &self.old.value {
            ValueType::Other(_) | ValueType::Bit(_) => return Vec::new(),
            ValueType::Binary(old) | ValueType::FixedBinary(old) => Some(*old),
            ValueType::Text(TextType { bytes: Some(bytes), .. }) => Some(*bytes),
            of => longest(of).map(|characters| characters.saturating_mul(4)),
        };
        let fits = most.is_some_and(|most| most <= length) || length >= u64::from(u32::MAX);
        if fits { Vec::new() } else { vec![format!("LENGTH({}) > {length}", self.text())] }
    }

    fn as_enum(&self, members: &[String]) -> Vec<String> {
        match &self.old.value {
            ValueType::Enum(old) if old.iter().all(|member| members.contains(member)) => Vec::new(),
            ValueType::Other(_) | ValueType::Bit(_) => Vec::new(),
            ValueType::Integer(..) => vec![format!("{} NOT BETWEEN 1 AND {}", self.column, members.len())],
            // A comparison of texts would follow the collation of the column.
            _ => {
                let list: Vec<String> = members.iter().map(|member| bytes_of(&literal(member))).collect();
                vec![format!("{} NOT IN ({})", bytes_of(&self.text()), list.join(", "))]
            }
        }
    }

    fn as_set(&self, members: &[String]) -> Vec<String> {
        match &self.old.value {
            ValueType::Set(old) => {
                let removed = old.iter().filter(|member| !members.contains(member));
                removed.map(|member| format!("FIND_IN_SET({}, {}) > 0", literal(member), self.column)).collect()
            }
            of if is_text(of) => {
                let all = format!("CONCAT(',', CONVERT({} USING utf8mb4), ',')", self.text());
                let rest = members
                    .iter()
                    .fold(all, |rest, member| format!("REPLACE({rest}, {}, ',')", literal(&format!(",{member},"))));
                vec![format!("{} <> '' AND {rest} <> ','", self.text())]
            }
            _ => Vec::new(),
        }
    }

    fn as_date(&self) -> Vec<String> {
        let v = self.column;
        match &self.old.value {
            ValueType::Date | ValueType::Other(_) => Vec::new(),
            ValueType::DateTime(_) | ValueType::Timestamp(_) => vec![format!("CAST({v} AS DATE) <> {v}")],
            ValueType::Time(_) | ValueType::Year => vec![format!("{v} IS NOT NULL")],
            of if is_text(of) => {
                let date = format!("CAST({} AS DATE)", self.text());
                vec![unless(v, &same_text(&date, &self.text()))]
            }
            _ => vec![format!("NOT (CAST({v} AS DATE) + 0 <=> {v})")],
        }
    }

    fn as_time(&self, digits: u32) -> Vec<String> {
        let v = self.column;
        match &self.old.value {
            ValueType::Time(old) if *old <= digits => Vec::new(),
            ValueType::Other(_) => Vec::new(),
            ValueType::Time(_) => vec![format!("CAST({v} AS TIME({digits})) <> {v}")],
            ValueType::Date | ValueType::DateTime(_) | ValueType::Timestamp(_) | ValueType::Year => {
                vec![format!("{v} IS NOT NULL")]
            }
            of if is_text(of) => {
                let form = "^-?[0-9]{2,3}:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?$";
                let same = format!("CAST({0} AS TIME(6)) = CAST({0} AS TIME({digits}))", self.text());
                vec![unless(v, &format!("{} AND {same}", matches(&self.text(), form)))]
            }
            _ => vec![format!("NOT (CAST({v} AS TIME({digits})) + 0 <=> {v})")],
        }
    }

    fn as_datetime(&self, digits: u32, is_timestamp: bool) -> Vec<String> {
        let v = self.column;
        let rounded = format!("CAST({v} AS DATETIME({digits})) <> {v}");
        let mut conditions = match &self.old.value {
            ValueType::Other(_) | ValueType::Date => Vec::new(),
            ValueType::DateTime(old) | ValueType::Timestamp(old) if *old <= digits => Vec::new(),
            ValueType::DateTime(_) | ValueType::Timestamp(_) => vec![rounded],
            ValueType::Time(_) | ValueType::Year => vec![format!("{v} IS NOT NULL")],
            of if is_text(of) => {
                let form = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$";
                let same = format!("CAST({0} AS DATETIME(6)) = CAST({0} AS DATETIME({digits}))", self.text());
                vec![unless(v, &format!("{} AND {same}", matches(&self.text(), form)))]
            }
            _ => vec![format!("NOT (CAST({v} AS DATETIME({digits})) + 0 <=> {v})")],
        };
        match (&self.old.value, is_timestamp) {
            (ValueType::Timestamp(_), false) => {
                // Where the clocks of the session's time zone are set back, two times have one name.
                conditions.push(format!("UNIX_TIMESTAMP(CAST({v} AS DATETIME(6))) <> UNIX_TIMESTAMP({v})"));
            }
            (ValueType::Timestamp(_) | ValueType::Other(_) | ValueType::Time(_) | ValueType::Year, _) => {}
            (_, true) => conditions.push(self.is_no_timestamp()),
            _ => {}
        }
        conditions
    }

    /// The condition under which a date and time is not in the range of `timestamp`, or does not exist in the time zone
    /// of the session.
    fn is_no_timestamp(&self) -> String {
        let time = format!("CAST({} AS DATETIME(6))", self.text_or_value());
        // MySQL computes such numbers beyond the range of the type.
        let last = if self.is_mariadb { "4294967295" } else { "2147483647" };
        unless(
            self.column,
            &format!(
                "UNIX_TIMESTAMP({time}) > 0 AND UNIX_TIMESTAMP({time}) < {last} + 1 \
                 AND FROM_UNIXTIME(UNIX_TIMESTAMP({time})) = {time}"
            ),
        )
    }

    fn text_or_value(&self) -> String {
        if is_text(&self.old.value) { self.text() } else { self.column.to_owned() }
    }

    /// The value as a text, or as bytes.
    fn text(&self) -> String {
        match &self.old.value {
            ValueType::Text(_)
            | ValueType::Binary(_)
            | ValueType::FixedBinary(_)
            | ValueType::Enum(_)
            | ValueType::Set(_) => self.column.to_owned(),
            _ => format!("CAST({} AS CHAR)", self.column),
        }
    }

    /// The value as a number.
    fn number(&self) -> String {
        match is_text(&self.old.value) {
            true => format!("CAST({} AS {WIDEST})", self.text()),
            false => format!("({} + 0)", self.column),
        }
    }

    /// The condition under which a text is not a number in plain form that equals `number`.
    fn unless_number(&self, number: &str) -> String {
        let form = matches(&self.text(), "^-?(0|[1-9][0-9]*)([.][0-9]+)?$");
        unless(self.column, &format!("{form} AND CAST({} AS {WIDEST}) = {number}", self.text()))
    }
}

/// Whether the server reads values of the type as texts.
fn is_text(of: &ValueType) -> bool {
    matches!(of, ValueType::Text(_) | ValueType::Binary(_) | ValueType::FixedBinary(_) | ValueType::Json)
}

/// The condition under which a value is not null, and `kept` is not true.
fn unless(value: &str, kept: &str) -> String {
    format!("{value} IS NOT NULL AND NOT COALESCE({kept}, FALSE)")
}

/// The condition under which a text has a form. A line end at the end of the text has to be excluded: `$` allows it.
fn matches(text: &str, form: &str) -> String {
    let text = format!("CONVERT({text} USING utf8mb4)");
    format!("{text} REGEXP {} AND {text} NOT REGEXP '[^-0-9.: ]'", literal(form))
}

fn same_text(left: &str, right: &str) -> String {
    format!("{} <=> {}", bytes_of(left), bytes_of(right))
}

/// The bytes of a text, whatever its character set is.
fn bytes_of(text: &str) -> String {
    format!("CAST(CONVERT({text} USING utf8mb4) AS BINARY)")
}

fn literal(text: &str) -> String {
    clause::literal(DbBackend::MySql, text)
}

/// Whether a character set has all characters of another one.
fn has_all_of(charset: &str, other: &str) -> bool {
    charset == other
        || matches!(charset, "utf8mb4" | "utf16" | "utf16le" | "utf32")
        || other == "ascii"
        || matches!(charset, "utf8mb3" | "ucs2") && matches!(other, "latin1" | "utf8mb3" | "ucs2")
}

/// The maximum number of characters of a value as a text, if it is limited.
fn longest(of: &ValueType) -> Option<u64> {
    Some(match of {
        ValueType::Integer(low, high) => u64::from(digits(*high).max(digits(*low) + u32::from(*low < 0))),
        // A sign, a point, and a zero before it.
        ValueType::Decimal { precision, .. } => u64::from(*precision) + 3,
        ValueType::Year => 4,
        ValueType::Text(text) => return text.characters.or(text.bytes),
        ValueType::Binary(length) | ValueType::FixedBinary(length) => *length,
        ValueType::Enum(members) => members.iter().map(|member| member.chars().count() as u64).max()?,
        ValueType::Date => 10,
        ValueType::Time(_) => 17,
        ValueType::DateTime(_) | ValueType::Timestamp(_) => 26,
        _ => return None,
    })
}

/// The number of decimal digits of a number.
fn digits(of: i128) -> u32 {
    of.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}

/// Whether every number of this many decimal digits is at most `high`.
fn fits_digits(precision: u32, high: i128) -> bool {
    precision < digits(high)
}
