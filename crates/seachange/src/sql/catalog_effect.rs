//! The effects of a statement on the catalogue, read from its text.

use std::fmt;
use std::ops::ControlFlow;

use sqlparser::ast::{
    AlterTableOperation, Ident, ObjectName, ObjectType, RenameTableNameKind, Statement, TableConstraint,
};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect};

use super::names::truncated;
use super::split::{StatementText, statements};
use super::{SqlDialect, Token, TokenKind, tree};

/// An object that a catalogue lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogObject {
    pub(crate) kind: CatalogObjectKind,
    pub(crate) schema: Option<String>,
    /// The table that it belongs to, if there is one and it is known.
    pub(crate) table: Option<String>,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CatalogObjectKind {
    /// A table or a view.
    Table,
    Column,
    Index,
    Constraint,
}

/// An object that exists after a statement, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogEffect {
    /// The object.
    pub(crate) object: CatalogObject,
    /// Whether it exists.
    pub(crate) is_there: bool,
    /// Whether the text names the object's schema. PostgreSQL looks up a name without a schema along the search path of
    /// the session, so it proves nothing if a dropped object of such a name is not found later.
    pub(crate) is_certain: bool,
}

impl fmt::Display for CatalogObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            CatalogObjectKind::Table => "table",
            CatalogObjectKind::Column => "column",
            CatalogObjectKind::Index => "index",
            CatalogObjectKind::Constraint => "constraint",
        };
        match &self.table {
            Some(table) => write!(f, "{kind} `{table}.{}`", self.name),
            None => write!(f, "{kind} `{}`", self.name),
        }
    }
}

/// The effects of a text of one or several statements. The result is empty if one of the statements has no known
/// effect. If a statement names several objects, the system may have processed only some of them.
pub(crate) fn traces(sql: &str, dialect: &dyn Dialect, _folds_case: bool) -> Vec<CatalogEffect> {
    let dialect = match dialect {
        dialect if dialect.is::<PostgreSqlDialect>() => SqlDialect::Postgres,
        dialect if dialect.is::<MySqlDialect>() => SqlDialect::MySql,
        _ => SqlDialect::Sqlite,
    };
    of_text(sql, dialect)
}

/// The effects of a text of one or several statements.
fn of_text(sql: &str, dialect: SqlDialect) -> Vec<CatalogEffect> {
    let reader = EffectParser { dialect };
    let traces: Vec<Vec<CatalogEffect>> =
        statements(sql, dialect).iter().map(|statement| reader.text(statement)).collect();
    if traces.iter().any(Vec::is_empty) { Vec::new() } else { traces.concat() }
}

/// Reads the effects of statements, with names as the database reads them.
struct EffectParser {
    /// The grammar.
    dialect: SqlDialect,
}

impl EffectParser {
    /// The effects of one statement. The result is empty if its tree does not contain all of its text.
    fn text(&self, statement: &StatementText<'_>) -> Vec<CatalogEffect> {
        let mut tokens: Vec<Token<'_>> = statement.tokens.iter().copied().filter(|token| !token.is_trivia()).collect();
        if tokens.iter().any(|token| token.kind == TokenKind::HintBegin) {
            return Vec::new();
        }
        // The parser does not know `CONCURRENTLY` in `DROP INDEX CONCURRENTLY`.
        let is_word = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
        let is_concurrent = is_word(0, "DROP") && is_word(1, "INDEX") && is_word(2, "CONCURRENTLY");
        if is_concurrent {
            tokens.remove(2);
        }
        let text: Vec<&str> = tokens.iter().map(|token| token.text).collect();
        tree::whole(&tokens, &text.join(" "), self.dialect)
            .map_or_else(Vec::new, |statement| self.statement(&statement))
    }

    fn statement(&self, statement: &Statement) -> Vec<CatalogEffect> {
        match statement {
            Statement::CreateTable(create) if !create.or_replace => {
                self.table(&create.name).map(is_there).into_iter().collect()
            }
            Statement::CreateView(create) if !create.or_replace => {
                self.table(&create.name).map(is_there).into_iter().collect()
            }
            Statement::CreateIndex(create) => {
                let index = create.name.as_ref().and_then(|name| self.index(name, Some(&create.table_name)));
                index.map(is_there).into_iter().collect()
            }
            Statement::AlterTable(alter) => self.alterations(&alter.name, &alter.operations),
            Statement::RenameTable(renamings) => {
                let pairs = renamings.iter().map(|renaming| (&renaming.old_name, &renaming.new_name));
                settled(pairs.flat_map(|(old, new)| self.renamed(old, new)).collect())
            }
            Statement::Drop { object_type, names, table, .. } => {
                let objects = names.iter().filter_map(|name| self.dropped(*object_type, name, table.as_ref()));
                objects
                    .map(|object| CatalogEffect { is_certain: self.is_certain(&object), ..is_gone(object) })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn dropped(&self, kind: ObjectType, name: &ObjectName, table: Option<&ObjectName>) -> Option<CatalogObject> {
        match kind {
            ObjectType::Table | ObjectType::View | ObjectType::MaterializedView => self.table(name),
            ObjectType::Index => self.index(name, table),
            _ => None,
        }
    }

    /// The effects of `ALTER TABLE`. The statement runs as a whole or not at all, so operations without a known effect
    /// can accompany others. After a rename of the table, the other objects would be searched under the old name, so
    /// only the rename counts.
    fn alterations(&self, table: &ObjectName, operations: &[AlterTableOperation]) -> Vec<CatalogEffect> {
        if operations.len() > 1 && operations.iter().any(is_conditional) {
            return Vec::new();
        }
        let traces = operations.iter().try_fold(Vec::new(), |mut traces, operation| match operation {
            AlterTableOperation::RenameTable { table_name } => {
                let (RenameTableNameKind::As(new) | RenameTableNameKind::To(new)) = table_name;
                ControlFlow::Break(self.renamed(table, new))
            }
            operation => {
                traces.extend(self.alteration(table, operation));
                ControlFlow::Continue(traces)
            }
        });
        let (ControlFlow::Continue(traces) | ControlFlow::Break(traces)) = traces;
        let is_twice = |trace: &CatalogEffect| traces.iter().filter(|other| other.object == trace.object).count() > 1;
        // An object that is dropped and added again exists before and after.
        if traces.iter().any(is_twice) { Vec::new() } else { traces }
    }

    fn alteration(&self, table: &ObjectName, operation: &AlterTableOperation) -> Vec<CatalogEffect> {
        use AlterTableOperation as Operation;
        let part = |kind, name: &Ident| self.part(kind, table, name);
        let column = |name: &Ident| part(CatalogObjectKind::Column, name);
        let constraint = |name: &Ident| part(CatalogObjectKind::Constraint, name);
        let traces: Vec<Option<CatalogEffect>> = match operation {
            Operation::AddColumn { column_def, .. } => vec![column(&column_def.name).map(is_there)],
            Operation::DropColumn { column_names, .. } => {
                column_names.iter().map(|name| column(name).map(is_gone)).collect()
            }
            Operation::RenameColumn { old_column_name: old, new_column_name: new } => {
                vec![column(old).map(is_gone), column(new).map(is_there)]
            }
            Operation::ChangeColumn { old_name, new_name, .. } if old_name != new_name => {
                vec![column(old_name).map(is_gone), column(new_name).map(is_there)]
            }
            Operation::DropConstraint { name, .. } | Operation::DropForeignKey { name, .. } => {
                vec![constraint(name).map(is_gone)]
            }
            Operation::DropIndex { name } => vec![part(CatalogObjectKind::Index, name).map(is_gone)],
            Operation::AddConstraint { constraint: added, .. } => {
                vec![named(added).and_then(|(kind, name)| part(kind, name)).map(is_there)]
            }
            _ => Vec::new(),
        };
        traces.into_iter().flatten().collect()
    }

    fn renamed(&self, old: &ObjectName, new: &ObjectName) -> Vec<CatalogEffect> {
        let (old, new) = (self.table(old).map(is_gone), self.table(new).map(is_there));
        old.into_iter().chain(new).collect()
    }

    fn table(&self, name: &ObjectName) -> Option<CatalogObject> {
        let (schema, name) = self.qualified(name)?;
        Some(CatalogObject { kind: CatalogObjectKind::Table, schema, table: None, name })
    }

    /// An index. Its name belongs to the schema of its table; on MySQL it belongs to the table.
    fn index(&self, name: &ObjectName, table: Option<&ObjectName>) -> Option<CatalogObject> {
        let (own_schema, name) = self.qualified(name)?;
        let table = table.map(|table| self.qualified(table));
        let (schema, table) = table.flatten().map_or((None, None), |(schema, table)| (schema, Some(table)));
        Some(CatalogObject { kind: CatalogObjectKind::Index, schema: own_schema.or(schema), table, name })
    }

    fn part(&self, kind: CatalogObjectKind, table: &ObjectName, name: &Ident) -> Option<CatalogObject> {
        let (schema, table) = self.qualified(table)?;
        Some(CatalogObject { kind, schema, table: Some(table), name: self.name(name) })
    }

    /// The schema, if there is one, and the name.
    fn qualified(&self, name: &ObjectName) -> Option<(Option<String>, String)> {
        let parts: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        match parts?.as_slice() {
            [name] => Some((None, self.name(name))),
            [schema, name] => Some((Some(self.name(schema)), self.name(name))),
            _ => None,
        }
    }

    /// A name as the system stores it.
    fn name(&self, name: &Ident) -> String {
        let value = match name.quote_style {
            Some(quote) => name.value.replace(&format!("{quote}{quote}"), &quote.to_string()),
            None => name.value.clone(),
        };
        match (self.dialect, name.quote_style) {
            (SqlDialect::Postgres, None) => truncated(&value).to_ascii_lowercase(),
            (SqlDialect::Postgres, Some(_)) => truncated(&value).to_owned(),
            _ => value,
        }
    }

    /// Whether the text names the schema of an object.
    fn is_certain(&self, object: &CatalogObject) -> bool {
        self.dialect != SqlDialect::Postgres || object.schema.is_some()
    }
}

/// Whether an operation does nothing if its result already exists. Then its result proves nothing about the other
/// operations.
fn is_conditional(operation: &AlterTableOperation) -> bool {
    use AlterTableOperation as Operation;
    matches!(
        operation,
        Operation::AddColumn { if_not_exists: true, .. }
            | Operation::DropColumn { if_exists: true, .. }
            | Operation::DropConstraint { if_exists: true, .. }
    )
}

/// The kind and the name of a constraint, if it has a name.
fn named(constraint: &TableConstraint) -> Option<(CatalogObjectKind, &Ident)> {
    let of = |kind: CatalogObjectKind| move |name| (kind, name);
    match constraint {
        TableConstraint::Unique(unique) => {
            unique.name.as_ref().or(unique.index_name.as_ref()).map(of(CatalogObjectKind::Constraint))
        }
        TableConstraint::ForeignKey(key) => key.name.as_ref().map(of(CatalogObjectKind::Constraint)),
        TableConstraint::Check(check) => check.name.as_ref().map(of(CatalogObjectKind::Constraint)),
        TableConstraint::Index(index) => index.name.as_ref().map(of(CatalogObjectKind::Index)),
        TableConstraint::FulltextOrSpatial(index) => index.opt_index_name.as_ref().map(of(CatalogObjectKind::Index)),
        _ => None,
    }
}

fn is_there(object: CatalogObject) -> CatalogEffect {
    CatalogEffect { object, is_there: true, is_certain: true }
}

fn is_gone(object: CatalogObject) -> CatalogEffect {
    CatalogEffect { object, is_there: false, is_certain: true }
}

/// The effects without the objects that are both renamed and the new name of another: there is such an object before and after,
/// or neither before nor after.
fn settled(effects: Vec<CatalogEffect>) -> Vec<CatalogEffect> {
    let is_both = |effect: &&CatalogEffect| {
        effects.iter().any(|other| other.object == effect.object && other.is_there != effect.is_there)
    };
    effects.iter().filter(|effect| !is_both(effect)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{SqlDialect, of_text};

    fn mysql(sql: &str) -> String {
        shown(of_text(sql, SqlDialect::MySql))
    }

    fn postgres(sql: &str) -> String {
        shown(of_text(sql, SqlDialect::Postgres))
    }

    fn shown(traces: Vec<super::CatalogEffect>) -> String {
        let line =
            |trace: &super::CatalogEffect| format!("{}{}", if trace.is_there { "+ " } else { "- " }, trace.object);
        traces.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn tables_columns_and_indexes_are_found() {
        assert_eq!(mysql("CREATE TABLE IF NOT EXISTS `users` (`id` int NOT NULL)"), "+ table `users`");
        assert_eq!(mysql("DROP TABLE `a`, `b`"), "- table `a`, - table `b`");
        assert_eq!(mysql("CREATE UNIQUE INDEX `i` ON `users` (`name`)"), "+ index `users.i`");
        assert_eq!(mysql("DROP INDEX `i` ON `users`"), "- index `users.i`");
        assert_eq!(
            mysql("ALTER TABLE `users` ADD COLUMN `age` int NULL, DROP COLUMN `old`"),
            "+ column `users.age`, - column `users.old`"
        );
        assert_eq!(
            mysql("ALTER TABLE `users` ADD CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `b` (`id`) ON DELETE CASCADE"),
            "+ constraint `users.fk`"
        );
        assert_eq!(mysql("ALTER TABLE `users` DROP FOREIGN KEY `fk`"), "- constraint `users.fk`");
        assert_eq!(mysql("RENAME TABLE `a` TO `b`"), "- table `a`, + table `b`");
        assert_eq!(mysql("ALTER TABLE `a` RENAME TO `b`"), "- table `a`, + table `b`");
        assert_eq!(mysql("ALTER TABLE `a` RENAME COLUMN `x` TO `y`"), "- column `a.x`, + column `a.y`");
    }

    #[test]
    fn names_are_read_as_postgresql_reads_them() {
        assert_eq!(postgres("CREATE INDEX CONCURRENTLY Ix ON \"Users\" (name)"), "+ index `Users.ix`");
        assert_eq!(postgres("DROP INDEX CONCURRENTLY IF EXISTS ix"), "- index `ix`");
        assert_eq!(postgres("-- gone\nDROP /* it */ INDEX CONCURRENTLY \"a\"\"b\";"), "- index `a\"b`");
    }

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        let (long, kept) = ("a".repeat(70), "a".repeat(63));
        assert_eq!(postgres(&format!("CREATE INDEX {long} ON t (b)")), format!("+ index `t.{kept}`"));
        assert_eq!(postgres(&format!("DROP INDEX CONCURRENTLY \"{long}\"")), format!("- index `{kept}`"));
        // PostgreSQL keeps a character as a whole or not at all.
        assert_eq!(postgres(&format!("DROP TABLE {}éé", "a".repeat(62))), format!("- table `{}`", "a".repeat(62)));
        assert_eq!(mysql(&format!("DROP TABLE {long}")), format!("- table `{long}`"));
    }

    #[test]
    fn a_dropped_object_without_a_schema_is_not_certain() {
        let is_certain = |sql: &str, dialect: SqlDialect| of_text(sql, dialect).iter().all(|trace| trace.is_certain);
        assert!(!is_certain("DROP INDEX CONCURRENTLY i", SqlDialect::Postgres));
        assert!(is_certain("DROP INDEX CONCURRENTLY s.i", SqlDialect::Postgres));
        assert!(is_certain("CREATE INDEX CONCURRENTLY i ON a (b)", SqlDialect::Postgres));
        assert!(is_certain("DROP INDEX i ON a", SqlDialect::MySql));
        assert!(is_certain("DROP TABLE a", SqlDialect::Sqlite));
    }

    #[test]
    fn each_of_several_objects_leaves_its_own_trace() {
        assert_eq!(mysql("DROP TABLE a, nosuch"), "- table `a`, - table `nosuch`");
        assert_eq!(mysql("RENAME TABLE a TO t, b TO a, t TO b"), "");
        assert_eq!(mysql("RENAME TABLE a TO old, new TO a"), "+ table `old`, - table `new`");
        assert_eq!(mysql("RENAME TABLE a TO b, c TO d"), "- table `a`, + table `b`, - table `c`, + table `d`");
    }

    #[test]
    fn what_leaves_no_known_trace_is_not_guessed() {
        assert_eq!(mysql("ALTER TABLE `users` MODIFY COLUMN `age` bigint NULL"), "");
        assert_eq!(mysql("CREATE TABLE a (b int); UPDATE a SET b = 1"), "");
        assert_eq!(mysql("CREATE OR REPLACE VIEW v AS SELECT 1"), "");
        assert_eq!(postgres("ALTER TYPE mood ADD VALUE 'sad'"), "");
        assert_eq!(mysql("this is no SQL"), "");
        assert_eq!(mysql("DROP TABLE /*!50000 a */ b"), "");
        assert_eq!(mysql("CREATE OR REPLACE TABLE a (b int)"), "");
        assert_eq!(postgres("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int, ADD COLUMN c int"), "");
        assert_eq!(mysql("ALTER TABLE a DROP FOREIGN KEY fk, ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES c (d)"), "");
    }
}
