//! New tables.

use sea_orm::DbBackend;

use super::column::definition;
use super::expressions::{ExprToken, names, parts};
use super::portable::{BackendRequirement, POSTGRES, under};
use super::sql::{self, postgres, statement};
use super::{
    AlterCall, CodeNode, ColumnDefinition, ColumnOption, CreateTable, NamedColumns, SchemaCall, TableKey, change,
    index, portable,
};
use crate::schema::{AutoIncrement, Check, DefinitionText, ForeignKey, PrimaryKey, Table, TableName, Unique};

/// Creates a table with its constraints, indexes and comments.
pub(super) fn create(table: &Table, backend: DbBackend) -> Vec<CodeNode> {
    if let Some(text) = own_text(table, backend) {
        let text = under(Some(portable::own(backend, "this kind of table")), statement(text));
        // SQLite has a text of its own for each index.
        let indexes = indexes(table, backend).filter(|_| backend == DbBackend::Sqlite);
        return [text].into_iter().chain(indexes).collect();
    }
    let parts = TableParts::of(table, backend);
    let needs = parts.needs(table, backend);
    let is_for_mysql = needs.is_none_or(|(databases, _)| databases.contains(&DbBackend::MySql));
    let mut code = vec![parts.create(table, backend, is_for_mysql)];
    // Foreign keys that are added afterwards may need these keys.
    let are_needed = table.foreign_keys.iter().any(|key| key.referenced_table == table.name);
    let (needed, others) = parts.keys.split_at(if are_needed { parts.keys.len() } else { 0 });
    code.extend_from_slice(needed);
    code.extend([parts.afterwards(table, backend), comments(table)]);
    code.extend_from_slice(others);
    code.extend(parts.statements(table, backend).chain(indexes(table, backend)));
    code.extend(parts.after_indexes(table, backend));
    match needs {
        // A table that is created under a condition has to be changed under the same condition.
        Some((databases, lacking)) => vec![CodeNode::Only { databases, lacking, code: flat(code, databases) }],
        None => code,
    }
}

/// Renames a table. PostgreSQL has one statement for the name and another one for the schema.
pub(super) fn rename(from: &TableName, to: &TableName, backend: DbBackend) -> Vec<CodeNode> {
    let is_postgres = backend == DbBackend::Postgres;
    let mut code = Vec::new();
    let mut now = from.clone();
    if is_postgres && from.schema != to.schema {
        code.push(postgres("schemas", [set_schema(from, to.schema.as_deref())]));
        now.schema.clone_from(&to.schema);
    }
    if now.name != to.name || !is_postgres {
        let schema = to.schema.clone().filter(|_| !is_postgres);
        let to = TableName { schema, name: to.name.clone() };
        if backend == DbBackend::Sqlite && now.name.eq_ignore_ascii_case(&to.name) {
            // SQLite takes the new name for that of another table, which is this one.
            let between = TableName { name: format!("{}_renamed", to.name), ..to.clone() };
            code.push(CodeNode::Call(SchemaCall::RenameTable { from: now, to: between.clone() }));
            now = between;
        }
        code.push(CodeNode::Call(SchemaCall::RenameTable { from: now, to }));
    }
    code
}

/// Moves a table to another schema. Without a schema in `to`, the server finds the current schema of the connection.
fn set_schema(from: &TableName, to: Option<&str>) -> String {
    if let Some(to) = to {
        return format!("ALTER TABLE {} SET SCHEMA {}", sql::table(from), sql::name(to));
    }
    let alter = format!("ALTER TABLE {} SET SCHEMA %I", sql::table(from).replace('%', "%%"));
    format!("DO {}", sql::text(&format!("BEGIN EXECUTE format({}, current_schema()); END", sql::text(&alter))))
}

fn indexes(table: &Table, backend: DbBackend) -> impl Iterator<Item = CodeNode> {
    table.indexes.iter().map(move |index| index::create(&table.name, index, backend))
}

/// Removes the conditions that hold on the databases, and the code for other databases.
pub(super) fn flat(code: Vec<CodeNode>, databases: &[DbBackend]) -> Vec<CodeNode> {
    let mut flat = Vec::new();
    for piece in code {
        match piece {
            CodeNode::Only { code, .. } => flat.extend(self::flat(code, databases)),
            CodeNode::Where { database, .. } if !databases.contains(&database) => {}
            CodeNode::Where { code, .. } if databases.len() == 1 => flat.extend(self::flat(code, databases)),
            piece if super::is_empty(&piece) => {}
            piece => flat.push(piece),
        }
    }
    flat
}

/// Sets the comments of a new table and its columns on PostgreSQL. MySQL gets them in the statement that creates the
/// table.
fn comments(table: &Table) -> CodeNode {
    let mut changes: Vec<_> = table.comment.iter().map(|comment| AlterCall::Comment(comment.clone())).collect();
    changes.extend(table.columns.iter().filter_map(|column| {
        let comment = column.comment.clone()?;
        Some(AlterCall::ColumnComment { column: column.name.clone(), comment })
    }));
    let code = vec![CodeNode::Call(SchemaCall::Alter { table: table.name.clone(), changes })];
    CodeNode::Where { database: DbBackend::Postgres, code }
}

/// Returns the SQL text of a table, if the text has a clause that no builder can express.
fn own_text(table: &Table, backend: DbBackend) -> Option<String> {
    const UNSAID: &[&str] = &["STRICT", "ROWID", "CONFLICT", "COLLATE", "DEFERRABLE", "DEFERRED", "DESC"];
    let DefinitionText { text, is_verbatim } = table.definition.as_ref()?;
    let says = |part: &ExprToken<'_>| matches!(part, ExprToken::Word(word, _) if UNSAID.iter().any(|unsaid| word.eq_ignore_ascii_case(unsaid)));
    let is_sqlite = backend == DbBackend::Sqlite;
    (*is_verbatim || is_sqlite && parts(text).iter().any(says))
        .then(|| text.trim_end().trim_end_matches(';').to_owned())
}

/// The parts of a table, grouped by how they are created.
struct TableParts {
    columns: Vec<ColumnDefinition>,
    primary_key: Option<TableKey>,
    uniques: Vec<TableKey>,
    /// Constraints that `alter` adds.
    later: Vec<AlterCall>,
    /// Keys that only SQL can express.
    keys: Vec<CodeNode>,
}

impl TableParts {
    fn of(table: &Table, backend: DbBackend) -> Self {
        let mut columns: Vec<_> = table.columns.iter().map(|column| definition(column, backend)).collect();
        for check in &table.checks {
            let column = column_of(check, backend).and_then(|name| columns.iter_mut().find(|own| own.name == name));
            if let Some(column) = column {
                column.settings.push(ColumnOption::Extra(format!("CHECK ({})", check.expression.text)));
            }
        }
        let mut parts = Self { columns, primary_key: None, uniques: Vec::new(), later: Vec::new(), keys: Vec::new() };
        if let Some(key) = &table.primary_key {
            parts.add_primary_key(table, key, backend);
        }
        for unique in &table.uniques {
            parts.add_unique(table, unique, backend);
        }
        parts
    }

    fn add_primary_key(&mut self, table: &Table, key: &PrimaryKey, backend: DbBackend) {
        let is_default = |name: &String| match backend {
            DbBackend::Postgres => *name == change::primary_key_name(&table.name),
            DbBackend::MySql => true,
            _ => false,
        };
        let name = key.name.clone().filter(|name| !is_default(name));
        let numbered = |column: &String| {
            table
                .column(column)
                .is_some_and(|column| column.auto_increment == Some(AutoIncrement::Rowid { autoincrement: true }))
        };
        match key.columns.as_slice() {
            _ if !key.options.is_empty() => self.keys.push(change::add_primary_key_statement(&table.name, key)),
            // SQLite accepts `AUTOINCREMENT` only if the column definition has the primary key.
            [only] if name.is_none() || numbered(only) => self.set(only, ColumnOption::PrimaryKey),
            columns if name.as_ref().is_none_or(|name| is_safe(name)) => {
                self.primary_key = Some(TableKey { name, columns: columns.to_vec(), nulls_not_distinct: false });
            }
            columns => {
                let name = name.unwrap_or_default();
                self.later.push(AlterCall::AddPrimaryKey(NamedColumns { name, columns: columns.to_vec() }));
            }
        }
    }

    fn add_unique(&mut self, table: &Table, unique: &Unique, backend: DbBackend) {
        let default = default_name(&table.name, unique, backend);
        let name = unique.name.clone().filter(|name| default.as_ref() != Some(name));
        let columns = unique.columns.clone();
        // PostgreSQL omits a constraint of a new table that repeats another one.
        let is_omitted = backend == DbBackend::Postgres
            && (table.primary_key.as_ref().is_some_and(|key| key.columns == columns)
                || table.uniques.iter().take_while(|other| *other != unique).any(|other| other.columns == columns));
        match (unique.columns.as_slice(), &name) {
            _ if unique.deferrable.is_some()
                || !unique.options.is_empty()
                || is_omitted && unique.nulls_not_distinct =>
            {
                self.keys.push(change::add_unique_statement(&table.name, unique));
            }
            _ if is_omitted => {
                let name = unique.name.clone().unwrap_or_else(|| change::unique_name(&table.name, unique));
                self.later.push(AlterCall::AddUnique(NamedColumns { name, columns }));
            }
            ([only], None) if !unique.nulls_not_distinct => self.set(only, ColumnOption::UniqueKey),
            (_, Some(name)) if !is_safe(name) => {
                self.later.push(AlterCall::AddUnique(NamedColumns { name: name.clone(), columns }));
            }
            _ => self.uniques.push(TableKey { name, columns, nulls_not_distinct: unique.nulls_not_distinct }),
        }
    }

    fn set(&mut self, column: &str, setting: ColumnOption) {
        if let Some(column) = self.columns.iter_mut().find(|found| found.name == column) {
            let keys = [ColumnOption::AutoIncrement, ColumnOption::PrimaryKey];
            let at = column.settings.iter().take_while(|setting| keys.contains(setting)).count();
            column.settings.insert(at, setting);
        }
    }

    fn create(&self, table: &Table, backend: DbBackend, with_comments: bool) -> CodeNode {
        if self.columns.is_empty() {
            return statement(format!("CREATE TABLE {} (){}", sql::table(&table.name), table.options.clause()));
        }
        let mut columns = self.columns.clone();
        for (new, column) in columns.iter_mut().zip(&table.columns).filter(|_| with_comments) {
            new.settings.extend(column.comment.iter().map(|comment| ColumnOption::Comment(comment.clone())));
        }
        let foreign_keys = table.foreign_keys.iter().filter(|key| self.goes_with_table(table, key, backend)).cloned();
        let is_plain = |check: &&Check| check.options.is_empty() && column_of(check, backend).is_none();
        let checks = table.checks.iter().filter(is_plain);
        let checks = checks.map(|check| (check.name.clone(), check.expression.text.clone()));
        CodeNode::Call(SchemaCall::CreateTable(Box::new(CreateTable {
            name: table.name.clone(),
            columns,
            primary_key: self.primary_key.clone(),
            uniques: self.uniques.clone(),
            foreign_keys: foreign_keys.collect(),
            checks: checks.collect(),
            comment: table.comment.clone().filter(|_| with_comments),
            options: table.options.0.clone(),
        })))
    }

    /// Whether a key is part of the new table. One that refers to the table itself needs a key that is part of it too; SQLite
    /// does not look.
    fn goes_with_table(&self, table: &Table, key: &ForeignKey, backend: DbBackend) -> bool {
        let is_later = |call: &AlterCall| match call {
            AlterCall::AddPrimaryKey(later) | AlterCall::AddUnique(later) => later.columns == key.referenced_columns,
            _ => false,
        };
        let is_served = || is_constraint(table, key) && self.keys.is_empty() && !self.later.iter().any(is_later);
        goes_with_table(key, backend)
            && (backend == DbBackend::Sqlite || key.referenced_table != table.name || is_served())
    }

    /// The foreign keys to the table itself that need one of its indexes.
    fn after_indexes(&self, table: &Table, backend: DbBackend) -> Option<CodeNode> {
        let keys = table.foreign_keys.iter().filter(|key| self.needs_index(table, key, backend));
        let changes: Vec<_> = keys.map(|key| AlterCall::AddForeignKey(Box::new(named(&table.name, key)))).collect();
        (!changes.is_empty()).then(|| CodeNode::Call(SchemaCall::Alter { table: table.name.clone(), changes }))
    }

    fn needs_index(&self, table: &Table, key: &ForeignKey, backend: DbBackend) -> bool {
        let is_later = key.options.is_empty() && !self.goes_with_table(table, key, backend);
        is_later && key.referenced_table == table.name && !is_constraint(table, key)
    }

    /// The changes that `alter` makes to the new table.
    fn afterwards(&self, table: &Table, backend: DbBackend) -> CodeNode {
        let mut changes = self.later.clone();
        let keys = table
            .foreign_keys
            .iter()
            .filter(|key| key.options.is_empty() && !self.goes_with_table(table, key, backend))
            .filter(|key| !self.needs_index(table, key, backend));
        for key in keys {
            changes.push(AlterCall::AddForeignKey(Box::new(named(&table.name, key))));
        }
        CodeNode::Call(SchemaCall::Alter { table: table.name.clone(), changes })
    }

    fn statements(&self, table: &Table, backend: DbBackend) -> impl Iterator<Item = CodeNode> {
        let exclusions = table.exclusions.iter().map(|exclusion| change::add_exclusion(&table.name, exclusion));
        let checks = table.checks.iter().filter(|check| !check.options.is_empty());
        let checks = checks.map(move |check| change::add_check_with_options(&table.name, check, backend));
        let keys = table.foreign_keys.iter().filter(|key| !key.options.is_empty());
        let keys = keys.map(|key| change::add_foreign_key_with_options(&table.name, key));
        exclusions.chain(checks).chain(keys)
    }

    fn needs(&self, table: &Table, backend: DbBackend) -> Option<BackendRequirement> {
        if self.columns.is_empty() {
            return Some((POSTGRES, "tables without columns"));
        }
        if !table.options.is_empty() {
            return Some(portable::own(backend, "this kind of table"));
        }
        if self.uniques.iter().any(|unique| unique.nulls_not_distinct) {
            return Some((POSTGRES, "NULLS NOT DISTINCT constraints"));
        }
        let columns = self.columns.iter().find_map(|column| portable::column(column, backend));
        columns.or_else(|| table.checks.iter().find_map(|check| portable::expression(&check.expression.text, backend)))
    }
}

/// Whether a foreign key to the table itself refers to the columns of a constraint.
fn is_constraint(table: &Table, key: &ForeignKey) -> bool {
    let columns = table.primary_key.iter().map(|own| &own.columns).chain(table.uniques.iter().map(|own| &own.columns));
    columns.into_iter().any(|columns| *columns == key.referenced_columns)
}

/// The column whose definition contains a check: on MariaDB such a check has no name.
fn column_of(check: &Check, backend: DbBackend) -> Option<String> {
    let is_unnamed = backend == DbBackend::MySql && check.name.is_none();
    let mut names = names(&check.expression.text).into_iter();
    names.next().filter(|_| is_unnamed && names.next().is_none())
}

/// Says whether the name of a key has no quotes in it: sea-query does not escape such names.
fn is_safe(name: &str) -> bool {
    !name.contains(['"', '`'])
}

/// The name that the database gives to a unique constraint without one.
fn default_name(table: &TableName, unique: &Unique, backend: DbBackend) -> Option<String> {
    match backend {
        DbBackend::Postgres => Some(change::unique_name(table, unique)),
        DbBackend::MySql => unique.columns.first().cloned(),
        _ => None,
    }
}

/// Says whether sea-query writes the key correctly as part of a new table on the database.
pub(super) fn goes_with_table(key: &ForeignKey, backend: DbBackend) -> bool {
    // sea-query does not escape the names of keys, and panics on a qualified parent on MySQL.
    let is_named_safely = key.name.as_ref().is_none_or(|name| !name.contains(['"', '`']));
    let has_bare_parent = key.referenced_table.schema.is_none() || backend == DbBackend::Postgres;
    let is_plain = key.deferrable.is_none() && key.on_delete_columns.is_empty() && key.options.is_empty();
    is_named_safely && has_bare_parent && is_plain
}

/// Returns the key with a name, because adding a key needs one.
pub(super) fn named(table: &TableName, key: &ForeignKey) -> ForeignKey {
    let name = key.name.clone().unwrap_or_else(|| format!("fk-{}-{}", table.name, key.columns.join("-")));
    ForeignKey { name: Some(name), ..key.clone() }
}
