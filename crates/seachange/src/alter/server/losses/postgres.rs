//! The values of a column of PostgreSQL that a new type would not keep, as conditions on a row.
//!
//! A value is kept if it is equal after it was converted to the new type and back. A cast in a query cuts a text where
//! `ALTER TABLE` would fail, so the condition finds such a text too. Where a cast could fail in the query, a condition
//! on the range of the value comes first.

/// A type, with what limits its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PostgresType {
    /// With the maximum number of characters, if there is one.
    Text(Option<u32>),
    /// `character(n)`, whose values are padded.
    Char(u32),
    /// With the number of bits.
    Integer(u32),
    /// With precision and scale, if they are limited.
    Numeric(Option<(u32, i32)>),
    Real,
    Double,
    Boolean,
    Date,
    /// These have a number of digits of the second, and may have a time zone.
    Time {
        digits: u32,
        has_zone: bool,
    },
    Timestamp {
        digits: u32,
        has_zone: bool,
    },
    Interval(u32),
    /// Any other type, as it is written.
    Other(String),
}

/// How PostgreSQL converts from a type to another one that it has no rule for here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Casts {
    /// Whether `ALTER TABLE` converts without an expression.
    pub(super) by_assignment: bool,
    /// Whether the new type can be cast to the old one.
    pub(super) back: bool,
}

impl PostgresType {
    /// Reads a type as PostgreSQL or sea-query writes it.
    pub(crate) fn parse(text: &str) -> Self {
        let as_written = text.trim();
        let text = as_written.to_ascii_lowercase();
        let (before, rest) = text.split_once('(').unwrap_or((&text, ""));
        let (arguments, after) = rest.split_once(')').unwrap_or((rest, ""));
        if after.contains('[') || before.contains('[') {
            return Self::Other(as_written.to_owned());
        }
        let name: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
        let mut numbers = arguments.split(',').map(|number| number.trim().parse::<i32>().ok());
        let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
        let length = first.and_then(|length| u32::try_from(length).ok());
        let digits = length.unwrap_or(6);
        match name.join(" ").as_str() {
            "text" => Self::Text(None),
            "varchar" | "character varying" => Self::Text(length),
            "char" | "character" => Self::Char(length.unwrap_or(1)),
            "bpchar" => length.map_or(Self::Text(None), Self::Char),
            "smallint" | "int2" => Self::Integer(16),
            "integer" | "int" | "int4" => Self::Integer(32),
            "bigint" | "int8" => Self::Integer(64),
            "numeric" | "decimal" => Self::Numeric(length.map(|precision| (precision, second.unwrap_or(0)))),
            "real" | "float4" => Self::Real,
            "float" if length.is_some_and(|digits| digits <= 24) => Self::Real,
            "double precision" | "float8" | "float" => Self::Double,
            "boolean" | "bool" => Self::Boolean,
            "date" => Self::Date,
            "time" | "time without time zone" => Self::Time { digits, has_zone: false },
            "timetz" | "time with time zone" => Self::Time { digits, has_zone: true },
            "timestamp" | "timestamp without time zone" => Self::Timestamp { digits, has_zone: false },
            "timestamptz" | "timestamp with time zone" => Self::Timestamp { digits, has_zone: true },
            // With fields, as in `interval day to second`, it is another type.
            "interval" => Self::Interval(digits),
            _ => Self::Other(as_written.to_owned()),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Numeric(_) | Self::Real | Self::Double)
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Char(_))
    }

    /// The type without its limits, for a cast back.
    fn unlimited(&self) -> &str {
        match self {
            Self::Text(_) | Self::Char(_) => "text",
            Self::Integer(16) => "smallint",
            Self::Integer(32) => "integer",
            Self::Integer(_) => "bigint",
            Self::Numeric(_) => "numeric",
            Self::Real => "real",
            Self::Double => "double precision",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time { has_zone: false, .. } => "time",
            Self::Time { .. } => "time with time zone",
            Self::Timestamp { has_zone: false, .. } => "timestamp",
            Self::Timestamp { .. } => "timestamp with time zone",
            Self::Interval(_) => "interval",
            Self::Other(text) => text,
        }
    }

    /// The largest integer, and the number of decimal digits of any integer.
    fn limits(bits: u32) -> (i128, u32) {
        match bits {
            16 => (i128::from(i16::MAX), 5),
            32 => (i128::from(i32::MAX), 10),
            _ => (i128::from(i64::MAX), 19),
        }
    }
}

/// A change of a type: the new type as it is written, the column with quotes, and the conversion, if the change states
/// one that casts the column.
pub(super) struct TypeChange<'a> {
    pub(super) old: &'a PostgresType,
    pub(super) new: &'a PostgresType,
    pub(super) written: &'a str,
    pub(super) column: &'a str,
    pub(super) using: Option<&'a str>,
    pub(super) casts: Casts,
}

impl TypeChange<'_> {
    /// Writes the condition under which a value is not kept; `None` if every value is kept.
    pub(super) fn lost(&self) -> Option<String> {
        if self.keeps_all() {
            return None;
        }
        let (c, old) = (self.column, self.old);
        let converted = format!("({})::{}", self.using.unwrap_or(c), self.written);
        let back = format!("({converted})::{}", old.unlimited());
        Some(match self.new {
            new if new.is_text() => format!("({converted})::text IS DISTINCT FROM {c}::text"),
            new if new.is_number() && old.is_text() => {
                let digits = if matches!(new, PostgresType::Integer(_)) { "" } else { "(\\.[0-9]+)?" };
                let form = format!("{c}::text !~ '^-?(0|[1-9][0-9]*){digits}$'");
                format!("CASE WHEN {form} THEN true ELSE ({converted})::numeric <> {c}::text::numeric END")
            }
            PostgresType::Integer(bits) if old.is_number() => {
                let (high, _) = PostgresType::limits(*bits);
                let inside = format!("{c} >= {} AND {c} < {}", -high - 1, high + 1);
                format!("CASE WHEN NOT ({inside}) THEN true ELSE {back} <> {c} END")
            }
            PostgresType::Numeric(Some((precision, scale))) if old.is_number() => {
                let (whole, number) = (i64::from(*precision) - i64::from(*scale), format!("{c}::numeric"));
                let mut outside = format!("abs(round({number}, {scale})) >= 1e{whole}");
                if !matches!(old, PostgresType::Integer(_)) {
                    // `NaN` counts as greater than any number, and has no digits.
                    outside.push_str(&format!(" AND {c} <> 'NaN'"));
                }
                format!("CASE WHEN {outside} THEN true ELSE {back} <> {c} END")
            }
            PostgresType::Real | PostgresType::Double
                if matches!(old, PostgresType::Integer(_) | PostgresType::Numeric(_)) =>
            {
                // The first cast writes fewer digits than the type has, the second one more than the value may have.
                let number = format!("{c}::numeric");
                format!("({converted})::numeric <> {number} AND ({converted})::text::numeric <> {number}")
            }
            PostgresType::Time { .. } if matches!(old, PostgresType::Timestamp { .. }) => format!("{c} IS NOT NULL"),
            PostgresType::Other(_) => format!("({back})::text IS DISTINCT FROM {c}::text"),
            _ if matches!(old, PostgresType::Other(_)) => format!("({back})::text IS DISTINCT FROM {c}::text"),
            _ => format!("{back} <> {c}"),
        })
    }

    /// Whether no value can be lost, or it cannot be found out.
    fn keeps_all(&self) -> bool {
        use PostgresType::{
            Boolean, Char, Date, Double, Integer, Interval, Numeric, Other, Real, Text, Time, Timestamp,
        };
        let fits = |longest: u32, limit: &Option<u32>| limit.is_none_or(|limit| longest <= limit);
        if self.using.is_some() {
            return !(self.old.is_text() && self.new.is_number());
        }
        match (self.old, self.new) {
            (old, new) if old == new => true,
            (_, Text(None)) => true,
            (Text(Some(longest)) | Char(longest), Text(limit)) => fits(*longest, limit),
            (Char(old), Char(new)) => old <= new,
            (Integer(16), Text(limit)) => fits(6, limit),
            (Integer(32), Text(limit)) => fits(11, limit),
            (Integer(_), Text(limit)) => fits(20, limit),
            (Boolean, Text(limit)) => fits(5, limit),
            (_, Text(_) | Char(_)) => false,
            (Text(_) | Char(_), _) => true,
            (Integer(old), Integer(new)) => old <= new,
            (Integer(16), Real | Double) | (Integer(32) | Real, Double) => true,
            (Integer(_) | Numeric(_), Numeric(None)) => true,
            (Integer(bits), Numeric(Some((precision, scale)))) => {
                i64::from(*precision) - i64::from(*scale) >= i64::from(PostgresType::limits(*bits).1)
            }
            (Numeric(Some((precision, scale))), Numeric(Some((new_precision, new_scale)))) => {
                scale <= new_scale
                    && i64::from(*precision) - i64::from(*scale) <= i64::from(*new_precision) - i64::from(*new_scale)
            }
            (Numeric(Some((precision, scale))), Integer(bits)) => {
                *scale <= 0 && i64::from(*precision) - i64::from(*scale) < i64::from(PostgresType::limits(*bits).1)
            }
            (Numeric(Some((precision, scale))), Double) => *precision <= 15 && *scale >= 0,
            (Numeric(Some((precision, scale))), Real) => *precision <= 6 && *scale >= 0,
            (old, new) if old.is_number() && new.is_number() => false,
            (Date, Timestamp { .. }) | (Time { has_zone: false, .. }, Interval(6)) => true,
            (Time { digits: old, has_zone: false }, Time { digits, .. })
            | (Time { digits: old, has_zone: true }, Time { digits, has_zone: true }) => old <= digits,
            (Interval(old), Interval(new)) if old <= new => true,
            (Timestamp { digits: old, has_zone }, Timestamp { digits, has_zone: new_zone }) if has_zone == new_zone => {
                old <= digits
            }
            (Timestamp { .. }, Timestamp { .. } | Date)
            | (Timestamp { has_zone: false, .. }, Time { has_zone: false, .. })
            | (Timestamp { has_zone: true, .. }, Time { .. })
            | (Time { .. }, Time { .. })
            | (Time { has_zone: false, .. } | Interval(_), Interval(_))
            | (Interval(_), Time { has_zone: false, .. }) => false,
            // The two types for JSON write one value in different ways.
            (Other(old), Other(new)) if [old, new].iter().all(|name| is_json(name)) => true,
            _ => !(self.casts.by_assignment && self.casts.back),
        }
    }
}

/// Whether a type is one of the two for JSON.
fn is_json(name: &str) -> bool {
    ["json", "jsonb"].iter().any(|json| name.eq_ignore_ascii_case(json))
}

/// Writes a statement that stops a script where values are not kept; `None` if this needs the old type, which the script
/// does not know. `reason` is a literal.
pub(super) fn guard(new: &PostgresType, written: &str, table: &str, column: &str, reason: &str) -> Option<String> {
    let converted = format!("{column}::{written}");
    let lost = match new {
        PostgresType::Text(Some(_)) | PostgresType::Char(_) => {
            format!("({converted})::text IS DISTINCT FROM {column}::text")
        }
        PostgresType::Integer(_) | PostgresType::Numeric(Some(_)) => {
            format!("({converted})::numeric <> {column}::numeric")
        }
        PostgresType::Real | PostgresType::Double => {
            let number = format!("{column}::numeric");
            format!("({converted})::numeric <> {number} AND ({converted})::text::numeric <> {number}")
        }
        PostgresType::Date | PostgresType::Timestamp { .. } => {
            format!("({converted})::timestamptz <> {column}::timestamptz")
        }
        _ => return None,
    };
    Some(format!(
        "DO $seachange$ BEGIN IF EXISTS (SELECT 1 FROM {table} WHERE {lost}) THEN RAISE EXCEPTION USING MESSAGE = \
         {reason}; END IF; END $seachange$"
    ))
}

/// Whether an expression only casts a column: `"x"::text::integer`. `column` is quoted.
pub(super) fn is_cast_of(expression: &str, column: &str) -> bool {
    let bare = column.trim_matches('"');
    let rest = expression.trim();
    let rest = rest.strip_prefix(column).or_else(|| rest.strip_prefix(bare));
    let types = |rest: &str| rest.chars().all(|one| one.is_alphanumeric() || " :(),_.\"".contains(one));
    rest.is_some_and(|rest| rest.starts_with("::") && types(rest))
}
