//! The entities that a database is to fit, and what their attributes cannot say.

mod blueprint;
mod column;
mod declaration;
mod error;
mod plan;
mod table;

use sea_orm::DbBackend;

pub(super) use self::blueprint::{Blueprint, Placement};
use self::declaration::Declarations;
pub use self::error::EntityError;
pub(super) use self::plan::TablePlan;
pub use self::table::EntityTable;
use super::filter::Pattern;
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
    left_alone: Vec<Pattern>,
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

    /// Leaves tables of the database alone that no entity stands for: those that another program keeps. In the pattern `*`
    /// stands for any text: `audit_*`, `billing.*`.
    #[must_use]
    pub fn leave_alone(mut self, pattern: &str) -> Self {
        self.left_alone.push(Pattern::new(pattern));
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

    pub(super) fn left_alone(&self) -> &[Pattern] {
        &self.left_alone
    }

    /// How to build their tables on a database system.
    pub(super) fn blueprint(&self, backend: DbBackend, placement: &Placement) -> Result<Blueprint, EntityError> {
        blueprint::draw(&self.tables, backend, placement)
    }
}
