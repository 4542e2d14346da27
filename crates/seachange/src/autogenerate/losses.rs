//! What operations lose of the data.

use std::fmt;

use sea_orm::DbBackend;

use super::operation::{SchemaOperation, TableChange};
use crate::alter::loss::{TypeLoss, loss};
use crate::schema::TableName;

/// Data that an operation loses, or may lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataLoss {
    /// The rows of a dropped table.
    Rows(TableName),
    /// The values of a dropped column, or of one that becomes a generated column.
    Column { table: TableName, column: String },
    /// Values that an enumerated type no longer has.
    Enumeration { name: TableName, values: Vec<String> },
    /// What values lose because their column gets another type.
    Conversion { table: TableName, column: String, loss: TypeLoss },
}

/// Writes the loss for messages, without a full stop.
impl fmt::Display for DataLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(table) => write!(f, "the rows of `{table}` are lost"),
            Self::Column { table, column } => write!(f, "the values of `{table}.{column}` are lost"),
            Self::Enumeration { name, values } => {
                let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
                write!(f, "the type `{name}` loses {}", values.join(", "))
            }
            Self::Conversion { table, column, loss } => {
                let sentences: Vec<_> = loss.sentences(&format!("{table}.{column}")).collect();
                f.write_str(&sentences.join("; "))
            }
        }
    }
}

/// Finds what the operations lose, in their order.
pub(crate) fn losses(operations: &[SchemaOperation], backend: DbBackend) -> Vec<DataLoss> {
    operations.iter().filter_map(|operation| of_operation(operation, backend)).collect()
}

fn of_operation(operation: &SchemaOperation, backend: DbBackend) -> Option<DataLoss> {
    match operation {
        SchemaOperation::DropTable(table) => Some(DataLoss::Rows(table.name.clone())),
        SchemaOperation::AlterEnumeration { from, to, .. } => {
            let removed: Vec<_> = from.values.iter().filter(|value| !to.values.contains(value)).cloned().collect();
            (!removed.is_empty()).then(|| DataLoss::Enumeration { name: to.name.clone(), values: removed })
        }
        SchemaOperation::Change { table, change } => match change {
            TableChange::DropColumn(column) if column.generated.is_none() => {
                Some(DataLoss::Column { table: table.clone(), column: column.name.clone() })
            }
            TableChange::ModifyColumn { from, to } if from.generated.is_none() => {
                let (table, column) = (table.clone(), to.name.clone());
                if to.generated.is_some() {
                    return Some(DataLoss::Column { table, column });
                }
                let loss = loss(backend, &from.column_type, &to.column_type)?;
                Some(DataLoss::Conversion { table, column, loss })
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DatabaseBackend;
    use sea_orm::sea_query::ColumnType;

    use super::losses;
    use crate::autogenerate::operation::{SchemaOperation, TableChange};
    use crate::schema::{Column, EnumType, Expression, Generated, SqlType, Table};

    fn column(text: &str) -> Column {
        Column::new("title", SqlType { text: text.to_owned(), kind: ColumnType::Text })
    }

    fn check(operation: SchemaOperation, expected: &[&str]) {
        let found = losses(&[operation], DatabaseBackend::MySql);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    fn change(change: TableChange) -> SchemaOperation {
        SchemaOperation::Change { table: "posts".into(), change }
    }

    fn modify(from: Column, to: Column) -> SchemaOperation {
        change(TableChange::ModifyColumn { from: Box::new(from), to: Box::new(to) })
    }

    #[test]
    fn what_operations_lose_is_told() {
        let generated = |expression: &str| Column {
            generated: Some(Generated { expression: Expression::new(expression), stored: true }),
            ..column("text")
        };
        let lost = "the values of `posts.title` are lost";
        check(SchemaOperation::DropTable(Box::new(Table::new("posts"))), &["the rows of `posts` are lost"]);
        check(SchemaOperation::CreateTable(Box::new(Table::new("posts"))), &[]);
        check(change(TableChange::DropColumn(Box::new(column("text")))), &[lost]);
        check(change(TableChange::DropColumn(Box::new(generated("a")))), &[]);
        check(modify(column("text"), generated("a")), &[lost]);
        check(modify(generated("a"), generated("b")), &[]);
        check(modify(generated("a"), column("text")), &[]);
        check(modify(column("varchar(20)"), column("varchar(30)")), &[]);
        check(
            modify(column("longtext"), column("varchar(255)")),
            &["values of `posts.title` that are longer than 255 characters do not fit"],
        );
        let mood = |values: &[&str]| EnumType {
            name: "mood".into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            comment: None,
        };
        let (from, to) = (mood(&["a", "b", "c"]), mood(&["b", "d"]));
        let altered = SchemaOperation::AlterEnumeration { from, to, users: Vec::new(), dependents: Vec::new() };
        check(altered, &["the type `mood` loses `a`, `c`"]);
    }
}
