//! Objects that are declared beside the entities: views, functions, triggers, policies …

use sea_orm::DbBackend;

use crate::alter::clause::quoted;
use crate::schema::TableName;

/// An object beside the tables, as the SQL statement that creates it: a function, a trigger, a policy, a rule …
///
/// A [`View`] is declared by its query. Objects are compared as the database prints them, so the spelling of the
/// statement does not matter where the database has one of its own.
///
/// ```
/// use seachange::autogenerate::{Entities, EntityObject, View};
/// use seachange::prelude::sea_orm::DbBackend;
///
/// let entities = Entities::new()
///     .object(View::new("active_users", "SELECT id, name FROM users WHERE is_active"))
///     .object(
///         EntityObject::only(DbBackend::Postgres, "CREATE POLICY own ON users USING (name = current_user)")
///             .on(DbBackend::Sqlite, "CREATE TRIGGER own AFTER DELETE ON users BEGIN SELECT 1; END"),
///     );
/// # let _ = entities;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityObject {
    /// The name for error messages, if it is known.
    name: Option<String>,
    /// The files of the statements, for error messages.
    files: Vec<(Option<DbBackend>, &'static str)>,
    content: ObjectContent,
    /// The statement on every database that has none of its own.
    everywhere: Option<String>,
    /// The statements on single databases.
    variants: Vec<(DbBackend, String)>,
}

/// How the text of a declaration becomes a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ObjectContent {
    /// The text is the statement.
    Statement,
    /// The text is the query of a view.
    View { name: TableName, is_materialized: bool },
}

impl EntityObject {
    /// Declares an object on every database.
    #[must_use]
    pub fn new(statement: impl Into<String>) -> Self {
        Self::nowhere().everywhere(statement)
    }

    /// Declares an object on one database system. On others it is absent.
    #[must_use]
    pub fn only(backend: DbBackend, statement: impl Into<String>) -> Self {
        Self::nowhere().on(backend, statement)
    }

    /// Declares another statement for one database system.
    #[must_use]
    pub fn on(mut self, backend: DbBackend, statement: impl Into<String>) -> Self {
        self.variants.retain(|(own, _)| *own != backend);
        self.variants.push((backend, statement.into()));
        self
    }

    /// An object that no database system has yet.
    pub(super) const fn nowhere() -> Self {
        Self {
            name: None,
            files: Vec::new(),
            content: ObjectContent::Statement,
            everywhere: None,
            variants: Vec::new(),
        }
    }

    /// Sets the statement for every database that has none of its own.
    pub(super) fn everywhere(self, statement: impl Into<String>) -> Self {
        Self { everywhere: Some(statement.into()), ..self }
    }

    /// Sets the name for messages.
    pub(super) fn titled(self, name: String) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Notes in which file the statement of a database system, or of all others, stands.
    pub(super) fn in_file(mut self, backend: Option<DbBackend>, path: &'static str) -> Self {
        self.files.push((backend, path));
        self
    }

    /// The statement that creates the object on a database system, without a semicolon at the end; `None` if it has no
    /// such object.
    pub(in crate::autogenerate) fn statement(&self, backend: DbBackend) -> Option<String> {
        let variant = self.variants.iter().find(|(own, _)| *own == backend).map(|(_, text)| text);
        let text = variant.or(self.everywhere.as_ref())?.trim().trim_end_matches(';').trim_end();
        Some(match &self.content {
            ObjectContent::Statement => text.to_owned(),
            ObjectContent::View { name, is_materialized } => {
                let kind = if *is_materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                let schema = name.schema.as_ref().map(|schema| format!("{}.", quoted(backend, schema)));
                format!("CREATE {kind} {}{} AS {text}", schema.unwrap_or_default(), quoted(backend, &name.name))
            }
        })
    }

    /// How messages call the object: by its file, its name, or the beginning of its statement.
    pub(in crate::autogenerate) fn title(&self, backend: DbBackend) -> String {
        const WORDS: usize = 6;
        let file = |wanted| self.files.iter().find(|(of, _)| *of == wanted).map(|(_, path)| format!("`{path}`"));
        if let Some(file) = file(Some(backend)).or_else(|| file(None)) {
            return file;
        }
        self.name.clone().unwrap_or_else(|| {
            let statement = self.statement(backend).unwrap_or_default();
            let words: Vec<&str> = statement.split_whitespace().take(WORDS).collect();
            format!("`{} …`", words.join(" "))
        })
    }
}

/// A view, declared by its name and its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View(EntityObject);

impl View {
    /// Declares a view with the same query on every database.
    #[must_use]
    pub fn new(name: impl Into<TableName>, query: impl Into<String>) -> Self {
        Self::of(name.into(), query.into(), false)
    }

    /// Declares a view that stores its rows, which only PostgreSQL has.
    #[must_use]
    pub fn materialized(name: impl Into<TableName>, query: impl Into<String>) -> Self {
        let Self(object) = Self::of(name.into(), String::new(), true);
        Self(EntityObject { everywhere: None, ..object.on(DbBackend::Postgres, query) })
    }

    /// Declares another query for one database system.
    #[must_use]
    pub fn on(self, backend: DbBackend, query: impl Into<String>) -> Self {
        Self(self.0.on(backend, query))
    }

    fn of(name: TableName, query: String, is_materialized: bool) -> Self {
        Self(EntityObject {
            name: Some(format!("view `{name}`")),
            files: Vec::new(),
            content: ObjectContent::View { name, is_materialized },
            everywhere: Some(query),
            variants: Vec::new(),
        })
    }
}

impl From<View> for EntityObject {
    fn from(View(object): View) -> Self {
        object
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::{EntityObject, View};

    #[test]
    fn a_statement_is_chosen_by_database() {
        let view = EntityObject::from(View::new("odd\"name", "SELECT 1;").on(DbBackend::MySql, "SELECT 2"));
        assert_eq!(view.statement(DbBackend::Sqlite).as_deref(), Some("CREATE VIEW \"odd\"\"name\" AS SELECT 1"));
        assert_eq!(view.statement(DbBackend::MySql).as_deref(), Some("CREATE VIEW `odd\"name` AS SELECT 2"));
        let stored = EntityObject::from(View::materialized(crate::schema::TableName::within("s", "v"), "SELECT 1"));
        assert_eq!(
            stored.statement(DbBackend::Postgres).as_deref(),
            Some("CREATE MATERIALIZED VIEW \"s\".\"v\" AS SELECT 1")
        );
        assert_eq!(stored.statement(DbBackend::Sqlite), None);
        let trigger =
            EntityObject::only(DbBackend::Sqlite, "CREATE TRIGGER a\n BEFORE UPDATE ON b BEGIN SELECT 1; END;");
        assert_eq!(trigger.statement(DbBackend::Postgres), None);
        assert_eq!(trigger.title(DbBackend::Sqlite), "`CREATE TRIGGER a BEFORE UPDATE ON …`");
    }
}
