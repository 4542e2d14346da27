//! Objects whose tables and columns are renamed.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use super::operation::{SchemaOperation, TableChange};
use crate::alter::clause::quoted;
use crate::schema::{DatabaseObject, Dependency, ObjectKind, TableName};
use crate::sql::{SqlDialect, TokenKind, tokens};

/// The objects as they are after the renames among the operations.
pub(super) fn after_renames(
    operations: &[SchemaOperation],
    objects: &[DatabaseObject],
    backend: DbBackend,
) -> Vec<DatabaseObject> {
    let renames = RenamedParts::of(operations);
    objects.iter().map(|object| renames.object(object, backend)).collect()
}

/// Whether the text of an object does not tell which column of a renamed name it means.
pub(super) fn is_ambiguous(operations: &[SchemaOperation], object: &DatabaseObject) -> bool {
    RenamedParts::of(operations).is_ambiguous(object)
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
        let exact = self.columns.get(&(table, column)).copied();
        let found = exact.or_else(|| {
            // MySQL and MariaDB ignore the case of columns.
            let mut of_table = self.columns.iter().filter(|((own, _), _)| *own == table);
            of_table.find(|((_, old), _)| old.eq_ignore_ascii_case(column)).map(|(_, new)| *new)
        });
        found.map_or_else(|| column.to_owned(), str::to_owned)
    }

    /// Whether a definition with one of the renamed columns may mean the column of another table.
    fn is_ambiguous(&self, object: &DatabaseObject) -> bool {
        let columns = object.depends_on.iter().filter_map(|part| match part {
            Dependency::Column(table, column) => Some((table, column)),
            _ => None,
        });
        let columns: Vec<_> = columns.collect();
        columns.iter().any(|(table, column)| {
            self.column(&self.table(table), column) != **column
                && columns.iter().any(|(other, same)| other != table && same.eq_ignore_ascii_case(column))
        })
    }

    fn object(&self, object: &DatabaseObject, backend: DbBackend) -> DatabaseObject {
        let mut renamed = object.clone();
        let is_qualified = backend == DbBackend::MySql && object.name.kind == ObjectKind::View;
        let mut names = NewNames { is_qualified, ..NewNames::default() };
        renamed.depends_on = object.depends_on.iter().map(|part| self.dependency(part, &mut names)).collect();
        if let Some(owner) = &object.name.owner {
            renamed.name.owner = Some(self.table(owner));
            let describes_table = matches!(object.name.kind, ObjectKind::RowLevelSecurity | ObjectKind::Storage);
            if describes_table {
                renamed.name.name = TableName::new(self.table(owner).name);
            }
            if object.name.kind.is_attached() {
                let column = object.name.arguments.as_ref();
                renamed.name.arguments = column.map(|column| self.column(&self.table(owner), column));
            }
            names.tables.insert(owner.name.clone(), self.table(owner).name);
        }
        names.tables.retain(|old, new| old != new);
        names.columns.retain(|old, new| old != new);
        if !names.tables.is_empty() || !names.columns.is_empty() {
            let statements = renamed.create.iter_mut().chain([&mut renamed.drop]);
            statements.for_each(|statement| *statement = names.replaced(statement, backend));
        }
        renamed
    }

    /// What an object depends on after the renames. Adds the old and the new name to `names`.
    fn dependency(&self, part: &Dependency, names: &mut NewNames) -> Dependency {
        let mut table = |old: &TableName| {
            let new = self.table(old);
            names.tables.insert(old.name.clone(), new.name.clone());
            new
        };
        match part {
            Dependency::Table(old) => Dependency::Table(table(old)),
            Dependency::Constraint(old, name) => Dependency::Constraint(table(old), name.clone()),
            Dependency::Column(old, column) => {
                let new = table(old);
                let renamed = self.column(&new, column);
                names.columns.insert(column.clone(), renamed.clone());
                Dependency::Column(new, renamed)
            }
            Dependency::Object(name) => Dependency::Object(name.clone()),
        }
    }
}

/// The new names in the definition of an object, by the old ones.
#[derive(Debug, Default)]
struct NewNames {
    tables: BTreeMap<String, String>,
    columns: BTreeMap<String, String>,
    /// Whether a column always has a qualifier.
    is_qualified: bool,
}

impl NewNames {
    /// Replaces names in a statement. A name in a text or a comment stays.
    fn replaced(&self, statement: &str, backend: DbBackend) -> String {
        let tokens = tokens(statement, SqlDialect::of(backend));
        let find = |names: &BTreeMap<String, String>, name: &str| match backend {
            DbBackend::MySql => {
                names.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map(|(_, new)| new.clone())
            }
            _ => names.get(name).cloned(),
        };
        let renamed = tokens.iter().enumerate().map(|(at, token)| {
            let is_qualified = at > 0 && tokens[at - 1].kind == TokenKind::Dot;
            let new = token.name().and_then(|name| {
                let column = find(&self.columns, &name).filter(|_| is_qualified || !self.is_qualified);
                column.or_else(|| find(&self.tables, &name))
            });
            new.map_or_else(|| token.text.to_owned(), |new| quoted(backend, &new))
        });
        renamed.collect()
    }
}
