//! Objects whose tables and columns are renamed.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use super::operation::{SchemaOperation, TableChange};
use crate::alter::clause::quoted;
use crate::schema::{DatabaseObject, Dependency, ObjectKind, TableName};
use crate::sql::{SqlDialect, tokens};

/// The objects as they are after the renames among the operations.
pub(super) fn after_renames(
    operations: &[SchemaOperation],
    objects: &[DatabaseObject],
    backend: DbBackend,
) -> Vec<DatabaseObject> {
    let renames = RenamedParts::of(operations);
    objects.iter().map(|object| renames.object(object, backend)).collect()
}

/// The renamed tables and columns.
#[derive(Debug, Default)]
struct RenamedParts<'o> {
    tables: BTreeMap<&'o TableName, &'o TableName>,
    /// By the new name of the table and the old name of the column.
    columns: BTreeMap<(&'o TableName, &'o str), &'o str>,
}

impl<'o> RenamedParts<'o> {
    fn of(operations: &'o [SchemaOperation]) -> Self {
        let mut renames = Self::default();
        for operation in operations {
            match operation {
                SchemaOperation::RenameTable { from, to } => drop(renames.tables.insert(from, to)),
                SchemaOperation::Change { table, change: TableChange::RenameColumn { from, to } } => {
                    renames.columns.insert((table, from), to);
                }
                _ => {}
            }
        }
        renames
    }

    fn table(&self, name: &TableName) -> TableName {
        (*self.tables.get(name).unwrap_or(&name)).clone()
    }

    fn column(&self, table: &TableName, column: &str) -> String {
        self.columns.get(&(table, column)).map_or_else(|| column.to_owned(), |new| (*new).to_owned())
    }

    fn object(&self, object: &DatabaseObject, backend: DbBackend) -> DatabaseObject {
        let mut renamed = object.clone();
        let mut names = BTreeMap::new();
        renamed.depends_on = object.depends_on.iter().map(|part| self.dependency(part, &mut names)).collect();
        if let Some(owner) = &object.name.owner {
            renamed.name.owner = Some(self.table(owner));
            if object.name.kind == ObjectKind::RowLevelSecurity {
                renamed.name.name = self.table(owner);
            }
            names.insert(owner.name.clone(), self.table(owner).name);
        }
        names.retain(|old, new| old != new);
        if !names.is_empty() {
            let statements = renamed.create.iter_mut().chain([&mut renamed.drop]);
            statements.for_each(|statement| *statement = with_names(statement, &names, backend));
        }
        renamed
    }

    /// What an object depends on after the renames. Adds the old and the new name to `names`.
    fn dependency(&self, part: &Dependency, names: &mut BTreeMap<String, String>) -> Dependency {
        let mut table = |old: &TableName| {
            let new = self.table(old);
            names.insert(old.name.clone(), new.name.clone());
            new
        };
        match part {
            Dependency::Table(old) => Dependency::Table(table(old)),
            Dependency::Constraint(old, name) => Dependency::Constraint(table(old), name.clone()),
            Dependency::Column(old, column) => {
                let new = table(old);
                let renamed = self.column(&new, column);
                names.insert(column.clone(), renamed.clone());
                Dependency::Column(new, renamed)
            }
            Dependency::Object(name) => Dependency::Object(name.clone()),
        }
    }
}

/// Replaces names in a statement. A name in a text or a comment stays.
fn with_names(statement: &str, names: &BTreeMap<String, String>, backend: DbBackend) -> String {
    let renamed = tokens(statement, SqlDialect::of(backend)).into_iter().map(|token| {
        let new = token.name().and_then(|name| names.get(&*name));
        new.map_or_else(|| token.text.to_owned(), |new| quoted(backend, new))
    });
    renamed.collect()
}
