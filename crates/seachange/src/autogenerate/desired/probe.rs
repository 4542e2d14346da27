//! Probe tables, in which each kind of column of the entities is built once.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Alias, ColumnDef, ColumnType};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::alter::clause;
use crate::autogenerate::entities::TablePlan;
use crate::autogenerate::error::EntityError;
use crate::autogenerate::scratch::ScratchSchema;
use crate::schema::{AutoIncrement, Column, Schema, SequenceOptions, TableName};

/// The greatest number of columns in a probe table.
const COLUMNS: usize = 30;

/// The probe tables to build, and the position of each kind of column in them.
pub(super) struct ColumnProbes {
    backend: DbBackend,
    pub(super) statements: Vec<String>,
    /// The table and the column, by the definition of the column.
    places: BTreeMap<String, (String, String)>,
}

/// The columns as the database reports them, by their definition.
pub(super) struct ProbedColumns {
    backend: DbBackend,
    columns: BTreeMap<String, Column>,
}

impl ColumnProbes {
    /// Collects the kinds of columns of the tables that can be assembled.
    pub(super) fn of(scratch: &ScratchSchema, plans: &[TablePlan]) -> Result<Self, EntityError> {
        let backend = scratch.executor().get_database_backend();
        let columns = plans.iter().filter(|plan| !plan.is_intricate).flat_map(|plan| &plan.columns);
        let definitions = columns.map(|column| definition(backend, column)).collect::<Result<BTreeSet<_>, _>>()?;
        let definitions: Vec<String> = definitions.into_iter().collect();
        let mut probes = Self { backend, statements: Vec::new(), places: BTreeMap::new() };
        // On MySQL the columns of a table share one row of 65,535 bytes, and a single column may take nearly all of it.
        let columns = if backend == DbBackend::MySql { 1 } else { COLUMNS };
        for (number, some) in definitions.chunks(columns).enumerate() {
            probes.table(number, some);
        }
        Ok(probes)
    }

    fn table(&mut self, number: usize, definitions: &[String]) {
        let table = format!("seachange_probe_{number}");
        let columns = definitions.iter().enumerate().map(|(number, definition)| {
            let column = format!("c{number}");
            self.places.insert(definition.clone(), (table.clone(), column.clone()));
            format!("{} {definition}", clause::quoted(self.backend, &column))
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        self.statements.push(format!("CREATE TABLE {} ({columns})", clause::quoted(self.backend, &table)));
    }

    /// Removes the probe tables from an inspected schema, and returns their columns.
    pub(super) fn take_from(self, schema: &mut Schema) -> ProbedColumns {
        let mut columns = BTreeMap::new();
        for (definition, (table, column)) in &self.places {
            let table = schema.table(&TableName::new(table));
            if let Some(column) = table.and_then(|table| table.column(column)) {
                columns.insert(definition.clone(), column.clone());
            }
        }
        for (table, _) in self.places.into_values() {
            schema.tables.remove(&TableName::new(table));
        }
        ProbedColumns { backend: self.backend, columns }
    }
}

impl ProbedColumns {
    /// Returns a column of an entity as the database built it in a probe table; `None` if no probe table has it.
    pub(super) fn column(&self, column: &ColumnDef) -> Option<Column> {
        let spec = column.get_column_spec();
        let built = self.columns.get(&definition(self.backend, column).ok()?)?;
        let auto_increment = match spec.auto_increment || self.is_rowid(column) {
            true => Some(self.auto_increment()),
            false => None,
        };
        Some(Column {
            name: column.get_column_name(),
            nullable: built.nullable && !spec.primary_key,
            auto_increment,
            comment: spec.comment.clone().filter(|_| self.backend != DbBackend::Sqlite),
            ..built.clone()
        })
    }

    fn auto_increment(&self) -> AutoIncrement {
        match self.backend {
            DbBackend::Postgres => AutoIncrement::Identity { always: false, options: SequenceOptions::default() },
            DbBackend::MySql => AutoIncrement::Counter,
            _ => AutoIncrement::Rowid { autoincrement: true },
        }
    }

    /// Whether SQLite numbers rows by the column: it does so by every `INTEGER PRIMARY KEY`.
    fn is_rowid(&self, column: &ColumnDef) -> bool {
        self.backend == DbBackend::Sqlite
            && column.get_column_spec().primary_key
            && matches!(column.get_column_type(), Some(ColumnType::Integer | ColumnType::BigInteger))
    }
}

/// The definition of a column without its name, its comment, and the parts that concern the table, such as keys.
fn definition(backend: DbBackend, column: &ColumnDef) -> Result<String, EntityError> {
    let spec = column.get_column_spec();
    let mut bare = match column.get_column_type() {
        // SQLite numbers rows only by a column of type `INTEGER`.
        Some(ColumnType::BigInteger) if backend == DbBackend::Sqlite && spec.auto_increment => {
            ColumnDef::new_with_type(Alias::new("c"), ColumnType::Integer)
        }
        Some(column_type) => ColumnDef::new_with_type(Alias::new("c"), column_type.clone()),
        None => ColumnDef::new(Alias::new("c")),
    };
    if spec.nullable == Some(false) || spec.primary_key {
        bare.not_null();
    }
    if let Some(default) = &spec.default {
        bare.default(default.clone());
    }
    let text = clause::column(backend, "", &bare).map_err(EntityError::Column)?;
    let name = clause::quoted(backend, "c");
    Ok(text.strip_prefix(&name).unwrap_or(&text).trim_start().to_owned())
}
