//! The entity of `users` in the version that runs: its text is committed by the tests, and it is compiled into them.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: i32,
    #[sea_orm(column_name = "email")]
    pub(crate) address: Option<String>,
    pub(crate) age: i32,
    #[sea_orm(ignore)]
    pub(crate) is_new: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
