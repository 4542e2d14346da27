//! Types whose length or precision an entity does not state.

use sea_orm::sea_query::{ColumnType, StringLen};

use crate::schema::SqlType;

/// Whether an entity leaves the length or precision of a type open, and the type of the database differs in nothing else.
pub(super) fn differs_in_unstated(database: &SqlType, entity: &SqlType) -> bool {
    let (old, new) = (without_length(&database.text), without_length(&entity.text));
    is_unstated(&entity.kind) && (old == new || is_same_family(element(&entity.kind), &old, &new))
}

/// Whether the declared type states no length and no precision, although types of the database have one.
fn is_unstated(kind: &ColumnType) -> bool {
    match kind {
        ColumnType::Char(None)
        | ColumnType::String(StringLen::None)
        | ColumnType::VarBinary(StringLen::None)
        | ColumnType::Blob
        | ColumnType::Decimal(None)
        | ColumnType::Money(None)
        | ColumnType::Bit(None)
        | ColumnType::Vector(None)
        | ColumnType::Interval(None, None)
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::DateTime
        | ColumnType::Timestamp
        | ColumnType::TimestampWithTimeZone
        | ColumnType::Time => true,
        ColumnType::Array(element) => is_unstated(element),
        _ => false,
    }
}

fn element(kind: &ColumnType) -> &ColumnType {
    match kind {
        ColumnType::Array(inner) => element(inner),
        kind => kind,
    }
}

/// Whether two types, without their lengths, store the same values of different lengths. A `String` says of the column
/// only that it stores text; databases also have a type for text of any length.
fn is_same_family(kind: &ColumnType, old: &str, new: &str) -> bool {
    const TEXTS: [&str; 8] =
        ["varchar", "character varying", "nvarchar", "text", "tinytext", "mediumtext", "longtext", "string"];
    const BYTES: [&str; 7] = ["varbinary", "varbinary_blob", "blob", "tinyblob", "mediumblob", "longblob", "bytea"];
    let dimensions = |text: &str| text.len() - text.trim_end_matches("[]").len();
    let has = |family: &[&str]| [old, new].iter().all(|text| family.contains(&text.trim_end_matches("[]")));
    let is_same = match kind {
        ColumnType::String(_) => has(&TEXTS),
        ColumnType::VarBinary(_) | ColumnType::Blob => has(&BYTES),
        _ => false,
    };
    is_same && dimensions(old) == dimensions(new)
}

/// A type without the numbers in parentheses, in lower case.
fn without_length(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let is_number = |inner: &str| inner.chars().all(|character| character.is_ascii_digit() || " ,".contains(character));
    let shortened = text.split_once('(').and_then(|(before, rest)| {
        let (inner, after) = rest.split_once(')')?;
        is_number(inner).then(|| format!("{}{after}", before.trim_end()))
    });
    shortened.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, ColumnType, IntoIden, StringLen};

    use super::differs_in_unstated;
    use crate::schema::SqlType;

    fn check(database: &str, entity: &str, kind: ColumnType, expected: bool) {
        let of = |text: &str, kind| SqlType { text: text.to_owned(), kind };
        let old = of(database, ColumnType::Custom(Alias::new(database).into_iden()));
        assert_eq!(differs_in_unstated(&old, &of(entity, kind)), expected, "{database} and {entity}");
    }

    #[test]
    fn only_what_the_entity_does_not_state_may_differ() {
        let string = || ColumnType::String(StringLen::None);
        check("character varying(255)", "character varying", string(), true);
        check("varchar(100)", "varchar(255)", string(), true);
        check("text", "character varying", string(), true);
        check("MEDIUMTEXT", "varchar(255)", string(), true);
        check("character varying(40)[]", "character varying[]", ColumnType::Array(string().into()), true);
        check("text", "character varying[]", ColumnType::Array(string().into()), false);
        check("text", "character varying(20)", ColumnType::String(StringLen::N(20)), false);
        check("integer", "character varying", string(), false);
        check("char(36)", "varchar(255)", string(), false);
        check("enum('a','b')", "varchar(255)", string(), false);
        check("numeric(10,2)", "numeric", ColumnType::Decimal(None), true);
        check("decimal(10,2) unsigned", "decimal(10,0)", ColumnType::Decimal(None), false);
        check("timestamp(3) without time zone", "timestamp without time zone", ColumnType::DateTime, true);
        check("timestamp(3) with time zone", "timestamp without time zone", ColumnType::DateTime, false);
        check("datetime(6)", "datetime", ColumnType::DateTime, true);
        check("longblob", "varbinary(255)", ColumnType::VarBinary(StringLen::None), true);
        check("bigint", "int", ColumnType::Integer, false);
    }
}
