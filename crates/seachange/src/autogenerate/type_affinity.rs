//! Types of SQLite that are spelled by hand.
//!
//! SQLite has no types of columns, only affinities, which it finds by parts of the declared name; drivers read some more
//! from the name. A type that SeaORM does not write is equal to one with the same affinity that a driver reads in the
//! same way. Two types that SeaORM writes are compared by their names.

use sea_orm::sea_query::ColumnType;

use crate::schema::{Schema, SqlType};

/// Replaces the types of the entities with those of the database where SQLite treats both in the same way and one of
/// them is spelled by hand.
pub(super) fn unify(from: &Schema, to: &mut Schema) {
    for table in to.tables.values_mut() {
        let Some(other) = from.tables.get(&table.name) else { continue };
        for column in &mut table.columns {
            if let Some(old) = other.column(&column.name).filter(|old| is_one(&old.column_type, &column.column_type)) {
                column.column_type.clone_from(&old.column_type);
            }
        }
    }
}

fn is_one(left: &SqlType, right: &SqlType) -> bool {
    let is_by_hand = |of: &SqlType| matches!(of.kind, ColumnType::Custom(_));
    (is_by_hand(left) || is_by_hand(right))
        && affinity(&left.text) == affinity(&right.text)
        && reading(&left.text) == reading(&right.text)
}

/// The affinities of SQLite.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// Finds the affinity by the rules of <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>.
pub(crate) fn affinity(declared: &str) -> Affinity {
    let text = declared.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    match () {
        () if has(&["int"]) => Affinity::Integer,
        () if has(&["char", "clob", "text"]) => Affinity::Text,
        () if has(&["blob"]) || text.is_empty() => Affinity::Blob,
        () if has(&["real", "floa", "doub"]) => Affinity::Real,
        () => Affinity::Numeric,
    }
}

/// What SQLx reads from a declared name beside its affinity.
#[derive(Debug, PartialEq, Eq)]
enum DriverReading {
    Boolean,
    Date,
    Time,
    DateTime,
    Other,
}

fn reading(declared: &str) -> DriverReading {
    match declared.to_ascii_lowercase().as_str() {
        "boolean" | "bool" => DriverReading::Boolean,
        "date" => DriverReading::Date,
        "time" => DriverReading::Time,
        "datetime" | "timestamp" => DriverReading::DateTime,
        _ => DriverReading::Other,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, ColumnType, IntoIden, StringLen};

    use super::is_one;
    use crate::schema::SqlType;

    #[test]
    fn hand_written_types_are_compared_by_what_sqlite_makes_of_them() {
        let by_hand =
            |text: &str| SqlType { text: text.to_owned(), kind: ColumnType::Custom(Alias::new(text).into_iden()) };
        let of = |text: &str, kind: ColumnType| SqlType { text: text.to_owned(), kind };
        let varchar = || of("varchar(20)", ColumnType::String(StringLen::N(20)));
        assert!(is_one(&by_hand("int"), &of("integer", ColumnType::Integer)));
        assert!(is_one(&by_hand("int8"), &of("bigint", ColumnType::BigInteger)));
        assert!(is_one(&by_hand("bool"), &of("boolean", ColumnType::Boolean)));
        assert!(is_one(&by_hand("real"), &of("double", ColumnType::Double)));
        assert!(is_one(&by_hand("double precision"), &of("double", ColumnType::Double)));
        assert!(is_one(&by_hand("character varying(20)"), &varchar()));
        assert!(!is_one(&by_hand("numeric"), &of("boolean", ColumnType::Boolean)), "read in another way");
        assert!(!is_one(&by_hand("datetime"), &of("datetime_text", ColumnType::DateTime)), "another affinity");
        assert!(!is_one(&of("integer", ColumnType::Integer), &of("bigint", ColumnType::BigInteger)), "not by hand");
        assert!(!is_one(&of("text", ColumnType::Text), &varchar()), "not by hand");
    }
}
