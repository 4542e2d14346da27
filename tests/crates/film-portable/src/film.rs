//! Films: as sea-orm-cli makes the entity, but for the special features.

use film_store::entities::language;
use film_store::entities::sea_orm_active_enums::MpaaRating;
use sea_orm::entity::prelude::*;

/// A row of `film`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "film")]
pub struct Model {
    /// The key, which the database generates.
    #[sea_orm(primary_key)]
    pub film_id: i64,
    /// What it is called.
    pub title: String,
    /// What it is about.
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    /// When it was shown first.
    pub release_year: Option<i32>,
    /// The language that is spoken.
    pub language_id: i32,
    /// The language that was spoken before it was dubbed.
    pub original_language_id: Option<i32>,
    /// For how many days.
    pub rental_duration: i16,
    /// For how much.
    #[sea_orm(column_type = "Decimal(Some((4, 2)))")]
    pub rental_rate: Decimal,
    /// In minutes.
    pub length: Option<i16>,
    /// What it costs not to bring it back.
    #[sea_orm(column_type = "Decimal(Some((5, 2)))")]
    pub replacement_cost: Decimal,
    /// Who may see it.
    pub rating: Option<MpaaRating>,
    /// What else is on the disc: a list of texts.
    #[sea_orm(column_type = "Json", nullable)]
    pub special_features: Option<Json>,
    /// When the row changed.
    pub last_update: DateTimeWithTimeZone,
}

/// What a film refers to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The language that is spoken.
    #[sea_orm(
        belongs_to = "language::Entity",
        from = "Column::LanguageId",
        to = "language::Column::LanguageId",
        on_update = "Cascade",
        on_delete = "Restrict"
    )]
    Language2,
    /// The language that was spoken before it was dubbed.
    #[sea_orm(
        belongs_to = "language::Entity",
        from = "Column::OriginalLanguageId",
        to = "language::Column::LanguageId",
        on_update = "Cascade",
        on_delete = "Restrict"
    )]
    Language1,
}

impl ActiveModelBehavior for ActiveModel {}
