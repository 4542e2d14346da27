//! Reads SQL text: tokens, statements, and the facts of a statement.
//!
//! It takes texts and returns values. It knows no connection, no revision and no catalogue.

mod accounted;
pub(crate) mod catalog_effect;
pub(crate) mod clients;
mod control;
mod cursor;
mod definition;
mod depth;
mod do_block;
mod facts;
mod functions;
mod leading;
mod lexer;
mod names;
mod pragma;
mod probe;
mod reduced;
pub(crate) mod server_objects;
mod session;
mod split;
mod stored;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "cli"))]
pub(crate) mod text;
mod tree;

#[cfg(test)]
mod tests;

use sea_orm::DbBackend;

pub(crate) use facts::{Pragma, SessionState, StatementFacts, StatementKind, TransactionControl, read};
pub(crate) use lexer::words;
pub(crate) use lexer::{Token, TokenKind, joined, significant, tokens};
pub(crate) use names::quoted_name;
#[cfg(feature = "cli")]
pub(crate) use probe::is_catalogue_table;
pub(crate) use split::{StatementText, statements};

/// The grammar of a database system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SqlDialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

impl SqlDialect {
    /// The grammar of a system that SeaORM names.
    pub(crate) fn of(backend: DbBackend) -> Self {
        match backend {
            DbBackend::Postgres => Self::Postgres,
            DbBackend::MySql => Self::MySql,
            _ => Self::Sqlite,
        }
    }
}

/// A grammar, with the session settings that change how strings are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Syntax {
    /// The grammar.
    pub(crate) dialect: SqlDialect,
    /// Whether a backslash escapes the next character of a plain string. On MySQL and MariaDB it does unless `sql_mode`
    /// has `NO_BACKSLASH_ESCAPES`, on PostgreSQL it does when `standard_conforming_strings` is off, on SQLite never.
    pub(crate) has_backslash_escapes: bool,
    /// Whether double quotes enclose a name. They do not on MySQL and MariaDB, unless `sql_mode` has `ANSI_QUOTES`.
    pub(crate) has_ansi_quotes: bool,
    /// Whether a string after a line end continues the one before it, and is read by the same rules. PostgreSQL does
    /// this; `psql`, which reads lines, does not.
    pub(crate) continues_strings: bool,
}

impl From<SqlDialect> for Syntax {
    /// The default settings of a server.
    fn from(dialect: SqlDialect) -> Self {
        let is_mysql = dialect == SqlDialect::MySql;
        let continues_strings = dialect == SqlDialect::Postgres;
        Self { dialect, has_backslash_escapes: is_mysql, has_ansi_quotes: !is_mysql, continues_strings }
    }
}
