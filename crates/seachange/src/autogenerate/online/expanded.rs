//! The schema that serves the old and the new version of a service.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use super::computed::{self, FillError};
use super::keys::{KeyChange, KeySteps, free_name};
use super::{ColumnPlace, OnlineRemark, OnlineRequest, SideColumn, SideValue, SwapPart, SwapStep, SynchronisedColumns};
use crate::autogenerate::comparison::{Comparison, rules};
use crate::autogenerate::diff::{self, Renames, apply_renames};
use crate::autogenerate::expression::tokens;
use crate::autogenerate::losses::losses;
use crate::autogenerate::operation::{SchemaOperation, TableChange, reversed};
use crate::schema::{
    Check, Column, Dependency, EnumType, Expression, ForeignKey, Index, IndexKey, Schema, Table, TableName,
};

/// The schema in between.
pub(super) struct Expanded {
    pub(super) schema: Schema,
    pub(super) synchronised: Vec<SynchronisedColumns>,
    /// The columns that others replace.
    replaced: BTreeSet<ColumnPlace>,
    /// Those of them that are in keys.
    keyed: BTreeSet<ColumnPlace>,
    /// The new columns that take the names of those.
    pub(super) swapped: Renames,
    /// The renames that remain for the contraction.
    pub(super) renames: Renames,
    pub(super) remarks: Vec<OnlineRemark>,
}

/// The changes in whose course new columns take the names of old ones.
pub(super) struct Swapped {
    /// The schema after them.
    pub(super) schema: Schema,
    /// The operations before them.
    pub(super) preparation: Vec<SchemaOperation>,
    pub(super) steps: Vec<SwapStep>,
}

impl Expanded {
    /// The steps from this schema, which is that of `between`, to the one in which the new columns have the names of the
    /// old ones.
    pub(super) fn swap(&self, between: &Comparison, wanted: &Schema) -> Swapped {
        let half = |from: &Schema, to: &Schema, renames: &Renames| between.table_operations(from, to, renames);
        let mut all = Swapped { schema: self.schema.clone(), preparation: Vec::new(), steps: Vec::new() };
        let mut tables: BTreeSet<TableName> = self.swapped.columns.keys().map(|(table, _)| table.clone()).collect();
        if !self.keyed.is_empty() {
            let change = KeyChange::new(between, &self.schema, &self.keyed, &self.swapped);
            let tied = change.tables();
            let emptied = |schema: &Schema| self.without_replaced(schema, &tied);
            let KeySteps { preparation, up, down, swapped } = change.steps(emptied, &self.swapped_in(&tied), wanted);
            all.schema = swapped;
            all.preparation = preparation;
            tables.retain(|table| !tied.contains(table));
            all.steps.push(SwapStep { tables: tied, up, down });
        }
        for table in tables {
            let one = BTreeSet::from([table]);
            let (emptied, renames) = (self.without_replaced(&all.schema, &one), self.swapped_in(&one));
            let schema = apply_renames(&emptied, &renames);
            let mut operations = half(&all.schema, &emptied, &Renames::default());
            operations.extend(half(&emptied, &schema, &renames));
            let down = vec![SwapPart::Operations(reversed(&operations)), SwapPart::Fill];
            all.steps.push(SwapStep { tables: one, up: vec![SwapPart::Operations(operations)], down });
            all.schema = schema;
        }
        all
    }

    /// The new columns of some tables that take the names of old ones.
    fn swapped_in(&self, tables: &BTreeSet<TableName>) -> Renames {
        let own = self.swapped.columns.iter().filter(|((table, _), _)| tables.contains(table));
        Renames { columns: own.map(|(new, old)| (new.clone(), old.clone())).collect(), ..self.swapped.clone() }
    }

    /// A schema without the columns of some tables that others replace, under whose names these come.
    fn without_replaced(&self, schema: &Schema, tables: &BTreeSet<TableName>) -> Schema {
        let mut schema = schema.clone();
        for (table, column) in self.replaced.iter().filter(|(table, _)| tables.contains(table)) {
            schema.tables.entry(table.clone()).and_modify(|table| remove_column(table, column));
        }
        schema
    }
}

/// Removes a column, with the indexes over it.
fn remove_column(table: &mut Table, column: &str) {
    table.columns.retain(|own| own.name != column);
    table.indexes.retain(|index| !is_over(index, &|name| name == column));
}

pub(super) fn expanded(comparison: &Comparison, request: OnlineRequest<'_>) -> Result<Expanded, FillError> {
    let (from, to) = (&comparison.from, &comparison.to);
    let mut all = Expanded {
        schema: from.clone(),
        synchronised: Vec::new(),
        replaced: BTreeSet::new(),
        keyed: BTreeSet::new(),
        swapped: Renames::default(),
        renames: Renames { tables: request.renames.tables.clone(), ..Renames::default() },
        remarks: Vec::new(),
    };
    computed::check(comparison, request)?;
    for (old, new) in &request.renames.tables {
        all.remark(old.to_string(), format!("a version of the service knows it as `{old}` or as `{new}`"));
    }
    for (name, new) in &to.enumerations {
        all.schema
            .enumerations
            .entry(name.clone())
            .and_modify(|own| *own = with_values(own, new))
            .or_insert_with(|| new.clone());
    }
    for (name, new) in &to.tables {
        match from.tables.get(name) {
            Some(old) => all.expand(comparison, request, old, new)?,
            None if request.renames.tables.values().any(|renamed| renamed == name) => {
                let columns = request.renames.columns.iter().filter(|((table, _), _)| table == name);
                all.renames.columns.extend(columns.map(|(old, new)| (old.clone(), new.clone())));
            }
            None => {
                all.schema.tables.insert(name.clone(), new.clone());
            }
        }
    }
    all.take_parts(comparison, request);
    Ok(all)
}

/// The values of both, in the order of the new ones where there is no other.
fn with_values(old: &EnumType, new: &EnumType) -> EnumType {
    if old.values.iter().all(|value| new.values.contains(value)) {
        return new.clone();
    }
    let added = new.values.iter().filter(|value| !old.values.contains(value)).cloned();
    EnumType { values: old.values.iter().cloned().chain(added).collect(), ..new.clone() }
}

impl Expanded {
    fn remark(&mut self, object: String, reason: String) {
        self.remarks.push(OnlineRemark { object, reason });
    }

    /// Gives a table the columns of both versions.
    fn expand(
        &mut self,
        comparison: &Comparison,
        request: OnlineRequest<'_>,
        old: &Table,
        new: &Table,
    ) -> Result<(), FillError> {
        let mut columns = Vec::new();
        let mut taken = BTreeSet::new();
        let groups = computed::groups(request, old, new)?;
        for group in &groups {
            if let Some(reason) = self.obstacle_of_group(comparison, request, old, group) {
                return Err(FillError::Refused { columns: group.names(), reason });
            }
            taken.extend(group.new.iter().map(|own| own.column.name.clone()));
        }
        for own in &old.columns {
            let renamed = request.renames.columns.get(&(old.name.clone(), own.name.clone()));
            let next = renamed.and_then(|name| new.column(name)).or_else(|| new.column(&own.name));
            match next {
                Some(next) if renamed.is_some() => match self.obstacle(comparison, request, old, [own, next], false) {
                    None => {
                        taken.insert(next.name.clone());
                        let (own, next) = (relaxed(own), relaxed(next));
                        self.synchronise(comparison.backend, &old.name, [&own, &next], Written::Both);
                        columns.extend([own, next]);
                    }
                    Some(reason) => {
                        taken.insert(next.name.clone());
                        self.remark(format!("{}.{}", old.name, own.name), reason);
                        self.renames.columns.insert((old.name.clone(), own.name.clone()), next.name.clone());
                        columns.push(own.clone());
                    }
                },
                Some(next) if own.is_retyped(next) || own.generated != next.generated => {
                    columns.extend(self.retyped(comparison, request, (old, new), own, next));
                }
                Some(next) => columns.push(of_both(own, next)),
                None if is_in_key(old, &own.name) => columns.push(own.clone()),
                None => {
                    let is_computed =
                        groups.iter().flat_map(|group| &group.old).any(|kept| kept.column.name == own.name);
                    let mut kept = if own.is_required() { relaxed(own) } else { own.clone() };
                    if let Some(value) = request.fills.get(&computed::key(old, own)).filter(|_| !is_computed) {
                        kept.default = Some(Expression::new(value));
                    }
                    columns.push(kept);
                }
            }
        }
        columns.extend(groups.iter().flat_map(|group| &group.new).map(|own| own.column.clone()));
        self.synchronised.extend(groups);
        for next in new.columns.iter().filter(|next| old.column(&next.name).is_none() && !taken.contains(&next.name)) {
            let mut next = next.clone();
            let column = computed::key(new, &next);
            match request.fills.get(&column) {
                // Until it is contracted, the default serves the old version.
                Some(value) => next.default = Some(Expression::new(value)),
                None if next.is_required() => return Err(FillError::Required { column }),
                None => {}
            }
            columns.push(next);
        }
        if let Some(table) = self.schema.tables.get_mut(&old.name) {
            table.columns = columns;
            table.comment.clone_from(&new.comment);
        }
        Ok(())
    }

    /// A column whose type changes, in between.
    fn retyped(
        &mut self,
        comparison: &Comparison,
        request: OnlineRequest<'_>,
        (old, new): (&Table, &Table),
        own: &Column,
        next: &Column,
    ) -> Vec<Column> {
        let place = (old.name.clone(), own.name.clone());
        let change = TableChange::ModifyColumn { from: Box::new(own.clone()), to: Box::new(next.clone()) };
        let change = SchemaOperation::Change { table: old.name.clone(), change };
        if request.replaced.contains(&place) {
            let is_keyed =
                comparison.backend == DbBackend::Postgres && is_in_keys(&comparison.from, &old.name, &own.name);
            let held = || held(old, new, &own.name, is_keyed);
            let Some(reason) = self.obstacle(comparison, request, old, [own, next], is_keyed).or_else(held) else {
                let name = free_name(&own.name, |name| old.column(name).is_none() && new.column(name).is_none());
                let mut next = Column { name, ..relaxed(next) };
                let mut own = own.clone();
                if is_keyed {
                    // The versions know the column by one name, so that the new one only follows.
                    (next.default, next.auto_increment) = (None, None);
                    self.synchronise(comparison.backend, &old.name, [&own, &next], Written::Old);
                    self.keyed.insert(place.clone());
                } else {
                    own = relaxed(&own);
                    self.synchronise(comparison.backend, &old.name, [&own, &next], Written::OldUnderItsName);
                }
                self.swapped.columns.insert((old.name.clone(), next.name.clone()), own.name.clone());
                self.replaced.insert(place);
                return vec![own, next];
            };
            self.remark(format!("{}.{}", old.name, own.name), reason);
            return vec![own.clone()];
        }
        let is_kept = own.generated == next.generated && losses(&[change], comparison.backend).is_empty();
        vec![if is_kept { of_both(own, next) } else { own.clone() }]
    }

    fn synchronise(&mut self, backend: DbBackend, table: &TableName, [old, new]: [&Column; 2], written: Written) {
        // PostgreSQL converts what is assigned to a column only between some types.
        let is_cast = backend == DbBackend::Postgres && old.is_retyped(new);
        let side = |column: &Column, other: &Column| {
            let (from, to) = (other.name.clone(), column.column_type.text.clone());
            let value = if is_cast { SideValue::Cast { column: from, to } } else { SideValue::Column(from) };
            vec![SideColumn { column: column.clone(), value }]
        };
        self.synchronised.push(SynchronisedColumns {
            table: table.clone(),
            old: side(old, new),
            new: side(new, old),
            takes_name: written != Written::Both,
            follows: written == Written::Old,
        });
    }

    /// Why the columns of a group cannot be synchronised.
    fn obstacle_of_group(
        &self,
        comparison: &Comparison,
        request: OnlineRequest<'_>,
        table: &Table,
        group: &SynchronisedColumns,
    ) -> Option<String> {
        let pairs = group.old.iter().flat_map(|old| group.new.iter().map(move |new| [&old.column, &new.column]));
        pairs.into_iter().find_map(|pair| self.obstacle(comparison, request, table, pair, false))
    }

    /// Why two columns cannot be synchronised.
    fn obstacle(
        &self,
        comparison: &Comparison,
        request: OnlineRequest<'_>,
        table: &Table,
        [old, new]: [&Column; 2],
        is_keyed: bool,
    ) -> Option<String> {
        let known = request.unsynchronised.get(&(table.name.clone(), old.name.clone()));
        if let Some(reason) = known {
            return Some(reason.clone());
        }
        let is_numbered = |column: &Column| column.auto_increment.is_some();
        let moves_numbers = is_keyed && is_numbered(old) == is_numbered(new) && is_integer(old) && is_integer(new);
        let is_computed = |column: &Column| column.generated.is_some() || is_numbered(column) && !moves_numbers;
        if is_computed(old) || is_computed(new) {
            return Some("the database computes its values".to_owned());
        }
        if old.on_update.is_some() || new.on_update.is_some() {
            return Some("the database changes it when another column changes".to_owned());
        }
        let needed = Dependency::Column(table.name.clone(), old.name.clone());
        if let Some(object) = comparison.objects.iter().find(|object| object.depends_on.contains(&needed)) {
            return Some(format!("{} reads it", object.name));
        }
        (!is_keyed && is_in_key(table, &old.name)).then(|| "it is in the primary key".to_owned())
    }

    /// Gives the tables the constraints and indexes that serve both versions.
    fn take_parts(&mut self, comparison: &Comparison, request: OnlineRequest<'_>) {
        // The renames of tables, and of the columns in them, are made when the schema is contracted.
        let (from, to) = (self.schema.clone(), &comparison.to);
        let renamed = |table: &TableName| request.renames.tables.contains_key(table) || !to.tables.contains_key(table);
        let operations = diff::diff(&from, to, &comparison.hints, &Renames::default(), rules(comparison.backend));
        let dropped = dropped_names(&operations);
        for operation in &operations {
            let (SchemaOperation::Change { table, .. }
            | SchemaOperation::CreateIndex { table, .. }
            | SchemaOperation::DropIndex { table, .. }) = operation
            else {
                continue;
            };
            let Some(before) = comparison.from.tables.get(table).filter(|_| !renamed(table)) else { continue };
            let Some(after) = to.tables.get(table) else { continue };
            let replaced: BTreeSet<String> =
                self.replaced.iter().filter(|(own, _)| own == table).map(|(_, column)| column.clone()).collect();
            let is_taken = |name: &str| match comparison.backend {
                DbBackend::MySql => before.indexes.iter().any(|index| index.name == name),
                _ => from.tables.values().flat_map(|table| &table.indexes).any(|index| index.name == name),
            };
            let parts = TableParts { before, after, replaced: &replaced };
            let Some(own) = self.schema.tables.get_mut(table) else { continue };
            let is_dropped = |name: Option<&str>| name.is_some_and(|name| dropped.contains(&(table, name)));
            match operation {
                SchemaOperation::CreateIndex { index, .. }
                    if !is_dropped(Some(&index.name)) && !is_taken(&index.name) && parts.takes_index(index) =>
                {
                    own.indexes.push(index.clone());
                }
                SchemaOperation::DropIndex { index, .. }
                    if index.unique && parts.keeps_columns(|name| is_over(index, &|own| own == name)) =>
                {
                    own.indexes.retain(|kept| kept != index);
                }
                SchemaOperation::Change { change, .. } => parts.change(own, change, &is_dropped),
                _ => {}
            }
        }
    }
}

/// The names of the constraints and indexes that operations drop.
fn dropped_names(operations: &[SchemaOperation]) -> BTreeSet<(&TableName, &str)> {
    operations.iter().filter_map(dropped_name).collect()
}

fn dropped_name(operation: &SchemaOperation) -> Option<(&TableName, &str)> {
    match operation {
        SchemaOperation::DropIndex { table, index } => Some((table, index.name.as_str())),
        SchemaOperation::Change { table, change } => {
            let name = match change {
                TableChange::DropUnique(own) => own.name.as_deref(),
                TableChange::DropForeignKey(own) => own.name.as_deref(),
                TableChange::DropCheck(own) => own.name.as_deref(),
                TableChange::DropExclusion(own) => Some(own.name.as_str()),
                _ => None,
            };
            Some((table, name?))
        }
        _ => None,
    }
}

/// Which of two synchronised columns the versions write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Each version its own.
    Both,
    /// The old one, whose name the new one takes.
    OldUnderItsName,
    /// The old one, which is in a key.
    Old,
}

/// A table of both versions.
struct TableParts<'a> {
    before: &'a Table,
    after: &'a Table,
    /// The columns that others replace.
    replaced: &'a BTreeSet<String>,
}

impl TableParts<'_> {
    /// Whether the old version does not know a column.
    fn is_new(&self, column: &str) -> bool {
        self.before.column(column).is_none()
    }

    /// Whether all columns that are read are still there for the new version.
    fn keeps_columns(&self, reads: impl Fn(&str) -> bool) -> bool {
        self.before
            .columns
            .iter()
            .filter(|column| reads(&column.name))
            .all(|own| self.after.column(&own.name).is_some())
    }

    /// Whether an index can be there before the schema is contracted: a unique one only over new columns.
    fn takes_index(&self, index: &Index) -> bool {
        match index.unique {
            true => !is_over(index, &|name| !self.is_new(name)),
            false => !is_over(index, &|name| self.replaced.contains(name)),
        }
    }

    fn takes_key(&self, columns: &[String]) -> bool {
        columns.iter().all(|column| self.is_new(column))
    }

    fn takes_check(&self, check: &Check) -> bool {
        self.before.columns.iter().all(|column| !diff::mentions(&check.expression.text, &column.name))
    }

    /// Makes a change that serves both versions; `is_dropped` says whether the name belongs to something that is dropped.
    fn change(&self, table: &mut Table, change: &TableChange, is_dropped: &dyn Fn(Option<&str>) -> bool) {
        match change {
            TableChange::AddUnique(new) if self.takes_key(&new.columns) && !is_dropped(new.name.as_deref()) => {
                table.uniques.push(new.clone());
            }
            TableChange::AddForeignKey(new) if self.takes_key(&new.columns) && !is_dropped(new.name.as_deref()) => {
                table.foreign_keys.push(new.clone());
            }
            TableChange::AddCheck(new) if self.takes_check(new) && !is_dropped(new.name.as_deref()) => {
                table.checks.push(new.clone());
            }
            TableChange::DropUnique(old) if self.keeps_columns(|name| old.columns.iter().any(|own| own == name)) => {
                table.uniques.retain(|kept| kept != old);
            }
            TableChange::DropForeignKey(old)
                if self.keeps_columns(|name| old.columns.iter().any(|own| own == name)) =>
            {
                table.foreign_keys.retain(|kept| kept != old);
            }
            TableChange::DropCheck(old) => table.checks.retain(|kept| kept != old),
            TableChange::DropExclusion(old) => table.exclusions.retain(|kept| kept != old),
            _ => {}
        }
    }
}

/// Whether an index reads a column for which `is_read` is true.
fn is_over(index: &Index, is_read: &dyn Fn(&str) -> bool) -> bool {
    let names = |expression: &Expression| {
        tokens(&expression.text).iter().any(|token| token.name().is_some_and(|name| is_read(&name)))
    };
    index.include.iter().any(|name| is_read(name))
        || index.predicate.as_ref().is_some_and(&names)
        || index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => is_read(name),
            IndexKey::Expression(expression) => names(expression),
        })
}

/// The column that the versions share: it takes what either writes.
fn of_both(old: &Column, new: &Column) -> Column {
    let default = new.default.clone().or_else(|| old.default.clone());
    Column { nullable: old.nullable || new.nullable, default, ..new.clone() }
}

/// A column that may be null, because a version does not know it.
pub(super) fn relaxed(column: &Column) -> Column {
    Column { nullable: true, ..column.clone() }
}

fn is_in_key(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|own| own == column))
}

fn is_integer(column: &Column) -> bool {
    ["smallint", "integer", "bigint"].contains(&column.column_type.text.as_str())
}

/// Whether a key, a unique index or a foreign key names a column.
fn names_in_keys(table: &Table, column: &str) -> bool {
    let in_columns = |columns: &[String]| columns.iter().any(|own| own == column);
    is_in_key(table, column)
        || table.uniques.iter().any(|own| in_columns(&own.columns))
        || table.foreign_keys.iter().any(|own| in_columns(&own.columns))
        || table.indexes.iter().any(|own| own.unique && is_over(own, &|name| name == column))
}

/// Whether a key of the schema names a column of a table.
fn is_in_keys(schema: &Schema, table: &TableName, column: &str) -> bool {
    let is_referenced =
        |key: &ForeignKey| key.referenced_table == *table && key.referenced_columns.iter().any(|own| own == column);
    schema.table(table).is_some_and(|table| names_in_keys(table, column))
        || schema.tables.values().flat_map(|table| &table.foreign_keys).any(is_referenced)
}

/// Why a column cannot be replaced by another one under its name; `is_keyed` says that its keys can be.
fn held(old: &Table, new: &Table, column: &str, is_keyed: bool) -> Option<String> {
    let in_expression = |index: &Index| {
        let key = index.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Expression(expression) => Some(expression),
            IndexKey::Column(_) => None,
        });
        key.chain(&index.predicate).any(|own| diff::mentions(&own.text, column))
    };
    let is_held = |table: &Table| {
        let in_key = if is_keyed { table.indexes.iter().any(in_expression) } else { names_in_keys(table, column) };
        in_key
            || table.checks.iter().any(|own| diff::mentions(&own.expression.text, column))
            || table.exclusions.iter().any(|own| diff::mentions(&own.definition, column))
            || table
                .columns
                .iter()
                .filter_map(|own| own.generated.as_ref())
                .any(|own| diff::mentions(&own.expression.text, column))
    };
    let reason = match is_keyed {
        true => "a check, a generated column or an expression of an index reads it",
        false => "a key, a check or a generated column reads it",
    };
    (is_held(old) || is_held(new)).then(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::free_name;

    #[test]
    fn a_new_column_gets_a_free_name() {
        let free = |name: &str, taken: &[&str]| free_name(name, |name| !taken.contains(&name));
        assert_eq!(free("price", &[]), "price_new");
        assert_eq!(free("price", &["price_new"]), "price_new2");
        assert_eq!(free(&"é".repeat(40), &[]).len(), 62);
    }
}
