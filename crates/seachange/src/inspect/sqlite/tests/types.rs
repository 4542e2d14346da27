//! Types.

use proptest::prelude::*;
use sea_orm::sea_query::{ColumnDef, ColumnType, IntoIden, SqliteQueryBuilder, StringLen, Table};

use super::inspected;
use crate::inspect::sqlite::column_type::{column_type, written};

/// Every type that sea-query has on SQLite.
fn types() -> impl Strategy<Value = ColumnType> {
    use ColumnType as T;
    let plain = vec![
        T::Char(None),
        T::String(StringLen::None),
        T::String(StringLen::Max),
        T::Text,
        T::Blob,
        T::TinyInteger,
        T::SmallInteger,
        T::Integer,
        T::BigInteger,
        T::TinyUnsigned,
        T::SmallUnsigned,
        T::Unsigned,
        T::BigUnsigned,
        T::Float,
        T::Double,
        T::Decimal(None),
        T::DateTime,
        T::Timestamp,
        T::TimestampWithTimeZone,
        T::Time,
        T::Date,
        T::VarBinary(StringLen::None),
        T::VarBinary(StringLen::Max),
        T::Boolean,
        T::Money(None),
        T::Json,
        T::JsonBinary,
        T::Uuid,
        T::Enum { name: "mood".into_iden(), variants: vec!["sad".into_iden()] },
        T::Custom("geometry".into_iden()),
    ];
    prop_oneof![
        3 => prop::sample::select(plain),
        1 => (any::<u32>(), 0..4_usize).prop_map(|(n, which)| match which {
            0 => T::Char(Some(n)),
            1 => T::String(StringLen::N(n)),
            2 => T::Binary(n),
            _ => T::VarBinary(StringLen::N(n)),
        }),
        1 => any::<(u32, u32)>().prop_map(|scale| T::Decimal(Some(scale))),
        1 => any::<(u32, u32)>().prop_map(|scale| T::Money(Some(scale))),
    ]
}

proptest! {
    #[test]
    fn a_type_of_sea_query_is_written_again(kind in types()) {
        let found = column_type(&written(&kind));
        prop_assert_eq!(&found.text, &written(&kind));
        prop_assert_eq!(written(&found.kind), found.text);
    }

    #[test]
    fn a_declared_type_is_read_once(declared in "[a-zA-Z_ (),0-9+]{0,20}") {
        let found = column_type(&declared);
        prop_assert_eq!(&column_type(&found.text).text, &found.text);
        prop_assert_eq!(written(&found.kind), found.text);
    }
}

#[test]
fn types_in_all_spellings() {
    let check = |declared: &str, text: &str, kind: ColumnType| {
        let found = column_type(declared);
        assert_eq!((found.text.as_str(), &found.kind), (text, &kind), "{declared}");
    };
    check("VARCHAR( 255 )", "varchar(255)", ColumnType::String(StringLen::N(255)));
    check("Varchar /* x */ (255)", "varchar(255)", ColumnType::String(StringLen::N(255)));
    check("real (10,2)", "real(10, 2)", ColumnType::Decimal(Some((10, 2))));
    check("INTEGER", "integer", ColumnType::Integer);
    check("double   PRECISION", "double precision", ColumnType::custom("double precision"));
    check("DECIMAL( +10 , -2)", "decimal(+10, -2)", ColumnType::custom("decimal(+10, -2)"));
    check("", "", ColumnType::custom(""));
    check("int", "int", ColumnType::custom("int"));
    check("varchar(007)", "varchar(007)", ColumnType::custom("varchar(007)"));
    check("enum_text", "enum_text", ColumnType::custom("enum_text"));
}

#[tokio::test]
async fn a_table_of_sea_query_is_written_again() {
    let mut create = Table::create();
    create.table("t").col(ColumnDef::new("id").integer().not_null().auto_increment().primary_key());
    create.col(ColumnDef::new("name").string_len(7).not_null().default("x"));
    create.col(ColumnDef::new("price").decimal_len(10, 2).null());
    create.col(ColumnDef::new("seen").timestamp_with_time_zone());
    let sql = create.to_string(SqliteQueryBuilder);
    let table = inspected(&sql).await.tables.remove(&"t".into()).unwrap();
    let kinds: Vec<_> = table.columns.into_iter().map(|column| column.column_type.kind).collect();
    let string = ColumnType::String(StringLen::N(7));
    assert_eq!(
        kinds,
        [ColumnType::Integer, string, ColumnType::Decimal(Some((10, 2))), ColumnType::TimestampWithTimeZone]
    );
}
