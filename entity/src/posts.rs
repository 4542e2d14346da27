//! Posts, each owned by one person.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `posts`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "posts")]
pub struct Model {
    /// The key, which the database generates.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// One line.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub title: String,
    /// The text itself.
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// Whether every user may read it.
    #[sea_orm(default_value = true)]
    pub published: bool,
    /// When the row was inserted, by the clock of the database.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// The owner of the post.
    pub owner_id: i32,
    /// The owner of the post; a post is deleted with its owner.
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "Cascade")]
    pub owner: BelongsTo<super::users::Entity>,
    /// The votes for this post.
    #[sea_orm(has_many)]
    pub votes: HasMany<super::votes::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
