//! Foreign keys, one row for each column, and the indexes that the server creates for them.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::definition;
use super::scope::CatalogScope;
use super::tables::TablesByName;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{ForeignKey, Index, IndexPart, KeptOptions, ReferentialAction, Table};
use crate::sql::SqlDialect;
use crate::sql::text::pieces;

const COLUMNS: &str =
    "SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), CAST(ORDINAL_POSITION AS SIGNED),
    CAST(COLUMN_NAME AS CHAR), CAST(REFERENCED_COLUMN_NAME AS CHAR), CAST(REFERENCED_TABLE_SCHEMA AS CHAR),
    CAST(REFERENCED_TABLE_NAME AS CHAR)
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME IS NOT NULL
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

const ACTIONS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), CAST(DELETE_RULE AS CHAR),
    CAST(UPDATE_RULE AS CHAR)
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?";

/// The actions on a deletion and on an update, for the foreign keys by table and name.
type ReferentialActions = HashMap<(String, String), (ReferentialAction, ReferentialAction)>;

/// Reads the foreign keys of all tables in the order of their names, and removes the indexes that the server created
/// for them.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
    tables: &mut TablesByName,
) -> Result<(), DbErr> {
    for row in rows(connection, COLUMNS, [database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let Some(found) = tables.get_mut(&cells.take::<String>()?) else { continue };
        let (name, position): (String, i64) = (cells.take()?, cells.take()?);
        let (column, referenced) = (cells.take()?, cells.take()?);
        let keys = &mut found.table.foreign_keys;
        if position == 1 {
            keys.push(key(name, &mut cells, place)?);
        }
        if let Some(key) = keys.last_mut() {
            key.columns.push(column);
            key.referenced_columns.push(referenced);
        }
    }
    tables.values_mut().for_each(|found| drop_implicit_indexes(&mut found.table));
    add_actions(connection, database, tables).await
}

/// Reads the actions of the foreign keys. The catalogue hides them from a user who has only the privilege to read, but
/// the text of a table shows them.
async fn add_actions(
    connection: &impl ConnectionTrait,
    database: &str,
    tables: &mut TablesByName,
) -> Result<(), DbErr> {
    let actions = actions(connection, database).await?;
    for (name, found) in tables {
        let keys = &mut found.table.foreign_keys;
        let of = |key: &ForeignKey| (name.clone(), key.name.clone().unwrap_or_default());
        let told = if keys.iter().all(|key| actions.contains_key(&of(key))) {
            None
        } else {
            Some(actions_of(connection, database, name).await?)
        };
        for key in keys {
            if let Some(&(on_delete, on_update)) = told.as_ref().unwrap_or(&actions).get(&of(key)) {
                (key.on_delete, key.on_update) = (on_delete, on_update);
            }
        }
    }
    Ok(())
}

async fn actions(connection: &impl ConnectionTrait, database: &str) -> Result<ReferentialActions, DbErr> {
    let mut actions = ReferentialActions::new();
    for row in rows(connection, ACTIONS, [database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let key = (cells.take()?, cells.take()?);
        actions.insert(key, (action(&cells.take::<String>()?), action(&cells.take::<String>()?)));
    }
    Ok(actions)
}

/// The actions of one table's foreign keys, from `SHOW CREATE TABLE`.
async fn actions_of(
    connection: &impl ConnectionTrait,
    database: &str,
    table: &str,
) -> Result<ReferentialActions, DbErr> {
    let definition = definition::read(connection, database, table).await?;
    let keys = definition.lines().filter_map(written_actions);
    Ok(keys.map(|(name, actions)| ((table.to_owned(), name), actions)).collect())
}

/// The name and the actions of a foreign key, from its line in the text of a table.
fn written_actions(line: &str) -> Option<(String, (ReferentialAction, ReferentialAction))> {
    let (name, on_delete, on_update) = written_rules(line)?;
    let written = |rule: Option<String>| rule.map(|rule| action(&rule)).unwrap_or_default();
    Some((name, (written(on_delete), written(on_update))))
}

/// The name of a foreign key and the words of its actions, from its line in the text of a table.
fn written_rules(line: &str) -> Option<(String, Option<String>, Option<String>)> {
    let line = line.trim().trim_end_matches(',').strip_prefix("CONSTRAINT ")?;
    let (name, rest) = line.split_at(pieces(line, SqlDialect::MySql).next()?.1.len());
    let rest = rest.strip_prefix(" FOREIGN KEY ")?;
    let outside: String =
        pieces(rest, SqlDialect::MySql).map(|(_, piece)| if piece.starts_with('`') { "" } else { piece }).collect();
    let written = |clause: &str| {
        let rule = outside.split_once(clause).map(|(_, rule)| rule.split(" ON ").next().unwrap_or(rule));
        rule.map(str::to_owned)
    };
    let name = name.strip_prefix('`')?.strip_suffix('`')?.replace("``", "`");
    Some((name, written(" ON DELETE "), written(" ON UPDATE ")))
}

/// Whether the text of a table says `RESTRICT` for the deletion and for the update of a foreign key's parent.
pub(super) fn says_restrict(definition: &str, name: &str) -> (bool, bool) {
    let mut keys = definition.lines().filter_map(written_rules);
    let Some((_, on_delete, on_update)) = keys.find(|(own, _, _)| own == name) else { return (false, false) };
    let says = |rule: Option<String>| rule.is_some_and(|rule| rule == "RESTRICT");
    (says(on_delete), says(on_update))
}

fn key(name: String, cells: &mut RowReader<'_>, place: &CatalogScope) -> Result<ForeignKey, DbErr> {
    let schema: String = cells.take()?;
    Ok(ForeignKey {
        name: Some(name),
        columns: Vec::new(),
        referenced_table: place.name(&schema, cells.take()?),
        referenced_columns: Vec::new(),
        on_delete: ReferentialAction::default(),
        on_delete_columns: Vec::new(),
        on_update: ReferentialAction::default(),
        deferrable: None,
        options: KeptOptions::default(),
    })
}

fn action(rule: &str) -> ReferentialAction {
    match rule {
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

/// Removes the index of a foreign key. It has exactly the columns of the key, and its name is that of the key, or that
/// of the key's first column if the server named the key.
fn drop_implicit_indexes(table: &mut Table) {
    let Table { name, indexes, foreign_keys, .. } = table;
    let prefix = format!("{}_ibfk_", name.name);
    indexes.retain(|index| {
        !foreign_keys.iter().any(|key| {
            let own = key.name.as_deref().unwrap_or_default();
            let is_called_like_it = index.name == own
                || own.starts_with(&prefix) && key.columns.first().is_some_and(|first| *first == index.name);
            is_called_like_it && is_plain_over(index, &key.columns)
        })
    });
}

fn is_plain_over(index: &Index, columns: &[String]) -> bool {
    let parts: Vec<IndexPart> = columns.iter().map(IndexPart::column).collect();
    !index.unique && index.method.is_none() && index.parts == parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_from_the_text_of_a_table() {
        let line = "  CONSTRAINT `a``b ON DELETE` FOREIGN KEY (`x`) REFERENCES `d`.`t ON UPDATE CASCADE` (`id`)";
        let name = "a`b ON DELETE".to_owned();
        assert_eq!(
            written_actions(line),
            Some((name.clone(), (ReferentialAction::NoAction, ReferentialAction::NoAction)))
        );
        let both = format!("{line} ON DELETE SET NULL ON UPDATE CASCADE,");
        assert_eq!(written_actions(&both), Some((name, (ReferentialAction::SetNull, ReferentialAction::Cascade))));
        assert_eq!(written_actions("  CONSTRAINT `c` CHECK (`a` > 1)"), None);
    }
}
