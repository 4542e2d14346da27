//! The differences of a list of operations. What is dropped and created again in the same form is no difference.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, DifferenceKind, TableContext, of_operation};
use crate::autogenerate::diff::renamed;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{Column, Expression, TableName};

/// Returns the differences that the operations remove.
#[must_use]
pub fn differences(operations: &[SchemaOperation]) -> Vec<Difference> {
    let whole: BTreeSet<&TableName> = operations.iter().filter_map(whole_table).collect();
    let mut list = DifferenceList::default();
    for operation in operations {
        match operation {
            // A foreign key of a new or a dropped table may be apart, for the order of the operations.
            SchemaOperation::Change {
                table,
                change: TableChange::AddForeignKey(_) | TableChange::DropForeignKey(_),
            } if whole.contains(table) => {}
            SchemaOperation::Change { table, change } if list.is_column_again(table, change) => {}
            operation => of_operation(operation).into_iter().for_each(|difference| list.push(difference)),
        }
    }
    list.found.into_iter().flatten().collect()
}

/// The table that an operation creates or drops.
fn whole_table(operation: &SchemaOperation) -> Option<&TableName> {
    match operation {
        SchemaOperation::CreateTable(table) | SchemaOperation::DropTable(table) => Some(&table.name),
        _ => None,
    }
}

/// What identifies a dropped object: its kind, table, name and, of a part of a table, its definition.
type Identity = (&'static str, Option<TableName>, Option<String>, Option<String>);

#[derive(Default)]
struct DifferenceList<'o> {
    /// The differences. One that turned out to be no difference is `None`.
    found: Vec<Option<Difference>>,
    /// The positions of what is dropped so far and not created again.
    dropped: BTreeMap<Identity, usize>,
    /// The dropped columns, each with its position.
    columns: BTreeMap<(&'o TableName, &'o String), (Column, usize)>,
}

impl<'o> DifferenceList<'o> {
    /// Whether a change adds a dropped column again. The list then has the differences of its properties. Other changes
    /// of columns are remembered.
    fn is_column_again(&mut self, table: &'o TableName, change: &'o TableChange) -> bool {
        match change {
            TableChange::DropColumn(old) => {
                self.columns.insert((table, &old.name), ((**old).clone(), self.found.len()));
            }
            TableChange::AddColumn(new) => {
                if let Some((old, at)) = self.columns.remove(&(table, &new.name)) {
                    self.found[at] = None;
                    self.found.extend(TableContext(table).column(&old, new).into_iter().map(Some));
                    return true;
                }
            }
            TableChange::RenameColumn { from, to } => self.rename(table, from, to),
            _ => {}
        }
        false
    }

    /// Renames a column in the definitions of what is dropped.
    fn rename(&mut self, table: &TableName, from: &str, to: &str) {
        let of_table = self.columns.iter_mut().filter(|((own, _), _)| *own == table);
        for generated in of_table.filter_map(|(_, (column, _))| column.generated.as_mut()) {
            let Expression { text, normal } = &mut generated.expression;
            (*text, *normal) = (renamed(text, from, to), renamed(normal, from, to));
        }
        let all = std::mem::take(&mut self.dropped).into_iter();
        self.dropped.extend(all.map(|((kind, owner, name, text), at)| {
            let is_of_table = owner.as_ref() == Some(table);
            let text = text.map(|text| if is_of_table { renamed(&text, from, to) } else { text });
            ((kind, owner, name, text), at)
        }));
    }

    fn push(&mut self, difference: Difference) {
        let is_object = matches!(difference.kind, DifferenceKind::Object(_));
        let text = difference.database.as_ref().or(difference.entities.as_ref()).filter(|_| !is_object);
        let identity = (difference.kind.word(), difference.table.clone(), difference.name.clone(), text.cloned());
        if difference.entities.is_none() {
            self.dropped.insert(identity, self.found.len());
            self.found.push(Some(difference));
            return;
        }
        let at = if difference.database.is_none() { self.dropped.remove(&identity) } else { None };
        match at.and_then(|at| self.found[at].take().map(|own| (at, own))) {
            // An object that is dropped and created again in another form is one difference.
            Some((at, own)) if is_object => {
                self.found[at] = Some(Difference { entities: difference.entities, ..own });
            }
            Some(_) => {}
            None => self.found.push(Some(difference)),
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::ColumnType;

    use super::{Difference, SchemaOperation, TableChange, differences};
    use crate::autogenerate::difference::DifferenceKind;
    use crate::schema::{Column, Expression, ForeignKey, Generated, ReferentialAction, SqlType, Table, Unique};

    fn key(name: &str, on_delete: ReferentialAction) -> ForeignKey {
        ForeignKey {
            options: crate::schema::KeptOptions::default(),
            name: Some(name.to_owned()),
            columns: vec!["owner".to_owned()],
            referenced_table: "users".into(),
            referenced_columns: vec!["id".to_owned()],
            on_delete,
            on_delete_columns: Vec::new(),
            on_update: ReferentialAction::NoAction,
            deferrable: None,
        }
    }

    fn change(change: TableChange) -> SchemaOperation {
        SchemaOperation::Change { table: "posts".into(), change }
    }

    /// The differences as `kind name`, with `-`, `+` or `~`.
    fn check(operations: &[SchemaOperation], expected: &[&str]) {
        let line = |found: &Difference| {
            let mark = match (&found.database, &found.entities) {
                (Some(_), Some(_)) => '~',
                (Some(_), None) => '-',
                (None, _) => '+',
            };
            format!("{mark}{} {}", found.kind, found.name.as_deref().unwrap_or_default()).trim_end().to_owned()
        };
        assert_eq!(differences(operations).iter().map(line).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_dropped_and_created_again_is_no_difference() {
        let (plain, cascade) = (key("f", ReferentialAction::NoAction), key("f", ReferentialAction::Cascade));
        let drop = |key: &ForeignKey| change(TableChange::DropForeignKey(key.clone()));
        let add = |key: &ForeignKey| change(TableChange::AddForeignKey(key.clone()));
        let unique = Unique {
            name: None,
            columns: Vec::new(),
            deferrable: None,
            nulls_not_distinct: false,
            options: crate::schema::KeptOptions::default(),
        };
        let gone = change(TableChange::DropUnique(unique));
        check(&[drop(&plain), gone, add(&plain)], &["-unique"]);
        check(&[drop(&plain), add(&cascade)], &["-foreign key f", "+foreign key f"]);
        // The reverse order is no restoration.
        check(&[add(&plain), drop(&plain)], &["+foreign key f", "-foreign key f"]);
    }

    #[test]
    fn a_column_that_is_added_again_differs_in_its_properties() {
        let of = |text: &str, expression: &str| {
            let kind = SqlType { text: text.to_owned(), kind: ColumnType::Integer };
            let generated = Generated { expression: Expression::new(expression), stored: true };
            Box::new(Column { generated: Some(generated), ..Column::new("total", kind) })
        };
        let replaced = |from: Box<Column>, to: Box<Column>| {
            [change(TableChange::DropColumn(from)), change(TableChange::AddColumn(to))]
        };
        check(&replaced(of("int", "a"), of("int", "a")), &[]);
        check(&replaced(of("int", "a"), of("bigint", "b")), &["~type total", "~generated total"]);
        check(&[change(TableChange::DropColumn(of("int", "a")))], &["-column total"]);
    }

    #[test]
    fn a_new_table_is_one_difference_with_its_foreign_keys() {
        let plain = key("f", ReferentialAction::NoAction);
        let table = || Box::new(Table::new("posts"));
        let (add, drop) =
            (change(TableChange::AddForeignKey(plain.clone())), change(TableChange::DropForeignKey(plain)));
        check(&[SchemaOperation::CreateTable(table()), add.clone()], &["+table"]);
        check(&[drop, SchemaOperation::DropTable(table())], &["-table"]);
        check(&[add], &["+foreign key f"]);
        assert_eq!(differences(&[SchemaOperation::CreateTable(table())])[0].kind, DifferenceKind::Table);
    }
}
