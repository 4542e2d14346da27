//! What the text of a table says and a comparison does not need: the order of its indexes, and `RESTRICT`.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::definition;
use super::foreign_keys::says_restrict;
use super::scope::CatalogScope;
use crate::alter::clause::quoted;
use crate::inspect::InspectScope;
use crate::schema::{ReferentialAction, Schema, Table};

/// Changes the tables of the main database in scope, one query for each, so that a table created by them has the same
/// text.
pub(super) async fn add(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
    schema: &mut Schema,
) -> Result<(), DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    let Some(database) = place.databases().next() else { return Ok(()) };
    for table in schema.tables.values_mut().filter(|table| table.name.schema.is_none()) {
        let text = definition::read(connection, database, &table.name.name).await?;
        spell(table, &text);
    }
    Ok(())
}

fn spell(table: &mut Table, text: &str) {
    let line_of = |name: &str| {
        let key = format!("KEY {} ", quoted(DbBackend::MySql, name));
        text.lines().position(|line| line.contains(&key))
    };
    table.uniques.sort_by_key(|unique| unique.name.as_deref().and_then(line_of));
    table.indexes.sort_by_key(|index| line_of(&index.name));
    for key in &mut table.foreign_keys {
        let name = key.name.as_deref().unwrap_or_default();
        let (on_delete, on_update) = says_restrict(text, name);
        for (restricts, action) in [(on_delete, &mut key.on_delete), (on_update, &mut key.on_update)] {
            if restricts && *action == ReferentialAction::NoAction {
                *action = ReferentialAction::Restrict;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ForeignKey, Index, IndexPart, KeptOptions};

    #[test]
    fn order_and_actions_are_those_of_the_text() {
        let index = |name: &str| Index {
            name: name.to_owned(),
            unique: false,
            method: None,
            parts: vec![IndexPart::column("a")],
            include: Vec::new(),
            predicate: None,
            nulls_not_distinct: false,
            invalid: false,
            options: KeptOptions::default(),
        };
        let mut table = Table::new("t");
        table.indexes = vec![index("a"), index("it`s")];
        let key = |name: &str| ForeignKey {
            name: Some(name.to_owned()),
            columns: vec!["a".to_owned()],
            referenced_table: "p".into(),
            referenced_columns: vec!["id".to_owned()],
            on_delete: ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
            on_update: ReferentialAction::NoAction,
            deferrable: None,
            options: KeptOptions::default(),
        };
        table.foreign_keys = vec![key("f"), key("g")];
        let text = "CREATE TABLE `t` (\n  `a` int,\n  KEY `it``s` (`a`),\n  KEY `a` (`a`),\n  \
                    CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON DELETE RESTRICT,\n  \
                    CONSTRAINT `g` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON UPDATE RESTRICT\n)";
        spell(&mut table, text);
        let names: Vec<_> = table.indexes.iter().map(|index| index.name.as_str()).collect();
        assert_eq!(names, ["it`s", "a"]);
        let actions: Vec<_> = table.foreign_keys.iter().map(|key| (key.on_delete, key.on_update)).collect();
        let (none, restrict) = (ReferentialAction::NoAction, ReferentialAction::Restrict);
        assert_eq!(actions, [(restrict, none), (none, restrict)]);
    }
}
