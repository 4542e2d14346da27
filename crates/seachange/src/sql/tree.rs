//! The facts that the parsed tree of a statement proves.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FromTable, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, ObjectNamePart, Query,
    SetExpr, SqliteOnConflict, Statement, TableFactor, TableObject, TableWithJoins, Value, Visit, Visitor,
};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserOptions};

use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind};
use super::functions::{self, FunctionEffect};
use super::session::unquoted_name;
use super::{SqlDialect, Token, TokenKind, accounted, definition, depth, leading, names, probe};

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

/// Walks the tree of a statement.
struct Collector {
    /// The grammar.
    dialect: SqlDialect,
    /// Every table that is named, in the order of the text.
    relations: Vec<String>,
    /// The tables that are changed.
    targets: Vec<String>,
    /// Functions that are used as tables.
    table_functions: Vec<String>,
    /// The names of the `WITH` clauses that are open.
    scopes: Vec<Vec<String>>,
    /// Whether a nested statement changes rows.
    changes_rows: bool,
    /// Whether a query locks the rows that it reads.
    locks: bool,
    /// The effects of the calls, each with its argument.
    effects: Vec<(FunctionEffect, Option<String>)>,
    /// Whether the tree holds something that is not understood.
    is_unknown: bool,
}

impl Collector {
    /// A collector for one statement.
    fn new(dialect: SqlDialect) -> Self {
        Self {
            dialect,
            relations: Vec::new(),
            targets: Vec::new(),
            table_functions: Vec::new(),
            scopes: Vec::new(),
            changes_rows: false,
            locks: false,
            effects: Vec::new(),
            is_unknown: false,
        }
    }

    /// Records an object that is changed.
    fn writes_object(&mut self, name: &ObjectName) {
        self.is_unknown |= is_misread(name);
        self.writes(names::of_object(name, self.dialect));
    }

    /// Records the name of an object that is changed.
    fn writes(&mut self, name: String) {
        if !self.targets.contains(&name) {
            self.targets.push(name);
        }
    }

    /// Removes the recorded calls, because they are stored, not run.
    fn forgets_functions(&mut self) {
        self.effects.clear();
    }

    /// Adds what was collected to `facts`.
    fn finish(self, facts: &mut StatementFacts) {
        let mut reads = self.relations;
        for target in &self.targets {
            if let Some(at) = reads.iter().position(|name| name == target) {
                reads.remove(at);
            }
        }
        facts.reads.extend(reads);
        facts.reads.sort();
        facts.reads.dedup();
        facts.writes.extend(self.targets);
        for (effect, argument) in self.effects {
            let setting = |argument: Option<String>| match argument {
                Some(name) => SessionState::Setting(name.to_lowercase()),
                None => SessionState::Other,
            };
            match effect {
                FunctionEffect::Pure => {}
                FunctionEffect::Writes => facts.may_write = true,
                FunctionEffect::ReadsLastInsertId => {
                    facts.session_reads.push(SessionState::LastInsertId);
                    if argument.is_some() {
                        facts.session_writes.push(SessionState::LastInsertId);
                    }
                }
                FunctionEffect::ReadsDiagnostics => facts.session_reads.push(SessionState::Diagnostics),
                FunctionEffect::ReadsSetting => facts.session_reads.push(setting(argument)),
                FunctionEffect::WritesSetting => facts.session_writes.push(setting(argument)),
                FunctionEffect::WritesSession => facts.session_writes.push(SessionState::Other),
                FunctionEffect::Unknown => {
                    facts.is_understood = false;
                    facts.is_atomic = false;
                    facts.may_write = true;
                    facts.session_writes.push(SessionState::Other);
                }
            }
        }
        if self.is_unknown {
            facts.is_understood = false;
            facts.is_atomic = false;
            facts.may_write = true;
        }
        facts.session_reads.dedup();
        facts.session_writes.dedup();
    }

    /// Records a call.
    fn calls(&mut self, name: &ObjectName, arguments: Option<&FunctionArguments>) {
        let parts: Vec<String> = name.0.iter().map(|part| part_name(part, self.dialect)).collect();
        let own = match parts.as_slice() {
            [name] => Some(name),
            [schema, name] if self.dialect == SqlDialect::Postgres && schema == "pg_catalog" => Some(name),
            _ => None,
        };
        let own =
            own.map(|name| if self.dialect == SqlDialect::Postgres { name.clone() } else { name.to_ascii_lowercase() });
        let effect = own.as_deref().map_or(FunctionEffect::Unknown, |name| functions::effect(name, self.dialect));
        let argument = match effect {
            FunctionEffect::ReadsLastInsertId if self.dialect == SqlDialect::Postgres => None,
            FunctionEffect::ReadsLastInsertId => first_argument(arguments).map(ToString::to_string),
            _ => first_argument(arguments).and_then(text_of),
        };
        if effect != FunctionEffect::Pure {
            self.effects.push((effect, argument));
        }
    }

    /// Records the targets of a join.
    fn writes_table(&mut self, table: &TableWithJoins) {
        let joined = table.joins.iter().map(|join| &join.relation);
        for factor in std::iter::once(&table.relation).chain(joined) {
            self.writes_factor(factor);
        }
    }

    /// Records a target.
    fn writes_factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, .. } => self.writes_object(name),
            TableFactor::NestedJoin { table_with_joins, .. } => self.writes_table(table_with_joins),
            _ => self.is_unknown = true,
        }
    }

    /// Records what a nested statement changes.
    fn changes(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => match &insert.table {
                TableObject::TableName(name) => self.writes_object(name),
                _ => self.is_unknown = true,
            },
            Statement::Update(update) => self.writes_table(&update.table),
            Statement::Delete(delete) => {
                delete.tables.iter().for_each(|name| self.writes_object(name));
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                if delete.tables.is_empty() {
                    from.iter().for_each(|table| self.writes_table(table));
                }
            }
            Statement::Merge(merge) => self.writes_factor(&merge.table),
            Statement::Query(_) => return,
            _ => return,
        }
        self.changes_rows = true;
    }

    /// Whether a name is that of a `WITH` clause that is open.
    fn is_in_scope(&self, name: &str) -> bool {
        self.scopes.iter().flatten().any(|own| own == name)
    }
}

/// Whether the parser has read a word of the grammar that it does not know as the name of a table.
fn is_misread(name: &ObjectName) -> bool {
    const WORDS: [&str; 8] = ["ONLY", "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "QUICK", "DELAYED", "LATERAL", "ROWS"];
    let [part] = name.0.as_slice() else { return false };
    part.as_ident().is_some_and(|name| {
        name.quote_style.is_none() && WORDS.iter().any(|word| name.value.eq_ignore_ascii_case(word))
    })
}

/// The name of a part of a qualified name.
fn part_name(part: &ObjectNamePart, dialect: SqlDialect) -> String {
    part.as_ident().map_or_else(|| part.to_string(), |ident| names::of_ident(ident, dialect))
}

/// The first argument of a call.
fn first_argument(arguments: Option<&FunctionArguments>) -> Option<&Expr> {
    let Some(FunctionArguments::List(list)) = arguments else { return None };
    match list.args.first()? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    }
}

/// The text of a string literal.
fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

impl Visitor for Collector {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        self.changes(statement);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let with = query.with.as_ref();
        let ctes = with.map_or(&[][..], |with| &with.cte_tables);
        let own: Vec<String> = ctes.iter().map(|cte| names::of_ident(&cte.alias.name, self.dialect)).collect();
        if with.is_some_and(|with| !with.recursive) {
            // A clause does not see its own name or later names. In it, these names mean tables.
            for (at, cte) in ctes.iter().enumerate() {
                let _ = sqlparser::ast::visit_relations(&*cte.query, |relation| {
                    let name = names::of_object(relation, self.dialect);
                    if own[at..].contains(&name) {
                        self.relations.push(name);
                    }
                    ControlFlow::<()>::Continue(())
                });
            }
        }
        self.locks |= !query.locks.is_empty();
        self.scopes.push(own);
        if let Some(table) = plain_table(&query.body) {
            self.relations.push(table);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.is_unknown |= is_misread(relation);
        let name = names::of_object(relation, self.dialect);
        if let Some(at) = self.table_functions.iter().position(|function| *function == name) {
            self.table_functions.remove(at);
        } else if !self.is_in_scope(&name) {
            self.relations.push(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } => {
                self.table_functions.push(names::of_object(name, self.dialect));
                self.calls(name, None);
            }
            TableFactor::Function { name, .. } => self.calls(name, None),
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::JsonTable { .. } => {}
            _ => self.is_unknown = true,
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Function(Function { name, args, .. }) => self.calls(name, Some(args)),
            Expr::BinaryOp { op: sqlparser::ast::BinaryOperator::PGCustomBinaryOperator(_), .. } => {
                self.is_unknown = true
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The table of `TABLE name`.
fn plain_table(body: &SetExpr) -> Option<String> {
    match body {
        SetExpr::Table(table) => {
            let name = table.table_name.clone().unwrap_or_default();
            Some(table.schema_name.as_ref().map_or_else(|| name.clone(), |schema| format!("{schema}.{name}")))
        }
        _ => None,
    }
}
