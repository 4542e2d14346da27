//! Which statements of a revision change rows, and so belong into a squash revision.

use crate::sql::{SqlDialect, StatementFacts, StatementKind, TokenKind, read, tokens};

/// The statements of a text that do more than change the schema, in order. Statements that only read, control a
/// transaction or lock tables are left out, and so are those that change the schema: a squash revision makes the schema
/// in another way.
pub(super) fn of_rows(sql: &str, dialect: SqlDialect) -> Vec<String> {
    read(sql, dialect).into_iter().filter(|facts| changes_rows(facts, dialect)).map(|facts| facts.text).collect()
}

/// Whether a text reads rows: a query other than those by which `SchemaManager` looks into the catalogue.
pub(super) fn reads_rows(sql: &str, dialect: SqlDialect) -> bool {
    read(sql, dialect).iter().any(|facts| facts.kind == StatementKind::Query && !facts.is_probe)
}

fn changes_rows(facts: &StatementFacts, dialect: SqlDialect) -> bool {
    match facts.kind {
        StatementKind::Rows | StatementKind::Other | StatementKind::Copy => true,
        StatementKind::Query => facts.may_write,
        // A setting may be what the next statement needs. SQLite's belong to the engine.
        StatementKind::Session => facts.pragma.is_none(),
        StatementKind::Schema => ["truncate", "refresh"].iter().any(|verb| begins_with(&facts.text, verb, dialect)),
        StatementKind::Control | StatementKind::LockTables | StatementKind::UnlockTables => false,
    }
}

fn begins_with(sql: &str, word: &str, dialect: SqlDialect) -> bool {
    tokens(sql, dialect).iter().find(|token| token.kind == TokenKind::Word).is_some_and(|first| first.is_word(word))
}

#[cfg(test)]
mod tests {
    use super::{of_rows, reads_rows};
    use crate::sql::SqlDialect;

    fn check(sql: &str, expected: &[&str]) {
        assert_eq!(of_rows(sql, SqlDialect::Postgres), expected, "{sql}");
    }

    #[test]
    fn statements_that_change_rows_are_kept_in_order() {
        check(
            "CREATE TABLE a (id int); INSERT INTO a VALUES (1); CREATE INDEX i ON a (id); UPDATE a SET id = 2;",
            &["INSERT INTO a VALUES (1)", "UPDATE a SET id = 2"],
        );
        check("SELECT setval('s', 3)", &["SELECT setval('s', 3)"]);
        check("TRUNCATE a; DO $$ BEGIN END $$", &["TRUNCATE a", "DO $$ BEGIN END $$"]);
        check("BEGIN; SET search_path = b; COMMIT", &["SET search_path = b"]);
        check("SELECT 1; ALTER TABLE a DROP COLUMN b", &[]);
    }

    #[test]
    fn the_catalogue_is_no_rows() {
        assert!(reads_rows("SELECT id FROM a", SqlDialect::Sqlite));
        assert!(!reads_rows("INSERT INTO a VALUES (1)", SqlDialect::Sqlite));
    }
}
