//! Collects the objects and the calls of a statement from its tree.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FromTable, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, ObjectNamePart, Query,
    SetExpr, Statement, TableFactor, TableObject, TableWithJoins, Value, Visitor,
};

use crate::sql::facts::{SessionState, StatementFacts};
use crate::sql::functions::{self, FunctionEffect};
use crate::sql::{SqlDialect, names};

/// Walks the tree of a statement.
pub(super) struct Collector {
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
    pub(super) changes_rows: bool,
    /// Whether a query locks the rows that it reads.
    pub(super) locks: bool,
    /// The effects of the calls, each with its argument.
    effects: Vec<(FunctionEffect, Option<String>)>,
    /// Whether the tree holds something that is not understood.
    pub(super) is_unknown: bool,
}

impl Collector {
    /// A collector for one statement.
    pub(super) fn new(dialect: SqlDialect) -> Self {
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
    pub(super) fn writes_object(&mut self, name: &ObjectName) {
        self.is_unknown |= is_misread(name);
        self.writes(names::of_object(name, self.dialect));
    }

    /// Records the name of an object that is changed.
    pub(super) fn writes(&mut self, name: String) {
        if !self.targets.contains(&name) {
            self.targets.push(name);
        }
    }

    /// Removes the recorded calls, because they are stored, not run.
    pub(super) fn forgets_functions(&mut self) {
        self.effects.clear();
    }

    /// Adds what was collected to `facts`.
    pub(super) fn finish(self, facts: &mut StatementFacts) {
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
