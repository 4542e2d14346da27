//! The entities of the new version.

use seachange::autogenerate::{Entities, EntityTable};
use seachange::prelude::sea_orm;

mod renamed {
    use super::sea_orm;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "renamed")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        #[sea_orm(column_type = "String(StringLen::N(40))", nullable, renamed_from = "title")]
        pub headline: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod renamed_required {
    use super::sea_orm;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "renamed_required")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        #[sea_orm(column_type = "String(StringLen::N(40))", renamed_from = "name")]
        pub full_name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod renamed_typed {
    use super::sea_orm;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "renamed_typed")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        #[sea_orm(default_value = 0, renamed_from = "number_old")]
        pub number_new: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub fn entities() -> Entities {
    let entities = Entities::new().with(renamed::Entity).with(renamed_required::Entity).with(renamed_typed::Entity);
    let named: Vec<String> = entities.tables().map(|table| table.name.clone()).collect();
    let others = crate::tables::changes().into_iter().filter(|change| !named.iter().any(|name| name == change.name));
    others.filter_map(|change| change.new).chain(crate::tables::keys()).fold(entities, |entities, table| {
        let stated = EntityTable::stated(&table.statement);
        entities.with(table.indexes.into_iter().fold(stated, EntityTable::index))
    })
}
