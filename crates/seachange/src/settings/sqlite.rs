//! A SQLite database: a file, or a database in memory.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{UrlPart, UrlProblem};
use super::{parameters, server_url};

/// The name that SQLite gives to a database in memory.
pub(super) const MEMORY: &str = ":memory:";

/// The characters that are not percent-encoded in the path of a URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A SQLite database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SqliteLocation {
    /// The file; `None` for a database in memory.
    pub(super) path: Option<String>,
    pub(super) mode: SqliteMode,
    /// Whether the folder of the file is created if it is missing.
    pub(super) makes_folder: bool,
    /// Parameters that are passed to the driver unchanged.
    pub(super) parameters: Vec<(String, String)>,
}

/// The permitted access to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqliteMode {
    /// Read it.
    ReadOnly,
    /// Read and write it; it must exist.
    ReadWrite,
    /// Read and write it, and create it with its folder.
    Create,
}

impl SqliteLocation {
    /// The database that `DATABASE_NAME` names: a path, or `:memory:`.
    pub(super) fn named(name: &str) -> Self {
        let path = (name != MEMORY).then(|| name.to_owned());
        Self { path, mode: SqliteMode::Create, makes_folder: true, parameters: Vec::new() }
    }

    /// A file that has to exist.
    pub(super) fn existing(path: &str) -> Self {
        Self { mode: SqliteMode::ReadWrite, makes_folder: false, ..Self::named(path) }
    }

    /// Returns the file, or `None` for a database in memory.
    pub(crate) fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Returns the permitted access to the file.
    #[cfg(feature = "sqlite")]
    pub(crate) const fn mode(&self) -> SqliteMode {
        self.mode
    }

    /// Returns whether the folder of the file may be created.
    #[cfg(feature = "sqlite")]
    pub(crate) const fn makes_folder(&self) -> bool {
        self.makes_folder
    }

    /// Returns the path in the spelling that all libraries read in the same way.
    fn encoded_path(&self) -> String {
        match &self.path {
            None => MEMORY.to_owned(),
            // After `sqlite:`, a second slash would be read as part of the `//` of a URL.
            Some(path) if path.starts_with("//") => {
                format!("%2F{}", utf8_percent_encode(&path[1..], PATH))
            }
            Some(path) => utf8_percent_encode(path, PATH).to_string(),
        }
    }

    /// Returns the URL for SQLx.
    #[cfg(feature = "sqlite")]
    pub(super) fn url(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if self.path.is_some() {
            query.append_pair("mode", self.mode.parameter());
        }
        query.extend_pairs(&self.parameters);
        match query.finish() {
            query if query.is_empty() => self.to_string(),
            query => format!("{self}?{query}"),
        }
    }
}

impl SqliteMode {
    #[cfg(feature = "sqlite")]
    const fn parameter(self) -> &'static str {
        match self {
            Self::ReadOnly => "ro",
            Self::ReadWrite => "rw",
            Self::Create => "rwc",
        }
    }
}

impl fmt::Display for SqliteLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.encoded_path())
    }
}

/// A parsed SQLite URL.
pub(super) struct ParsedSqliteUrl {
    pub(super) sqlite: SqliteLocation,
    pub(super) dropped: Vec<String>,
    /// The path as another library reads a URL with three slashes: SQLAlchemy reads it as relative, SQLx as absolute.
    pub(super) other_reading: Option<String>,
}

/// The parameters that only SQLx uses: a URL with one of them follows SQLx's rules.
const OF_SQLX: [&str; 4] = ["mode", "cache", "immutable", "vfs"];

/// Reads the part after `sqlite:`. A scheme such as `sqlite+aiosqlite` is SQLAlchemy's; other schemes
/// `may_be_of_sqlx`.
pub(super) fn parse(rest: &str, may_be_of_sqlx: bool) -> Result<ParsedSqliteUrl, UrlProblem> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (path, three_slashes) = match path.strip_prefix("//") {
        // `sqlite://` and `sqlite:///` are SQLAlchemy's spellings of a database in memory.
        Some("" | "/" | "/:memory:") => (MEMORY, false),
        Some(path) if path.starts_with("//") => (&path[1..], false),
        Some(path) if path.starts_with('/') => (&path[1..], true),
        Some(path) => (path, false),
        None if path.is_empty() && query.is_empty() => return Err(UrlProblem::MissingPath),
        None => (path, false),
    };
    let mut sqlite = SqliteLocation::named(&server_url::decode(path, UrlPart::Path)?);
    let dropped = parameters::read_sqlite(&mut sqlite, query)?;
    if sqlite.path.as_deref() == Some("") {
        return Err(UrlProblem::MissingPath);
    }
    let other_reading = if three_slashes && may_be_of_sqlx { read_three_slashes(&mut sqlite, query) } else { None };
    Ok(ParsedSqliteUrl { sqlite, dropped, other_reading })
}

/// Decides how a path after three slashes is read, and returns the other reading. No folder is created for such a
/// path, because the user may intend the other reading.
fn read_three_slashes(sqlite: &mut SqliteLocation, query: &str) -> Option<String> {
    let relative = sqlite.path.take()?;
    let absolute = format!("/{relative}");
    sqlite.makes_folder = false;
    let (path, other) = if is_of_sqlx(query) { (absolute, relative) } else { (relative, absolute) };
    sqlite.path = Some(path);
    Some(other)
}

/// Whether a query has a parameter of SQLx. `uri=true` marks the URL as SQLAlchemy's anyway.
fn is_of_sqlx(query: &str) -> bool {
    let has = |names: &[&str]| url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| names.contains(&&*key));
    has(&OF_SQLX) && !has(&["uri"])
}
