//! The file that names the targets of a fleet.

use std::fs;
use std::path::{Path, PathBuf};

use seachange_cli::{Diagnostic, Exit, diagnostic::reason};
use serde::Deserialize;

use crate::cli::context::Context;
use crate::fleet::{FleetTarget, TargetSource};
use crate::settings::{DatabaseSettings, DatabaseVariables, Driver, SettingsError};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FleetFile {
    #[serde(default)]
    group: Vec<GroupEntry>,
    #[serde(default)]
    target: Vec<TargetEntry>,
}

/// Targets with one connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct GroupEntry {
    #[serde(default)]
    name: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    schemas: Vec<String>,
    #[serde(default)]
    databases: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    query: Option<String>,
    url: Option<String>,
    url_variable: Option<String>,
    password_variable: Option<String>,
    password_file: Option<String>,
}

/// One target.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TargetEntry {
    name: String,
    #[serde(default)]
    tags: Vec<String>,
    database: Option<String>,
    schema: Option<String>,
    file: Option<String>,
    url: Option<String>,
    url_variable: Option<String>,
    password_variable: Option<String>,
    password_file: Option<String>,
}

/// How to connect; what is not named is as in the settings of the command.
struct ConnectionEntry<'e> {
    url: Option<&'e String>,
    /// The variable that holds the URL.
    url_variable: Option<&'e String>,
    /// The variable that holds the password.
    password_variable: Option<&'e String>,
    /// The file that holds the password.
    password_file: Option<&'e String>,
}

impl<'e> ConnectionEntry<'e> {
    /// From the fields of an entry, in the order of those above.
    fn of([url, url_variable, password_variable, password_file]: [&'e Option<String>; 4]) -> Self {
        let [url, url_variable] = [url, url_variable].map(Option::as_ref);
        let [password_variable, password_file] = [password_variable, password_file].map(Option::as_ref);
        Self { url, url_variable, password_variable, password_file }
    }
}

impl ConnectionEntry<'_> {
    /// Whether a field is there.
    fn is_named(&self) -> bool {
        let Self { url, url_variable, password_variable, password_file } = self;
        [url, url_variable, password_variable, password_file].into_iter().any(Option::is_some)
    }
}

impl GroupEntry {
    fn connection(&self) -> ConnectionEntry<'_> {
        ConnectionEntry::of([&self.url, &self.url_variable, &self.password_variable, &self.password_file])
    }
}

impl TargetEntry {
    fn connection(&self) -> ConnectionEntry<'_> {
        ConnectionEntry::of([&self.url, &self.url_variable, &self.password_variable, &self.password_file])
    }
}

/// What the entries of a file are relative to.
struct FilePlace<'a> {
    context: &'a Context,
    path: &'a Path,
}

/// The sources of targets that a file names, in its order. Patterns of files are relative to the folder of the file.
///
/// # Errors
///
/// The file cannot be read, a key of it means nothing, or a secret is missing: a variable that is not set, a file that does
/// not exist.
pub(super) fn sources(context: &Context, path: &Path) -> Result<Vec<TargetSource>, Diagnostic> {
    let shown = path.display();
    let unreadable = |error| Diagnostic::usage(format!("cannot read `{shown}`: {}", reason(&error)));
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let file: FleetFile = toml::from_str(&text).map_err(|error| malformed(path, &text, &error))?;
    let place = FilePlace { context, path };
    let mut sources = Vec::new();
    for (group, number) in file.group.into_iter().zip(1..) {
        sources.extend(place.group(group, number)?);
    }
    for target in file.target {
        sources.push(TargetSource::One(place.target(target)?));
    }
    match sources.is_empty() {
        true => {
            Err(Diagnostic::usage(format!("`{shown}` names no target"))
                .hint("it needs a `[[target]]` or a `[[group]]`"))
        }
        false => Ok(sources),
    }
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> Diagnostic {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
    Diagnostic::new(Exit::Usage, format!("{}:{line}: {}", path.display(), error.message()))
        .hint("the book describes the file in its chapter on fleets")
}

impl FilePlace<'_> {
    fn group(&self, group: GroupEntry, number: usize) -> Result<Vec<TargetSource>, Diagnostic> {
        let shown = if group.name.is_empty() { format!("group {number}") } else { format!("group `{}`", group.name) };
        let settings = |group: &GroupEntry| self.settings(&shown, &group.connection());
        let is_server = !group.schemas.is_empty() || !group.databases.is_empty() || group.query.is_some();
        let settings = match is_server {
            true => Some(settings(&group)?),
            false => None,
        };
        let mut sources = Vec::new();
        if let Some(settings) = &settings {
            let of = |text: &String| (settings.clone(), text.clone());
            let schemas = group.schemas.iter().map(of);
            sources.extend(schemas.map(|(settings, pattern)| TargetSource::Schemas { settings, pattern }));
            let databases = group.databases.iter().map(of);
            sources.extend(databases.map(|(settings, pattern)| TargetSource::Databases { settings, pattern }));
            let query = group.query.iter().map(of);
            sources.extend(query.map(|(settings, sql)| TargetSource::Query { settings, sql }));
        }
        if !is_server && group.connection().is_named() {
            return Err(self.wrong(&shown, "names a connection, which files do not have"));
        }
        sources.extend(group.files.iter().map(|pattern| TargetSource::Files { pattern: self.pattern_beside(pattern) }));
        if sources.is_empty() {
            return Err(self
                .wrong(&shown, "names no targets")
                .hint("it needs `schemas`, `databases`, `files` or `query`"));
        }
        let grouped = |source| TargetSource::Group {
            name: group.name.clone(),
            tags: group.tags.clone(),
            source: Box::new(source),
        };
        Ok(sources.into_iter().map(grouped).collect())
    }

    fn target(&self, target: TargetEntry) -> Result<FleetTarget, Diagnostic> {
        let shown = format!("target `{}`", target.name);
        if target.name.trim().is_empty() {
            return Err(self.wrong(&shown, "needs a name"));
        }
        if target.file.is_some() && target.connection().is_named() {
            return Err(self.wrong(&shown, "is a file, which has no connection"));
        }
        let mut settings = match &target.file {
            Some(file) => DatabaseSettings::in_existing_file(&self.beside(file)),
            None => self.settings(&shown, &target.connection())?,
        };
        if target.file.is_some() && (target.schema.is_some() || target.database.is_some()) {
            return Err(self.wrong(&shown, "is a file, which has no schema and no database"));
        }
        if let Some(database) = &target.database {
            settings = settings.in_database(database);
        }
        if let Some(schema) = &target.schema {
            if settings.driver() != Driver::Postgres {
                return Err(self.wrong(&shown, &format!("has a schema, and is on {}", settings.driver())));
            }
            settings = settings.in_schema(schema);
        }
        Ok(FleetTarget::new(target.name, settings).tagged(target.tags))
    }

    /// The settings of an entry; those of the command for what it does not name.
    fn settings(&self, shown: &str, entry: &ConnectionEntry<'_>) -> Result<DatabaseSettings, Diagnostic> {
        let url = match (entry.url, entry.url_variable) {
            (Some(_), Some(_)) => return Err(self.wrong(shown, "has both `url` and `url-variable`")),
            (url, None) => url.cloned(),
            (None, Some(variable)) => Some(self.variable(shown, variable)?),
        };
        let password = entry.password_variable.map(|name| self.variable(shown, name)).transpose()?;
        let password_file = entry.password_file.map(|file| self.beside(file));
        if url.is_none() && password.is_none() && password_file.is_none() {
            return self.context.settings().cloned();
        }
        if url.is_none() {
            return Err(self.wrong(shown, "has a password, and no `url` or `url-variable`"));
        }
        let variables = DatabaseVariables { url, password, password_file, ..DatabaseVariables::default() };
        DatabaseSettings::resolve(&variables).map_err(|error| match error {
            SettingsError::PasswordFile { path, kind } => {
                let kind = reason(&kind.into());
                self.wrong(shown, &format!("needs the password file `{}`: {kind}", path.display()))
            }
            error => {
                let problem = Diagnostic::from(error);
                Diagnostic { message: format!("{}: {shown}: {}", self.path.display(), problem.message), ..problem }
            }
        })
    }

    fn variable(&self, shown: &str, name: &str) -> Result<String, Diagnostic> {
        match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(value),
            _ => Err(self.wrong(shown, &format!("needs the variable `{name}`, which is not set"))),
        }
    }

    /// A pattern for paths in the folder of the file, whose own name is no pattern.
    fn pattern_beside(&self, pattern: &str) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        Path::new(&glob::Pattern::escape(&folder.to_string_lossy())).join(pattern).to_string_lossy().into_owned()
    }

    /// A path in the folder of the file.
    fn beside(&self, path: &str) -> String {
        let folder: PathBuf = self.path.parent().map(Path::to_owned).unwrap_or_default();
        folder.join(path).to_string_lossy().into_owned()
    }

    fn wrong(&self, shown: &str, what: &str) -> Diagnostic {
        Diagnostic::usage(format!("{}: {shown} {what}", self.path.display()))
    }
}
