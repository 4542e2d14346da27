//! The entity of `posts` in the version that runs, in the form that is written out.

use sea_orm::entity::prelude::*;

#[derive(Copy, Clone, Default, Debug, DeriveEntity)]
pub(crate) struct Entity;

impl EntityName for Entity {
    fn table_name(&self) -> &'static str {
        "posts"
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel)]
pub(crate) struct Model {
    pub(crate) id: i32,
    pub(crate) author_id: i32,
    pub(crate) title: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
pub(crate) enum Column {
    Id,
    #[sea_orm(column_name = "author")]
    AuthorId,
    Title,
}

#[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
pub(crate) enum PrimaryKey {
    Id,
}

impl PrimaryKeyTrait for PrimaryKey {
    type ValueType = i32;

    fn auto_increment() -> bool {
        false
    }
}

#[derive(Copy, Clone, Debug, EnumIter)]
pub(crate) enum Relation {}

impl ColumnTrait for Column {
    type EntityName = Entity;

    fn def(&self) -> ColumnDef {
        match self {
            Self::Id | Self::AuthorId => ColumnType::Integer.def(),
            Self::Title => ColumnType::Text.def(),
        }
    }
}

impl RelationTrait for Relation {
    fn def(&self) -> RelationDef {
        unreachable!("there is no relation")
    }
}

impl ActiveModelBehavior for ActiveModel {}
