//! The renames that statements say. On SQLite the schema is compared for a whole revision: where a table and most of its
//! columns have other names at the end, the comparison alone does not find the table again.

use crate::autogenerate::Renames;
use crate::schema::{Schema, Table, TableName};
use crate::sql::{SqlDialect, StatementFacts, Token, significant, tokens};

/// A rename by `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextRename {
    Table { from: String, to: String },
    Column { table: String, from: String, to: String },
}

impl TextRename {
    /// Reads `ALTER TABLE name RENAME TO name` and `ALTER TABLE name RENAME [COLUMN] name TO name`.
    pub(super) fn read(facts: &StatementFacts, grammar: SqlDialect) -> Option<Self> {
        let tokens = significant(&tokens(&facts.text, grammar));
        let [alter, word, table, rename, rest @ ..] = tokens.as_slice() else { return None };
        if !(alter.is_word("ALTER") && word.is_word("TABLE") && rename.is_word("RENAME")) {
            return None;
        }
        let name = |token: &Token<'_>| token.name().map(|name| name.into_owned());
        match rest {
            [to, new] if to.is_word("TO") => Some(Self::Table { from: name(table)?, to: name(new)? }),
            [column, rest @ ..] if column.is_word("COLUMN") && rest.len() == 3 => Self::column(name(table)?, rest),
            rest => Self::column(name(table)?, rest),
        }
    }

    fn column(table: String, tokens: &[Token<'_>]) -> Option<Self> {
        let [from, to, new] = tokens else { return None };
        let named = to.is_word("TO").then(|| Some((from.name()?.into_owned(), new.name()?.into_owned())))??;
        Some(Self::Column { table, from: named.0, to: named.1 })
    }
}

/// An object that has another name now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Renamed {
    first: String,
    now: String,
}

/// The renames of a revision so far.
#[derive(Debug, Default)]
pub(super) struct TextRenames {
    tables: Vec<Renamed>,
    /// By the first name of the table.
    columns: Vec<(String, Renamed)>,
}

impl TextRenames {
    pub(super) fn note(&mut self, rename: TextRename) {
        match rename {
            TextRename::Table { from, to } => rename_in(self.tables.iter_mut(), &from, &to)
                .unwrap_or_else(|| self.tables.push(Renamed { first: from, now: to })),
            TextRename::Column { table, from, to } => {
                let known = self.tables.iter().rev().find(|own| own.now.eq_ignore_ascii_case(&table));
                let table = known.map_or(table, |own| own.first.clone());
                let of_table = self.columns.iter_mut().filter(|(own, _)| own.eq_ignore_ascii_case(&table));
                if rename_in(of_table.map(|(_, own)| own), &from, &to).is_none() {
                    self.columns.push((table, Renamed { first: from, now: to }));
                }
            }
        }
    }

    /// Those that lead from one schema to the other: each old name is gone, and each new one was not there before.
    pub(super) fn between(&self, before: &Schema, after: &Schema) -> Renames {
        let mut renames = Renames::default();
        for Renamed { first, now } in &self.tables {
            if let (Some(old), None, None, Some(new)) =
                (table(before, first), table(after, first), table(before, now), table(after, now))
            {
                renames.tables.insert(old.name.clone(), new.name.clone());
            }
        }
        for (first, Renamed { first: from, now: to }) in &self.columns {
            let Some(old) = table(before, first) else { continue };
            let name = renames.tables.get(&old.name).unwrap_or(&old.name);
            let Some(new) = after.tables.get(name) else { continue };
            if let (Some(from), None, None, Some(to)) =
                (column(old, from), column(new, from), column(old, to), column(new, to))
            {
                renames.columns.insert((name.clone(), from.to_owned()), to.to_owned());
            }
        }
        renames
    }

    /// The tables, by their new names.
    pub(super) fn of_table(rename: &TextRename) -> Option<(TableName, TableName)> {
        match rename {
            TextRename::Table { from, to } => Some((TableName::new(from), TableName::new(to))),
            TextRename::Column { .. } => None,
        }
    }
}

/// Renames an object again; `None` if it has the name that it had first.
fn rename_in<'r>(mut all: impl Iterator<Item = &'r mut Renamed>, from: &str, to: &str) -> Option<()> {
    to.clone_into(&mut all.find(|own| own.now.eq_ignore_ascii_case(from))?.now);
    Some(())
}

fn table<'s>(schema: &'s Schema, name: &str) -> Option<&'s Table> {
    schema.tables.values().find(|own| own.name.schema.is_none() && own.name.name.eq_ignore_ascii_case(name))
}

fn column<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    table.columns.iter().map(|own| own.name.as_str()).find(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::ColumnType;

    use super::{TextRename, TextRenames};
    use crate::schema::{Column, Schema, SqlType, Table};
    use crate::sql::{SqlDialect, read};

    /// A schema of tables, each as `table: column column`.
    fn schema(tables: &[&str]) -> Schema {
        let mut schema = Schema::default();
        for text in tables {
            let (name, columns) = text.split_once(": ").unwrap_or((text, ""));
            let mut table = Table::new(name);
            let kind = || SqlType { text: "INT".to_owned(), kind: ColumnType::Integer };
            table.columns.extend(columns.split_whitespace().map(|name| Column::new(name, kind())));
            schema.tables.insert(table.name.clone(), table);
        }
        schema
    }

    fn check(before: &[&str], statements: &str, after: &[&str], expected: &[&str]) {
        let mut renames = TextRenames::default();
        let facts = read(statements, SqlDialect::Sqlite);
        facts.iter().filter_map(|own| TextRename::read(own, SqlDialect::Sqlite)).for_each(|own| renames.note(own));
        let found = renames.between(&schema(before), &schema(after));
        let tables = found.tables.iter().map(|(from, to)| format!("{from} -> {to}"));
        let columns = found.columns.iter().map(|((table, from), to)| format!("{table}.{from} -> {to}"));
        assert_eq!(tables.chain(columns).collect::<Vec<_>>(), expected, "{statements}");
    }

    #[test]
    fn names_are_followed_through_a_revision() {
        let both = "ALTER TABLE posts RENAME TO articles; ALTER TABLE Articles RENAME COLUMN title TO heading";
        let expected = ["posts -> articles", "articles.title -> heading"];
        check(&["posts: id title"], both, &["articles: id heading"], &expected);
        let other = "ALTER TABLE \"posts\" RENAME [title] TO heading; ALTER TABLE posts RENAME TO articles";
        check(&["posts: id title"], other, &["articles: id heading"], &expected);
        let twice = "ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME x TO y; ALTER TABLE b RENAME y TO z; ALTER TABLE b RENAME TO c";
        check(&["a: x"], twice, &["c: z"], &["a -> c", "c.x -> z"]);
        check(&["a: x"], "ALTER TABLE a RENAME column TO z", &["a: z"], &[]);
    }

    #[test]
    fn what_is_there_before_and_after_is_not_renamed() {
        // A table that is built anew, and names that change places.
        check(&["a: x y"], "ALTER TABLE a_new RENAME TO a", &["a: x"], &[]);
        let places = "ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b";
        check(&["a: x", "b: y"], places, &["a: y", "b: x"], &[]);
        check(&["a: x"], "ALTER TABLE a RENAME TO b; DROP TABLE b", &[], &[]);
    }
}
