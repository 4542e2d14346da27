//! Parts of a schema that are missing, and what cannot exist without them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;

use crate::autogenerate::diff::mentions;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::autogenerate::unmatched_keys::ReferenceRule;
use crate::schema::{
    AutoIncrement, Check, Column, DatabaseObject, Dependency, ForeignKey, Index, IndexKey, ObjectName, Schema, Table,
    TableName,
};

/// Parts that a schema does not have.
#[derive(Debug)]
pub(super) struct MissingParts<'s> {
    tables: BTreeSet<TableName>,
    columns: BTreeMap<TableName, BTreeSet<String>>,
    /// Keys that a foreign key may refer to, by their columns in alphabetical order.
    keys: BTreeSet<(TableName, Vec<String>)>,
    enumerations: BTreeSet<TableName>,
    objects: BTreeSet<ObjectName>,
    /// Columns that go on numbering rows, which MySQL and MariaDB allow in no check.
    numbered: BTreeSet<(TableName, String)>,
    /// A schema that may have another key on the same columns, unless that is in `other_keys` too.
    schema: &'s Schema,
    other_keys: BTreeSet<(TableName, Vec<String>)>,
    rule: ReferenceRule,
}

impl<'s> MissingParts<'s> {
    /// The parts that operations create, if they are not made. `schema` is the schema before them.
    pub(super) fn of<'o>(
        operations: impl IntoIterator<Item = &'o SchemaOperation>,
        schema: &'s Schema,
        rule: ReferenceRule,
    ) -> Self {
        let (tables, columns, keys) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let (enumerations, objects) = (BTreeSet::new(), BTreeSet::new());
        let (numbered, other_keys) = (BTreeSet::new(), BTreeSet::new());
        let mut missing = Self { tables, columns, keys, enumerations, objects, numbered, schema, other_keys, rule };
        operations.into_iter().for_each(|operation| missing.add(operation));
        missing
    }

    /// The parts of tables that operations drop. `schema` is the schema after them. An enumerated type is not dropped
    /// while a column has it.
    pub(super) fn dropped_by<'o>(
        operations: impl IntoIterator<Item = &'o SchemaOperation>,
        schema: &'s Schema,
        rule: ReferenceRule,
    ) -> Self {
        let is_of_type = |operation: &&SchemaOperation| matches!(operation, SchemaOperation::DropEnumeration(_));
        let operations = operations.into_iter().filter(|operation| !is_of_type(operation));
        let reverses: Vec<_> = operations.map(SchemaOperation::reverse).collect();
        Self::of(&reverses, schema, rule)
    }

    /// Takes into account that the other schema loses the keys of `others`.
    pub(super) fn beside(mut self, others: &Self) -> Self {
        self.other_keys.clone_from(&others.keys);
        self
    }

    /// Whether a foreign key of a schema refers to a key that is missing here and in `others`.
    pub(super) fn lack_key_with(&self, others: &Self, schema: &Schema) -> bool {
        let both: BTreeSet<_> = self.keys.intersection(&others.keys).collect();
        let mut keys = schema.tables.values().flat_map(|table| &table.foreign_keys);
        !both.is_empty() && keys.any(|key| both.contains(&referenced(key)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
            && self.columns.is_empty()
            && self.keys.is_empty()
            && self.enumerations.is_empty()
            && self.objects.is_empty()
            && self.numbered.is_empty()
    }

    fn add(&mut self, operation: &SchemaOperation) {
        match operation {
            SchemaOperation::CreateTable(table) => drop(self.tables.insert(table.name.clone())),
            SchemaOperation::CreateEnumeration(new) => drop(self.enumerations.insert(new.name.clone())),
            SchemaOperation::CreateObject(object) => drop(self.objects.insert(object.name.clone())),
            SchemaOperation::CreateIndex { table, index } if index.unique => {
                columns(index).into_iter().for_each(|columns| self.add_key(table, columns));
            }
            SchemaOperation::Change { table, change } => match change {
                TableChange::AddColumn(column) => {
                    self.columns.entry(table.clone()).or_default().insert(column.name.clone());
                }
                TableChange::ModifyColumn { from, to }
                    if self.rule.backend == DbBackend::MySql
                        && from.auto_increment.is_some()
                        && to.auto_increment.is_none() =>
                {
                    self.numbered.insert((table.clone(), from.name.clone()));
                }
                TableChange::AddPrimaryKey(key) => self.add_key(table, key.columns.clone()),
                TableChange::AddUnique(unique) => self.add_key(table, unique.columns.clone()),
                _ => {}
            },
            _ => {}
        }
    }

    fn add_key(&mut self, table: &TableName, columns: Vec<String>) {
        self.keys.insert(key_on(table, columns));
    }

    /// Whether an operation creates something that needs a missing part.
    pub(super) fn prevent(&self, operation: &SchemaOperation) -> bool {
        match operation {
            SchemaOperation::CreateTable(table) => {
                table.columns.iter().any(|column| self.prevent_column(&table.name, column))
                    || table.foreign_keys.iter().any(|key| self.prevent_foreign_key(&table.name, key))
            }
            SchemaOperation::CreateIndex { table, index } => self.prevent_index(table, index),
            SchemaOperation::CreateObject(new) | SchemaOperation::ReplaceObject { to: new, .. } => {
                self.prevent_object(new)
            }
            SchemaOperation::Change { table, change } => match change {
                TableChange::AddColumn(column) | TableChange::ModifyColumn { to: column, .. } => {
                    self.prevent_column(table, column) || self.prevent_numbering(table, column)
                }
                TableChange::AddPrimaryKey(key) => self.lack_one_of(table, &key.columns),
                TableChange::AddUnique(unique) => self.lack_one_of(table, &unique.columns),
                TableChange::AddForeignKey(key) => self.prevent_foreign_key(table, key),
                TableChange::AddCheck(check) => self.prevent_check(table, check),
                TableChange::AddExclusion(exclusion) => self.are_in(table, &exclusion.definition),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a column is missing.
    pub(super) fn lack_one_of(&self, table: &TableName, columns: &[String]) -> bool {
        self.columns.get(table).is_some_and(|missing| columns.iter().any(|column| missing.contains(column)))
    }

    /// Whether an expression of a table mentions a missing column.
    pub(super) fn are_in(&self, table: &TableName, expression: &str) -> bool {
        self.columns.get(table).is_some_and(|missing| missing.iter().any(|column| mentions(expression, column)))
    }

    pub(super) fn prevent_column(&self, table: &TableName, column: &Column) -> bool {
        column.generated.as_ref().is_some_and(|generated| self.are_in(table, &generated.expression.normal))
            || self.enumerations.iter().any(|enumeration| column.column_type.is_of(enumeration))
    }

    /// Whether a column numbers rows by a missing key.
    fn prevent_numbering(&self, table: &TableName, column: &Column) -> bool {
        let has_other = |table: &Table| can_number(&self.without_other_keys(table), column);
        let mut keys = self.keys.iter().filter(|(own, _)| own == table);
        needs_key(column)
            && keys.any(|(_, columns)| columns.contains(&column.name))
            && !self.schema.table(table).is_some_and(has_other)
    }

    pub(super) fn prevent_index(&self, table: &TableName, index: &Index) -> bool {
        let by_part = index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => self.lack_one_of(table, std::slice::from_ref(name)),
            IndexKey::Expression(expression) => self.are_in(table, &expression.normal),
        });
        by_part
            || self.lack_one_of(table, &index.include)
            || index.predicate.as_ref().is_some_and(|predicate| self.are_in(table, &predicate.normal))
    }

    pub(super) fn prevent_foreign_key(&self, table: &TableName, key: &ForeignKey) -> bool {
        let parent = &key.referenced_table;
        let lacks_key = || {
            let has_other = |table: &Table| self.rule.has_key(&self.without_other_keys(table), key);
            self.keys.contains(&referenced(key)) && !self.schema.table(parent).is_some_and(has_other)
        };
        self.tables.contains(parent)
            || self.lack_one_of(table, &key.columns)
            || self.lack_one_of(parent, &key.referenced_columns)
            || lacks_key()
    }

    fn without_other_keys(&self, table: &Table) -> Table {
        let is_lost = |columns: &[String]| self.other_keys.contains(&key_on(&table.name, columns.to_vec()));
        let mut rest = table.clone();
        rest.primary_key = rest.primary_key.filter(|key| !is_lost(&key.columns));
        rest.uniques.retain(|unique| !is_lost(&unique.columns));
        rest.indexes.retain(|index| !index.unique || !columns(index).is_some_and(|columns| is_lost(&columns)));
        rest
    }

    pub(super) fn prevent_check(&self, table: &TableName, check: &Check) -> bool {
        let expression = &check.expression.normal;
        let mut numbered = self.numbered.iter().filter(|(own, _)| own == table);
        self.are_in(table, expression) || numbered.any(|(_, column)| mentions(expression, column))
    }

    pub(super) fn prevent_object(&self, object: &DatabaseObject) -> bool {
        object.depends_on.iter().any(|part| match part {
            Dependency::Table(table) | Dependency::Constraint(table, _) => self.tables.contains(table),
            Dependency::Column(table, column) => {
                self.tables.contains(table) || self.lack_one_of(table, std::slice::from_ref(column))
            }
            Dependency::Object(name) => self.objects.contains(name),
        })
    }
}

/// Whether the database numbers rows by a column only as part of a key.
fn needs_key(column: &Column) -> bool {
    matches!(column.auto_increment, Some(AutoIncrement::Rowid { .. } | AutoIncrement::Counter))
}

/// Whether a table has the key by which a column numbers rows.
pub(super) fn can_number(table: &Table, column: &Column) -> bool {
    let key = table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
    let is_first = |columns: &[String]| columns.first() == Some(&column.name);
    match column.auto_increment {
        Some(AutoIncrement::Rowid { .. }) => {
            is_first(key) && key.len() == 1 && column.column_type.text.eq_ignore_ascii_case("integer")
        }
        Some(AutoIncrement::Counter) => {
            is_first(key)
                || table.uniques.iter().any(|unique| is_first(&unique.columns))
                || table.indexes.iter().filter_map(columns).any(|columns| is_first(&columns))
        }
        _ => true,
    }
}

fn key_on(table: &TableName, mut columns: Vec<String>) -> (TableName, Vec<String>) {
    columns.sort();
    (table.clone(), columns)
}

/// The key that a foreign key refers to.
fn referenced(key: &ForeignKey) -> (TableName, Vec<String>) {
    key_on(&key.referenced_table, key.referenced_columns.clone())
}

/// The columns of an index, unless it has expressions.
fn columns(index: &Index) -> Option<Vec<String>> {
    index.parts.iter().map(|part| part.column_name().map(str::to_owned)).collect()
}
