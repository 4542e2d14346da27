//! What the statements of a revision change in the schema: the database is inspected after each statement that may
//! change it.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::measured::{SchemaChange, WrittenTables};
use super::text_renames::{TextRename, TextRenames};
use crate::autogenerate::{DatabaseState, SchemaOperation, TableFilter};
use crate::schema::{Schema, TableName};
use crate::sql::{SqlDialect, StatementFacts, StatementKind, Token, significant, tokens, words};

/// The schema while a revision runs on a scratch database, and the changes so far.
pub(super) struct ChangeRecorder {
    grammar: SqlDialect,
    backend: DbBackend,
    before: DatabaseState,
    /// The database after the last inspection.
    now: DatabaseState,
    written: WrittenTables,
    is_computed: bool,
    /// The names in the statements that rename something.
    renaming: Vec<String>,
    /// The schema to which a statement moves something, which is not inspected (PostgreSQL).
    moved_to: Option<String>,
    /// What the statements of the revision rename (SQLite).
    renames: TextRenames,
    changes: Vec<SchemaChange>,
    /// How many statements there were.
    statements: usize,
}

impl ChangeRecorder {
    /// Begins with the state of the database before the revision.
    pub(super) fn new(grammar: SqlDialect, backend: DbBackend, now: DatabaseState) -> Self {
        Self {
            grammar,
            backend,
            before: now.clone(),
            now,
            written: WrittenTables::Named(BTreeSet::new()),
            is_computed: false,
            renaming: Vec::new(),
            moved_to: None,
            renames: TextRenames::default(),
            changes: Vec::new(),
            statements: 0,
        }
    }

    /// The schema after the last statement that changed it; on SQLite that before the revision.
    pub(super) fn schema(&self) -> &Schema {
        &self.now.schema
    }

    /// Whether statements since the last change of the schema may have written rows of a table.
    pub(super) fn has_written(&self, table: &str) -> bool {
        match &self.written {
            WrittenTables::Named(tables) => tables.contains(table),
            WrittenTables::Unknown => true,
        }
    }

    /// Notes a statement that has run, and returns the tables that it renamed, each with its new name. `number` is its
    /// place in the revision, from 0.
    ///
    /// # Errors
    ///
    /// The catalogue cannot be read.
    pub(super) async fn note(
        &mut self,
        connection: &impl ConnectionTrait,
        facts: &[StatementFacts],
        number: usize,
    ) -> Result<Vec<(TableName, TableName)>, DbErr> {
        self.statements = number + 1;
        for facts in facts {
            self.note_text(facts);
        }
        if self.backend == DbBackend::Sqlite {
            // The operations are those of the revision.
            let renames: Vec<TextRename> =
                facts.iter().filter_map(|facts| TextRename::read(facts, self.grammar)).collect();
            let tables = renames.iter().filter_map(TextRenames::of_table).collect();
            renames.into_iter().for_each(|rename| self.renames.note(rename));
            return Ok(tables);
        }
        if !facts.iter().any(may_change_schema) {
            return Ok(Vec::new());
        }
        let earlier = self.changes.len();
        self.inspect(connection, Some(number)).await?;
        Ok(renamed_tables(&self.changes[earlier..]))
    }

    /// The changes, the database after the revision, and the database before it.
    ///
    /// # Errors
    ///
    /// The catalogue cannot be read.
    pub(super) async fn finish(
        mut self,
        connection: &impl ConnectionTrait,
    ) -> Result<(Vec<SchemaChange>, DatabaseState, DatabaseState), DbErr> {
        if self.backend == DbBackend::Sqlite {
            self.inspect(connection, (self.statements == 1).then_some(0)).await?;
        }
        Ok((self.changes, self.now, self.before))
    }

    /// Adds the difference since the last inspection.
    async fn inspect(&mut self, connection: &impl ConnectionTrait, statement: Option<usize>) -> Result<(), DbErr> {
        let after = DatabaseState::read(connection, &TableFilter::default()).await?;
        let before = std::mem::replace(&mut self.now, after);
        let names = std::mem::take(&mut self.renaming);
        let is_named = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        let known = self.renames.between(&before.schema, &self.now.schema);
        let mut operations = before.operations_to(&self.now, known, &|from, to| is_named(from) && is_named(to));
        if let Some(schema) = self.moved_to.take() {
            operations.iter_mut().for_each(|operation| as_move(operation, &schema));
        }
        let is_computed = std::mem::take(&mut self.is_computed);
        if !operations.is_empty() {
            let written = std::mem::replace(&mut self.written, WrittenTables::Named(BTreeSet::new()));
            self.changes.push(SchemaChange { statement, operations, written, is_computed });
        }
        Ok(())
    }

    fn note_text(&mut self, facts: &StatementFacts) {
        let words = words(&facts.text, self.grammar);
        let has = |word: &str| words.iter().any(|own| own == word);
        if has("RENAME") || has("CHANGE") {
            let tokens = tokens(&facts.text, self.grammar);
            self.renaming.extend(tokens.iter().filter_map(Token::name).map(|name| name.into_owned()));
        }
        if has("SCHEMA") {
            self.moved_to = self.moved_to.take().or_else(|| moved_to(&facts.text, self.grammar));
        }
        self.is_computed |= has("USING") && has("ALTER") || is_copy_with_expressions(facts, self.grammar);
        match (&mut self.written, facts.kind) {
            (_, StatementKind::Query | StatementKind::Control | StatementKind::Session) if facts.is_understood => {}
            (_, StatementKind::Schema) if facts.is_understood => {}
            (WrittenTables::Named(tables), StatementKind::Rows) if facts.is_understood => {
                tables.extend(facts.writes.iter().cloned());
            }
            (written, _) => *written = WrittenTables::Unknown,
        }
    }
}

/// The schema of `SET SCHEMA` at the end of a statement.
fn moved_to(text: &str, grammar: SqlDialect) -> Option<String> {
    let tokens = significant(&tokens(text, grammar));
    let at = tokens.windows(2).position(|pair| pair[0].is_word("SET") && pair[1].is_word("SCHEMA"))?;
    tokens.get(at + 2)?.name().map(|name| name.into_owned())
}

/// A table that is no longer seen, because it was moved to another schema, keeps its rows.
fn as_move(operation: &mut SchemaOperation, schema: &str) {
    if let SchemaOperation::DropTable(table) = operation {
        let from = table.name.clone();
        let to = TableName { schema: Some(schema.to_owned()), name: from.name.clone() };
        *operation = SchemaOperation::RenameTable { from, to };
    }
}

/// The tables that changes rename, each with its new name.
pub(super) fn renamed_tables(changes: &[SchemaChange]) -> Vec<(TableName, TableName)> {
    let operations = changes.iter().flat_map(|change| &change.operations);
    let renamed = operations.filter_map(|operation| match operation {
        SchemaOperation::RenameTable { from, to } => Some((from.clone(), to.clone())),
        _ => None,
    });
    renamed.collect()
}

/// Whether a statement may change the schema; a call of a function or a block may.
fn may_change_schema(facts: &StatementFacts) -> bool {
    let keeps = matches!(
        facts.kind,
        StatementKind::Query | StatementKind::Rows | StatementKind::Control | StatementKind::Session
    );
    !(keeps && facts.is_understood)
}

/// Whether a statement fills a table from a query that does more than copy columns under their names, as in
/// `INSERT INTO a (b) SELECT b FROM c`.
fn is_copy_with_expressions(facts: &StatementFacts, grammar: SqlDialect) -> bool {
    let tokens = significant(&tokens(&facts.text, grammar));
    let position = |word: &str| tokens.iter().position(|token| token.is_word(word));
    let Some(select) = position("SELECT").filter(|_| tokens[0].is_word("INSERT")) else { return false };
    let names = |part: &[Token<'_>]| -> Option<Vec<String>> {
        let named = part.iter().filter(|token| !matches!(token.text, "," | "(" | ")"));
        named.map(|token| token.name().map(|name| name.to_lowercase())).collect()
    };
    let columns = tokens.iter().position(|token| token.text == "(").filter(|start| *start < select);
    let columns = columns.and_then(|start| names(&tokens[start..select]));
    let selected = position("FROM").filter(|end| *end > select).and_then(|end| names(&tokens[select + 1..end]));
    columns.is_none() || columns != selected
}
