//! Statements that change what all databases of a server share. They are not measured: the scratch database is on the
//! server of the real one.

use crate::sql::{SqlDialect, StatementFacts, significant, tokens};

/// Why statements might change something outside of the scratch database.
pub(super) fn changed(facts: &[StatementFacts], grammar: SqlDialect) -> Option<String> {
    let object = facts.iter().find_map(|facts| shared_object(&facts.text, grammar))?;
    Some(format!("a statement changes {object} of the server, which the copy does not stand for"))
}

fn shared_object(text: &str, grammar: SqlDialect) -> Option<&'static str> {
    let tokens = significant(&tokens(text, grammar));
    let is = |place: usize, word: &str| tokens.get(place).is_some_and(|token| token.is_word(word));
    let is_mysql = grammar == SqlDialect::MySql;
    let is_definition = ["CREATE", "ALTER", "DROP", "RENAME"].iter().any(|word| is(0, word));
    // `CREATE OR REPLACE USER`
    let kind = if is(1, "OR") { 3 } else { 1 };
    match () {
        () if grammar == SqlDialect::Sqlite => None,
        () if is_definition && (is(kind, "DATABASE") || is_mysql && is(kind, "SCHEMA")) => Some("a database"),
        () if is_definition && ["ROLE", "USER", "GROUP"].iter().any(|word| is(kind, word)) => {
            // `CREATE USER MAPPING` belongs to the database.
            (!is(kind + 1, "MAPPING")).then_some("a user")
        }
        () if is_definition && (is(kind, "TABLESPACE") || is(kind + 1, "TABLESPACE")) => Some("a tablespace"),
        () if is_definition && is_mysql && (is(kind, "SERVER") || is(kind, "INSTANCE")) => Some("a setting"),
        () if is(0, "ALTER") && is(1, "SYSTEM") => Some("a setting"),
        () if is(0, "SET") && (is(1, "GLOBAL") || is(1, "PERSIST") || is(1, "PERSIST_ONLY")) => Some("a setting"),
        () if is(0, "SET") && is(1, "PASSWORD") => Some("a user"),
        () if is_mysql && is(0, "SET") && has_global_variable(&tokens) => Some("a setting"),
        () if (is(0, "GRANT") || is(0, "REVOKE")) && !tokens.iter().any(|token| token.is_word("ON")) => Some("a user"),
        () if (is(0, "REASSIGN") || is(0, "DROP")) && is(1, "OWNED") => Some("a user"),
        () if is_mysql
            && ["SHUTDOWN", "RESTART", "KILL", "PURGE", "RESET", "INSTALL", "UNINSTALL"]
                .iter()
                .any(|word| is(0, word)) =>
        {
            Some("a state")
        }
        () => None,
    }
}

/// `SET @@GLOBAL.name = ...`
fn has_global_variable(tokens: &[crate::sql::Token<'_>]) -> bool {
    let names = tokens.iter().map(|token| token.text.to_ascii_lowercase());
    names.into_iter().any(|name| name.starts_with("@@global") || name.starts_with("@@persist"))
}

#[cfg(test)]
mod tests {
    use super::shared_object;
    use crate::sql::SqlDialect;

    fn check(grammar: SqlDialect, changing: &[&str], keeping: &[&str]) {
        for text in changing {
            assert!(shared_object(text, grammar).is_some(), "{text}");
        }
        for text in keeping {
            assert_eq!(shared_object(text, grammar), None, "{text}");
        }
    }

    #[test]
    fn what_databases_share_is_told_from_what_they_have() {
        check(
            SqlDialect::MySql,
            &[
                "DROP DATABASE prod",
                "drop schema if exists prod",
                "CREATE OR REPLACE USER a@b",
                "SET GLOBAL sql_mode = ''",
                "SET @@GLOBAL.sql_mode = ''",
                "GRANT r TO a@b",
                "ALTER INSTANCE ROTATE INNODB MASTER KEY",
            ],
            &["DROP TABLE `database`", "GRANT SELECT ON t TO a@b", "SET sql_mode = ''", "DROP TABLE user"],
        );
        check(
            SqlDialect::Postgres,
            &["DROP DATABASE prod", "CREATE ROLE r", "ALTER SYSTEM SET a = 1", "GRANT r TO a", "CREATE TABLESPACE x"],
            &["DROP SCHEMA a", "CREATE USER MAPPING FOR a SERVER s", "CREATE SERVER s", "GRANT SELECT ON t TO a"],
        );
        check(SqlDialect::Sqlite, &[], &["CREATE TABLE user (a)"]);
    }
}
