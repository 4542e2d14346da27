#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use super::{SourceEntity, read_entities};

/// A line for each entity, one for each column, and what is not known.
fn shown(text: &str) -> String {
    let found = read_entities(text).unwrap();
    let mut lines = Vec::new();
    for SourceEntity { table, schema, line, columns, doubt } in &found.entities {
        let schema = schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        let doubt = doubt.as_ref().map(|doubt| format!(": {doubt}")).unwrap_or_default();
        lines.push(format!("{line} {schema}{table}{doubt}"));
        for column in columns {
            let flags = [(column.is_optional, "?"), (column.is_numbered, " numbered"), (column.is_cast, " cast")];
            let flags: String = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            lines.push(format!("  {}: {}{flags}", column.name, column.rust_type.as_deref().unwrap_or("unknown")));
        }
    }
    lines.extend(found.unreadable.iter().map(|(line, reason)| format!("{line}: {reason}")));
    lines.extend(found.macro_calls.iter().map(|(line, name)| format!("{line}: {name}!")));
    lines.join("\n")
}

#[test]
fn a_model_names_its_columns_as_sea_orm_does() {
    let text = r#"
use sea_orm::entity::prelude::*;

#[serde_with::serde_as]
#[rustfmt::skip]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Eq)]
#[sea_orm(schema_name = "billing", table_name = "invoices", comment = "what is owed, in cents")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// A comment, with a comma
    pub r#type: Option<String>,
    #[sea_orm(column_name = "Total Amount", column_type = "Decimal(Some((10, 2)))")]
    pub total: Decimal,
    pub line1: i64,
    pub _hidden: std::option::Option<Vec<u8>>,
    #[sea_orm(enum_name = "IsoCode", default_value = "a", indexed)]
    pub code: String,
    #[sea_orm(ignore)]
    pub computed: i32,
    #[sea_orm(select_as = "text", save_as = "citext")]
    pub email: String,
    pub(crate) at: DateTime<Utc>,
    #[sea_orm(has_many)]
    pub items: HasMany<super::item::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
"#;
    insta::assert_snapshot!(shown(text), @r"
    4 billing.invoices
      id: i32 numbered
      type: String?
      Total Amount: Decimal
      line1: i64
      hidden: Vec<u8>?
      iso_code: String
      email: String cast
      at: DateTime<Utc>
    ");
}

#[test]
fn rename_all_names_columns() {
    let model = |style: &str| {
        shown(&format!(
            "#[derive(DeriveEntityModel)]\n#[sea_orm(table_name = \"t\", rename_all = \"{style}\")]\npub struct Model {{\n\
             #[sea_orm(primary_key, auto_increment = false)] pub my_id: i32, #[sea_orm(column_name = \"x\")] pub y: i8 }}"
        ))
    };
    let styles = ["camelCase", "PascalCase", "SCREAMING_SNAKE_CASE", "kebab-case", "UPPERCASE", "Odd"].map(model);
    insta::assert_snapshot!(styles.join("\n"), @r"
    1 t
      myId: i32
      x: i8
    1 t
      MyId: i32
      x: i8
    1 t
      MY_ID: i32
      x: i8
    1 t
      my-id: i32
      x: i8
    1 t
      MYID: i32
      x: i8
    1 t: the style of `rename_all` is unknown
      x: i8
    ");
}

#[test]
fn entities_that_are_written_out_have_the_columns_of_their_enumeration() {
    let text = r#"
use sea_orm::entity::prelude::*;
use super::sea_orm_active_enums::Rating;

#[derive(Copy, Clone, Default, Debug, DeriveEntity)]
pub struct Entity;

impl EntityName for Entity {
    fn schema_name(&self) -> Option<&str> {
        Some("trade")
    }
    fn table_name(&self) -> &'static str {
        "Order Details"
    }
}

#[derive(Clone, Debug, PartialEq, DeriveModel, DeriveActiveModel, Eq)]
pub struct Model {
    pub order_id: i32,
    pub unit_price: Option<f32>,
    pub rating: Rating,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
pub enum Column {
    OrderId,
    #[sea_orm(column_name = "UnitPrice")]
    UnitPrice,
    Rating,
}

#[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
pub enum PrimaryKey {
    OrderId,
}

impl PrimaryKeyTrait for PrimaryKey {
    type ValueType = i32;
    fn auto_increment() -> bool {
        true
    }
}

impl ColumnTrait for Column {
    type EntityName = Entity;
    fn def(&self) -> ColumnDef {
        match self {
            Self::OrderId => ColumnType::Integer.def(),
            Self::UnitPrice => ColumnType::Float.def().null(),
            Self::Rating => Rating::db_type().get_column_type().def(),
        }
    }
}
"#;
    insta::assert_snapshot!(shown(text), @r"
    8 trade.Order Details
      order_id: i32 numbered
      UnitPrice: f32?
      rating: unknown
    ");
    let own = text.replace("DeriveColumn", "Iden");
    insta::assert_snapshot!(shown(&own), @"8 trade.Order Details: its columns are not derived by `DeriveColumn`");
    let computed = text.replace("\"Order Details\"", "TABLES[2]");
    insta::assert_snapshot!(shown(&computed), @"8: the table of the entity is computed");
    let schema = text.replace("Some(\"trade\")", "Some(name_of_the_schema())");
    insta::assert_snapshot!(shown(&schema), @"8: the table of the entity is computed");
}

#[test]
fn what_depends_on_the_compilation_is_a_doubt() {
    let text = r#"
macro_rules! table {
    ($name:literal, $module:ident) => {
        pub mod $module {
            #[derive(DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model { #[sea_orm(primary_key)] pub id: i32 }
        }
    };
}
macro_rules! harmless { () => { pub struct Nothing; }; }

table!("users", users);
harmless!();
other::entities! { posts, comments }
wrapped! {
    #[derive(DeriveEntityModel)]
    #[sea_orm(table_name = "wrapped")]
    pub struct Model { id: i32 }
}
include!(concat!(env!("OUT_DIR"), "/entities.rs"));

mod conditional_field {
    #[derive(DeriveEntityModel)]
    #[sea_orm(table_name = "a")]
    pub struct Model { #[sea_orm(primary_key)] pub id: i32, #[cfg(feature = "tax")] pub tax: i32 }
}
#[cfg(feature = "billing")]
mod conditional_module {
    #[derive(DeriveEntityModel)]
    #[sea_orm(table_name = "b")]
    pub struct Model { pub id: i32 }
}
mod changed {
    #[timestamps(created)]
    #[derive(Clone, DeriveEntityModel)]
    #[sea_orm(table_name = "c")]
    #[after::the_derive]
    pub struct Model { pub id: i32 }
}
mod own_types {
    use crate::types::{Decimal, Money as Amount};
    struct Uuid;
    #[derive(Clone, DeriveEntityModel)]
    #[sea_orm(table_name = "d")]
    pub struct Model { pub a: Decimal, pub b: Amount, pub c: Uuid, pub d: i32, pub e: Option<Json> }
}
#[cfg(test)]
mod tests {
    #[derive(DeriveEntityModel)]
    #[sea_orm(table_name = "of_a_test")]
    pub struct Model { pub id: i32 }
}
fn function() {
    #[derive(DeriveEntityModel)]
    struct Model { id: i32 }
}
mod nameless {
    #[derive(DeriveEntityModel)]
    pub struct Model { pub id: i32 }
}
#[derive(FromQueryResult)]
#[sea_orm(table_name = "not_a_model")]
pub struct Summary { pub id: i32 }
"#;
    insta::assert_snapshot!(shown(text), @r"
    24 a: a condition of the compilation decides about its field `tax`
      id: i32 numbered
      tax: i32
    30 b: a condition of the compilation decides whether it exists, or what it has
      id: i32
    35 c: the attribute `#[timestamps]` may change it
      id: i32
    44 d
      a: unknown
      b: unknown
      c: unknown
      d: i32
      e: Json?
    2: the macro `table!` makes entities
    16: the macro `wrapped!` may change the entity that it gets
    54: an entity inside of a function or a trait is not read
    59: the model names no table
    13: table!
    14: harmless!
    15: entities!
    21: include!
    ");
}

#[test]
fn a_text_that_is_not_rust_has_a_line() {
    assert_eq!(read_entities("\n\npub struct Model {"), Err(3));
    assert!(read_entities("\u{feff}").unwrap().entities.is_empty());
    assert!(read_entities("struct struct = ! < mod impl fn # pub::! use").is_ok());
}
