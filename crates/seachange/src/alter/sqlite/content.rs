//! The content of a column by its declared type, and the values that SQLite stores there unchanged.
//!
//! SQLite converts a value to the affinity of its column where it can, and otherwise stores it as it is: in an integer
//! column, `'007'` becomes 7, and `'abc'` stays a text. Both depend on the value alone, so the old table is queried for
//! such values before anything is copied.

use crate::sqlite_ddl::tokens;

/// The values that a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnContent {
    /// Any value, unchanged.
    Anything,
    Integer,
    Real,
    /// An integer or a real number.
    Number,
    Text,
    Blob,
    /// 0 or 1.
    Boolean,
    /// A text of one of these formats, or a number if the affinity of the column converts the text to one.
    Date(DateNumbers),
    Time(DateNumbers),
    DateTime(DateNumbers),
    /// A text that is valid JSON.
    Json,
    /// 16 bytes, as SeaORM stores a UUID.
    Uuid,
}

/// Whether a column of dates also holds numbers: a `date` column does, sea-query's `date_text` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateNumbers {
    Kept,
    BecomeText,
}

impl ColumnContent {
    /// Returns the content of a column of a declared type.
    pub(super) fn of(declared: &str, is_strict: bool) -> Self {
        let declared = normal(declared);
        let word = declared.split(['(', ' ']).next().unwrap_or_default();
        let numbers =
            if Self::by_affinity(&declared) == Self::Text { DateNumbers::BecomeText } else { DateNumbers::Kept };
        match word {
            "any" if is_strict => Self::Anything,
            "boolean" | "bool" => Self::Boolean,
            "date_text" | "date" => Self::Date(numbers),
            "time_text" | "time" => Self::Time(numbers),
            "datetime_text" | "timestamp_text" | "timestamp_with_timezone_text" | "datetime" | "timestamp" => {
                Self::DateTime(numbers)
            }
            "json_text" | "jsonb_text" => Self::Json,
            "uuid_text" => Self::Uuid,
            _ => Self::by_affinity(&declared),
        }
    }

    /// Returns the content of a column of a declared type, by the types that SQLite itself distinguishes. The rules are
    /// in
    /// <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
    pub(super) fn of_affinity(declared: &str, is_strict: bool) -> Self {
        let declared = normal(declared);
        if is_strict && declared == "any" { Self::Anything } else { Self::by_affinity(&declared) }
    }

    fn by_affinity(declared: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| declared.contains(word));
        match declared {
            "" => Self::Anything,
            _ if says(&["int"]) => Self::Integer,
            _ if says(&["char", "clob", "text"]) => Self::Text,
            _ if says(&["blob"]) => Self::Blob,
            _ if says(&["real", "floa", "doub"]) => Self::Real,
            _ => Self::Number,
        }
    }

    /// Writes the condition under which SQLite stores `value`, a name in SQL, as a value of this content that becomes
    /// the old value again when it is converted back. The condition holds for `NULL`.
    pub(super) fn keeps(self, value: &str) -> String {
        let [integer, real, text, blob] = self.kept_of_each_class(value);
        format!(
            "CASE typeof({value}) WHEN 'null' THEN 1 WHEN 'integer' THEN {integer} WHEN 'real' THEN {real} \
             WHEN 'text' THEN {text} ELSE {blob} END"
        )
    }

    /// The conditions for integers, real numbers, texts and blobs. They compare texts by their bytes, whatever the
    /// collation of the column.
    fn kept_of_each_class(self, value: &str) -> [String; 4] {
        const NO: &str = "0";
        const YES: &str = "1";
        let same_text = |through: &str| format!("CAST(CAST({value} AS {through}) AS TEXT) = {value} COLLATE BINARY");
        match self {
            Self::Anything => [YES, YES, YES, YES].map(str::to_owned),
            Self::Integer => {
                // Outside this range, SQLite does not convert a real number to an integer.
                let whole = format!("CAST({value} AS INTEGER) = {value} AND {value} BETWEEN -9.2e18 AND 9.2e18");
                [YES.to_owned(), whole, same_text("INTEGER"), NO.to_owned()]
            }
            Self::Real => {
                let exact = format!("CAST({value} AS INTEGER) BETWEEN -9007199254740992 AND 9007199254740992");
                let text = format!("({} OR {} AND {exact})", same_text("REAL"), same_text("INTEGER"));
                [format!("CAST({value} AS REAL) = {value}"), YES.to_owned(), text, NO.to_owned()]
            }
            Self::Number => [YES.to_owned(), YES.to_owned(), same_text("NUMERIC"), NO.to_owned()],
            Self::Text => {
                let real = format!("CAST(CAST({value} AS TEXT) AS REAL) = {value}");
                [YES.to_owned(), real, YES.to_owned(), NO.to_owned()]
            }
            Self::Blob => [NO, NO, NO, YES].map(str::to_owned),
            Self::Boolean => {
                let number = format!("{value} IN (0, 1)");
                let text = format!("{value} COLLATE BINARY IN ('0', '1')");
                [number.clone(), number, text, NO.to_owned()]
            }
            Self::Date(numbers) => dated(numbers, format!("date({value}) = {value} COLLATE BINARY")),
            Self::Time(numbers) => dated(numbers, format!("{} AND time({value}) IS NOT NULL", is_hour(value))),
            Self::DateTime(numbers) => {
                let [date, time] = [format!("substr({value}, 1, 10)"), format!("substr({value}, 12)")];
                let form = format!("date({date}) = {date} AND {value} GLOB '??????????[ T]*' AND {}", is_hour(&time));
                dated(numbers, format!("{form} AND datetime({value}) IS NOT NULL"))
            }
            Self::Json => [NO.to_owned(), NO.to_owned(), format!("json_valid({value})"), NO.to_owned()],
            Self::Uuid => [NO.to_owned(), NO.to_owned(), NO.to_owned(), format!("length({value}) = 16")],
        }
    }
}

/// Writes the condition under which SQLite stores `value`, an expression in SQL, as a value that a column of this declared
/// type holds; `None` if the column holds any value.
pub(crate) fn values_kept(declared: &str, value: &str) -> Option<String> {
    let contents = [ColumnContent::of(declared, false), ColumnContent::of_affinity(declared, false)];
    let is_any = contents.contains(&ColumnContent::Anything);
    (!is_any).then(|| contents.map(|content| content.keeps(value)).join(" OR "))
}

/// The condition under which a text begins with an hour and a minute. SQLite's own functions also accept hour 24.
fn is_hour(text: &str) -> String {
    format!("({text} GLOB '[01][0-9]:[0-5][0-9]*' OR {text} GLOB '2[0-3]:[0-5][0-9]*')")
}

/// The conditions for dates and times. A text has to satisfy `text`.
fn dated(numbers: DateNumbers, text: String) -> [String; 4] {
    let number = if numbers == DateNumbers::Kept { "1" } else { "0" };
    [number.to_owned(), number.to_owned(), text, "0".to_owned()]
}

/// Returns a declared type in lower case, without comments, quotes and superfluous white space.
pub(super) fn normal(declared: &str) -> String {
    let all = tokens(declared);
    let words = all.iter().filter(|token| !token.is_trivia());
    let words = words.map(|token| token.name().map_or_else(|| token.text.to_owned(), std::borrow::Cow::into_owned));
    words.collect::<Vec<_>>().join(" ").to_ascii_lowercase().replace(" (", "(").replace("( ", "(").replace(" )", ")")
}

#[cfg(test)]
mod tests {
    use super::{ColumnContent, DateNumbers, normal};

    #[test]
    fn contents_follow_the_declared_type() {
        let check = |declared: &str, expected: ColumnContent| {
            assert_eq!(ColumnContent::of(declared, false), expected, "{declared}")
        };
        check("", ColumnContent::Anything);
        check(" /* text */ ", ColumnContent::Anything);
        check("integer", ColumnContent::Integer);
        check("UNSIGNED BIG INT", ColumnContent::Integer);
        check("varchar(255)", ColumnContent::Text);
        check("enum_text", ColumnContent::Text);
        check("real(10, 2)", ColumnContent::Real);
        check("real_money", ColumnContent::Real);
        check("double", ColumnContent::Real);
        check("varbinary_blob(16)", ColumnContent::Blob);
        check("decimal(10,2)", ColumnContent::Number);
        check("ANY", ColumnContent::Number);
        check("BOOLEAN", ColumnContent::Boolean);
        check("date_text", ColumnContent::Date(DateNumbers::BecomeText));
        check("DATE", ColumnContent::Date(DateNumbers::Kept));
        check("timestamp_with_timezone_text", ColumnContent::DateTime(DateNumbers::BecomeText));
        check("time_text", ColumnContent::Time(DateNumbers::BecomeText));
        check("jsonb_text", ColumnContent::Json);
        check("uuid_text", ColumnContent::Uuid);
        assert_eq!(ColumnContent::of("ANY", true), ColumnContent::Anything);
        assert_eq!(ColumnContent::of_affinity("boolean", false), ColumnContent::Number);
        assert_eq!(ColumnContent::of_affinity("uuid_text", false), ColumnContent::Text);
    }

    #[test]
    fn spellings_of_one_type_are_the_same() {
        assert_eq!(normal(" Varchar ( 20 )  -- short\n"), "varchar(20)");
        assert_eq!(normal("\"VARCHAR\"(20)"), "varchar(20)");
        assert_eq!(normal("real( 10,2 )"), normal("REAL(10 , 2)"));
    }
}
