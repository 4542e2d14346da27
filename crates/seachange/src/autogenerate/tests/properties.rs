//! For all operations, the code is formatted Rust.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sea_orm::sea_query::{Alias, ColumnType, IntoIden, PgInterval, StringLen};

use super::{MYSQL, POSTGRES, SQLITE, code, formatted, render};
use crate::autogenerate::operation::{EnumUsage, SchemaOperation, TableChange, reversed};
use crate::schema::{
    AutoIncrement, Check, Column, Deferrable, EnumType, Exclusion, Expression, ForeignKey, Generated, Index, IndexKey,
    IndexPart, KeptOptions, PrimaryKey, ReferentialAction, SequenceOptions, SqlType, Table, TableName, Unique,
};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[a-z]{1,8}(_[a-z]{1,12}){0,4}", 1 => "[A-Za-z\"'`\\\\ #]{1,20}", 1 => "[ -~äßλ日本]{1,10}"]
}

fn names() -> impl Strategy<Value = Vec<String>> {
    vec(name(), 1..4)
}

fn table_name() -> impl Strategy<Value = TableName> {
    (option::weighted(0.2, name()), name()).prop_map(|(schema, name)| TableName { schema, name })
}

fn expression() -> impl Strategy<Value = Expression> {
    let text = prop_oneof![
        Just("CURRENT_TIMESTAMP".to_owned()),
        Just("-1".to_owned()),
        Just("0.5".to_owned()),
        "[0-9]{1,12}",
        "'[a-z ']{0,30}'",
        "[a-z(){} <>=\"]{1,70}",
        Just("'a'::text".to_owned()),
        Just("first line\n    second 'line' \"x\"#".to_owned()),
    ];
    text.prop_map(Expression::new)
}

fn column_type() -> impl Strategy<Value = SqlType> {
    let iden = |text: &str| Alias::new(text).into_iden();
    let kinds = vec![
        ColumnType::Char(Some(2)),
        ColumnType::String(StringLen::N(255)),
        ColumnType::String(StringLen::Max),
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::BigInteger,
        ColumnType::Boolean,
        ColumnType::Decimal(Some((10, 2))),
        ColumnType::TimestampWithTimeZone,
        ColumnType::Interval(Some(PgInterval::YearToMonth), Some(3)),
        ColumnType::Vector(Some(3)),
        ColumnType::Inet,
        ColumnType::Uuid,
        ColumnType::VarBinary(StringLen::None),
        ColumnType::Custom(iden("character varying(20) collate x")),
        ColumnType::Enum { name: iden("mood"), variants: vec![iden("it's"), iden("fine")] },
        ColumnType::Array(ColumnType::Decimal(Some((10, 2))).into()),
    ];
    (proptest::sample::select(kinds), name()).prop_map(|(kind, text)| SqlType { text, kind })
}

fn auto_increment() -> impl Strategy<Value = AutoIncrement> {
    let identity = (any::<bool>(), option::of(any::<i64>())).prop_map(|(always, start)| {
        let options = SequenceOptions { start, ..SequenceOptions::default() };
        AutoIncrement::Identity { always, options }
    });
    prop_oneof![
        any::<bool>().prop_map(|autoincrement| AutoIncrement::Rowid { autoincrement }),
        Just(AutoIncrement::Counter),
        Just(AutoIncrement::Serial),
        identity,
    ]
}

fn column() -> impl Strategy<Value = Column> {
    let generated = (expression(), any::<bool>()).prop_map(|(expression, stored)| Generated { expression, stored });
    let rare = (
        option::weighted(0.1, generated),
        option::weighted(0.1, auto_increment()),
        option::weighted(0.1, expression()),
        option::weighted(0.1, name()),
        option::weighted(0.2, "[ -~äßλ日本]{0,80}"),
    );
    (name(), column_type(), any::<bool>(), option::of(expression()), rare).prop_map(
        |(name, column_type, nullable, default, (generated, auto_increment, on_update, collation, comment))| Column {
            name,
            column_type,
            nullable,
            default,
            generated,
            auto_increment,
            on_update,
            collation,
            comment,
            options: KeptOptions::default(),
        },
    )
}

fn deferrable() -> impl Strategy<Value = Option<Deferrable>> {
    option::weighted(0.2, prop_oneof![Just(Deferrable::Immediate), Just(Deferrable::Deferred)])
}

fn unique() -> impl Strategy<Value = Unique> {
    (option::of(name()), names(), deferrable(), proptest::bool::weighted(0.1)).prop_map(
        |(name, columns, deferrable, nulls_not_distinct)| Unique {
            name,
            columns,
            deferrable,
            nulls_not_distinct,
            options: KeptOptions::default(),
        },
    )
}

fn foreign_key() -> impl Strategy<Value = ForeignKey> {
    let action = || {
        proptest::sample::select(vec![
            ReferentialAction::NoAction,
            ReferentialAction::Cascade,
            ReferentialAction::SetNull,
        ])
    };
    (option::of(name()), names(), table_name(), names(), action(), action(), deferrable()).prop_map(
        |(name, columns, referenced_table, referenced_columns, on_delete, on_update, deferrable)| ForeignKey {
            name,
            columns,
            referenced_table,
            referenced_columns,
            on_delete,
            on_delete_columns: Vec::new(),
            on_update,
            deferrable,
            options: KeptOptions::default(),
        },
    )
}

fn check() -> impl Strategy<Value = Check> {
    (option::of(name()), expression()).prop_map(|(name, expression)| Check {
        name,
        expression,
        options: KeptOptions::default(),
    })
}

fn index() -> impl Strategy<Value = Index> {
    let key = prop_oneof![3 => name().prop_map(IndexKey::Column), 1 => expression().prop_map(IndexKey::Expression)];
    let rare = (option::weighted(0.1, any::<bool>()), option::weighted(0.1, name()), option::weighted(0.1, name()));
    let part = (key, any::<bool>(), option::weighted(0.2, 1_u32..99), rare).prop_map(
        |(key, descending, length, (nulls_first, collation, operator_class))| IndexPart {
            key,
            descending,
            nulls_first,
            collation,
            operator_class,
            length,
        },
    );
    let method = proptest::sample::select(vec!["hash", "gin", "fulltext"]).prop_map(str::to_owned);
    let rare = (option::weighted(0.2, method), option::weighted(0.2, names()), option::weighted(0.2, expression()));
    (name(), any::<bool>(), vec(part, 1..4), rare).prop_map(|(name, unique, parts, (method, include, predicate))| {
        Index {
            name,
            unique,
            method,
            parts,
            include: include.unwrap_or_default(),
            predicate,
            nulls_not_distinct: false,
            invalid: false,
            options: KeptOptions::default(),
        }
    })
}

fn table() -> impl Strategy<Value = Table> {
    let keys = (option::of(name()), vec(unique(), 0..3), vec(foreign_key(), 0..3), vec(check(), 0..3));
    (table_name(), vec(column(), 0..6), keys, vec(index(), 0..2), option::weighted(0.2, "[ -~äßλ日本]{0,80}")).prop_map(
        |(name, columns, (key, uniques, foreign_keys, checks), indexes, comment)| {
            let key = columns.first().map(|first| PrimaryKey {
                name: key,
                columns: vec![first.name.clone()],
                options: KeptOptions::default(),
            });
            let table = Table { columns, uniques, foreign_keys, checks, indexes, comment, ..Table::new(name) };
            Table { primary_key: key, ..table }
        },
    )
}

fn change() -> impl Strategy<Value = TableChange> {
    prop_oneof![
        (name(), name()).prop_map(|(from, to)| TableChange::RenameColumn { from, to }),
        column().prop_map(|column| TableChange::AddColumn(Box::new(column))),
        column().prop_map(|column| TableChange::DropColumn(Box::new(column))),
        (column(), column()).prop_map(|(from, to)| TableChange::ModifyColumn {
            to: Box::new(Column { name: from.name.clone(), ..to }),
            from: Box::new(from),
        }),
        names().prop_map(|columns| TableChange::AddPrimaryKey(PrimaryKey {
            name: None,
            columns,
            options: KeptOptions::default()
        })),
        unique().prop_map(TableChange::AddUnique),
        foreign_key().prop_map(TableChange::AddForeignKey),
        foreign_key().prop_map(TableChange::DropForeignKey),
        check().prop_map(TableChange::AddCheck),
        check().prop_map(TableChange::DropCheck),
        (name(), "[ -~äßλ日本]{0,60}")
            .prop_map(|(name, definition)| TableChange::AddExclusion(Exclusion { name, definition })),
        option::of("[ -~äßλ日本]{0,90}").prop_map(|to| TableChange::Comment { from: None, to }),
    ]
}

fn enumeration() -> impl Strategy<Value = SchemaOperation> {
    let values = || vec("[a-z']{1,12}", 0..7);
    (table_name(), values(), values(), vec((table_name(), column()), 0..3)).prop_map(|(name, from, to, users)| {
        let of = |values| EnumType { name: name.clone(), values, comment: None };
        let users = users.into_iter().map(|(table, column)| EnumUsage { table, column }).collect();
        SchemaOperation::AlterEnumeration { from: of(from), to: of(to), users, dependents: Vec::new() }
    })
}

fn operation() -> impl Strategy<Value = SchemaOperation> {
    prop_oneof![
        2 => table().prop_map(|table| SchemaOperation::CreateTable(Box::new(table))),
        1 => table().prop_map(|table| SchemaOperation::DropTable(Box::new(table))),
        1 => (table_name(), table_name()).prop_map(|(from, to)| SchemaOperation::RenameTable { from, to }),
        6 => (table_name(), change()).prop_map(|(table, change)| SchemaOperation::Change { table, change }),
        2 => (table_name(), index()).prop_map(|(table, index)| SchemaOperation::CreateIndex { table, index }),
        1 => (table_name(), index()).prop_map(|(table, index)| SchemaOperation::DropIndex { table, index }),
        1 => enumeration(),
        1 => (table_name(), vec(name(), 0..9), option::of(name())).prop_map(|(name, values, comment)| {
            SchemaOperation::CreateEnumeration(EnumType { name, values, comment })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn rendered_code_is_formatted_rust(operations in vec(operation(), 1..8)) {
        let down = reversed(&operations);
        let bodies = [POSTGRES, MYSQL, SQLITE].map(|backend| render(&code(&operations, backend), &code(&down, backend)));
        formatted::check(&bodies);
    }
}
