//! Tests of the tokenizer and the splitters alone.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;

use super::column_text::{ColumnConstraintKind, ColumnText};
use super::constraint_text::ConstraintText;
use super::table_text::{TableItemKind, TableText};
use super::tokens;
use crate::sql::joined;

/// Pieces of SQL that are hard to parse, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("CREATE TABLE t (".to_owned()),
        prop::sample::select(vec![
            "(",
            ")",
            ",",
            "'",
            "''",
            "\"",
            "`",
            "[",
            "]",
            "--",
            "\n",
            "/*",
            "*/",
            " ",
            ".",
            ";",
            "é",
            "x",
            "CONSTRAINT",
            "CHECK",
            "NOT",
            "NULL",
            "PRIMARY KEY",
            "UNIQUE",
            "DEFAULT",
            "REFERENCES",
            "AS",
            "SET",
            "GENERATED ALWAYS",
            "FOREIGN KEY",
            "COLLATE",
            "-1.5",
            "a int",
            "'it''s'",
            "\"q\"\"q\"",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn tokens_join_to_the_text(sql in pieces()) {
        prop_assert_eq!(joined(&tokens(&sql)), sql);
    }

    #[test]
    fn tables_join_to_the_text(sql in pieces()) {
        if let Some(table) = TableText::parse(&sql) {
            prop_assert_eq!(table.text(), sql);
        }
    }

    #[test]
    fn columns_join_to_the_text(sql in pieces()) {
        if let Some(column) = ColumnText::parse(&sql) {
            prop_assert_eq!(column.text(), sql);
        }
    }

    #[test]
    fn constraints_never_panic(sql in pieces()) {
        ConstraintText::parse(&sql);
    }

    #[test]
    fn what_is_added_can_be_removed(sql in pieces(), as_column in any::<bool>()) {
        let Some(before) = TableText::parse(&sql).filter(|table| TableText::parse(&table.text()).as_ref() == Some(table))
        else {
            return Ok(());
        };
        let mut table = before.clone();
        if as_column {
            table.push_column("\"new\" int");
        } else {
            table.push_constraint("CONSTRAINT \"new\" CHECK (1)");
        }
        let added = table.items.iter().position(|item| item.text.contains("\"new\"") && !before.items.contains(item));
        table.remove(added.unwrap());
        prop_assert_eq!(without_space(table.text()), without_space(before.text()));
    }
}

fn without_space(sql: String) -> Vec<String> {
    let all = tokens(&sql).into_iter().map(|token| token.text.trim().to_owned());
    all.filter(|text| !text.is_empty()).collect()
}

/// Returns the type of a column and the kinds of its constraints.
fn column(text: &str) -> (String, String, Vec<ColumnConstraintKind>) {
    let column = ColumnText::parse(text).unwrap();
    let kinds = column.parts.iter().map(|part| part.kind).collect();
    (column.name, column.type_text.trim().to_owned(), kinds)
}

#[test]
fn columns_are_split() {
    use ColumnConstraintKind::{Check, Collate, Default, Generated, NotNull, Null, PrimaryKey, References, Unique};
    let check = |text: &str, name: &str, of: &str, kinds: &[ColumnConstraintKind]| {
        assert_eq!(column(text), (name.to_owned(), of.to_owned(), kinds.to_vec()), "{text}");
    };
    check("a", "a", "", &[]);
    check(" a double precision (1, 2) ", "a", "double precision (1, 2)", &[]);
    check("\"a b\" int not null default null unique", "a b", "int", &[NotNull, Default, Unique]);
    check("a DEFAULT NULL NULL", "a", "", &[Default, Null]);
    check("a integer constraint pk primary key desc on conflict fail autoincrement", "a", "integer", &[PrimaryKey]);
    check("a DEFAULT (not null) CHECK (a IS NOT NULL) COLLATE nocase", "a", "", &[Default, Check, Collate]);
    check(
        "a REFERENCES t ON DELETE SET NULL ON UPDATE SET DEFAULT NOT DEFERRABLE NOT NULL",
        "a",
        "",
        &[References, NotNull],
    );
    check("a int GENERATED ALWAYS AS (1) STORED", "a", "int", &[Generated]);
    check("a int AS (1) UNIQUE", "a", "int", &[Generated, Unique]);
    check("a int CONSTRAINT \"check\" CHECK (1) CONSTRAINT unique_ UNIQUE", "a", "int", &[Check, Unique]);
}

#[test]
fn tables_are_split() {
    let table = TableText::parse(
        "CREATE TABLE t (a int, -- it's (\n \"check\" int, [primary] text, CONSTRAINT x CHECK (1, 2) UNIQUE (a) \
         FOREIGN KEY (a) REFERENCES t, PRIMARY KEY (a)) STRICT",
    )
    .unwrap();
    let kinds: Vec<_> = table.items.iter().map(|item| item.kind == TableItemKind::Column).collect();
    assert_eq!(kinds, [true, true, true, false, false, false, false]);
}
