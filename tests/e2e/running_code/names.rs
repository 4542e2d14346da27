//! Entities with names that SeaORM changes.

use sea_orm::entity::prelude::*;

pub(crate) mod plain {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(schema_name = "own", table_name = "plain")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) r#type: Option<String>,
        pub(crate) line1: i64,
        pub(crate) line_2: i64,
        pub(crate) _hidden: i32,
        pub(crate) a_b_c: i32,
        #[sea_orm(enum_name = "IsoCode")]
        pub(crate) code: String,
        #[sea_orm(column_name = "Total Amount", enum_name = "Sum")]
        pub(crate) total: i32,
        #[sea_orm(ignore)]
        pub(crate) ignored: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod camel {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "camel", rename_all = "camelCase")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) my_id: String,
        pub(crate) first_name: String,
        #[sea_orm(column_name = "own")]
        pub(crate) other_name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod screaming {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "screaming", rename_all = "SCREAMING_SNAKE_CASE")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) my_id: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) other_id: i32,
        pub(crate) first_name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod upper {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "upper", rename_all = "UPPERCASE")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) my_id: i32,
        pub(crate) first_name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
