//! The facts of a statement.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::cursor::Cursor;
use super::lexer::{Token, TokenKind};
use super::split::{StatementText, statements};
use super::{SqlDialect, Syntax, definition, leading, reduced, stored, tree};

/// The kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// Reads rows and changes nothing: `SELECT`, `SHOW`, `EXPLAIN`, `VALUES`, `TABLE`.
    Query,
    /// Changes rows: `INSERT`, `UPDATE`, `DELETE`, `REPLACE`, `MERGE`, with or without a `WITH` clause.
    Rows,
    /// Changes the schema: `CREATE`, `ALTER`, `DROP`, `TRUNCATE`, `COMMENT`, `GRANT` and similar statements.
    Schema,
    /// Begins or ends a transaction or a savepoint; see [`StatementFacts::control`].
    Control,
    /// Changes only the session: `SET`, `USE`, `PRAGMA`, `PREPARE`, `DECLARE`, `LISTEN`, `ATTACH`, temporary objects.
    Session,
    /// `LOCK TABLES` of MySQL and MariaDB.
    LockTables,
    /// `UNLOCK TABLES` of MySQL and MariaDB.
    UnlockTables,
    /// `COPY ... FROM STDIN` and `COPY ... TO STDOUT`.
    Copy,
    /// Anything else: `CALL`, `DO`, `VACUUM`, `LOAD DATA`, a statement that does not parse.
    Other,
}

/// Transaction control sent as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransactionControl {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`, with or without `AND CHAIN`.
    Commit,
    /// `ROLLBACK`, `ABORT`, but not to a savepoint.
    Rollback,
    /// `SAVEPOINT name`.
    Savepoint(String),
    /// `RELEASE name`.
    Release(String),
    /// `ROLLBACK TO name`.
    RollbackTo(String),
    /// `SET TRANSACTION`, `SET SESSION CHARACTERISTICS`, `SET autocommit`, `PREPARE TRANSACTION`, `XA`.
    Other,
}

/// A part of the session's state. It ends with the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionState {
    /// The id that the last insert generated: `LAST_INSERT_ID()`, `lastval()`, `currval()`, `last_insert_rowid()`.
    LastInsertId,
    /// The result of the last statement: `ROW_COUNT()`, `FOUND_ROWS()`, `changes()`, `SHOW WARNINGS`, `GET
    /// DIAGNOSTICS`.
    Diagnostics,
    /// A user variable: `@x`, without its sign, in lower case.
    Variable(String),
    /// A prepared statement, by name: `EXECUTE`.
    Prepared(String),
    /// A temporary table, by name, if the text says that it is temporary: `CREATE TEMPORARY TABLE`.
    Temporary(String),
    /// A setting: `SET`, `PRAGMA`, `USE`, `set_config()`. The name is in lower case, if the text has one.
    Setting(String),
    /// Anything else: an attached file, an advisory lock, a cursor, an unknown function.
    Other,
}

/// A `PRAGMA` of SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pragma {
    /// The name, in lower case, without its schema.
    pub(crate) name: String,
    /// The value that it sets, in lower case and without quotes; `None` if it only reads.
    pub(crate) value: Option<String>,
}

/// The facts of one statement of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementFacts {
    /// The text of the statement from its first token to its last, without the semicolon after it, and without white
    /// space and comments around it.
    pub(crate) text: String,
    /// The kind of the statement.
    pub(crate) kind: StatementKind,
    /// Whether the statement was parsed as a whole, the tree contains every token, and every function that it calls is
    /// a known one of the system. A statement that is not understood is never treated as safe.
    pub(crate) is_understood: bool,
    /// Whether it may write to the database. A query may write when it calls an unknown function or `nextval`, or
    /// contains a statement that changes rows. True for every statement that is not understood.
    pub(crate) may_write: bool,
    /// Whether it locks rows or tables until the transaction ends: `FOR UPDATE`, `LOCK TABLE` of PostgreSQL.
    pub(crate) locks: bool,
    /// The tables that it reads, as `schema.table` or `table`, without quotes, folded as the system folds names. This
    /// list and the following lists are complete only if the statement is understood.
    pub(crate) reads: Vec<String>,
    /// The tables or objects that it writes.
    pub(crate) writes: Vec<String>,
    /// The session state that it reads.
    pub(crate) session_reads: Vec<SessionState>,
    /// The session state that it changes. Every statement that changes rows also sets [`SessionState::LastInsertId`]
    /// and [`SessionState::Diagnostics`], which are not listed.
    pub(crate) session_writes: Vec<SessionState>,
    /// The transaction control, if the statement is one.
    pub(crate) control: Option<TransactionControl>,
    /// Whether the system commits the open transaction before it runs (MySQL, MariaDB).
    pub(crate) commits_implicitly: bool,
    /// Whether it may end the transaction, besides an implicit commit: `COMMIT`, `ROLLBACK`, `INSERT OR ROLLBACK` and
    /// `RAISE(ROLLBACK)` of SQLite, a procedure, any statement that is not understood and whose first words do not
    /// exclude it.
    pub(crate) may_end_transaction: bool,
    /// Whether the system undoes the whole statement when it fails: one object, no `CONCURRENTLY`, no procedure.
    pub(crate) is_atomic: bool,
    /// The `PRAGMA` of SQLite, if the statement is one.
    pub(crate) pragma: Option<Pragma>,
    /// Whether it is an existence query of `SchemaManager`: one row of one column under its alias, read from the
    /// catalogue.
    pub(crate) is_probe: bool,
}

impl StatementFacts {
    /// The facts of a statement of which nothing is known.
    pub(super) fn unknown(dialect: SqlDialect) -> Self {
        Self {
            text: String::new(),
            kind: StatementKind::Other,
            is_understood: false,
            may_write: true,
            locks: false,
            reads: Vec::new(),
            writes: Vec::new(),
            session_reads: Vec::new(),
            session_writes: vec![SessionState::Other],
            control: None,
            commits_implicitly: dialect == SqlDialect::MySql,
            may_end_transaction: true,
            is_atomic: false,
            pragma: None,
            is_probe: false,
        }
    }

    /// The facts of a statement of some kind that is understood and touches nothing.
    pub(super) fn understood(kind: StatementKind) -> Self {
        Self {
            text: String::new(),
            kind,
            is_understood: true,
            may_write: matches!(kind, StatementKind::Rows | StatementKind::Schema | StatementKind::Other),
            locks: false,
            reads: Vec::new(),
            writes: Vec::new(),
            session_reads: Vec::new(),
            session_writes: Vec::new(),
            control: None,
            commits_implicitly: false,
            may_end_transaction: false,
            is_atomic: true,
            pragma: None,
            is_probe: false,
        }
    }

    /// The same facts, not understood: what the first words show stays.
    pub(super) fn into_unknown(mut self) -> Self {
        self.is_understood = false;
        self.may_write = true;
        self.is_atomic = false;
        self.is_probe = false;
        self
    }
}

/// Reads a text as the server splits it, with one entry for each statement. The result is empty for a text without
/// statements.
///
/// The targets of a fleet send the same texts, so what was read of short ones is kept.
pub(crate) fn read(sql: &str, syntax: impl Into<Syntax>) -> Vec<StatementFacts> {
    let syntax = syntax.into();
    let read = || -> Vec<StatementFacts> {
        statements(sql, syntax).iter().map(|statement| of_statement(statement, syntax.dialect)).collect()
    };
    if sql.len() > LONGEST_KNOWN {
        return read();
    }
    if let Some(known) = known().get(&syntax).and_then(|texts| texts.get(sql)) {
        return known.clone();
    }
    let facts = read();
    let mut known = known();
    if known.values().map(HashMap::len).sum::<usize>() >= MOST_KNOWN {
        known.clear();
    }
    known.entry(syntax).or_default().insert(sql.to_owned(), facts.clone());
    facts
}

/// The length of the longest text whose facts are kept, in bytes.
const LONGEST_KNOWN: usize = 2000;

/// How many texts are kept.
const MOST_KNOWN: usize = 500;

/// The facts of texts by their syntax.
type KnownFacts = HashMap<Syntax, HashMap<String, Vec<StatementFacts>>>;

fn known() -> MutexGuard<'static, KnownFacts> {
    static KNOWN: LazyLock<Mutex<KnownFacts>> = LazyLock::new(Mutex::default);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one statement.
fn of_statement(statement: &StatementText<'_>, dialect: SqlDialect) -> StatementFacts {
    let significant: Vec<Token<'_>> = statement.tokens.iter().copied().filter(|token| !token.is_trivia()).collect();
    let hints = significant.iter().filter(|token| token.kind == TokenKind::HintBegin);
    let ends = significant.iter().filter(|token| token.kind == TokenKind::HintEnd).count();
    // The server may or may not run the content of a comment with a version, or of one that only MariaDB reads.
    let is_certain = hints.clone().all(|hint| hint.text == "/*!") && hints.count() == ends;
    let is_hint = |token: &Token<'_>| matches!(token.kind, TokenKind::HintBegin | TokenKind::HintEnd);
    let tokens: Vec<Token<'_>> = significant.into_iter().filter(|token| !is_hint(token)).collect();
    let program = stored::read(Cursor::new(&tokens, dialect), statement.is_complete);
    let mut facts = program.unwrap_or_else(|| of_tokens(&tokens, statement.text, dialect));
    if !facts.is_understood {
        facts = facts.into_unknown();
    }
    if !is_certain {
        facts = facts.into_unknown();
        if !facts.session_writes.contains(&SessionState::Other) {
            facts.session_writes.push(SessionState::Other);
        }
    }
    statement.text.clone_into(&mut facts.text);
    facts
}

/// Reads significant tokens without hints. `text` is the input for the parser.
pub(super) fn of_tokens(tokens: &[Token<'_>], text: &str, dialect: SqlDialect) -> StatementFacts {
    match leading::judge(tokens, dialect) {
        leading::LeadingWords::Facts(facts) => facts,
        leading::LeadingWords::Inner { at, run } => of_inner(&tokens[at..], run, dialect),
        leading::LeadingWords::Parse(doubt) => of_tree(tokens, text, &doubt, dialect)
            .or_else(|| definition::read(Cursor::new(tokens, dialect), &doubt))
            .unwrap_or(doubt),
    }
}

/// Reads a statement by its tree.
fn of_tree(tokens: &[Token<'_>], text: &str, doubt: &StatementFacts, dialect: SqlDialect) -> Option<StatementFacts> {
    let Some(reduced) = reduced::reduced(Cursor::new(tokens, dialect)) else {
        return tree::read(tokens, text, doubt, dialect, false);
    };
    let text: Vec<&str> = reduced.tokens.iter().map(|token| token.text).collect();
    let facts = tree::read(&reduced.tokens, &text.join(" "), doubt, dialect, reduced.is_stored)?;
    Some(StatementFacts { locks: facts.locks || reduced.locks, ..facts })
}

/// Reads the statement after `EXPLAIN` or `SET STATEMENT ... FOR`.
fn of_inner(tokens: &[Token<'_>], run: leading::InnerStatement, dialect: SqlDialect) -> StatementFacts {
    let text: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let inner = of_tokens(tokens, &text.join(" "), dialect);
    match run {
        leading::InnerStatement::Whole => StatementFacts { is_probe: false, ..inner },
        leading::InnerStatement::Doubted => {
            StatementFacts { session_writes: vec![SessionState::Other], ..inner.into_unknown() }
        }
        leading::InnerStatement::Explained if inner.is_understood => {
            StatementFacts { reads: inner.reads, ..StatementFacts::understood(StatementKind::Query) }
        }
        leading::InnerStatement::Explained => StatementFacts {
            kind: StatementKind::Query,
            may_end_transaction: false,
            commits_implicitly: false,
            ..StatementFacts::unknown(dialect)
        },
    }
}
