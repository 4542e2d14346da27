//! The facts that the parsed tree of a statement proves.

mod collector;

use sqlparser::ast::{Expr, Query, SetExpr, SqliteOnConflict, Statement, Visit};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserOptions};

use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind};
use super::session::unquoted_name;
use super::{SqlDialect, Token, TokenKind, accounted, definition, depth, leading, names, probe};
use collector::Collector;

/// Reads a statement from its tree. Returns nothing if it does not parse, or if the tree does not contain all of its
/// text. With `is_stored`, a query in it does not run.
pub(super) fn read(
    tokens: &[Token<'_>],
    text: &str,
    doubt: &StatementFacts,
    dialect: SqlDialect,
    is_stored: bool,
) -> Option<StatementFacts> {
    depth::with_stack(tokens, || read_here(tokens, text, doubt, dialect, is_stored))
}

/// Reads a statement from its tree, on the stack of the caller.
fn read_here(
    tokens: &[Token<'_>],
    text: &str,
    doubt: &StatementFacts,
    dialect: SqlDialect,
    is_stored: bool,
) -> Option<StatementFacts> {
    let statement = whole_here(tokens, text, dialect)?;
    let mut collector = Collector::new(dialect);
    let _ = statement.visit(&mut collector);
    if is_stored {
        collector.forgets_functions();
    }
    let mut facts = of_statement(&statement, &mut collector, doubt, dialect)?;
    let cursor = Cursor::new(tokens, dialect);
    if matches!(facts.kind, StatementKind::Schema | StatementKind::Session) && doubt.kind == facts.kind {
        let target = definition::target(cursor)
            .unwrap_or(definition::ChangedObjects { names: Vec::new(), is_atomic: facts.is_atomic });
        facts.is_atomic &= target.is_atomic;
        facts.reads.extend(definition::references(cursor));
        for name in target.names {
            collector.writes(name);
        }
    }
    variables(tokens, &mut facts);
    collector.finish(&mut facts);
    if doubt.kind == StatementKind::Session {
        facts.writes.clear();
    }
    facts.may_end_transaction = leading::ends_transaction(Cursor::new(tokens, dialect));
    facts.is_probe = facts.is_understood && probe::is_probe(&statement, dialect);
    Some(facts)
}

/// Parses one statement. Returns nothing if the tree does not contain all of the text, or is deep.
pub(super) fn whole(tokens: &[Token<'_>], text: &str, dialect: SqlDialect) -> Option<Statement> {
    if depth::is_shallow(tokens) { whole_here(tokens, text, dialect) } else { None }
}

/// Parses one statement, on the stack of the caller.
fn whole_here(tokens: &[Token<'_>], text: &str, dialect: SqlDialect) -> Option<Statement> {
    let statement = parsed(text, dialect)?;
    accounted::is_accounted(tokens, &statement.to_string(), dialect).then_some(statement)
}

/// Parses one statement.
fn parsed(text: &str, dialect: SqlDialect) -> Option<Statement> {
    let options = ParserOptions::new().with_unescape(false);
    let dialect = parser_dialect(dialect);
    let mut statements = Parser::new(dialect).with_options(options).try_with_sql(text).ok()?.parse_statements().ok()?;
    let statement = statements.pop()?;
    statements.is_empty().then_some(statement)
}

/// The parser's own dialect.
fn parser_dialect(dialect: SqlDialect) -> &'static dyn Dialect {
    match dialect {
        SqlDialect::Sqlite => &SQLiteDialect {},
        SqlDialect::Postgres => &PostgreSqlDialect {},
        SqlDialect::MySql => &MySqlDialect {},
    }
}

/// Reads an expression on its own, as in `SET x = ...` and `DO ...`.
pub(super) fn expression(cursor: Cursor<'_, '_>, kind: StatementKind) -> StatementFacts {
    let dialect = cursor.dialect;
    let tokens = cursor.rest();
    let is_plain = tokens.iter().all(|token| !matches!(token.kind, TokenKind::Open | TokenKind::Variable));
    if is_plain && tokens.len() <= 2 {
        return StatementFacts {
            is_understood: !tokens.is_empty(),
            may_write: false,
            ..StatementFacts::understood(kind)
        };
    }
    let text: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let text = format!("SELECT {}", text.join(" "));
    let all = super::tokens(&text, dialect);
    let all: Vec<Token<'_>> = all.into_iter().filter(|token| !token.is_trivia()).collect();
    let unknown = StatementFacts {
        commits_implicitly: false,
        may_end_transaction: false,
        kind,
        ..StatementFacts::unknown(dialect)
    };
    match read(&all, &text, &unknown, dialect, false) {
        Some(facts) if facts.kind == StatementKind::Query => StatementFacts { kind, ..facts },
        _ => unknown,
    }
}

/// The facts that the form of a statement shows. The collector has those of its expressions.
fn of_statement(
    statement: &Statement,
    collector: &mut Collector,
    doubt: &StatementFacts,
    dialect: SqlDialect,
) -> Option<StatementFacts> {
    let understood =
        |kind| StatementFacts { commits_implicitly: doubt.commits_implicitly, ..StatementFacts::understood(kind) };
    match statement {
        Statement::Query(query) => Some(of_query(query, collector, dialect)),
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) => {
            Some(StatementFacts {
                is_atomic: !fails_in_part(statement),
                ..StatementFacts::understood(StatementKind::Rows)
            })
        }
        _ if doubt.kind == StatementKind::Session => {
            if matches!(statement, Statement::CreateTable(create) if create.query.is_none()) {
                collector.forgets_functions();
            }
            let session_writes = definition::temporaries(doubt);
            Some(StatementFacts { session_writes, ..StatementFacts::understood(StatementKind::Session) })
        }
        _ if doubt.kind != StatementKind::Schema => None,
        Statement::CreateTable(create) => {
            if create.query.is_none() {
                // Defaults and checks are stored, not run.
                collector.forgets_functions();
            }
            collector.writes_object(&create.name);
            Some(understood(StatementKind::Schema))
        }
        Statement::CreateView(create) => {
            if !create.materialized {
                collector.forgets_functions();
            }
            collector.writes_object(&create.name);
            Some(understood(StatementKind::Schema))
        }
        Statement::CreateIndex(create) => {
            collector.writes_object(&create.table_name);
            Some(understood(StatementKind::Schema))
        }
        Statement::AlterTable(alter) => {
            collector.writes_object(&alter.name);
            Some(understood(StatementKind::Schema))
        }
        _ => Some(understood(StatementKind::Schema)),
    }
}

/// The facts of a query. It may write into a table, and contain statements that change rows.
fn of_query(query: &Query, collector: &Collector, dialect: SqlDialect) -> StatementFacts {
    let into = into(&query.body);
    let facts = match into {
        _ if collector.changes_rows => StatementFacts::understood(StatementKind::Rows),
        None => StatementFacts::understood(StatementKind::Query),
        Some(into) if dialect == SqlDialect::Postgres => {
            let target = into.targets.first().map(|target| expression_name(target, dialect)).unwrap_or_default();
            if into.temporary {
                let session_writes = vec![SessionState::Temporary(target)];
                StatementFacts { session_writes, ..StatementFacts::understood(StatementKind::Session) }
            } else {
                StatementFacts { writes: vec![target], ..StatementFacts::understood(StatementKind::Schema) }
            }
        }
        // User variables are found among the tokens. Other targets are not understood.
        Some(into) if into.targets.iter().all(is_variable) => StatementFacts::understood(StatementKind::Session),
        Some(_) => StatementFacts { may_end_transaction: false, ..StatementFacts::unknown(dialect) },
    };
    StatementFacts { locks: collector.locks, ..facts }
}

/// The name that a target of `INTO` spells.
fn expression_name(expression: &Expr, dialect: SqlDialect) -> String {
    match expression {
        Expr::Identifier(name) => names::of_ident(name, dialect),
        Expr::CompoundIdentifier(parts) => {
            parts.iter().map(|part| names::of_ident(part, dialect)).collect::<Vec<_>>().join(".")
        }
        other => other.to_string(),
    }
}

/// Whether a target of `INTO` is a user variable.
fn is_variable(target: &Expr) -> bool {
    matches!(target, Expr::Identifier(name) if name.value.starts_with('@') && !name.value.starts_with("@@"))
}

/// The first `INTO` of a query.
fn into(body: &SetExpr) -> Option<&sqlparser::ast::SelectInto> {
    match body {
        SetExpr::Select(select) => select.into.as_ref(),
        SetExpr::Query(query) => into(&query.body),
        SetExpr::SetOperation { left, right, .. } => into(left).or_else(|| into(right)),
        _ => None,
    }
}

/// Whether SQLite keeps the rows that were changed before the row that failed.
fn fails_in_part(statement: &Statement) -> bool {
    let or = match statement {
        Statement::Insert(insert) => insert.or,
        Statement::Update(update) => update.or,
        _ => None,
    };
    matches!(or, Some(SqliteOnConflict::Fail))
}

/// Adds the variables among the tokens to the facts.
fn variables(tokens: &[Token<'_>], facts: &mut StatementFacts) {
    let mut is_into = false;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Word => is_into = token.is_word("INTO"),
            TokenKind::Comma => {}
            TokenKind::Variable => {
                let is_assigned = tokens.get(at + 1).is_some_and(|next| next.text == ":=");
                let name = token.text.trim_start_matches('@');
                match token.text.strip_prefix("@@") {
                    Some("session" | "SESSION" | "local" | "LOCAL" | "global" | "GLOBAL") => {
                        let name = tokens.get(at + 2).map_or("", |next| next.text);
                        facts.session_reads.push(system_variable(name));
                    }
                    Some(name) => facts.session_reads.push(system_variable(name)),
                    // The host of an account.
                    None if is_account(tokens, at) => {}
                    None if is_assigned || is_into => {
                        facts.session_writes.push(SessionState::Variable(unquoted_name(name)));
                    }
                    None => facts.session_reads.push(SessionState::Variable(unquoted_name(name))),
                }
            }
            _ => is_into = false,
        }
    }
}

/// Whether a variable is the host of an account, `user@host`, in a statement about accounts.
fn is_account(tokens: &[Token<'_>], at: usize) -> bool {
    let is_about_accounts = tokens
        .first()
        .is_some_and(|first| ["GRANT", "REVOKE", "CREATE", "ALTER", "DROP"].iter().any(|word| first.is_word(word)));
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    is_about_accounts
        && before.is_some_and(|before| matches!(before.kind, TokenKind::Text | TokenKind::QuotedName | TokenKind::Word))
}

/// The session state that a system variable reads.
fn system_variable(name: &str) -> SessionState {
    match unquoted_name(name).as_str() {
        "last_insert_id" | "identity" | "insert_id" => SessionState::LastInsertId,
        "warning_count" | "error_count" => SessionState::Diagnostics,
        name => SessionState::Setting(name.to_owned()),
    }
}
