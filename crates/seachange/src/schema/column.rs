//! Columns, their types, and the expressions of SQL in a schema.

use sea_orm::sea_query::ColumnType;

use super::name::TableName;
use super::options::KeptOptions;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name, without quotes.
    pub name: String,
    /// The type.
    pub column_type: SqlType,
    /// Whether it may be `NULL`.
    pub nullable: bool,
    /// The default, without one that implements [`AutoIncrement`].
    pub default: Option<Expression>,
    /// The expression of the column, if it is generated.
    pub generated: Option<Generated>,
    /// How the database numbers rows by this column, if it does so.
    pub auto_increment: Option<AutoIncrement>,
    /// What MySQL and MariaDB set the column to when the row changes (`ON UPDATE CURRENT_TIMESTAMP`).
    pub on_update: Option<Expression>,
    /// The collation, if it differs from the one that the column has by default.
    pub collation: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// Other properties, such as `INVISIBLE` (MySQL and MariaDB).
    pub options: KeptOptions,
}

/// The type of a column. Two types are equal when the database spells them the same.
#[derive(Debug, Clone)]
pub struct SqlType {
    /// The type in the words of the database, such as `character varying(255)`.
    pub text: String,
    /// The type for which SeaORM writes this text on the database. Entities state it. For other columns it is derived
    /// from the text, and is [`ColumnType::Custom`] if no other type matches.
    pub kind: ColumnType,
}

impl SqlType {
    /// Whether this is an enumerated type of PostgreSQL, or an array of it.
    #[must_use]
    pub fn is_of(&self, enumeration: &TableName) -> bool {
        is_of(&self.kind, enumeration)
    }
}

fn is_of(kind: &ColumnType, enumeration: &TableName) -> bool {
    match kind {
        ColumnType::Enum { name, .. } => is_name_of(&name.to_string(), enumeration),
        ColumnType::Array(element) => is_of(element, enumeration),
        _ => false,
    }
}

/// Whether a name in SQL, with quotes and a schema where it needs them, is that of an enumerated type.
fn is_name_of(name: &str, enumeration: &TableName) -> bool {
    let spellings = |name: &str| [name.to_owned(), format!("\"{}\"", name.replace('"', "\"\""))];
    match &enumeration.schema {
        None => spellings(&enumeration.name).iter().any(|own| own == name),
        Some(schema) => spellings(schema).iter().any(|schema| {
            let rest = name.strip_prefix(schema.as_str()).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| spellings(&enumeration.name).iter().any(|own| own == rest))
        }),
    }
}

impl PartialEq for SqlType {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SqlType {}

/// An expression of SQL. Two expressions are equal when their normal forms are equal.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The expression as it is written in a statement.
    pub text: String,
    /// The form that is compared: the same for every spelling that the database treats as equal.
    pub normal: String,
}

impl Expression {
    /// Creates an expression that is compared as it is written.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { normal: text.clone(), text }
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for Expression {}

/// The definition of a generated column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression, without the parentheses around it.
    pub expression: Expression,
    /// Whether the value is stored, rather than computed when it is read.
    pub stored: bool,
}

/// How the database numbers rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutoIncrement {
    /// An `INTEGER PRIMARY KEY` of SQLite, with or without `AUTOINCREMENT`.
    Rowid {
        /// Whether SQLite never reuses the numbers of deleted rows.
        autoincrement: bool,
    },
    /// `AUTO_INCREMENT` of MySQL and MariaDB.
    Counter,
    /// A sequence of PostgreSQL that the column owns and takes its default from: `serial`.
    Serial,
    /// `GENERATED … AS IDENTITY` of PostgreSQL.
    Identity {
        /// Whether a value that a row provides is refused.
        always: bool,
        /// The options that differ from PostgreSQL's defaults.
        options: SequenceOptions,
    },
}

/// Options of a sequence; `None` is the database's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceOptions {
    /// `START WITH`
    pub start: Option<i64>,
    /// `INCREMENT BY`
    pub increment: Option<i64>,
    /// `MINVALUE`
    pub minimum: Option<i64>,
    /// `MAXVALUE`
    pub maximum: Option<i64>,
    /// `CACHE`
    pub cache: Option<i64>,
    /// `CYCLE`
    pub cycle: bool,
}

impl Column {
    /// Whether an insertion has to name the column.
    #[cfg(feature = "cli")]
    pub(crate) fn is_required(&self) -> bool {
        !self.nullable && self.default.is_none() && self.generated.is_none() && self.auto_increment.is_none()
    }

    /// Whether the other column has another type or another collation.
    #[must_use]
    pub(crate) fn is_retyped(&self, other: &Self) -> bool {
        self.column_type != other.column_type || self.collation != other.collation
    }

    /// Creates a column with a type, which may be `NULL` and has no other property.
    #[must_use]
    pub fn new(name: impl Into<String>, column_type: SqlType) -> Self {
        Self {
            name: name.into(),
            column_type,
            nullable: true,
            default: None,
            generated: None,
            auto_increment: None,
            on_update: None,
            collation: None,
            comment: None,
            options: KeptOptions::default(),
        }
    }
}
