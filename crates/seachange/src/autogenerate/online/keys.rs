//! Columns of keys that get another type on PostgreSQL: while the new column is synchronised, each key, foreign key and
//! index over the old column gets a twin over the new one, which is built and validated beside writers. Then both change
//! their names in one short transaction. (The manual, `ALTER TABLE`: `ADD table_constraint_using_index` reads no rows.)

use std::collections::{BTreeMap, BTreeSet};

use seachange_graph::Direction;

use super::{ColumnPlace, SwapPart};
use crate::autogenerate::code::sequence_options;
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::diff::{Renames, apply_renames};
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::{
    AutoIncrement, Column, Deferrable, ForeignKey, Index, IndexKey, IndexPart, KeptOptions, Schema, Table, TableName,
};
use crate::sql::{SqlDialect, quoted_name};

const POSTGRES: SqlDialect = SqlDialect::Postgres;

/// The longest name that all systems keep whole, in bytes.
const LONGEST_NAME: usize = 63;

/// A constraint or an index over old columns, and its twin over the new ones.
enum Twin {
    /// A primary key, or a unique constraint.
    Key {
        table: TableName,
        name: String,
        is_primary: bool,
        deferrable: Option<Deferrable>,
        index: Index,
    },
    Index {
        table: TableName,
        name: String,
        index: Index,
    },
    ForeignKey {
        table: TableName,
        name: String,
        key: ForeignKey,
    },
}

/// The columns of keys that others replace, with the twins.
pub(super) struct KeyChange<'a> {
    comparison: &'a Comparison,
    /// The schema in between, without twins.
    before: &'a Schema,
    /// The new columns, by the old ones.
    new: BTreeMap<ColumnPlace, String>,
    twins: Vec<Twin>,
}

/// A change of columns that replace others in keys.
pub(super) struct KeySteps {
    /// The operations after which all twins are there.
    pub(super) preparation: Vec<SchemaOperation>,
    pub(super) up: Vec<SwapPart>,
    pub(super) down: Vec<SwapPart>,
    /// The schema after the swap.
    pub(super) swapped: Schema,
}

impl<'a> KeyChange<'a> {
    /// `replaced` are the old columns, and `swapped` the new ones by the names that they take.
    pub(super) fn new(
        comparison: &'a Comparison,
        before: &'a Schema,
        replaced: &BTreeSet<ColumnPlace>,
        swapped: &Renames,
    ) -> Self {
        let taken = swapped.columns.iter().map(|((table, new), old)| ((table.clone(), old.clone()), new.clone()));
        let new = taken.filter(|(place, _)| replaced.contains(place)).collect();
        let mut change = Self { comparison, before, new, twins: Vec::new() };
        change.twins = change.twins();
        change
    }

    /// The name of the column that stands for `column` in a twin.
    fn new_name(&self, table: &TableName, column: &str) -> String {
        self.new.get(&(table.clone(), column.to_owned())).cloned().unwrap_or_else(|| column.to_owned())
    }

    fn new_names(&self, table: &TableName, columns: &[String]) -> Vec<String> {
        columns.iter().map(|column| self.new_name(table, column)).collect()
    }

    fn twins(&self) -> Vec<Twin> {
        let mut taken: BTreeSet<String> = self.before.tables.values().flat_map(names_of_parts).collect();
        let mut free = |name: &str| {
            let name = free_name(name, |name| !taken.contains(name));
            taken.insert(name.clone());
            name
        };
        let mut twins = Vec::new();
        for (table, own) in &self.before.tables {
            let primary = own.primary_key.iter().map(|key| (key.name.as_ref(), true, &key.columns, None, false));
            let uniques = own
                .uniques
                .iter()
                .map(|key| (key.name.as_ref(), false, &key.columns, key.deferrable, key.nulls_not_distinct));
            for (name, is_primary, columns, deferrable, nulls_not_distinct) in primary.chain(uniques) {
                let (Some(name), true) = (name, self.is_changed(table, columns)) else { continue };
                let parts = self.new_names(table, columns).into_iter().map(IndexPart::column).collect();
                let index = Index {
                    name: free(name),
                    unique: true,
                    method: None,
                    parts,
                    include: Vec::new(),
                    predicate: None,
                    nulls_not_distinct,
                    invalid: false,
                    options: KeptOptions::default(),
                };
                twins.push(Twin::Key { table: table.clone(), name: name.clone(), is_primary, deferrable, index });
            }
            for index in &own.indexes {
                let columns: Vec<String> = columns_of(index);
                if self.is_changed(table, &columns) {
                    let name = index.name.clone();
                    let index = Index { name: free(&name), ..self.renamed(table, index) };
                    twins.push(Twin::Index { table: table.clone(), name, index });
                }
            }
            for key in &own.foreign_keys {
                let is_changed = self.is_changed(table, &key.columns)
                    || self.is_changed(&key.referenced_table, &key.referenced_columns);
                let (Some(name), true) = (&key.name, is_changed) else { continue };
                let twin = ForeignKey {
                    name: Some(free(name)),
                    columns: self.new_names(table, &key.columns),
                    referenced_columns: self.new_names(&key.referenced_table, &key.referenced_columns),
                    on_delete_columns: self.new_names(table, &key.on_delete_columns),
                    ..key.clone()
                };
                twins.push(Twin::ForeignKey { table: table.clone(), name: name.clone(), key: twin });
            }
        }
        twins
    }

    fn is_changed(&self, table: &TableName, columns: &[String]) -> bool {
        columns.iter().any(|column| self.new.contains_key(&(table.clone(), column.clone())))
    }

    /// An index over the new columns.
    fn renamed(&self, table: &TableName, index: &Index) -> Index {
        let part = |part: &IndexPart| match &part.key {
            IndexKey::Column(column) => {
                IndexPart { key: IndexKey::Column(self.new_name(table, column)), ..part.clone() }
            }
            IndexKey::Expression(_) => part.clone(),
        };
        let parts = index.parts.iter().map(part).collect();
        Index { parts, include: self.new_names(table, &index.include), ..index.clone() }
    }

    /// The schemas and statements from the schema in between to that in which the new columns have the names of the old
    /// ones, and back; `swapped` are all columns that take names, and `wanted` is the schema at the end.
    pub(super) fn steps(&self, emptied: impl Fn(&Schema) -> Schema, swapped: &Renames, wanted: &Schema) -> KeySteps {
        let prepared = self.prepared(wanted);
        let bare = self.without(&prepared, Which::Originals);
        let emptied = emptied(&bare);
        let named = apply_renames(&emptied, swapped);
        let back = reverse(swapped);
        let half = |from: &Schema, to: &Schema, renames: &Renames| self.comparison.table_operations(from, to, renames);
        let none = Renames::default();
        let up = vec![
            SwapPart::Statements(vec![self.lock()]),
            SwapPart::Operations(half(&prepared, &bare, &none)),
            SwapPart::Statements(self.numbering(Direction::Upgrade)),
            SwapPart::Operations(half(&bare, &emptied, &none)),
            SwapPart::Operations(half(&emptied, &named, swapped)),
            SwapPart::Statements(self.adoption()),
        ];
        // The same without what has to be built again: the keys.
        let (released, unfilled) =
            (self.without(&emptied, Which::Built), self.unfilled(&self.without(&bare, Which::Built)));
        let filled = self.without_numbering(&prepared);
        let down = vec![
            SwapPart::Statements([vec![self.lock()], self.release()].concat()),
            SwapPart::Operations(half(&apply_renames(&released, swapped), &released, &back)),
            SwapPart::Operations(half(&released, &unfilled, &none)),
            SwapPart::Fill,
            SwapPart::Operations(self.in_order(&unfilled, &filled)),
            SwapPart::Statements(self.numbering(Direction::Downgrade)),
        ];
        let preparation = self.in_order(self.before, &prepared);
        KeySteps { preparation, up, down, swapped: self.adopted(&named) }
    }

    /// The operations from one schema to another, with the foreign keys that are twins at the end, because they need the
    /// indexes that are twins.
    fn in_order(&self, from: &Schema, to: &Schema) -> Vec<SchemaOperation> {
        let keyless = self.without(to, Which::ForeignKeys);
        let mut operations = self.comparison.table_operations(from, &keyless, &Renames::default());
        operations.extend(self.comparison.table_operations(&keyless, to, &Renames::default()));
        operations
    }

    /// The schema with the twins, whose columns are required where the old ones are.
    fn prepared(&self, wanted: &Schema) -> Schema {
        let mut schema = self.before.clone();
        for ((table, old), new) in &self.new {
            let Some(own) = schema.tables.get_mut(table) else { continue };
            let is_nullable =
                |table: Option<&Table>| table.and_then(|table| table.column(old)).is_none_or(|column| column.nullable);
            let nullable = is_nullable(Some(own)) || is_nullable(wanted.table(table));
            let next = wanted.table(table).and_then(|table| table.column(old));
            let default = next.and_then(|column| column.default.clone());
            for column in own.columns.iter_mut().filter(|column| column.name == *new) {
                column.nullable = nullable;
                column.default.clone_from(&default);
            }
        }
        for twin in &self.twins {
            let Some(own) = schema.tables.get_mut(twin.table()) else { continue };
            match twin {
                Twin::Key { index, .. } | Twin::Index { index, .. } => own.indexes.push(index.clone()),
                Twin::ForeignKey { key, .. } => own.foreign_keys.push(key.clone()),
            }
        }
        schema
    }

    /// The schema without some of the constraints and indexes.
    fn without(&self, schema: &Schema, which: Which) -> Schema {
        let mut schema = schema.clone();
        for twin in &self.twins {
            let Some(own) = schema.tables.get_mut(twin.table()) else { continue };
            match (which, twin) {
                (Which::Originals, Twin::Key { is_primary: true, .. }) => own.primary_key = None,
                (Which::Originals, Twin::Key { name, .. }) => own.uniques.retain(|key| key.name.as_ref() != Some(name)),
                (Which::Originals, Twin::Index { name, .. }) => own.indexes.retain(|index| index.name != *name),
                (Which::Originals, Twin::ForeignKey { name, .. }) => {
                    own.foreign_keys.retain(|key| key.name.as_ref() != Some(name));
                }
                (Which::Built, Twin::Key { index, .. }) => own.indexes.retain(|kept| kept != index),
                (Which::Built, Twin::Index { .. }) => {}
                (Which::ForeignKeys, Twin::Key { .. } | Twin::Index { .. }) => {}
                (Which::Built | Which::ForeignKeys, Twin::ForeignKey { key, .. }) => {
                    own.foreign_keys.retain(|kept| kept != key)
                }
            }
        }
        schema
    }

    /// The schema whose old columns have no values yet.
    fn unfilled(&self, schema: &Schema) -> Schema {
        let mut schema = self.without_numbering(schema);
        self.each_old(&mut schema, |column| column.nullable = true);
        schema
    }

    /// The schema whose old columns are not numbered.
    fn without_numbering(&self, schema: &Schema) -> Schema {
        let mut schema = schema.clone();
        self.each_old(&mut schema, |column| column.auto_increment = None);
        schema
    }

    fn each_old(&self, schema: &mut Schema, change: impl Fn(&mut Column)) {
        for (table, old) in self.new.keys() {
            let columns = schema.tables.get_mut(table).into_iter().flat_map(|own| &mut own.columns);
            columns.filter(|column| column.name == *old).for_each(&change);
        }
    }

    /// The schema in which the twins stand in the place of the originals, which `schema` does not have any more.
    fn adopted(&self, schema: &Schema) -> Schema {
        let mut schema = schema.clone();
        for (name, own) in &mut schema.tables {
            let Some(before) = self.before.table(name) else { continue };
            for twin in self.twins.iter().filter(|twin| twin.table() == name) {
                match twin {
                    Twin::Key { index, name, is_primary, .. } => {
                        own.indexes.retain(|kept| kept.name != index.name);
                        if *is_primary {
                            own.primary_key.clone_from(&before.primary_key);
                        } else {
                            own.uniques
                                .extend(before.uniques.iter().filter(|key| key.name.as_ref() == Some(name)).cloned());
                        }
                    }
                    Twin::Index { index, name, .. } => {
                        let twin = own.indexes.iter_mut().filter(|kept| kept.name == index.name);
                        twin.for_each(|kept| kept.name.clone_from(name));
                    }
                    Twin::ForeignKey { key, name, .. } => {
                        let twin = own.foreign_keys.iter_mut().filter(|kept| kept.name == key.name);
                        twin.for_each(|kept| kept.name = Some(name.clone()));
                    }
                }
            }
            for (table, old) in self.new.keys().filter(|(table, _)| table == name) {
                let numbered = self.before.table(table).and_then(|own| own.column(old)?.auto_increment.clone());
                for column in own.columns.iter_mut().filter(|column| column.name == *old) {
                    column.auto_increment.clone_from(&numbered);
                }
            }
        }
        schema
    }

    /// The tables that change together.
    pub(super) fn tables(&self) -> BTreeSet<TableName> {
        let mut tables: BTreeSet<TableName> = self.new.keys().map(|(table, _)| table.clone()).collect();
        for twin in &self.twins {
            tables.insert(twin.table().clone());
            if let Twin::ForeignKey { key, .. } = twin {
                tables.insert(key.referenced_table.clone());
            }
        }
        tables
    }

    /// Locks all tables at once, in one order, before one of them is changed.
    fn lock(&self) -> String {
        let names: Vec<String> = self.tables().iter().map(|table| table.quoted_for(POSTGRES)).collect();
        format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", "))
    }

    /// The statements that put the twins in the place of the originals.
    fn adoption(&self) -> Vec<String> {
        let quoted = |name: &str| quoted_name(POSTGRES, name);
        let adopt = |twin: &Twin| {
            let table = twin.table();
            let head = format!("ALTER TABLE {}", table.quoted_for(POSTGRES));
            match twin {
                Twin::Key { name, is_primary, deferrable, index, .. } => {
                    let kind = if *is_primary { "PRIMARY KEY" } else { "UNIQUE" };
                    let when = match deferrable {
                        None => "",
                        Some(Deferrable::Immediate) => " DEFERRABLE",
                        Some(Deferrable::Deferred) => " DEFERRABLE INITIALLY DEFERRED",
                    };
                    let (name, index) = (quoted(name), quoted(&index.name));
                    format!("{head} ADD CONSTRAINT {name} {kind} USING INDEX {index}{when}")
                }
                Twin::Index { name, index, .. } => {
                    format!("ALTER INDEX {} RENAME TO {}", table.beside(POSTGRES, &index.name), quoted(name))
                }
                Twin::ForeignKey { name, key, .. } => {
                    let twin = key.name.as_deref().unwrap_or_default();
                    format!("{head} RENAME CONSTRAINT {} TO {}", quoted(twin), quoted(name))
                }
            }
        };
        self.twins.iter().map(adopt).collect()
    }

    /// The statements after which the new columns have no keys, and their indexes the names of the twins: foreign keys
    /// first, because they need the keys.
    fn release(&self) -> Vec<String> {
        let quoted = |name: &str| quoted_name(POSTGRES, name);
        let drop = |table: &TableName, name: &str| {
            format!("ALTER TABLE {} DROP CONSTRAINT {}", table.quoted_for(POSTGRES), quoted(name))
        };
        let (mut first, mut then) = (Vec::new(), Vec::new());
        for twin in &self.twins {
            match twin {
                Twin::ForeignKey { table, name, .. } => first.push(drop(table, name)),
                Twin::Key { table, name, .. } => then.push(drop(table, name)),
                Twin::Index { table, name, index } => {
                    let own = table.beside(POSTGRES, name);
                    then.push(format!("ALTER INDEX {own} RENAME TO {}", quoted(&index.name)));
                }
            }
        }
        [first, then].concat()
    }

    /// The statements that number rows by the other columns, from where the numbers are.
    fn numbering(&self, direction: Direction) -> Vec<String> {
        let mut statements = Vec::new();
        for ((table, old), new) in &self.new {
            let Some(own) = self.before.table(table) else { continue };
            let (Some(old), Some(new)) = (own.column(old), own.column(new)) else { continue };
            let Some(numbered) = &old.auto_increment else { continue };
            let (from, to) = match direction {
                Direction::Upgrade => (old, new),
                Direction::Downgrade => (new, old),
            };
            statements.push(moved_numbering(table, from, to, numbered));
        }
        statements
    }
}

/// Which constraints and indexes a schema is without.
#[derive(Clone, Copy)]
enum Which {
    /// Those over old columns.
    Originals,
    /// The twins that stand in the place of keys after the swap.
    Built,
    /// The twins that are foreign keys.
    ForeignKeys,
}

impl Twin {
    fn table(&self) -> &TableName {
        match self {
            Self::Key { table, .. } | Self::Index { table, .. } | Self::ForeignKey { table, .. } => table,
        }
    }
}

/// The block that numbers rows by the column `to` as it was done by `from`, with the same sequence, or one of the same name.
fn moved_numbering(table: &TableName, from: &Column, to: &Column, numbered: &AutoIncrement) -> String {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let name = table.quoted_for(POSTGRES);
    let [from_name, to_name] = [from, to].map(|column| quoted_name(POSTGRES, &column.name));
    let sequence = format!("pg_get_serial_sequence({}, {})", literal(&name), literal(&from.name));
    match numbered {
        AutoIncrement::Identity { always, options } => {
            let when = if *always { "ALWAYS" } else { "BY DEFAULT" };
            let options: String = sequence_options(options).iter().map(|one| format!(" {one}")).collect();
            format!(
                "DO $$ DECLARE
    numbers text := {sequence};
    last bigint;
    is_used boolean;
BEGIN
    EXECUTE 'SELECT last_value, is_called FROM ' || numbers INTO last, is_used;
    ALTER TABLE {name} ALTER COLUMN {from_name} DROP IDENTITY;
    EXECUTE format('ALTER TABLE {table} ALTER COLUMN {column} ADD GENERATED {when} AS IDENTITY (SEQUENCE NAME %s{options})', numbers);
    PERFORM setval(numbers::regclass, last, is_used);
END $$",
                table = format_literal(&name),
                column = format_literal(&to_name),
            )
        }
        _ => format!(
            "DO $$ DECLARE
    numbers text := {sequence};
BEGIN
    EXECUTE format('ALTER SEQUENCE %s AS {kind} OWNED BY {table}.{column}', numbers);
    ALTER TABLE {name} ALTER COLUMN {from_name} DROP DEFAULT;
    EXECUTE format('ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT nextval(%L)', numbers);
END $$",
            kind = to.column_type.text,
            table = format_literal(&name),
            column = format_literal(&to_name),
        ),
    }
}

/// A name inside the first argument of `format`.
fn format_literal(name: &str) -> String {
    name.replace('%', "%%").replace('\'', "''")
}

/// The columns that an index names, without those of its expressions.
fn columns_of(index: &Index) -> Vec<String> {
    let key = index.parts.iter().filter_map(IndexPart::column_name).map(str::to_owned);
    key.chain(index.include.iter().cloned()).collect()
}

/// The names of the constraints and indexes of a table, and of the table itself.
fn names_of_parts(table: &Table) -> Vec<String> {
    let keys = table.primary_key.iter().filter_map(|key| key.name.clone());
    let uniques = table.uniques.iter().filter_map(|key| key.name.clone());
    let foreign = table.foreign_keys.iter().filter_map(|key| key.name.clone());
    let checks = table.checks.iter().filter_map(|check| check.name.clone());
    let indexes = table.indexes.iter().map(|index| index.name.clone());
    keys.chain(uniques).chain(foreign).chain(checks).chain(indexes).chain([table.name.name.clone()]).collect()
}

fn reverse(renames: &Renames) -> Renames {
    let columns = renames.columns.iter();
    let columns = columns.map(|((table, from), to)| ((table.clone(), to.clone()), from.clone())).collect();
    Renames { columns, ..Renames::default() }
}

/// A name like `name` for the time in which both are there.
pub(super) fn free_name(name: &str, is_free: impl Fn(&str) -> bool) -> String {
    let suffixes = std::iter::once("_new".to_owned()).chain((2..).map(|number: u32| format!("_new{number}")));
    let with = |suffix: String| {
        let mut name = name.to_owned();
        while name.len() + suffix.len() > LONGEST_NAME {
            name.pop();
        }
        name + &suffix
    };
    suffixes.map(with).find(|name| is_free(name)).unwrap_or_default()
}
