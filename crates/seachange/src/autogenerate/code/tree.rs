//! The tree of code.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use crate::schema::{ForeignKey, Index, TableName};

/// One node of the code.
#[derive(Debug, Clone)]
pub(crate) enum CodeNode {
    /// A comment, which only the source contains.
    Note(
        #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the source is written by the command line"))]
        String,
    ),
    /// A call that is awaited.
    Call(SchemaCall),
    /// Code that some databases support. It returns an error on other databases.
    Only {
        /// The databases.
        databases: &'static [DbBackend],
        /// The feature that the other databases lack.
        lacking: &'static str,
        /// The code.
        code: Vec<CodeNode>,
    },
    /// Code that one database needs. It does nothing on other databases.
    Where {
        /// The database.
        database: DbBackend,
        /// The code.
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
        /// The index, with only what sea-query can express.
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
        /// The position of the value.
        place: EnumValuePosition,
    },
    /// A SQL statement that no builder can express.
    Sql(String),
}

/// The position of a new value of an enumerated type.
#[derive(Debug, Clone)]
pub(crate) enum EnumValuePosition {
    /// After all other values.
    Last,
    /// Before another value.
    Before(String),
    /// After another value.
    After(String),
}

/// A table, with what `manager.create_table` can create on the database.
#[derive(Debug, Clone)]
pub(crate) struct CreateTable {
    pub(crate) name: TableName,
    pub(crate) columns: Vec<ColumnDefinition>,
    pub(crate) primary_key: Option<TableKey>,
    pub(crate) uniques: Vec<TableKey>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// Names and conditions.
    pub(crate) checks: Vec<(Option<String>, String)>,
    pub(crate) comment: Option<String>,
    /// The clauses after the columns; empty without any.
    pub(crate) options: String,
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
    /// `NULL`, `NOT NULL`, or neither.
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
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A number with a decimal point.
    Float(f64),
    /// A string.
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
        /// Whether the type stays the same.
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
    AddForeignKey(Box<ForeignKey>),
    /// `.drop_foreign_key(…)`, by the statement that creates the key: a key has no name on SQLite.
    DropForeignKey(Box<ForeignKey>),
    /// `.add_check(…, …)`
    AddCheck {
        /// The name.
        name: String,
        /// The condition.
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
