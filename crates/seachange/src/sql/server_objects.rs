//! Statements that change what all databases of a server share, or a file beside that of the database: more than a
//! scratch database, which is on the server of the real one.

use super::{SqlDialect, StatementFacts, Token, significant, tokens};

/// What a statement changes outside of its database, in words; `None` if nothing.
pub(crate) fn shared_object(facts: &StatementFacts, grammar: SqlDialect) -> Option<&'static str> {
    of_text(&facts.text, grammar)
}

/// Whether a statement only makes something new: it fails where that is there.
pub(crate) fn only_creates(facts: &StatementFacts, grammar: SqlDialect) -> bool {
    let tokens = significant(&tokens(&facts.text, grammar));
    tokens.first().is_some_and(|token| token.is_word("CREATE"))
        && !tokens.get(1).is_some_and(|token| token.is_word("OR"))
}

fn of_text(text: &str, grammar: SqlDialect) -> Option<&'static str> {
    let tokens = significant(&tokens(text, grammar));
    let is = |place: usize, word: &str| tokens.get(place).is_some_and(|token| token.is_word(word));
    let is_mysql = grammar == SqlDialect::MySql;
    let is_definition = ["CREATE", "ALTER", "DROP", "RENAME"].iter().any(|word| is(0, word));
    // `CREATE OR REPLACE USER`
    let kind = if is(1, "OR") { 3 } else { 1 };
    match () {
        () if grammar == SqlDialect::Sqlite => {
            let is_other_file = is(0, "ATTACH") && !names_memory(&tokens) || is(0, "VACUUM") && has(&tokens, "INTO");
            is_other_file.then_some("a file beside the database")
        }
        () if is_definition && (is(kind, "DATABASE") || is_mysql && is(kind, "SCHEMA")) => {
            Some("a database of the server")
        }
        () if is_definition && ["ROLE", "USER", "GROUP"].iter().any(|word| is(kind, word)) => {
            // `CREATE USER MAPPING` belongs to the database.
            (!is(kind + 1, "MAPPING")).then_some("a user of the server")
        }
        () if is_definition && (is(kind, "TABLESPACE") || is(kind + 1, "TABLESPACE")) => {
            Some("a tablespace of the server")
        }
        () if is_definition && is_mysql && (is(kind, "SERVER") || is(kind, "INSTANCE")) => {
            Some("a setting of the server")
        }
        () if is(0, "ALTER") && is(1, "SYSTEM") => Some("a setting of the server"),
        () if is(0, "SET") && (is(1, "GLOBAL") || is(1, "PERSIST") || is(1, "PERSIST_ONLY")) => {
            Some("a setting of the server")
        }
        () if is(0, "SET") && is(1, "PASSWORD") => Some("a user of the server"),
        () if is_mysql && is(0, "SET") && has_global_variable(&tokens) => Some("a setting of the server"),
        () if (is(0, "GRANT") || is(0, "REVOKE")) && !has(&tokens, "ON") => Some("a user of the server"),
        () if (is(0, "REASSIGN") || is(0, "DROP")) && is(1, "OWNED") => Some("a user of the server"),
        () if is_mysql
            && ["SHUTDOWN", "RESTART", "KILL", "PURGE", "RESET", "INSTALL", "UNINSTALL"]
                .iter()
                .any(|word| is(0, word)) =>
        {
            Some("a state of the server")
        }
        () => None,
    }
}

fn has(tokens: &[Token<'_>], word: &str) -> bool {
    tokens.iter().any(|token| token.is_word(word))
}

/// Whether what is attached is a database in memory, or a temporary one.
fn names_memory(tokens: &[Token<'_>]) -> bool {
    let file = tokens.iter().skip(1).find(|token| !token.is_word("DATABASE"));
    file.is_some_and(|file| matches!(file.text, "':memory:'" | "''"))
}

/// `SET @@GLOBAL.name = ...`
fn has_global_variable(tokens: &[Token<'_>]) -> bool {
    let names = tokens.iter().map(|token| token.text.to_ascii_lowercase());
    names.into_iter().any(|name| name.starts_with("@@global") || name.starts_with("@@persist"))
}

#[cfg(test)]
mod tests {
    use super::of_text;
    use crate::sql::SqlDialect;

    fn check(grammar: SqlDialect, changing: &[&str], keeping: &[&str]) {
        for text in changing {
            assert!(of_text(text, grammar).is_some(), "{text}");
        }
        for text in keeping {
            assert_eq!(of_text(text, grammar), None, "{text}");
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
        check(
            SqlDialect::Sqlite,
            &["ATTACH DATABASE 'old.db' AS old", "attach 'a' as b", "VACUUM main INTO 'copy.db'"],
            &["CREATE TABLE user (a)", "ATTACH ':memory:' AS a", "ATTACH DATABASE '' AS a", "VACUUM"],
        );
    }
}
