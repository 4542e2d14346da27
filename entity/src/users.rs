//! Users, identified by their email address.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `users`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The key, which the database generates.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The unique email address. Bounded, because MySQL does not index unbounded text.
    #[sea_orm(unique, column_type = "String(StringLen::N(255))")]
    pub email: String,
    /// The hash of the password in the PHC string format. It is never serialised.
    #[serde(skip_serializing)]
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub password_hash: String,
    /// When the row was inserted, by the clock of the database.
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    /// The posts of this user.
    #[sea_orm(has_many)]
    pub posts: HasMany<super::posts::Entity>,
    /// The votes of this user.
    #[sea_orm(has_many)]
    pub votes: HasMany<super::votes::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
