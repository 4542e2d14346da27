//! The tree.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use crate::schema::{Deferrable, ForeignKey, Index, TableName};

/// One thing that a person would write.
#[derive(Debug, Clone)]
pub(crate) enum CodeNode {
    /// A comment, which only the source shows.
    Note(
        #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the source is written by the command line"))]
        String,
    ),
    /// A call, and the wait for it.
    Call(SchemaCall),
    /// What some databases alone can do; elsewhere an error.
    Only {
        /// The databases.
        databases: &'static [DbBackend],
        /// What the others lack.
        lacking: &'static str,
        /// What is done.
        code: Vec<CodeNode>,
    },
    /// What one database alone needs; elsewhere nothing.
    Where {
        /// The database.
        database: DbBackend,
        /// What is done.
        code: Vec<CodeNode>,
    },
}

/// A call that changes the schema.
#[derive(Debug, Clone)]
pub(crate) enum SchemaCall {
    /// `manager.create_table(…)`
    CreateTable(Box<CreateTable>),
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
        changes: Vec<AlterCall>,
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
        place: EnumValuePosition,
    },
    /// A statement that no helper can say.
    Sql(String),
}

/// Where a new value of an enumerated type goes.
#[derive(Debug, Clone)]
pub(crate) enum EnumValuePosition {
    /// Behind all others.
    Last,
    /// Before another.
    Before(String),
    /// Behind another.
    After(String),
}

/// A table, with what `manager.create_table` can say on the database.
#[derive(Debug, Clone)]
pub(crate) struct CreateTable {
    pub(crate) name: TableName,
    pub(crate) columns: Vec<ColumnDefinition>,
    pub(crate) primary_key: Option<TableKey>,
    pub(crate) uniques: Vec<TableKey>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// Names, and what has to hold.
    pub(crate) checks: Vec<(Option<String>, String)>,
    pub(crate) comment: Option<String>,
}

/// A key of a table.
#[derive(Debug, Clone)]
pub(crate) struct TableKey {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) nulls_not_distinct: bool,
}

/// A column definition.
#[derive(Debug, Clone)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// `NULL`, `NOT NULL`, or no word about it.
    pub(crate) nullable: Option<bool>,
    pub(crate) settings: Vec<ColumnOption>,
}

/// What follows the type in a column definition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ColumnOption {
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
pub(crate) enum AlterCall {
    /// `.add_column(…)`
    AddColumn(ColumnDefinition),
    /// `.modify_column(…)`, or `.modify_column_keeping_type(…)`
    ModifyColumn {
        /// The definition.
        new: ColumnDefinition,
        /// Whether the type is what it was.
        keeps_type: bool,
    },
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
