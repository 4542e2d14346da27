//! The entities that a database is compared with, and declarations that their attributes cannot express.

mod column;
mod declarations;
mod files;
mod foreign_key_names;
mod object;
mod plan;
mod schema;
mod table;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use sea_orm::DbBackend;

pub use self::declarations::{Domain, Extension, Function, Grant, Policy, Sequence, Trigger};
pub use self::files::SqlFile;
pub use self::object::{EntityObject, View};
pub(super) use self::plan::TablePlan;
pub(super) use self::schema::{SchemaDefinition, SchemaMapping};
pub use self::table::EntityTable;
use super::error::EntityError;
use super::filter::{NamePattern, TableFilter};
use super::ignore::{ComparedObject, IgnoreRule, ObjectFilter};
use crate::schema::{ObjectKind, TableName};

/// The entities of a program, each for one table.
///
/// The program names each entity, because otherwise the linker may omit an entity that no code uses. A test that
/// compares [`Entities::tables`] with the models in the source files finds an entity that was forgotten.
///
/// ```
/// use seachange::autogenerate::{Entities, EntityTable};
/// # mod posts {
/// #     use sea_orm::entity::prelude::*;
/// #     #[sea_orm::model]
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "posts")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key)]
/// #         pub id: i32,
/// #         pub title: String,
/// #     }
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
///
/// let entities = Entities::new().with(EntityTable::of(posts::Entity).check("posts_title_check", "title <> ''"));
/// assert_eq!(entities.tables().next().map(ToString::to_string).as_deref(), Some("posts"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Entities {
    tables: Vec<EntityTable>,
    left_alone: Vec<NamePattern>,
    objects: Vec<EntityObject>,
    complete: BTreeSet<ObjectKind>,
    files: Vec<SqlFile>,
    rules: Vec<IgnoreRule>,
    object_filter: ObjectFilter,
}

impl Entities {
    /// Creates an empty list of entities.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tables: Vec::new(),
            left_alone: Vec::new(),
            objects: Vec::new(),
            complete: BTreeSet::new(),
            files: Vec::new(),
            rules: Vec::new(),
            object_filter: ObjectFilter::new(),
        }
    }

    /// Adds an entity, or an [`EntityTable`] with declarations that the attributes of its entity cannot express.
    #[must_use]
    pub fn with(mut self, table: impl Into<EntityTable>) -> Self {
        self.tables.push(table.into());
        self
    }

    /// Declares a view, a function, a trigger, a policy … beside the tables. An object of the database that is not
    /// declared is left alone.
    #[must_use]
    pub fn object(mut self, object: impl Into<EntityObject>) -> Self {
        self.objects.push(object.into());
        self
    }

    /// Declares the objects in files of SQL, which [`sql_files!`](crate::sql_files) compiles into the program.
    #[must_use]
    pub fn sql_files(mut self, files: impl IntoIterator<Item = SqlFile>) -> Self {
        let files: Vec<SqlFile> = files.into_iter().collect();
        self.objects.extend(files::objects(&files));
        self.files.extend(files);
        self
    }

    /// The files of SQL in a folder and its subfolders that are not declared by [`sql_files`](Self::sql_files). A test of a
    /// program asserts that the list is empty.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn undeclared_sql_files(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        files::undeclared(folder, &self.files)
    }

    /// Says that all objects of a kind are declared: others in the database are differences, and are dropped.
    #[must_use]
    pub fn all_objects(mut self, kind: ObjectKind) -> Self {
        self.complete.insert(kind);
        self
    }

    /// The names of the crates of the entities.
    #[cfg(feature = "cli")]
    pub(crate) fn crate_names(&self) -> BTreeSet<&'static str> {
        self.tables.iter().filter_map(|table| table.crate_name).collect()
    }

    /// The kinds whose objects are all declared.
    pub(super) const fn complete_kinds(&self) -> &BTreeSet<ObjectKind> {
        &self.complete
    }

    /// The declared objects of a database system, each with its statement.
    pub(super) fn objects(&self, backend: DbBackend) -> impl Iterator<Item = (&EntityObject, String)> {
        self.objects.iter().filter_map(move |object| Some((object, object.statement(backend)?)))
    }

    /// Excludes tables of the database from the comparison, such as tables of another program, or a view that has an
    /// entity. In the pattern, `*` matches any text: `audit_*`, `billing.*`. Tables outside the current schema of the
    /// connection are always excluded, unless they have an entity.
    #[must_use]
    pub fn leave_alone(mut self, pattern: &str) -> Self {
        self.left_alone.push(NamePattern::new(pattern));
        self
    }

    /// Leaves differences of one kind out of the comparison, everywhere or at one place. What is left out stays as the
    /// database has it; what needs a part that is left out is left out too.
    ///
    /// ```
    /// use seachange::autogenerate::{DifferenceKind, Entities, IgnoreRule, IgnoredKind};
    ///
    /// let entities = Entities::new()
    ///     .ignore(IgnoreRule::new(IgnoredKind::UnstatedType))
    ///     .ignore(IgnoreRule::new(DifferenceKind::Index).at("audit_*"));
    /// ```
    #[must_use]
    pub fn ignore(mut self, rule: IgnoreRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a function that decides for each object whether it is compared, as Alembic's `include_object` does. It is
    /// called for the objects that differ, and for their tables. An object that is not compared stays as the database
    /// has it; so does everything in a table that is not compared. If there are several functions, all have to agree.
    ///
    /// ```
    /// use seachange::autogenerate::{DifferenceKind, Entities};
    ///
    /// // Tables and indexes that only the database has are left alone.
    /// let entities = Entities::new().include_object(|object| match object.kind {
    ///     DifferenceKind::Table | DifferenceKind::Index => object.in_entities,
    ///     _ => true,
    /// });
    /// ```
    #[must_use]
    pub fn include_object(mut self, decide: impl Fn(&ComparedObject<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.object_filter.add(decide);
        self
    }

    /// The rules that leave differences out.
    pub(super) fn rules(&self) -> &[IgnoreRule] {
        &self.rules
    }

    /// Which objects are compared.
    pub(super) const fn object_filter(&self) -> &ObjectFilter {
        &self.object_filter
    }

    /// The table names of the entities, in the order in which the entities were added.
    pub fn tables(&self) -> impl Iterator<Item = &TableName> {
        self.tables.iter().map(EntityTable::name)
    }

    /// Whether there is no entity.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Whether a table is excluded by [`leave_alone`](Self::leave_alone).
    pub(super) fn leaves_alone(&self, table: &TableName) -> bool {
        self.left_alone.iter().any(|pattern| pattern.fits(table))
    }

    /// The entities that are compared. The names of tables in `home`, the current schema of the connection, lose their
    /// schema.
    pub(super) fn compared(&self, filter: &TableFilter, home: Option<&str>) -> Self {
        let mut entities = self.clone();
        for table in &mut entities.tables {
            table.bring_home(home);
        }
        entities.tables.retain(|table| filter.matches(table.name()) && !self.leaves_alone(table.name()));
        if *filter != TableFilter::default() {
            // An object may read a table that is not compared.
            entities.objects.clear();
            entities.complete.clear();
        }
        entities
    }

    /// Checks that the entities name no schemas, or that the database is PostgreSQL.
    pub(super) fn check_schemas(&self, backend: DbBackend) -> Result<(), EntityError> {
        let named = self.tables().find(|table| table.schema.is_some());
        match named.filter(|_| backend != DbBackend::Postgres) {
            Some(table) => Err(EntityError::Schema { table: table.clone() }),
            None => Ok(()),
        }
    }

    /// How to build the tables of the entities on a database system.
    pub(super) fn blueprint(
        &self,
        backend: DbBackend,
        placement: &SchemaMapping,
    ) -> Result<SchemaDefinition, EntityError> {
        let mut blueprint = schema::build(&self.tables, backend, placement)?;
        blueprint.has_own_statements |= self.objects(backend).next().is_some();
        Ok(blueprint)
    }
}
