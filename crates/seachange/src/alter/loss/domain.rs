//! The values that a type can hold.

use sea_orm::DbBackend;

use crate::sql::{SqlDialect, TokenKind, significant, tokens};

/// The values that a type can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueDomain {
    /// Texts with limits, if they have any.
    Text {
        characters: Option<u64>,
        bytes: Option<u64>,
    },
    Binary {
        bytes: Option<u64>,
    },
    Integer {
        least: i128,
        most: i128,
    },
    /// Numbers with these digits before and after the point, or with any.
    Decimal {
        digits: Option<(u32, u32)>,
    },
    /// Numbers with this many significant decimal digits.
    Float {
        digits: u32,
    },
    Boolean,
    Moment(Moment),
    /// JSON, as it was written or parsed.
    Json {
        is_parsed: bool,
    },
    Enumerated(Vec<String>),
    Array(Box<ValueDomain>),
    /// A type of another kind, whose texts are spelled in one way: UUIDs, addresses.
    Value,
    /// Anything else.
    Other,
}

/// What a date or a time has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) has_date: bool,
    pub(super) has_time: bool,
    /// Whether it is a moment of the world's time rather than a local time.
    pub(super) has_zone: bool,
    /// Digits of a second.
    pub(super) fraction: u32,
    /// The first and the last year, if they differ from those of all dates of the system.
    pub(super) years: Option<(u16, u16)>,
}

impl Moment {
    /// Whether both have a date, a time and a zone, or not. So their values are spelled alike.
    pub(super) const fn has_same_parts(&self, other: &Self) -> bool {
        self.has_date == other.has_date && self.has_time == other.has_time && self.has_zone == other.has_zone
    }
}

impl ValueDomain {
    /// Reads a type in the words of a database.
    pub(super) fn of(backend: DbBackend, text: &str) -> Self {
        let lower = text.trim().to_lowercase();
        if let Some(element) = lower.strip_suffix("[]") {
            return Self::Array(Box::new(Self::of(backend, element)));
        }
        let (words, arguments) = parsed(&lower);
        match backend {
            DbBackend::Postgres => of_postgres(&words, &arguments),
            DbBackend::MySql if words == "enum" || words == "set" => Self::Enumerated(values(text)),
            DbBackend::MySql => of_mysql(&words, &arguments),
            _ => of_sqlite(&lower),
        }
    }

    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Decimal { .. } | Self::Float { .. })
    }

    /// The greatest number of characters that a value has as a text, if it is limited. The outer `None` means that it
    /// is not known.
    pub(super) fn characters(&self) -> Option<Option<u64>> {
        let length = |number: i128| number.to_string().len() as u64;
        match self {
            Self::Text { characters: None, bytes } => Some(*bytes),
            Self::Text { characters, .. } => Some(*characters),
            Self::Integer { least, most } => Some(Some(length(*least).max(length(*most)))),
            // The sign and the point.
            Self::Decimal { digits } => Some(digits.map(|(before, after)| u64::from(before + after + 2))),
            Self::Json { .. } | Self::Array(_) => Some(None),
            Self::Enumerated(values) => {
                let longest = values.iter().map(|value| value.chars().count()).max().unwrap_or_default();
                Some(Some(longest as u64))
            }
            Self::Binary { .. } | Self::Float { .. } | Self::Boolean | Self::Moment(_) | Self::Value | Self::Other => {
                None
            }
        }
    }

    /// The least and the greatest number of a type of numbers; `None` where there is no limit.
    pub(super) fn range(&self) -> Option<(Option<i128>, Option<i128>)> {
        match self {
            Self::Integer { least, most } => Some((Some(*least), Some(*most))),
            Self::Decimal { digits: Some((before, _)) } => {
                let most = 10_i128.checked_pow(*before);
                Some((most.map(|most| 1 - most), most.map(|most| most - 1)))
            }
            Self::Decimal { digits: None } | Self::Float { .. } => Some((None, None)),
            _ => None,
        }
    }
}

/// The words of a type without what is in parentheses, and the numbers in the first parentheses.
fn parsed(text: &str) -> (String, Vec<u32>) {
    let Some((before, rest)) = text.split_once('(') else { return (text.to_owned(), Vec::new()) };
    let (inner, after) = rest.split_once(')').unwrap_or((rest, ""));
    let words = [before.trim(), after.trim()];
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    (words.join(" "), inner.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

/// The values in the type of an enumeration.
fn values(text: &str) -> Vec<String> {
    let tokens = tokens(text, SqlDialect::MySql);
    let texts = significant(&tokens).into_iter().filter(|token| token.kind == TokenKind::Text);
    texts.map(|token| token.text.trim_matches('\'').replace("''", "'")).collect()
}

fn integer(bits: u32, is_signed: bool) -> ValueDomain {
    let size = 1_i128 << bits;
    match is_signed {
        true => ValueDomain::Integer { least: -size / 2, most: size / 2 - 1 },
        false => ValueDomain::Integer { least: 0, most: size - 1 },
    }
}

/// The domain of a decimal type. Without arguments it has the digits `by_default`.
fn decimal(arguments: &[u32], by_default: Option<(u32, u32)>) -> ValueDomain {
    let digits = match *arguments {
        [] => by_default,
        [precision] => Some((precision, 0)),
        [precision, scale, ..] => Some((precision.saturating_sub(scale), scale)),
    };
    ValueDomain::Decimal { digits }
}

const fn moment(has_date: bool, has_time: bool, has_zone: bool, fraction: u32) -> ValueDomain {
    ValueDomain::Moment(Moment { has_date, has_time, has_zone, fraction, years: None })
}

const fn text(characters: Option<u64>) -> ValueDomain {
    ValueDomain::Text { characters, bytes: None }
}

fn of_postgres(words: &str, arguments: &[u32]) -> ValueDomain {
    let length = arguments.first().map(|length| u64::from(*length));
    let fraction = arguments.first().copied().unwrap_or(6);
    match words {
        "character varying" | "varchar" | "text" | "citext" => text(length),
        "character" | "char" => text(Some(length.unwrap_or(1))),
        "bytea" => ValueDomain::Binary { bytes: None },
        "smallint" => integer(16, true),
        "integer" => integer(32, true),
        "bigint" => integer(64, true),
        "numeric" => decimal(arguments, None),
        "real" => ValueDomain::Float { digits: 6 },
        "double precision" => ValueDomain::Float { digits: 15 },
        "boolean" => ValueDomain::Boolean,
        "date" => moment(true, false, false, 0),
        "time without time zone" => moment(false, true, false, fraction),
        "time with time zone" => moment(false, true, true, fraction),
        "timestamp without time zone" => moment(true, true, false, fraction),
        "timestamp with time zone" => moment(true, true, true, fraction),
        "json" => ValueDomain::Json { is_parsed: false },
        "jsonb" => ValueDomain::Json { is_parsed: true },
        "uuid" | "inet" | "cidr" | "macaddr" | "macaddr8" | "interval" | "money" => ValueDomain::Value,
        _ => ValueDomain::Other,
    }
}

fn of_mysql(words: &str, arguments: &[u32]) -> ValueDomain {
    let is_signed = !words.contains("unsigned");
    let base = words.split(' ').next().unwrap_or_default();
    let length = u64::from(arguments.first().copied().unwrap_or(1));
    let fraction = arguments.first().copied().unwrap_or(0);
    let bounded = |bits: u32| ValueDomain::Text { characters: None, bytes: Some((1_u64 << bits) - 1) };
    let binary = |bits: u32| ValueDomain::Binary { bytes: Some((1_u64 << bits) - 1) };
    match base {
        "varchar" | "char" => text(Some(length)),
        "tinytext" => bounded(8),
        "text" => bounded(16),
        "mediumtext" => bounded(24),
        "longtext" => bounded(32),
        "varbinary" | "binary" => ValueDomain::Binary { bytes: Some(length) },
        "tinyblob" => binary(8),
        "blob" => binary(16),
        "mediumblob" => binary(24),
        "longblob" => binary(32),
        "tinyint" => integer(8, is_signed),
        "smallint" => integer(16, is_signed),
        "mediumint" => integer(24, is_signed),
        "int" => integer(32, is_signed),
        "bigint" => integer(64, is_signed),
        "year" => ValueDomain::Integer { least: 1901, most: 2155 },
        "decimal" => decimal(arguments, Some((10, 0))),
        "float" => ValueDomain::Float { digits: 6 },
        "double" => ValueDomain::Float { digits: 15 },
        "date" => moment(true, false, false, 0),
        "time" => moment(false, true, false, fraction),
        "datetime" => moment(true, true, false, fraction),
        "timestamp" => ValueDomain::Moment(Moment {
            has_date: true,
            has_time: true,
            has_zone: false,
            fraction,
            years: Some((1970, 2038)),
        }),
        "json" => ValueDomain::Json { is_parsed: true },
        "uuid" | "inet4" | "inet6" => ValueDomain::Value,
        _ => ValueDomain::Other,
    }
}

/// SQLite converts values by the affinity of the declared type, and limits none of them.
fn of_sqlite(declared: &str) -> ValueDomain {
    let has = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
    match () {
        () if has(&["int"]) => ValueDomain::Decimal { digits: None },
        () if has(&["char", "clob", "text"]) => text(None),
        () if has(&["blob"]) || declared.is_empty() => ValueDomain::Other,
        () => ValueDomain::Decimal { digits: None },
    }
}
