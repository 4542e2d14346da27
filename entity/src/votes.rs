//! Votes: at most one by a person for a post.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `votes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "votes")]
pub struct Model {
    /// Who voted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    /// For which post.
    #[sea_orm(primary_key, auto_increment = false)]
    pub post_id: i32,
    /// Who voted; a vote goes with its voter.
    #[sea_orm(belongs_to, from = "user_id", to = "id", on_delete = "Cascade")]
    pub user: BelongsTo<super::users::Entity>,
    /// For which post; a vote goes with its post.
    #[sea_orm(belongs_to, from = "post_id", to = "id", on_delete = "Cascade")]
    pub post: BelongsTo<super::posts::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
