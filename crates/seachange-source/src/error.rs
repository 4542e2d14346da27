//! The errors in a revision file.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// One error in one file, and its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub struct FileError {
    /// The file, under the folder that was scanned.
    pub file: PathBuf,
    /// The line, counted from 1, if the error has one.
    pub line: Option<usize>,
    /// What is wrong.
    pub kind: FileErrorKind,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.kind),
            None => write!(f, "{}: {}", self.file.display(), self.kind),
        }
    }
}

/// What is wrong with a revision file, and what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// The file, or the folder, cannot be read.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The error of the operating system.
        reason: String,
    },
    /// The file's stem cannot name a module.
    #[error("`{stem}` cannot name a Rust module; expected a name such as `m20261121_add_content_column.rs`")]
    ModuleName {
        /// The file's name without `.rs`.
        stem: String,
    },
    /// The text cannot be split into Rust tokens.
    #[error("not Rust: a bracket, a string or a comment is not closed, or a character is out of place")]
    DoesNotParse,
    /// There is no revision constant.
    #[error("no `REVISION`; expected `pub const REVISION: Revision = Revision {{ id: \"..\", ..Revision::ROOT }};`")]
    MissingConstant,
    /// There is more than one revision constant.
    #[error("a second `REVISION`; expected one in a file")]
    SecondConstant,
    /// The constant, or the struct, is private.
    #[error("`{name}` is private; expected `pub` in front of it")]
    Private {
        /// `REVISION` or `Migration`.
        name: &'static str,
    },
    /// The constant's value is not a struct with fields.
    #[error("the value of `REVISION` cannot be read; expected `Revision {{ id: \"..\", .. }}`, without calls or names")]
    NotAStruct,
    /// A part of the constant is not `field: value`.
    #[error("a part of `REVISION` cannot be read; expected `field: value`, or `..Revision::ROOT` at the end")]
    NotAField,
    /// The rest of the constant comes from an expression whose value cannot be known without compiling it.
    #[error("the rest of `REVISION` cannot be read; expected `..Revision::ROOT`")]
    Rest,
    /// A field that does not exist.
    #[error(
        "unknown field `{field}` in `REVISION`; expected `id`, `down_revision`, `depends_on`, `branch_labels`, \
         `replaces`, `allow`, `after_backfills`, `not_before`, `lock_timeout` or `created`"
    )]
    UnknownField {
        /// The field.
        field: String,
    },
    /// A field that is given twice.
    #[error("field `{field}` twice in `REVISION`; expected it once")]
    SecondField {
        /// The field.
        field: String,
    },
    /// A revision without an id.
    #[error("no `id` in `REVISION`; expected a field such as `id: \"ae1027a6acf4\"`")]
    MissingId,
    /// A value that cannot be known without compiling it.
    #[error("`{field}` is not a literal; expected {expected}")]
    NotALiteral {
        /// The field.
        field: String,
        /// An example.
        expected: &'static str,
    },
    /// There is no migration.
    #[error("no `Migration`; expected `pub struct Migration;` with an `impl MigrationTrait`")]
    MissingMigration,
}
