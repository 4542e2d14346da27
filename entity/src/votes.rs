//! Votes: at most one of each user for each post.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `votes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "votes")]
pub struct Model {
    /// The voter.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    /// The post.
    #[sea_orm(primary_key, auto_increment = false)]
    pub post_id: i32,
    /// The voter; a vote is deleted with its voter.
    #[sea_orm(belongs_to, from = "user_id", to = "id", on_delete = "Cascade")]
    pub user: BelongsTo<super::users::Entity>,
    /// The post; a vote is deleted with its post.
    #[sea_orm(belongs_to, from = "post_id", to = "id", on_delete = "Cascade")]
    pub post: BelongsTo<super::posts::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
