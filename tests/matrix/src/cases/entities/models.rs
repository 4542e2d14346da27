//! The models. Several models of one table are its states before and after changes.

#![allow(clippy::allow_attributes, dead_code, reason = "of a model, the table alone is looked at")]

macro_rules! model {
    ($(#[$doc:meta])* $name:ident: $table:literal { $($fields:tt)* }) => {
        $(#[$doc])*
        pub(super) mod $name {
            use sea_orm::entity::prelude::*;

            #[sea_orm::model]
            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($fields)*
            }

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

/// A mood.
#[derive(Clone, Debug, PartialEq, Eq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "mood")]
pub enum Mood {
    #[sea_orm(string_value = "glad")]
    Glad,
    #[sea_orm(string_value = "sad")]
    Sad,
}

/// The same enumeration after a change.
#[derive(Clone, Debug, PartialEq, Eq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "mood")]
pub enum LaterMood {
    #[sea_orm(string_value = "glad")]
    Glad,
    #[sea_orm(string_value = "calm")]
    Calm,
    #[sea_orm(string_value = "sad")]
    Sad,
}

model!(
    /// The start of most changes.
    plain: "people" {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub age: i32,
    }
);
model!(renamed: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(renamed_from = "name")]
    pub title: String,
    pub age: i32,
});
model!(unique: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(unique)]
    pub name: String,
    pub age: i32,
});
model!(indexed: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(indexed)]
    pub name: String,
    pub age: i32,
});
model!(unique_key: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(unique_key = "person")]
    pub name: String,
    #[sea_orm(unique_key = "person")]
    pub age: i32,
});
model!(defaults: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(default_value = "Ada")]
    pub name: String,
    pub age: i32,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    #[sea_orm(default_value = true)]
    pub is_here: bool,
});
model!(nullable: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: Option<String>,
    #[sea_orm(nullable)]
    pub age: i32,
});
model!(commented: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(comment = "As on the passport")]
    pub name: String,
    pub age: i32,
});
model!(extra: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    #[sea_orm(extra = "CHECK (age > 0)")]
    pub age: i32,
});
model!(moody: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    pub age: i32,
    pub mood: Option<super::Mood>,
});
model!(moodier: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
    pub age: i32,
    pub mood: Option<super::LaterMood>,
});
model!(typed: "people" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub age: i64,
    pub height: Option<f64>,
    pub born: Option<Date>,
    #[sea_orm(column_type = "Decimal(Some((10, 2)))", nullable)]
    pub weight: Option<f64>,
    pub photo: Option<Vec<u8>>,
});
model!(pets: "pets" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub owner_id: Option<i32>,
});
model!(pets_of_people: "pets" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub owner_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "Cascade")]
    pub owner: BelongsTo<Option<super::plain::Entity>>,
});
model!(
    /// Two relations from one column, which SeaORM gives one name.
    pets_of_two: "pets" {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub owner_id: Option<i32>,
        #[sea_orm(belongs_to, relation_enum = "Person", from = "owner_id", to = "id")]
        pub person: BelongsTo<Option<super::plain::Entity>>,
        #[sea_orm(belongs_to, relation_enum = "Home", from = "owner_id", to = "id", on_delete = "Cascade")]
        pub home: BelongsTo<Option<super::homes::Entity>>,
    }
);
model!(pets_of_people_only: "pets" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub owner_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<Option<super::plain::Entity>>,
});
model!(homes: "homes" {
    #[sea_orm(primary_key)]
    pub id: i32,
});
model!(unique_id: "people" {
    #[sea_orm(primary_key, unique)]
    pub id: i32,
    pub name: String,
    pub age: i32,
});
model!(pets_gone: "pets" {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub owner_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "SetNull", on_update = "Cascade")]
    pub owner: BelongsTo<Option<super::plain::Entity>>,
});
model!(likes: "likes" {
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub to_id: i32,
    #[sea_orm(belongs_to, relation_enum = "From", from = "from_id", to = "id", on_delete = "Cascade")]
    pub from: BelongsTo<super::plain::Entity>,
    #[sea_orm(belongs_to, relation_enum = "To", from = "to_id", to = "id")]
    pub to: BelongsTo<super::plain::Entity>,
});
model!(friends: "friends" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(has_many)]
    pub groups: HasMany<super::groups::Entity>,
});
model!(groups: "groups" {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(has_many)]
    pub friends: HasMany<super::friends::Entity>,
});
