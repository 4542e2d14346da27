//! Changes of a random table: the request, and the expected table.

use proptest::prelude::*;
use sea_orm::sea_query::{ColumnDef, Expr, ExprTrait, ForeignKey};

use crate::alter::{Alter, NewForeignKey};
use crate::schema::{
    AutoIncrement, Check, Column, Deferrable, Expression, ForeignKey as Key, Index, IndexKey, KeptOptions, PrimaryKey,
    ReferentialAction, SqlType, Table, Unique,
};
use crate::sqlite_ddl::random::RandomTable;
use crate::sqlite_ddl::tokens;

/// A change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    AddPlain,
    AddFilled,
    AddUniqueColumn,
    Modify,
    RenameSpare,
    RenameUsed,
    Drop,
    DropDefault,
    AddUnique,
    DropUnique,
    AddCheck,
    DropCheck,
    AddForeignKey,
    DropForeignKey,
    AddPrimaryKey,
    DropPrimaryKey,
    Comment,
}

/// One to three different changes.
pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
    use Change::{
        AddCheck, AddFilled, AddForeignKey, AddPlain, AddPrimaryKey, AddUnique, AddUniqueColumn, Comment, Drop,
        DropCheck, DropDefault, DropForeignKey, DropPrimaryKey, DropUnique, Modify, RenameSpare, RenameUsed,
    };
    let all = vec![
        AddPlain,
        AddFilled,
        AddUniqueColumn,
        Modify,
        RenameSpare,
        RenameUsed,
        Drop,
        DropDefault,
        AddUnique,
        DropUnique,
        AddCheck,
        DropCheck,
        AddForeignKey,
        DropForeignKey,
        AddPrimaryKey,
        DropPrimaryKey,
        Comment,
    ];
    prop::sample::subsequence(all, 1..=3).prop_shuffle()
}

impl Change {
    /// Whether the change can be made.
    pub(super) fn is_possible(self, table: &Table, random: &RandomTable) -> bool {
        let has_spare = table.column("spare").is_some();
        match self {
            Self::Modify | Self::RenameSpare | Self::Drop | Self::AddUnique | Self::AddCheck => has_spare,
            Self::RenameUsed => table.column("plain").is_some(),
            Self::DropUnique => !table.uniques.is_empty(),
            Self::DropCheck => table.checks.iter().any(|check| check.name.is_some()),
            Self::DropForeignKey => !table.foreign_keys.is_empty(),
            Self::AddPrimaryKey => table.primary_key.is_none(),
            // Foreign keys must not refer to the key, and the table must not require one.
            Self::DropPrimaryKey => {
                let definition =
                    table.definition.as_ref().is_some_and(|definition| definition.text.contains("WITHOUT ROWID"));
                table.primary_key.is_some() && !random.child && !random.refers_to_itself && !definition
            }
            _ => true,
        }
    }

    /// Adds the change of `table` to the request.
    pub(super) fn ask<'m, 'c>(self, table: &Table, alter: Alter<'m, 'c>) -> Alter<'m, 'c> {
        match self {
            Self::AddPlain => alter.add_column(ColumnDef::new("new plain").text()),
            Self::AddFilled => alter.add_column(ColumnDef::new("filled").integer().not_null().default(7)),
            Self::AddUniqueColumn => alter.add_column(ColumnDef::new("lonely").text().unique_key()),
            Self::Modify => alter.modify_column(ColumnDef::new("spare").text().default("it's")),
            Self::RenameSpare => alter.rename_column("spare", "sp\"are (2)"),
            Self::RenameUsed => alter.rename_column("plain", "fancy"),
            Self::Drop => alter.drop_column("spare"),
            Self::DropDefault => alter.drop_default("select"),
            Self::AddUnique => alter.add_unique("new unique", ["spare", "id"]),
            Self::DropUnique => alter.drop_unique(unique_name(table)),
            Self::AddCheck => alter.add_check("new check", Expr::col("spare").is_null().or(Expr::col("id").ne("x"))),
            Self::DropCheck => alter.drop_check(named_check(table)),
            Self::AddForeignKey => {
                let key = ForeignKey::create().name("new key").from_col("owner").to("parents", "id").take();
                alter.add_foreign_key(NewForeignKey::from(key).deferrable(Deferrable::Deferred))
            }
            Self::DropForeignKey => {
                let key = &table.foreign_keys[0];
                let name = key.name.clone().unwrap_or_else(|| format!("{}_{}_fkey", table.name, key.columns[0]));
                alter.drop_foreign_key(name)
            }
            Self::AddPrimaryKey => alter.add_primary_key("new pk", ["id"]),
            Self::DropPrimaryKey => alter.drop_primary_key("whatever"),
            Self::Comment => alter.comment("a comment").column_comment("id", "another"),
        }
    }

    /// Applies the change to the expected table.
    pub(super) fn expect(self, table: &mut Table) {
        match self {
            Self::AddPlain => table.columns.push(Column::new("new plain", text_type("text"))),
            Self::AddFilled => table.columns.push(Column {
                nullable: false,
                default: Some(Expression::new("7")),
                ..Column::new("filled", text_type("integer"))
            }),
            Self::AddUniqueColumn => {
                table.columns.push(Column::new("lonely", text_type("text")));
                table.uniques.push(unique(None, &["lonely"]));
            }
            Self::Modify => {
                let column = column(table, "spare");
                column.column_type = text_type("text");
                column.default = Some(Expression::new("'it''s'"));
            }
            Self::RenameSpare => rename(table, "spare", "sp\"are (2)"),
            Self::RenameUsed => rename(table, "plain", "fancy"),
            Self::Drop => table.columns.retain(|column| column.name != "spare"),
            Self::DropDefault => column(table, "select").default = None,
            Self::AddUnique => table.uniques.push(unique(Some("new unique"), &["spare", "id"])),
            Self::DropUnique => {
                table.uniques.remove(0);
            }
            Self::AddCheck => table.checks.push(Check {
                name: Some("new check".to_owned()),
                expression: Expression::new("spare is null or id<>'x'"),
                options: KeptOptions::default(),
            }),
            Self::DropCheck => {
                let name = named_check(table);
                table.checks.retain(|check| check.name.as_ref() != Some(&name));
            }
            Self::AddForeignKey => table.foreign_keys.push(foreign_key()),
            Self::DropForeignKey => {
                table.foreign_keys.remove(0);
            }
            Self::AddPrimaryKey => add_primary_key(table),
            Self::DropPrimaryKey => {
                table.primary_key = None;
                table.columns.iter_mut().for_each(|column| column.auto_increment = None);
            }
            Self::Comment => {}
        }
    }
}

fn text_type(text: &str) -> SqlType {
    SqlType { text: text.to_owned(), kind: sea_orm::sea_query::ColumnType::Text }
}

fn column<'t>(table: &'t mut Table, name: &str) -> &'t mut Column {
    table.columns.iter_mut().find(|column| column.name == name).unwrap()
}

fn unique(name: Option<&str>, columns: &[&str]) -> Unique {
    let columns = columns.iter().map(ToString::to_string).collect();
    Unique {
        name: name.map(str::to_owned),
        columns,
        deferrable: None,
        nulls_not_distinct: false,
        options: KeptOptions::default(),
    }
}

/// The name of the first unique constraint; if it is unnamed, the name that PostgreSQL would give it.
fn unique_name(table: &Table) -> String {
    let first = &table.uniques[0];
    first.name.clone().unwrap_or_else(|| format!("{}_{}_key", table.name, first.columns.join("_")))
}

fn named_check(table: &Table) -> String {
    table.checks.iter().find_map(|check| check.name.clone()).unwrap()
}

fn foreign_key() -> Key {
    Key {
        name: Some("new key".to_owned()),
        columns: vec!["owner".to_owned()],
        referenced_table: "parents".into(),
        referenced_columns: vec!["id".to_owned()],
        on_delete: ReferentialAction::NoAction,
        on_delete_columns: Vec::new(),
        on_update: ReferentialAction::NoAction,
        deferrable: Some(Deferrable::Deferred),
        options: KeptOptions::default(),
    }
}

fn add_primary_key(table: &mut Table) {
    table.primary_key = Some(PrimaryKey {
        name: Some("new pk".to_owned()),
        columns: vec!["id".to_owned()],
        options: KeptOptions::default(),
    });
    let without_rowid = table.definition.as_ref().is_some_and(|definition| definition.text.contains("WITHOUT ROWID"));
    let id = column(table, "id");
    id.nullable = false;
    if id.column_type.text == "integer" && !without_rowid {
        id.auto_increment = Some(AutoIncrement::Rowid { autoincrement: false });
    }
}

fn rename(table: &mut Table, from: &str, to: &str) {
    let rename = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    let rewrite = |expression: &mut Expression| {
        let all = tokens(&expression.normal);
        let to = if to == "fancy" { to.to_owned() } else { format!("\"{}\"", to.replace('"', "\"\"")) };
        let renamed = all.iter().map(|token| if token.is_name(from) { &to } else { token.text });
        let normal = renamed.collect();
        expression.normal = normal;
    };
    for column in &mut table.columns {
        rename(&mut column.name);
        column.generated.iter_mut().for_each(|generated| rewrite(&mut generated.expression));
    }
    table.primary_key.iter_mut().flat_map(|key| &mut key.columns).for_each(rename);
    table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).for_each(rename);
    table.checks.iter_mut().for_each(|check| rewrite(&mut check.expression));
    for Index { parts, predicate, .. } in &mut table.indexes {
        predicate.iter_mut().for_each(rewrite);
        for part in parts {
            match &mut part.key {
                IndexKey::Column(name) => rename(name),
                IndexKey::Expression(expression) => rewrite(expression),
            }
        }
    }
}
