//! One table of the entities: how to build it, and what is known without building it.

use sea_orm::sea_query::{Alias, ColumnDef, ForeignKeyAction, Index as Create, IndexCreateStatement, TableForeignKey};

use crate::alter::operation::table_name;
use crate::schema::{ForeignKey, Index, IndexPart, KeptOptions, ReferentialAction, TableName, Unique};

/// How to build a table, and what is known without building it.
#[derive(Debug)]
pub(in crate::autogenerate) struct TablePlan {
    pub(in crate::autogenerate) name: TableName,
    /// The statements that build it without its foreign keys, in order.
    pub(in crate::autogenerate) statements: Vec<String>,
    /// The statements that add the foreign keys, in their order, on databases that add them later.
    pub(in crate::autogenerate) late_keys: Vec<String>,
    /// The SQL statements that the entity declares.
    pub(in crate::autogenerate) own: Vec<String>,
    pub(in crate::autogenerate) columns: Vec<ColumnDef>,
    pub(in crate::autogenerate) primary_key: Vec<String>,
    pub(in crate::autogenerate) uniques: Vec<Unique>,
    pub(in crate::autogenerate) indexes: Vec<Index>,
    pub(in crate::autogenerate) foreign_keys: Vec<ForeignKey>,
    pub(in crate::autogenerate) comment: Option<String>,
    /// Whether the table has a part that only the database can report: a check, a generated column, a clause in SQL, or
    /// an index or key on more than plain columns.
    pub(in crate::autogenerate) is_intricate: bool,
}

impl TablePlan {
    pub(super) fn new(name: &TableName) -> Self {
        Self {
            name: name.clone(),
            statements: Vec::new(),
            late_keys: Vec::new(),
            own: Vec::new(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            uniques: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            comment: None,
            is_intricate: false,
        }
    }

    /// Adds a column, and the primary key or unique constraint that it declares.
    pub(super) fn column(&mut self, definition: &ColumnDef) {
        let (name, spec) = (definition.get_column_name(), definition.get_column_spec());
        if spec.primary_key {
            self.primary_key = vec![name.clone()];
        }
        if spec.unique {
            self.uniques.push(unique(None, vec![name]));
        }
        self.is_intricate |= spec.generated.is_some() || spec.check.is_some() || spec.extra.is_some();
        self.columns.push(definition.clone());
    }
}

/// The columns of an index.
pub(super) fn columns(index: &IndexCreateStatement) -> Vec<String> {
    index.get_index_spec().get_column_names()
}

/// An index on plain columns. It is equal to the statement only if the statement says nothing else; the caller checks
/// this by comparing statements.
pub(super) fn plain_index(index: &IndexCreateStatement) -> Index {
    Index {
        name: index.get_index_spec().get_name().unwrap_or_default().to_owned(),
        unique: index.is_unique_key(),
        method: None,
        parts: columns(index).into_iter().map(IndexPart::column).collect(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions::default(),
    }
}

/// The statement that creates an index on plain columns, without its table.
pub(super) fn index_of(index: &Index) -> IndexCreateStatement {
    let mut statement = Create::create().name(&index.name).to_owned();
    for column in index.parts.iter().filter_map(IndexPart::column_name) {
        statement.col(Alias::new(column));
    }
    if index.unique {
        statement.unique();
    }
    statement
}

/// A unique constraint as part of the statement that creates its table.
pub(super) fn unique_index(name: Option<&str>, columns: &[String]) -> IndexCreateStatement {
    let mut statement = Create::create().unique().to_owned();
    if let Some(name) = name {
        statement.name(name);
    }
    for column in columns {
        statement.col(Alias::new(column.clone()));
    }
    statement
}

/// A unique constraint.
pub(super) fn unique(name: Option<&str>, columns: Vec<String>) -> Unique {
    Unique {
        name: name.map(str::to_owned),
        columns,
        deferrable: None,
        nulls_not_distinct: false,
        options: KeptOptions::default(),
    }
}

/// A foreign key. `restricts` says that `RESTRICT` and `NO ACTION` are the same action on the database.
pub(super) fn foreign_key(key: &TableForeignKey, restricts: bool) -> ForeignKey {
    let action = |action: Option<ForeignKeyAction>| match action {
        Some(ForeignKeyAction::Restrict) if !restricts => ReferentialAction::Restrict,
        Some(ForeignKeyAction::Cascade) => ReferentialAction::Cascade,
        Some(ForeignKeyAction::SetNull) => ReferentialAction::SetNull,
        Some(ForeignKeyAction::SetDefault) => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    };
    ForeignKey {
        name: key.get_name().map(str::to_owned),
        columns: key.get_columns(),
        referenced_table: key.get_ref_table().and_then(table_name).map(TableName::from).unwrap_or_default(),
        referenced_columns: key.get_ref_columns(),
        on_delete: action(key.get_on_delete()),
        on_delete_columns: Vec::new(),
        on_update: action(key.get_on_update()),
        deferrable: None,
        options: KeptOptions::default(),
    }
}
