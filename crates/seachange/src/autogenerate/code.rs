//! What a person would write for some operations, as a tree.
//!
//! The tree is read twice: [`render`](super::render) writes it as Rust, and [`apply`](super::apply) makes the calls that are
//! written. So what is shown by applying it holds for the source.
//!
//! What works on every database is said without a look at the database. What does not stands under [`Code::Only`], which
//! is an error elsewhere, or under [`Code::Where`], if elsewhere nothing is to be done.

mod change;
mod column;
mod default;
mod enumeration;
mod expressions;
mod foreign_key;
mod identity;
mod index;
mod modify;
mod note;
mod portable;
mod sql;
mod table;

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use super::operation::Operation;
use crate::schema::{Deferrable, ForeignKey, Index, TableName};

/// One thing that a person would write.
#[derive(Debug, Clone)]
pub(crate) enum Code {
    /// A comment.
    Note(String),
    /// A call, and the wait for it.
    Call(Call),
    /// What some databases alone can do; elsewhere an error.
    Only {
        /// The databases.
        databases: &'static [DbBackend],
        /// What the others lack.
        lacking: &'static str,
        /// What is done.
        code: Vec<Code>,
    },
    /// What one database alone needs; elsewhere nothing.
    Where {
        /// The database.
        database: DbBackend,
        /// What is done.
        code: Vec<Code>,
    },
}

/// A call that changes the schema.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// `manager.create_table(…)`
    CreateTable(Box<NewTable>),
    /// `manager.drop_table(…)`
    DropTable(TableName),
    /// `manager.rename_table(…)`
    RenameTable {
        /// Before.
        from: TableName,
        /// After.
        to: TableName,
    },
    /// `alter(manager, …)`, with changes of one table.
    Alter {
        /// The table.
        table: TableName,
        /// The changes.
        changes: Vec<Alteration>,
    },
    /// `manager.create_index(…)`
    CreateIndex {
        /// The table.
        table: TableName,
        /// The index, with nothing that sea-query cannot say.
        index: Index,
    },
    /// `manager.drop_index(…)`
    DropIndex {
        /// The table.
        table: TableName,
        /// The name.
        name: String,
    },
    /// `manager.create_type(…)`
    CreateType {
        /// The name.
        name: TableName,
        /// The values, at least one.
        values: Vec<String>,
    },
    /// `manager.drop_type(…)`
    DropType(TableName),
    /// `manager.alter_type(…)`, with a new value.
    AddValue {
        /// The type.
        name: TableName,
        /// The value.
        value: String,
        /// Where it goes.
        place: ValuePlace,
    },
    /// A statement that no helper can say.
    Sql(String),
}

/// Where a new value of an enumerated type goes.
#[derive(Debug, Clone)]
pub(crate) enum ValuePlace {
    /// Behind all others.
    Last,
    /// Before another.
    Before(String),
    /// Behind another.
    After(String),
}

/// A table, with what `manager.create_table` can say on the database.
#[derive(Debug, Clone)]
pub(crate) struct NewTable {
    pub(crate) name: TableName,
    pub(crate) columns: Vec<NewColumn>,
    pub(crate) primary_key: Option<Key>,
    pub(crate) uniques: Vec<Key>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// Names, and what has to hold.
    pub(crate) checks: Vec<(Option<String>, String)>,
    pub(crate) comment: Option<String>,
}

/// A key of a table.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) nulls_not_distinct: bool,
}

/// A column definition.
#[derive(Debug, Clone)]
pub(crate) struct NewColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// `NULL`, `NOT NULL`, or no word about it.
    pub(crate) nullable: Option<bool>,
    pub(crate) settings: Vec<Setting>,
}

/// What follows the type in a column definition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    /// `.auto_increment()`
    AutoIncrement,
    /// `.primary_key()`
    PrimaryKey,
    /// `.unique_key()`
    UniqueKey,
    /// `.default(…)`
    Default(DefaultValue),
    /// `.generated(…, …)`
    Generated {
        /// The expression.
        expression: String,
        /// Whether the value is stored.
        stored: bool,
    },
    /// `.extra(…)`
    Extra(String),
    /// `.comment(…)`
    Comment(String),
    /// `.using(…)`
    Using(String),
}

/// A default.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DefaultValue {
    /// A truth value.
    Boolean(bool),
    /// A number.
    Integer(i64),
    /// A number with a point.
    Float(f64),
    /// A text.
    Text(String),
    /// `Expr::current_timestamp()`
    CurrentTimestamp,
    /// `Expr::custom_keyword(…)`: a text that is written as it is.
    Keyword(String),
    /// `Expr::cust(…)`: a text that is written in parentheses.
    Expression(String),
}

/// A change in a chain that begins with `alter(manager, …)`.
#[derive(Debug, Clone)]
pub(crate) enum Alteration {
    /// `.add_column(…)`
    AddColumn(NewColumn),
    /// `.modify_column(…)`
    ModifyColumn(NewColumn),
    /// `.rename_column(…, …)`
    RenameColumn {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// `.drop_column(…)`
    DropColumn(String),
    /// `.drop_default(…)`
    DropDefault(String),
    /// `.add_primary_key(…, …)`
    AddPrimaryKey(NamedColumns),
    /// `.drop_primary_key(…)`
    DropPrimaryKey(String),
    /// `.add_unique(…, …)`
    AddUnique(NamedColumns),
    /// `.drop_unique(…)`
    DropUnique(String),
    /// `.add_foreign_key(…)`
    AddForeignKey(Box<ForeignKey>, Option<Deferrable>),
    /// `.drop_foreign_key(…)`, by name or by the statement that made it.
    DropForeignKey(Box<ForeignKey>),
    /// `.add_check(…, …)`
    AddCheck {
        /// The name.
        name: String,
        /// What has to hold.
        expression: String,
    },
    /// `.drop_check(…)`
    DropCheck(String),
    /// `.comment(…)`
    Comment(String),
    /// `.column_comment(…, …)`
    ColumnComment {
        /// The column.
        column: String,
        /// The comment.
        comment: String,
    },
}

/// A constraint's name and its columns.
#[derive(Debug, Clone)]
pub(crate) struct NamedColumns {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

/// Decides what a person would write for the operations, which lead from one schema of the database to another.
pub(crate) fn code(operations: &[Operation], backend: DbBackend) -> Vec<Code> {
    let mut code = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        for piece in pieces(operation, &operations[at + 1..], backend) {
            push(&mut code, piece);
        }
    }
    code
}

fn pieces(operation: &Operation, later: &[Operation], backend: DbBackend) -> Vec<Code> {
    match operation {
        Operation::CreateEnumeration(new) => enumeration::create(new),
        Operation::DropEnumeration(old) => enumeration::drop(old),
        Operation::AlterEnumeration { from, to, users } => enumeration::alter(from, to, users, later),
        Operation::CreateTable(new) => table::create(new, backend),
        Operation::DropTable(old) => {
            vec![note::rows_are_lost(&old.name), Code::Call(Call::DropTable(old.name.clone()))]
        }
        Operation::RenameTable { from, to } => table::rename(from, to, backend),
        Operation::Change { table, change } => change::change(table, change, backend),
        Operation::CreateIndex { table, index } => vec![index::create(table, index, backend)],
        Operation::DropIndex { table, index } => vec![index::drop(table, &index.name, backend)],
    }
}

/// Adds a piece; what follows on a change of the same table, or on the same condition, goes in with it.
fn push(code: &mut Vec<Code>, piece: Code) {
    if is_empty(&piece) {
        return;
    }
    match (code.last_mut(), piece) {
        (Some(Code::Call(Call::Alter { table, changes })), Code::Call(Call::Alter { table: same, changes: more }))
            if *table == same =>
        {
            changes.extend(more);
        }
        (
            Some(Code::Only { databases, lacking, code }),
            Code::Only { databases: other, lacking: reason, code: more },
        ) if *databases == other && *lacking == reason => {
            more.into_iter().for_each(|piece| push(code, piece));
        }
        (Some(Code::Where { database, code }), Code::Where { database: other, code: more }) if *database == other => {
            more.into_iter().for_each(|piece| push(code, piece));
        }
        (_, piece) => code.push(piece),
    }
}

fn is_empty(piece: &Code) -> bool {
    match piece {
        Code::Call(Call::Alter { changes, .. }) => changes.is_empty(),
        Code::Only { code, .. } | Code::Where { code, .. } => code.iter().all(is_empty),
        Code::Note(_) | Code::Call(_) => false,
    }
}
