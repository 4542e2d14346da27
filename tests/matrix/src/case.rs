//! The declaration of a change.

use sea_orm::DbBackend;
use seachange::autogenerate::{Entities, EntityObject, EntityTable};
use seachange::schema::ObjectKind;

/// A change of a schema, identified by its name.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name, in words.
    pub name: &'static str,
    /// The databases to which the change applies.
    pub on: &'static [DbBackend],
    /// The tables that the database has.
    pub before: Entities,
    /// The tables that the entities ask for.
    pub after: Entities,
    /// Other objects of the database, as SQL.
    pub beside: Vec<(DbBackend, &'static str)>,
    /// Whether the tables stay empty.
    pub is_empty: bool,
    /// The first major version of PostgreSQL on which the change is possible.
    pub since: i32,
}

impl Case {
    /// Makes a change for every database.
    pub(crate) fn new(
        name: &'static str,
        before: impl IntoIterator<Item = EntityTable>,
        after: impl IntoIterator<Item = EntityTable>,
    ) -> Self {
        const ALL: &[DbBackend] = &[DbBackend::Sqlite, DbBackend::Postgres, DbBackend::MySql];
        Self {
            name,
            on: ALL,
            before: before.into_iter().fold(Entities::new(), Entities::with),
            after: after.into_iter().fold(Entities::new(), Entities::with),
            beside: Vec::new(),
            is_empty: false,
            since: 0,
        }
    }

    /// Restricts the change to some databases.
    #[must_use]
    pub(crate) fn on(mut self, backends: &'static [DbBackend]) -> Self {
        self.on = backends;
        self
    }

    /// Adds objects that the database has, but no entity.
    #[must_use]
    pub(crate) fn beside(mut self, backend: DbBackend, statement: &'static str) -> Self {
        self.beside.push((backend, statement));
        self
    }

    /// Declares objects beside the tables on one database, before and after the change. All objects of their kinds are
    /// declared.
    #[must_use]
    pub(crate) fn objects(mut self, backend: DbBackend, before: &[&'static str], after: &[&'static str]) -> Self {
        let declare = |entities: Entities, statements: &[&'static str]| {
            let kinds = [
                ObjectKind::View,
                ObjectKind::MaterializedView,
                ObjectKind::Trigger,
                ObjectKind::Policy,
                ObjectKind::Domain,
                ObjectKind::Sequence,
                ObjectKind::Grant,
            ];
            let entities = kinds.into_iter().fold(entities, Entities::all_objects);
            statements.iter().fold(entities, |all, sql| all.object(EntityObject::only(backend, *sql)))
        };
        self.before = declare(self.before, before);
        self.after = declare(self.after, after);
        self
    }

    /// Leaves the tables empty, because the change is not possible with rows.
    #[must_use]
    pub(crate) fn without_rows(mut self) -> Self {
        self.is_empty = true;
        self
    }

    /// Sets the first major version of PostgreSQL on which the change is possible.
    #[must_use]
    pub(crate) fn since(mut self, major: i32) -> Self {
        self.since = major;
        self
    }

    /// Returns whether the change applies to the database of a URL.
    #[must_use]
    pub fn is_on(&self, url: &str) -> bool {
        let backend = match url.split(':').next() {
            Some("sqlite") => DbBackend::Sqlite,
            Some("mysql") => DbBackend::MySql,
            _ => DbBackend::Postgres,
        };
        self.on.contains(&backend)
    }

    /// The name in the form used in names of tests and files.
    #[must_use]
    pub fn slug(&self) -> String {
        let words = self.name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        words.join("_")
    }
}
