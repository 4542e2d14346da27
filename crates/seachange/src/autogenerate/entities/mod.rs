//! The entities that a database is to fit, and what their attributes cannot say.

mod column;
mod declaration;
mod error;
mod plan;
mod schema;
mod table;

use sea_orm::DbBackend;

use self::declaration::Declarations;
pub use self::error::EntityError;
pub(super) use self::plan::TablePlan;
pub(super) use self::schema::{SchemaDefinition, SchemaMapping};
pub use self::table::EntityTable;
use super::filter::{NamePattern, TableFilter};
use crate::schema::TableName;

/// The entities of a program, each for one table.
///
/// They are named one by one, because nothing else keeps the linker from leaving out an entity that nobody uses. A test
/// that compares [`Entities::tables`] with the models in the source files finds the one that was forgotten.
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
}

impl Entities {
    /// No entity yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { tables: Vec::new(), left_alone: Vec::new() }
    }

    /// Adds an entity, or an [`EntityTable`] with what the attributes of its entity cannot say.
    #[must_use]
    pub fn with(mut self, table: impl Into<EntityTable>) -> Self {
        self.tables.push(table.into());
        self
    }

    /// Leaves tables of the database alone: those that another program keeps, or, where an entity stands for it, what is a view.
    /// In the pattern `*` stands for any text: `audit_*`, `billing.*`. Tables in another schema than the one that the connection
    /// works in are left alone in any case, unless an entity stands for them.
    #[must_use]
    pub fn leave_alone(mut self, pattern: &str) -> Self {
        self.left_alone.push(NamePattern::new(pattern));
        self
    }

    /// The names of their tables, in the order in which they were added.
    pub fn tables(&self) -> impl Iterator<Item = &TableName> {
        self.tables.iter().map(EntityTable::name)
    }

    /// Whether nobody has named an entity.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Whether a table is none of theirs to compare.
    pub(super) fn leaves_alone(&self, table: &TableName) -> bool {
        self.left_alone.iter().any(|pattern| pattern.fits(table))
    }

    /// Those that are compared. What is in the schema `home`, where the connection works, needs no schema in its name.
    pub(super) fn compared(&self, filter: &TableFilter, home: Option<&str>) -> Self {
        let mut entities = self.clone();
        for table in &mut entities.tables {
            table.bring_home(home);
        }
        entities.tables.retain(|table| filter.matches(table.name()) && !self.leaves_alone(table.name()));
        entities
    }

    /// Makes sure that the database has the schemas that they name.
    pub(super) fn check_schemas(&self, backend: DbBackend) -> Result<(), EntityError> {
        let named = self.tables().find(|table| table.schema.is_some());
        match named.filter(|_| backend != DbBackend::Postgres) {
            Some(table) => Err(EntityError::Schema { table: table.clone() }),
            None => Ok(()),
        }
    }

    /// How to build their tables on a database system.
    pub(super) fn blueprint(
        &self,
        backend: DbBackend,
        placement: &SchemaMapping,
    ) -> Result<SchemaDefinition, EntityError> {
        schema::build(&self.tables, backend, placement)
    }
}
