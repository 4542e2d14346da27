//! Derives checks from operations. Values in, values out.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use super::{CheckQuery, DataCheck, DataCheckKind, DatabaseVersion, PendingChange, RowQuery, mysql, postgres};
use crate::alter::clause;
use crate::autogenerate::{SchemaOperation, TableChange, affinity};
use crate::schema::{
    Check, Column, Exclusion, ForeignKey, Index, IndexKey, IndexPart, PrimaryKey, Schema, Table, TableName, Unique,
};
use crate::sql::{self, SqlDialect, TokenKind, significant, tokens};

/// Where the value of a column comes from, for the rows that the connected database has.
#[derive(Debug, Clone)]
enum Origin {
    /// An expression over the columns of the table in the connected database. It never fails.
    Value(String),
    /// The database gives each row another number.
    Numbered,
    /// Not known, with the reason.
    Unknown(String),
}

/// What a change of a type does to a value.
#[derive(Debug, Clone)]
pub(super) struct Conversion {
    /// The condition for a row on which it fails; `None` if it never fails.
    pub(super) fails: Option<String>,
    /// The condition for a row on which it may fail.
    pub(super) doubtful: Option<String>,
    /// The new value of a row on which it does not fail.
    pub(super) value: NewValue,
}

/// The value after a change of a type.
#[derive(Debug, Clone)]
pub(super) enum NewValue {
    /// It is equal to the value before.
    Same,
    /// An expression.
    Expression(String),
    /// There is no expression for it.
    Unknown,
}

impl Conversion {
    pub(super) fn keeps() -> Self {
        Self { fails: None, doubtful: None, value: NewValue::Same }
    }
}

/// A table at a point between two changes.
#[derive(Debug, Clone)]
struct PendingTable {
    /// The table in the connected database; `None` if a pending change creates it.
    now: Option<Table>,
    table: Table,
    origins: BTreeMap<String, Origin>,
    /// Whether a pending statement writes its rows.
    is_written: bool,
}

/// Derives the checks of pending changes, one change after the other. It remembers what the earlier changes did, so that
/// each query uses the names that the connected database has now.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use seachange::autogenerate::{SchemaOperation, TableChange};
/// use seachange::impact::foresee::{CheckPlanner, DatabaseVersion, Foreseen, PendingChange, foresee};
/// use seachange::inspect::{InspectScope, inspect};
/// use seachange::prelude::sea_orm::{ConnectionTrait, Database};
/// use seachange::schema::{KeptOptions, Unique};
///
/// let connection = Database::connect("sqlite::memory:").await?;
/// connection.execute_unprepared("CREATE TABLE posts (id integer PRIMARY KEY, slug text)").await?;
/// connection.execute_unprepared("INSERT INTO posts VALUES (1, 'a'), (2, 'b'), (3, 'a')").await?;
/// let schema = inspect(&connection, &InspectScope::default()).await?;
/// let mut planner = CheckPlanner::new(&schema, DatabaseVersion::read(&connection).await?);
/// let unique = Unique { name: None, columns: vec!["slug".into()], deferrable: None, nulls_not_distinct: false, options: KeptOptions::default() };
/// let operations = [SchemaOperation::Change { table: "posts".into(), change: TableChange::AddUnique(unique) }];
/// let checks = planner.plan(&PendingChange { operations: &operations, ..PendingChange::default() });
/// let found = foresee(&connection, &checks, Duration::from_secs(5)).await;
/// let Some(Foreseen::Failure { keys, .. }) = found.first() else { panic!("{found:?}") };
/// assert_eq!(keys, &[vec![Some("1".to_owned())], vec![Some("3".to_owned())]]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct CheckPlanner {
    version: DatabaseVersion,
    tables: BTreeMap<TableName, PendingTable>,
    /// The values of the enumerated types.
    enumerations: BTreeMap<TableName, Vec<String>>,
    checks: Vec<DataCheck>,
}

impl CheckPlanner {
    /// Starts with the schema of the connected database.
    #[must_use]
    pub fn new(schema: &Schema, version: DatabaseVersion) -> Self {
        let tables = schema.tables.iter().map(|(name, table)| {
            let value = |column: &Column| Origin::Value(clause::quoted(version.backend, &column.name));
            let origins = table.columns.iter().map(|column| (column.name.clone(), value(column))).collect();
            (name.clone(), PendingTable { now: Some(table.clone()), table: table.clone(), origins, is_written: false })
        });
        let enumerations = schema.enumerations.values().map(|own| (own.name.clone(), own.values.clone())).collect();
        Self { version, tables: tables.collect(), enumerations, checks: Vec::new() }
    }

    /// Derives the checks of the next change.
    pub fn plan(&mut self, change: &PendingChange<'_>) -> Vec<DataCheck> {
        for (name, pending) in &mut self.tables {
            let now = pending.now.as_ref().map(|table| &table.name);
            pending.is_written |= change.written.contains(name) || now.is_some_and(|now| change.written.contains(now));
        }
        for operation in change.operations {
            self.operation(operation, &change.computed);
        }
        std::mem::take(&mut self.checks)
    }

    /// A check for values that an alteration would not keep, before the next change: the rows of a table that meet a
    /// condition. `None` if the table is new, so that it has no rows.
    #[cfg(feature = "cli")]
    pub(crate) fn lost_values(
        &self,
        table: &TableName,
        column: &str,
        condition: &str,
    ) -> Result<Option<DataCheck>, String> {
        let pending = self.tables.get(table).ok_or_else(|| format!("the rows of `{table}` are not known"))?;
        let needed = self.named(&pending.table.columns, condition);
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        Ok(self.rows(DataCheckKind::Conversion, table, vec![column.to_owned()], None, &needed, condition))
    }

    fn operation(&mut self, operation: &SchemaOperation, computed: &BTreeSet<(TableName, String)>) {
        match operation {
            SchemaOperation::CreateTable(table) => {
                let pending =
                    PendingTable { now: None, table: (**table).clone(), origins: BTreeMap::new(), is_written: false };
                self.tables.insert(table.name.clone(), pending);
            }
            SchemaOperation::DropTable(table) => drop(self.tables.remove(&table.name)),
            SchemaOperation::RenameTable { from, to } => {
                if let Some(mut pending) = self.tables.remove(from) {
                    pending.table.name = to.clone();
                    self.tables.insert(to.clone(), pending);
                }
            }
            SchemaOperation::CreateEnumeration(own) => {
                self.enumerations.insert(own.name.clone(), own.values.clone());
            }
            SchemaOperation::DropEnumeration(own) => drop(self.enumerations.remove(&own.name)),
            SchemaOperation::AlterEnumeration { from, to, users, .. } => {
                self.enumerations.insert(to.name.clone(), to.values.clone());
                let removed: Vec<&String> = from.values.iter().filter(|value| !to.values.contains(value)).collect();
                for user in users.iter().filter(|_| !removed.is_empty()) {
                    self.removed_values(&user.table, &user.column, &removed, computed);
                }
            }
            SchemaOperation::Change { table, change } => self.change(table, change, computed),
            SchemaOperation::CreateIndex { table, index } => {
                if index.unique {
                    self.unique_index(table, index);
                }
                self.alter(table, |table| table.indexes.push(index.clone()));
            }
            SchemaOperation::DropIndex { table, index } => {
                self.alter(table, |table| table.indexes.retain(|own| own.name != index.name));
            }
            _ => {}
        }
    }

    fn alter(&mut self, table: &TableName, change: impl FnOnce(&mut Table)) {
        if let Some(pending) = self.tables.get_mut(table) {
            change(&mut pending.table);
        }
    }

    fn change(&mut self, table: &TableName, change: &TableChange, computed: &BTreeSet<(TableName, String)>) {
        match change {
            TableChange::RenameColumn { from, to } => self.rename_column(table, from, to),
            TableChange::AddColumn(column) => self.add_column(table, column),
            TableChange::DropColumn(column) => {
                if let Some(pending) = self.tables.get_mut(table) {
                    pending.table.columns.retain(|own| own.name != column.name);
                    pending.origins.remove(&column.name);
                }
            }
            TableChange::ModifyColumn { from, to } => self.modify_column(table, from, to, computed),
            TableChange::AddPrimaryKey(key) => {
                self.primary_key(table, key);
                self.alter(table, |table| table.primary_key = Some(key.clone()));
            }
            TableChange::DropPrimaryKey(_) => self.alter(table, |table| table.primary_key = None),
            TableChange::AddUnique(unique) => {
                self.unique(table, unique);
                self.alter(table, |table| table.uniques.push(unique.clone()));
            }
            TableChange::DropUnique(unique) => self.alter(table, |table| table.uniques.retain(|own| own != unique)),
            TableChange::AddForeignKey(key) => {
                self.foreign_key(table, key);
                self.alter(table, |table| table.foreign_keys.push(key.clone()));
            }
            TableChange::DropForeignKey(key) => self.alter(table, |table| table.foreign_keys.retain(|own| own != key)),
            TableChange::AddCheck(check) => {
                self.check(table, check);
                self.alter(table, |table| table.checks.push(check.clone()));
            }
            TableChange::DropCheck(check) => self.alter(table, |table| table.checks.retain(|own| own != check)),
            TableChange::AddExclusion(exclusion) => {
                self.exclusion(table, exclusion);
                self.alter(table, |table| table.exclusions.push(exclusion.clone()));
            }
            TableChange::DropExclusion(exclusion) => {
                self.alter(table, |table| table.exclusions.retain(|own| own != exclusion));
            }
            TableChange::Comment { .. } => {}
        }
    }

    fn rename_column(&mut self, table: &TableName, from: &str, to: &str) {
        let Some(pending) = self.tables.get_mut(table) else { return };
        if let Some(origin) = pending.origins.remove(from) {
            pending.origins.insert(to.to_owned(), origin);
        }
        let own = &mut pending.table;
        let mut names: Vec<&mut String> = own.columns.iter_mut().map(|column| &mut column.name).collect();
        names.extend(own.primary_key.iter_mut().flat_map(|key| &mut key.columns));
        names.extend(own.uniques.iter_mut().flat_map(|unique| &mut unique.columns));
        names.extend(own.foreign_keys.iter_mut().flat_map(|key| &mut key.columns));
        names.extend(own.indexes.iter_mut().flat_map(|index| &mut index.parts).filter_map(
            |part| match &mut part.key {
                IndexKey::Column(name) => Some(name),
                IndexKey::Expression(_) => None,
            },
        ));
        for name in names.into_iter().filter(|name| *name == from) {
            to.clone_into(name);
        }
    }

    // Columns.

    fn add_column(&mut self, table: &TableName, column: &Column) {
        let backend = self.version.backend;
        let origin = match (&column.generated, &column.auto_increment, &column.default) {
            (Some(_), ..) => Origin::Unknown("the database computes its value by an expression".to_owned()),
            (_, Some(_), _) => Origin::Numbered,
            (.., Some(default)) if self.is_constant(&default.text) => {
                let text = default.text.trim();
                Origin::Value(match backend {
                    DbBackend::Postgres => format!("({text})::{}", column.column_type.text),
                    _ => text.to_owned(),
                })
            }
            (.., Some(_)) => Origin::Unknown("its value comes from a default that is not a constant".to_owned()),
            _ if column.nullable && backend == DbBackend::Postgres => {
                Origin::Value(format!("NULL::{}", column.column_type.text))
            }
            _ if column.nullable => Origin::Value("NULL".to_owned()),
            _ if backend == DbBackend::MySql => match mysql::implicit_default(column, self.version.is_mariadb) {
                Some(value) => Origin::Value(value.to_owned()),
                None => Origin::Unknown("its value is the implicit default of the server".to_owned()),
            },
            _ => Origin::Unknown("it has no value".to_owned()),
        };
        if column.generated.is_some() {
            let reason = "the expression of a generated column may fail on a row".to_owned();
            self.unforeseen(DataCheckKind::Generated, table, vec![column.name.clone()], None, reason);
        } else if column.is_required() && (backend != DbBackend::MySql || mysql::has_zero_date(column)) {
            let mut check =
                self.rows(DataCheckKind::RequiredColumn, table, vec![column.name.clone()], None, &[], "1 = 1");
            if backend == DbBackend::MySql {
                // The server writes the date 0000-00-00, which it refuses or not.
                check = check.map(|mut check| {
                    if let CheckQuery::Rows(query) = &mut check.query {
                        query.rows.push_str(" AND @@sql_mode LIKE '%NO_ZERO_DATE%'");
                        query.needs_strict_mode = true;
                    }
                    check
                });
            }
            self.checks.extend(check);
        }
        if let Some(pending) = self.tables.get_mut(table) {
            pending.table.columns.push(column.clone());
            pending.origins.insert(column.name.clone(), origin);
        }
    }

    /// Whether an expression has the same value for every row.
    fn is_constant(&self, text: &str) -> bool {
        let dialect = SqlDialect::of(self.version.backend);
        let tokens = tokens(text, dialect);
        let tokens = significant(&tokens);
        let first = tokens.iter().find(|token| !matches!(token.text, "-" | "+" | "("));
        let is_literal = first.is_some_and(|token| {
            matches!(token.kind, TokenKind::Text | TokenKind::Number)
                || ["NULL", "TRUE", "FALSE"].iter().any(|word| token.is_word(word))
        });
        // A cast of a text to a date may read the clock: 'now'.
        is_literal && !tokens.iter().any(|token| token.text.trim_matches('\'').eq_ignore_ascii_case("now"))
    }

    fn modify_column(
        &mut self,
        table: &TableName,
        from: &Column,
        to: &Column,
        computed: &BTreeSet<(TableName, String)>,
    ) {
        let is_computed = computed.contains(&(table.clone(), from.name.clone()));
        let names = || vec![to.name.clone()];
        let becomes_required = from.nullable && !to.nullable;
        let mut changes_values = false;
        let mut origin = None;
        if is_computed {
            let reason = "the change computes the values by an expression of its own".to_owned();
            self.unforeseen(DataCheckKind::Conversion, table, names(), None, reason.clone());
            (origin, changes_values) = (Some(Origin::Unknown(reason)), true);
        } else if self.is_replaced(from, to) {
            self.change(table, &TableChange::DropColumn(Box::new(from.clone())), computed);
            self.add_column(table, to);
            if self.version.backend == DbBackend::MySql {
                self.check_again(table, &to.name);
            }
            return;
        } else if (from.generated != to.generated || from.generated.is_some() && from.is_retyped(to))
            && !self.keeps_computed_values(from, to)
        {
            let reason = "the expression of a generated column may fail on a row".to_owned();
            self.unforeseen(DataCheckKind::Generated, table, names(), None, reason.clone());
            (origin, changes_values) = (Some(Origin::Unknown(reason)), true);
        } else if from.is_retyped(to) {
            let value = self.tables.get(table).and_then(|pending| match pending.origins.get(&from.name)? {
                Origin::Value(value) => Some(value.clone()),
                _ => None,
            });
            match value.ok_or_else(|| "the value of the column is not known".to_owned()) {
                Ok(value) => match self.conversion(table, from, to, &value) {
                    Ok(conversion) => {
                        changes_values = !matches!(conversion.value, NewValue::Same);
                        origin = match conversion.value.clone() {
                            NewValue::Same => None,
                            NewValue::Expression(expression) => Some(Origin::Value(expression)),
                            NewValue::Unknown => Some(Origin::Unknown("its type changes".to_owned())),
                        };
                        self.converted(table, from, to, &conversion);
                    }
                    Err(reason) => {
                        self.unforeseen(DataCheckKind::Conversion, table, names(), None, reason.clone());
                        (origin, changes_values) = (Some(Origin::Unknown(reason)), true);
                    }
                },
                Err(reason) => self.unforeseen(DataCheckKind::Conversion, table, names(), None, reason),
            }
        }
        // Of computed values it is not known which are NULL.
        if becomes_required && !is_computed {
            let condition = format!("{} IS NULL", self.quoted(&from.name));
            let check = self.rows(DataCheckKind::NotNull, table, names(), None, &[&from.name], &condition);
            self.checks.extend(check.map(|check| self.strict(check)));
        }
        if let Some(pending) = self.tables.get_mut(table) {
            if let Some(own) = pending.table.columns.iter_mut().find(|own| own.name == from.name) {
                own.clone_from(to);
            }
            if let Some(origin) = origin {
                pending.origins.insert(to.name.clone(), origin);
            }
        }
        if changes_values {
            self.check_again(table, &to.name);
        }
    }

    /// Whether a change of a column drops it and adds another one. The rebuild of SQLite does so where a generated column
    /// becomes a plain one; MySQL and MariaDB refuse to modify a virtual one.
    fn is_replaced(&self, from: &Column, to: &Column) -> bool {
        let Some(generated) = from.generated.as_ref().filter(|_| to.generated.is_none()) else { return false };
        match self.version.backend {
            DbBackend::Sqlite => true,
            DbBackend::MySql => !generated.stored,
            _ => false,
        }
    }

    /// Whether a generated column becomes a plain one with the values that it has. It is stored, and the caller says of
    /// one that the statement drops that its values are computed.
    fn keeps_computed_values(&self, from: &Column, to: &Column) -> bool {
        let is_stored = from.generated.as_ref().is_some_and(|generated| generated.stored);
        self.version.backend == DbBackend::MySql && is_stored && to.generated.is_none()
    }

    /// Checks the constraints over a column that gets other values.
    fn check_again(&mut self, table: &TableName, column: &str) {
        let Some(own) = self.tables.get(table).map(|pending| pending.table.clone()) else { return };
        let has = |columns: &[String]| columns.iter().any(|own| own == column);
        if let Some(key) = own.primary_key.filter(|key| has(&key.columns)) {
            self.primary_key(table, &key);
        }
        for unique in own.uniques.iter().filter(|unique| has(&unique.columns)) {
            self.unique(table, unique);
        }
        for index in own.indexes.iter().filter(|index| index.unique) {
            let texts = index
                .parts
                .iter()
                .map(|part| self.part(part))
                .chain(index.predicate.iter().map(|own| own.text.clone()));
            let text = texts.collect::<Vec<_>>().join(", ");
            if self.named(&own.columns, &text).contains(column) {
                self.unique_index(table, index);
            }
        }
        for key in own.foreign_keys.iter().filter(|key| has(&key.columns)) {
            self.foreign_key(table, key);
        }
        for check in &own.checks {
            if self.named(&own.columns, &check.expression.text).contains(column) {
                self.check(table, check);
            }
        }
        for exclusion in &own.exclusions {
            if self.named(&own.columns, &exclusion.definition).contains(column) {
                self.exclusion(table, exclusion);
            }
        }
    }

    fn converted(&mut self, table: &TableName, from: &Column, to: &Column, conversion: &Conversion) {
        if conversion.fails.is_none() && conversion.doubtful.is_none() {
            return;
        }
        let condition = conversion.fails.as_deref().unwrap_or("1 = 0");
        let names = vec![to.name.clone()];
        let kind = match (&from.column_type.kind, &to.column_type.kind) {
            (ColumnType::Enum { .. }, ColumnType::Enum { .. }) => DataCheckKind::RemovedValue,
            _ if from.column_type.text.starts_with("set(") && to.column_type.text.starts_with("set(") => {
                DataCheckKind::RemovedValue
            }
            _ => DataCheckKind::Conversion,
        };
        // The conditions are over the columns of the connected database.
        let check = self.rows_now(kind, table, names.clone(), condition).map(|mut check| {
            let doubt = conversion.doubtful.as_deref().and_then(|doubt| self.rows_now(kind, table, names, doubt));
            if let (CheckQuery::Rows(query), Some(CheckQuery::Rows(doubt))) =
                (&mut check.query, doubt.map(|doubt| doubt.query))
            {
                query.doubtful = Some(doubt.rows);
            }
            self.strict(check)
        });
        self.checks.extend(check);
    }

    fn conversion(&self, table: &TableName, from: &Column, to: &Column, value: &str) -> Result<Conversion, String> {
        let pending = self.tables.get(table);
        match self.version.backend {
            DbBackend::Postgres => {
                let values = |column: &Column| {
                    self.enumerations
                        .iter()
                        .find(|(name, _)| column.column_type.is_of(name))
                        .map(|(_, own)| own.as_slice())
                };
                postgres::conversion(from, to, value, values(to), self.version.number)
            }
            DbBackend::MySql => {
                let options = pending.map(|pending| pending.table.options.0.as_str()).unwrap_or_default();
                mysql::conversion(from, to, value, options, self.version.is_mariadb)
            }
            _ => {
                let definition = pending.and_then(|pending| pending.table.definition.as_ref());
                let is_strict = definition.is_some_and(|own| {
                    let tail = own.text.rsplit(')').next().unwrap_or_default().to_ascii_uppercase();
                    tail.contains("STRICT")
                });
                let is_same = affinity(&from.column_type.text) == affinity(&to.column_type.text);
                match (is_strict && from.column_type != to.column_type, is_same) {
                    (true, _) => Err("the table is STRICT, and there is no rule for its conversions".to_owned()),
                    (false, true) if from.collation == to.collation => Ok(Conversion::keeps()),
                    // The keys use the collation of the column at that time.
                    (false, true) => {
                        Ok(Conversion { value: NewValue::Expression(value.to_owned()), ..Conversion::keeps() })
                    }
                    // SQLite keeps a value that it cannot convert.
                    (false, false) => Ok(Conversion { value: NewValue::Unknown, ..Conversion::keeps() }),
                }
            }
        }
    }

    fn removed_values(
        &mut self,
        table: &TableName,
        column: &Column,
        removed: &[&String],
        computed: &BTreeSet<(TableName, String)>,
    ) {
        let names = vec![column.name.clone()];
        if computed.contains(&(table.clone(), column.name.clone())) {
            let reason = "the change computes the values by an expression of its own".to_owned();
            return self.unforeseen(DataCheckKind::RemovedValue, table, names, None, reason);
        }
        let list: Vec<String> = removed.iter().map(|value| clause::literal(self.version.backend, value)).collect();
        let (list, quoted) = (list.join(", "), self.quoted(&column.name));
        let condition = match &column.column_type.kind {
            ColumnType::Array(_) => format!("{quoted}::text[] && ARRAY[{list}]::text[]"),
            _ => format!("{quoted}::text IN ({list})"),
        };
        let check = self.rows(DataCheckKind::RemovedValue, table, names, None, &[&column.name], &condition);
        self.checks.extend(check);
    }

    // Constraints.

    fn primary_key(&mut self, table: &TableName, key: &PrimaryKey) {
        let Some(pending) = self.tables.get(table) else { return };
        // SQLite allows `NULL` where the column does.
        let is_required = self.version.backend != DbBackend::Sqlite;
        let nullable: Vec<&String> = key
            .columns
            .iter()
            .filter(|name| is_required && pending.table.column(name).is_some_and(|column| column.nullable))
            .collect();
        if !nullable.is_empty() {
            let conditions: Vec<String> =
                nullable.iter().map(|name| format!("{} IS NULL", self.quoted(name))).collect();
            let names: Vec<&str> = nullable.iter().map(|name| name.as_str()).collect();
            let columns = nullable.iter().map(|name| (*name).clone()).collect();
            let object = key.name.clone();
            let check = self.rows(DataCheckKind::PrimaryKey, table, columns, object, &names, &conditions.join(" OR "));
            self.checks.extend(check.map(|check| self.strict(check)));
        }
        let parts: Vec<IndexPart> = key.columns.iter().map(IndexPart::column).collect();
        self.distinct(DataCheckKind::PrimaryKey, table, key.name.clone(), &parts, None, false);
    }

    fn unique(&mut self, table: &TableName, unique: &Unique) {
        let parts: Vec<IndexPart> = unique.columns.iter().map(IndexPart::column).collect();
        self.distinct(DataCheckKind::Unique, table, unique.name.clone(), &parts, None, unique.nulls_not_distinct);
    }

    fn unique_index(&mut self, table: &TableName, index: &Index) {
        let predicate = index.predicate.as_ref().map(|predicate| predicate.text.as_str());
        let name = Some(index.name.clone());
        self.distinct(DataCheckKind::Unique, table, name, &index.parts, predicate, index.nulls_not_distinct);
    }

    /// Looks for rows with equal keys.
    fn distinct(
        &mut self,
        kind: DataCheckKind,
        table: &TableName,
        object: Option<String>,
        parts: &[IndexPart],
        predicate: Option<&str>,
        nulls_are_equal: bool,
    ) {
        let Some(pending) = self.tables.get(table) else { return };
        let numbered = parts.iter().filter_map(IndexPart::column_name);
        if numbered.into_iter().any(|name| matches!(pending.origins.get(name), Some(Origin::Numbered))) {
            return;
        }
        let written: Vec<String> = parts.iter().map(|part| self.part(part)).collect();
        let mut text = written.join(", ");
        text.extend(predicate.map(|predicate| format!(", {predicate}")));
        let needed = self.named(&pending.table.columns, &text);
        let columns = pending.table.columns.iter().map(|column| column.name.clone());
        let columns: Vec<String> = match parts.iter().map(IndexPart::column_name).collect::<Option<Vec<&str>>>() {
            Some(names) => names.into_iter().map(str::to_owned).collect(),
            None => columns.filter(|name| needed.contains(name)).collect(),
        };
        let is_known = |class: &String| class.ends_with("_pattern_ops") || class.ends_with("_ops");
        let reason = match parts.iter().filter_map(|part| part.operator_class.as_ref()).find(|own| !is_known(own)) {
            Some(class) => Some(format!("it is not known which values are equal for `{class}`")),
            None => self.unknown_function(&text),
        };
        if let Some(reason) = reason {
            return self.unforeseen(kind, table, columns, object, reason);
        }
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        let check = self.rows(kind, table, columns, object, &needed, "seachange_rows > 1").map(|mut check| {
            if let CheckQuery::Rows(query) = &mut check.query {
                let mut conditions: Vec<String> = predicate.map(|own| format!("({own})")).into_iter().collect();
                if !nulls_are_equal {
                    conditions.extend(written.iter().map(|part| format!("({part}) IS NOT NULL")));
                }
                let conditions = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
                let (from, condition) = query.rows.rsplit_once(" WHERE ").unwrap_or((&query.rows, ""));
                let name = clause::quoted(self.version.backend, &table.name);
                let list = written.join(", ");
                query.rows = format!(
                    "(SELECT {name}.*, COUNT(*) OVER (PARTITION BY {list}) AS seachange_rows FROM {from} \
                     WHERE {conditions}) AS seachange_equal WHERE {condition}"
                );
            }
            check
        });
        self.checks.extend(check);
    }

    /// A part of a key, as an expression over the columns.
    fn part(&self, part: &IndexPart) -> String {
        let backend = self.version.backend;
        let value = match &part.key {
            IndexKey::Column(name) => self.quoted(name),
            IndexKey::Expression(expression) => format!("({})", expression.text),
        };
        let value = part.length.map_or(value.clone(), |length| format!("LEFT({value}, {length})"));
        match &part.collation {
            Some(collation) if backend == DbBackend::Postgres => {
                format!("{value} COLLATE {}", clause::quoted(backend, collation))
            }
            Some(collation) => format!("{value} COLLATE {collation}"),
            None => value,
        }
    }

    fn check(&mut self, table: &TableName, check: &Check) {
        if check.options.0.contains("NOT VALID") || check.options.0.contains("NOT ENFORCED") {
            return;
        }
        let Some(pending) = self.tables.get(table) else { return };
        let text = &check.expression.text;
        let needed = self.named(&pending.table.columns, text);
        let columns: Vec<String> = needed.iter().cloned().collect();
        if let Some(reason) = self.unknown_function(text) {
            return self.unforeseen(DataCheckKind::Check, table, columns, check.name.clone(), reason);
        }
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        let condition = format!("NOT ({text})");
        let check = self.rows(DataCheckKind::Check, table, columns, check.name.clone(), &needed, &condition);
        self.checks.extend(check);
    }

    fn foreign_key(&mut self, table: &TableName, key: &ForeignKey) {
        if key.options.0.contains("NOT VALID") || key.options.0.contains("NOT ENFORCED") {
            return;
        }
        let kind = DataCheckKind::ForeignKey;
        let parent = match self.tables.get(&key.referenced_table) {
            Some(parent) if parent.is_written => {
                Err(format!("an earlier pending statement writes rows of `{}`", key.referenced_table))
            }
            Some(PendingTable { now: None, .. }) => Ok(None),
            Some(parent) => {
                let names: Vec<&str> = key.referenced_columns.iter().map(String::as_str).collect();
                self.source(parent, &names, false, "seachange_parent").map(Some)
            }
            // A table of a schema that was not read has its names unchanged.
            None => Ok(Some(format!("{} AS seachange_parent", self.quoted_table(&key.referenced_table)))),
        };
        let parent = match parent {
            Ok(parent) => parent,
            Err(reason) => return self.unforeseen(kind, table, key.columns.clone(), key.name.clone(), reason),
        };
        let own = clause::quoted(self.version.backend, &table.name);
        let all = |joint: &str, test: &str| {
            let tests: Vec<String> =
                key.columns.iter().map(|name| format!("{own}.{} {test}", self.quoted(name))).collect();
            tests.join(joint)
        };
        let refers = all(" AND ", "IS NOT NULL");
        let missing = match parent {
            None => refers.clone(),
            Some(parent) => {
                let pairs = key.referenced_columns.iter().zip(&key.columns).map(|(referenced, column)| {
                    format!("seachange_parent.{} = {own}.{}", self.quoted(referenced), self.quoted(column))
                });
                let pairs = pairs.collect::<Vec<_>>().join(" AND ");
                format!("{refers} AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {pairs})")
            }
        };
        let condition = match key.options.0.contains("MATCH FULL") && key.columns.len() > 1 {
            true => format!("({missing}) OR ({}) AND ({})", all(" OR ", "IS NULL"), all(" OR ", "IS NOT NULL")),
            false => missing,
        };
        let names: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let check = self.rows(kind, table, key.columns.clone(), key.name.clone(), &names, &condition);
        self.checks.extend(check);
    }

    fn exclusion(&mut self, table: &TableName, exclusion: &Exclusion) {
        let Some(pending) = self.tables.get(table) else { return };
        let (kind, name) = (DataCheckKind::Exclusion, Some(exclusion.name.clone()));
        let needed = self.named(&pending.table.columns, &exclusion.definition);
        let columns: Vec<String> = needed.iter().cloned().collect();
        let Some((parts, predicate)) = postgres::exclusion_parts(&exclusion.definition) else {
            return self.unforeseen(kind, table, columns, name, "the constraint is not understood".to_owned());
        };
        let mut text: Vec<&str> = parts.iter().map(|(expression, _)| expression.as_str()).collect();
        text.extend(predicate.as_deref());
        if let Some(reason) = self.unknown_function(&text.join(", ")) {
            return self.unforeseen(kind, table, columns, name, reason);
        }
        let own = clause::quoted(self.version.backend, &table.name);
        let names: Vec<&str> = needed.iter().map(String::as_str).collect();
        let (left, right) =
            (self.source(pending, &names, false, &table.name), self.source(pending, &names, false, &table.name));
        let (Ok(left), Ok(right)) = (left, right) else {
            return self.unforeseen(kind, table, columns, name, "the values are not known".to_owned());
        };
        let list = parts.iter().enumerate().map(|(at, (part, _))| format!("({part}) AS seachange_part_{at}"));
        let list = list.collect::<Vec<_>>().join(", ");
        let filter = predicate.as_ref().map(|own| format!(" WHERE {own}")).unwrap_or_default();
        let row = "seachange_row";
        let pairs: Vec<String> = parts
            .iter()
            .enumerate()
            .map(|(at, (_, operator))| {
                format!("seachange_left.seachange_part_{at} {operator} seachange_right.seachange_part_{at}")
            })
            .collect();
        let check = self.rows(kind, table, columns, name, &names, "1 = 1").map(|mut check| {
            if let CheckQuery::Rows(query) = &mut check.query {
                query.rows = format!(
                    "(SELECT {own}.*, {list} FROM {left}{filter}) AS seachange_left WHERE EXISTS (SELECT 1 FROM \
                     (SELECT {own}.{row}, {list} FROM {right}{filter}) AS seachange_right \
                     WHERE seachange_left.{row} <> seachange_right.{row} AND {})",
                    pairs.join(" AND ")
                );
            }
            check
        });
        self.checks.extend(check);
    }

    // Queries.

    /// A check for the rows of a table that meet a condition over its columns as they are at this point. `needed` are the
    /// columns that the condition reads.
    fn rows(
        &self,
        kind: DataCheckKind,
        table: &TableName,
        columns: Vec<String>,
        object: Option<String>,
        needed: &[&str],
        condition: &str,
    ) -> Option<DataCheck> {
        let pending = self.tables.get(table)?;
        let (key, shown) = self.key(pending, &columns);
        let mut check = DataCheck {
            kind,
            table: pending.now.as_ref().map_or_else(|| table.clone(), |now| now.name.clone()),
            columns,
            object,
            key,
            query: CheckQuery::Unforeseen { reason: String::new() },
        };
        check.query = match self.source(
            pending,
            needed,
            kind != DataCheckKind::NotNull && kind != DataCheckKind::Check,
            &table.name,
        ) {
            _ if pending.is_written => {
                CheckQuery::Unforeseen { reason: "an earlier pending statement writes rows of the table".to_owned() }
            }
            // A new table has no rows.
            _ if pending.now.is_none() => return None,
            Ok(source) => CheckQuery::Rows(RowQuery {
                rows: format!("{source} WHERE {condition}"),
                key: (0..shown.len()).map(|at| format!("seachange_key_{at}")).collect(),
                doubtful: None,
                needs_strict_mode: false,
            }),
            Err(reason) => CheckQuery::Unforeseen { reason },
        };
        Some(check)
    }

    /// A check for the rows of a table that meet a condition over the columns that the connected database has.
    fn rows_now(
        &self,
        kind: DataCheckKind,
        table: &TableName,
        columns: Vec<String>,
        condition: &str,
    ) -> Option<DataCheck> {
        let mut check = self.rows(kind, table, columns, None, &[], "1 = 1")?;
        if let CheckQuery::Rows(query) = &mut check.query {
            let now = self.tables.get(table)?.now.as_ref()?;
            let (_, shown) = self.key(self.tables.get(table)?, &check.columns);
            query.key = shown;
            query.rows = format!("{} WHERE {condition}", self.quoted_table(&now.name));
        }
        Some(check)
    }

    fn unforeseen(
        &mut self,
        kind: DataCheckKind,
        table: &TableName,
        columns: Vec<String>,
        object: Option<String>,
        reason: String,
    ) {
        let check = self.rows(kind, table, columns, object, &[], "1 = 1");
        self.checks.extend(check.map(|check| DataCheck { query: CheckQuery::Unforeseen { reason }, ..check }));
    }

    /// On MySQL and MariaDB, a check of a change that only a strict server refuses.
    fn strict(&self, mut check: DataCheck) -> DataCheck {
        if let CheckQuery::Rows(query) = &mut check.query {
            query.needs_strict_mode = self.version.backend == DbBackend::MySql;
        }
        check
    }

    /// The rows of a table under the names that it has at this point, with the keys as texts. `is_only` excludes the rows
    /// of tables that inherit from it, over which a key does not extend.
    fn source(&self, pending: &PendingTable, needed: &[&str], is_only: bool, alias: &str) -> Result<String, String> {
        let backend = self.version.backend;
        let Some(now) = &pending.now else { return Err("the table does not exist yet".to_owned()) };
        let columns: Vec<String> = needed.iter().map(|name| (*name).to_owned()).collect();
        let (_, shown) = self.key(pending, &columns);
        let mut list: Vec<String> =
            shown.iter().enumerate().map(|(at, key)| format!("{key} AS seachange_key_{at}")).collect();
        if backend == DbBackend::Postgres {
            list.push("tableoid::text || ctid::text AS seachange_row".to_owned());
        }
        for name in needed {
            let value = match pending.origins.get(*name) {
                Some(Origin::Value(value)) => value,
                Some(Origin::Numbered) => return Err(format!("the database numbers the rows in column `{name}`")),
                Some(Origin::Unknown(reason)) => return Err(format!("column `{name}`: {reason}")),
                None => return Err(format!("column `{name}` is not known")),
            };
            let collation = pending.table.column(name).and_then(|column| column.collation.as_ref());
            let collation = match collation {
                Some(collation) if backend == DbBackend::Sqlite => format!(" COLLATE {collation}"),
                _ => String::new(),
            };
            list.push(format!("{value}{collation} AS {}", self.quoted(name)));
        }
        let is_partitioned = now.options.0.contains("PARTITION BY");
        let only = if is_only && backend == DbBackend::Postgres && !is_partitioned { "ONLY " } else { "" };
        let table = self.quoted_table(&now.name);
        Ok(format!("(SELECT {} FROM {only}{table}) AS {}", list.join(", "), clause::quoted(backend, alias)))
    }

    /// The columns that name a row in the connected database, and the expressions that write them as texts.
    fn key(&self, pending: &PendingTable, columns: &[String]) -> (Vec<String>, Vec<String>) {
        let backend = self.version.backend;
        let Some(now) = &pending.now else { return (Vec::new(), Vec::new()) };
        let is_required = |name: &String| now.column(name).is_some_and(|column| !column.nullable);
        let unique = now.uniques.iter().map(|unique| &unique.columns).find(|columns| columns.iter().all(is_required));
        let own = now.primary_key.as_ref().map(|key| &key.columns).or(unique).cloned();
        let text = |value: &str, column: Option<&Column>| match backend {
            DbBackend::Postgres => format!("{value}::text"),
            DbBackend::MySql if column.is_some_and(mysql::is_binary) => format!("HEX({value})"),
            DbBackend::MySql => format!("CAST({value} AS CHAR)"),
            _ => format!("CAST({value} AS TEXT)"),
        };
        let of_columns = |names: &[String]| {
            names.iter().map(|name| text(&self.quoted(name), now.column(name))).collect::<Vec<String>>()
        };
        match (own, backend) {
            (Some(names), _) => (names.clone(), of_columns(&names)),
            (None, DbBackend::Postgres) => (vec!["ctid".to_owned()], vec![text("ctid", None)]),
            (None, DbBackend::Sqlite) => (vec!["rowid".to_owned()], vec![text("rowid", None)]),
            (None, _) => {
                // The values themselves, of the columns that exist already.
                let known = columns.iter().filter_map(|name| match pending.origins.get(name)? {
                    Origin::Value(value) => Some((name.clone(), text(value, pending.table.column(name)))),
                    _ => None,
                });
                let (names, shown): (Vec<String>, Vec<String>) = known.unzip();
                if names.is_empty() { (Vec::new(), vec!["''".to_owned()]) } else { (names, shown) }
            }
        }
    }

    /// The columns that a text names.
    fn named(&self, columns: &[Column], text: &str) -> BTreeSet<String> {
        let dialect = SqlDialect::of(self.version.backend);
        let tokens = tokens(text, dialect);
        let is_exact = dialect == SqlDialect::Postgres;
        let is_named = |column: &&Column| {
            tokens.iter().any(|token| match is_exact {
                true => token.name().is_some_and(|name| name == column.name),
                false => token.is_name(&column.name),
            })
        };
        columns.iter().filter(is_named).map(|column| column.name.clone()).collect()
    }

    /// Why the value of an expression is not known before the change, if it calls a function that is not the system's.
    fn unknown_function(&self, text: &str) -> Option<String> {
        let query = format!("SELECT {text}");
        let facts = sql::read(&query, SqlDialect::of(self.version.backend));
        let is_known = facts.len() == 1 && facts.iter().all(|facts| facts.is_understood && !facts.may_write);
        (!is_known).then(|| "an expression is not understood, or calls a function that is not built in".to_owned())
    }

    fn quoted(&self, name: &str) -> String {
        clause::quoted(self.version.backend, name)
    }

    fn quoted_table(&self, name: &TableName) -> String {
        clause::quoted_name(self.version.backend, name)
    }
}
