//! The actions that a revision can consist of, as the file spells them.

use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// One action of a revision. The spelling is `{"name": argument}`, or `"name"` where there is no argument.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Sends a text as it is, with `execute_unprepared`. It may hold several statements.
    Text(String),
    /// Sends a statement with bound values, with `execute_raw`.
    Execute(Execute),
    /// Reads all rows with `query_all_raw`.
    Query(Query),
    /// Reads one row with `query_one_raw`.
    QueryOne(Query),
    /// Reads rows as a stream.
    Stream(Query),
    /// Reads all rows, and performs actions for each, with a variable for each column.
    Each(Loop),
    /// Reads rows, performs actions with a variable for each column of the first row, and reads again, until there is no
    /// row.
    WhileRows(Loop),
    /// Performs actions a number of times; the variable `turn` counts from 1.
    Repeat {
        /// A number, or `"$name"` of a variable.
        times: Value,
        /// What is done each time.
        actions: Vec<Self>,
    },
    /// Performs actions when a variable is neither null, 0, empty nor false.
    If {
        /// The name of the variable.
        variable: String,
        /// What is done then.
        #[serde(rename = "then")]
        actions: Vec<Self>,
        /// What is done otherwise.
        #[serde(default, rename = "else")]
        otherwise: Vec<Self>,
    },
    /// Appends a line to the output.
    Print(String),
    /// Begins a transaction, inside of the one that there is. It goes on a stack: later actions use the top of it. A
    /// transaction that is left on the stack at the end is dropped.
    Begin(Begin),
    /// Commits the transaction on top of the stack.
    Commit,
    /// Rolls back the transaction on top of the stack.
    Rollback,
    /// Drops the transaction on top of the stack, without a word.
    Drop,
    /// Performs lists of actions at the same time, in one task, each with a stack of its own.
    Together(Vec<Vec<Self>>),
    /// Spawns a task for each list of actions, on clones of the connection, and waits for them. Needs a connection, so
    /// `use_transaction` has to be `false`.
    Spawn(Vec<Vec<Self>>),
    /// As `spawn`, and nothing waits for the tasks.
    Detach(Vec<Vec<Self>>),
    /// Performs actions in a thread of its own, which blocks on them, and waits for it without blocking. Needs a
    /// connection, as `spawn`.
    Thread(Vec<Self>),
    /// Performs actions until a time has passed, as `tokio::time::timeout` does. Prints `timeout` or `in time`.
    Timeout {
        /// How long.
        milliseconds: u64,
        /// What is given up then.
        actions: Vec<Self>,
        /// Whether the timeout is an error.
        #[serde(default)]
        fails: bool,
    },
    /// Performs actions, and goes on when one of them fails. Prints `swallowed: ` and the error.
    Swallow(Vec<Self>),
    /// Returns an error.
    Fail(String),
    /// Panics.
    Panic(String),
    /// Sleeps, in milliseconds, as asynchronous code does.
    Sleep(u64),
    /// Sleeps, in milliseconds, and blocks the thread.
    Block(u64),
    /// Waits until a file is there, and blocks the thread.
    WaitFor(PathBuf),
    /// Writes an empty file.
    Touch(PathBuf),
    /// Kills the process with SIGKILL.
    Kill,
    /// Kills the process with SIGKILL unless a file is there; writes that file first. So a run that is resumed goes past it.
    KillOnce(PathBuf),
    /// Stores the largest memory that the process has had so far, in kB, in a variable.
    PeakMemory(String),
    /// Asks `SchemaManager::has_table`; the answer, 1 or 0, goes into the variable `into`.
    HasTable {
        /// The table.
        table: String,
        /// The variable.
        into: String,
    },
    /// Asks `SchemaManager::has_column`.
    HasColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The variable.
        into: String,
    },
    /// Asks `SchemaManager::has_index`.
    HasIndex {
        /// The table.
        table: String,
        /// The index.
        index: String,
        /// The variable.
        into: String,
    },
    /// `SchemaManager::create_table`.
    CreateTable {
        /// The table.
        table: String,
        /// Names and types, as the database spells them. The first one is the primary key.
        columns: Vec<(String, String)>,
    },
    /// `SchemaManager::drop_table`.
    DropTable(String),
    /// `SchemaManager::create_index`.
    CreateIndex {
        /// The index.
        index: String,
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
        /// Whether values are unique.
        #[serde(default)]
        unique: bool,
    },
    /// `SchemaManager::drop_index`.
    DropIndex {
        /// The index.
        index: String,
        /// The table.
        table: String,
    },
    /// `SchemaManager::create_foreign_key`.
    CreateForeignKey(ForeignKeyEnds),
    /// `seachange::backfill`: sets columns, or performs actions for each row.
    Backfill(Backfill),
    /// `seachange::synchronise`.
    Synchronise(Synchronise),
    /// `seachange::alter`.
    Alter {
        /// The table.
        table: String,
        /// The changes, in their order.
        changes: Vec<Change>,
    },
}

/// A statement with bound values.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execute {
    /// The statement, with `?` for each value.
    pub sql: String,
    /// The values.
    #[serde(default)]
    pub values: Vec<Value>,
    /// The variable that gets the number of affected rows.
    pub into: Option<String>,
    /// The variable that gets `last_insert_id`, where the database has it.
    pub id_into: Option<String>,
    /// Whether to print `N rows affected`.
    #[serde(default)]
    pub print: bool,
}

/// A read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The statement, with `?` for each value.
    pub sql: String,
    /// The values.
    #[serde(default)]
    pub values: Vec<Value>,
    /// The variable that gets the first column of the first row, and null when there is no row.
    pub into: Option<String>,
    /// The variable that gets the number of rows.
    pub count_into: Option<String>,
    /// Whether to print each row, as `column=value column=value`.
    #[serde(default)]
    pub print: bool,
    /// For a stream: after how many rows it is dropped.
    pub stop_after: Option<usize>,
}

/// Actions for rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loop {
    /// The read.
    pub sql: String,
    /// The values.
    #[serde(default)]
    pub values: Vec<Value>,
    /// What is done for each row.
    pub actions: Vec<Action>,
}

/// How to begin a transaction; all of it is optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// `serializable`, `repeatable read`, `read committed` or `read uncommitted`.
    pub isolation: Option<String>,
    /// `read only` or `read write`.
    pub access: Option<String>,
}

/// A backfill.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// The table: its name, or its schema and its name.
    pub table: TableArgument,
    /// The columns that it sets, each with an SQL expression.
    #[serde(default)]
    pub set: Vec<(String, String)>,
    /// What is done for each row, with a variable for each column, where no column is set.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// The condition for the rows.
    pub filter: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The columns of the key.
    pub key: Option<Vec<String>>,
    /// How long a batch should take, in milliseconds.
    pub target: Option<u64>,
    /// Whether it is only registered.
    #[serde(default)]
    pub registers: bool,
}

/// Synchronised columns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synchronise {
    /// The table.
    pub table: String,
    /// The old columns, each with its value from the new ones.
    pub old: Vec<(String, String)>,
    /// The new columns, each with its value from the old ones.
    pub new: Vec<(String, String)>,
    /// `create`, `backfill` or `drop`.
    pub action: String,
}

/// The name of a table, alone or after that of its schema.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum TableArgument {
    /// The name.
    Name(String),
    /// The schema and the name.
    InSchema(String, String),
}

/// A foreign key between two columns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKeyEnds {
    /// The constraint.
    pub name: String,
    /// The table and the column that refer.
    pub from: (String, String),
    /// The table and the column that are referred to.
    pub to: (String, String),
}

/// A change of a table with `alter`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// The name and the type of a new column.
    AddColumn(String, String),
    /// The name and the new type of a column.
    ModifyColumn(String, String),
    /// The name and the new type of a column, and the expression that converts its values.
    ModifyColumnUsing(String, String, String),
    /// Lets values be lost.
    AllowLoss,
    /// The old and the new name.
    RenameColumn(String, String),
    /// The name.
    DropColumn(String),
    /// A foreign key.
    AddForeignKey(ForeignKeyEnds),
    /// The name of a constraint and its columns.
    AddUnique(String, Vec<String>),
}
