//! create the film rental store

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "1cce58dbf160",
    created: "2026-11-21T21:45:04Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            let mpaa_rating = extension::postgres::Type::create()
                .as_enum("mpaa_rating")
                .values(["G", "PG", "PG-13", "R", "NC-17"])
                .to_owned();
            manager.create_type(mpaa_rating).await?;
        }
        let actor = Table::create()
            .table("actor")
            .col(pk_auto("actor_id"))
            .col(text("first_name"))
            .col(text("last_name"))
            .col(timestamp_with_time_zone("last_update"))
            .to_owned();
        manager.create_table(actor).await?;
        let category = Table::create()
            .table("category")
            .col(pk_auto("category_id"))
            .col(string("name").unique_key())
            .col(timestamp_with_time_zone("last_update"))
            .to_owned();
        manager.create_table(category).await?;
        let country = Table::create()
            .table("country")
            .col(pk_auto("country_id"))
            .col(text("country"))
            .col(timestamp_with_time_zone("last_update"))
            .to_owned();
        manager.create_table(country).await?;
        let language = Table::create()
            .table("language")
            .col(pk_auto("language_id"))
            .col(string("name"))
            .col(timestamp_with_time_zone("last_update"))
            .to_owned();
        manager.create_table(language).await?;
        let city = Table::create()
            .table("city")
            .col(pk_auto("city_id"))
            .col(text("city"))
            .col(integer("country_id"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-city-country_id")
                    .from("city", "country_id")
                    .to("country", "country_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(city).await?;
        let film = Table::create()
            .table("film")
            .col(big_pk_auto("film_id"))
            .col(string("title"))
            .col(text_null("description"))
            .col(integer_null("release_year"))
            .col(integer("language_id"))
            .col(integer_null("original_language_id"))
            .col(small_integer("rental_duration"))
            .col(decimal_len("rental_rate", 4, 2))
            .col(small_integer_null("length"))
            .col(decimal_len("replacement_cost", 5, 2))
            .col(enumeration_null(
                "rating",
                "mpaa_rating",
                ["G", "PG", "PG-13", "R", "NC-17"],
            ))
            .col(json_null("special_features"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-film-language_id")
                    .from("film", "language_id")
                    .to("language", "language_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-film-original_language_id")
                    .from("film", "original_language_id")
                    .to("language", "language_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(film).await?;
        let address = Table::create()
            .table("address")
            .col(pk_auto("address_id"))
            .col(text("address"))
            .col(text_null("address2"))
            .col(text("district"))
            .col(integer("city_id"))
            .col(string_null("postal_code"))
            .col(string("phone"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-address-city_id")
                    .from("address", "city_id")
                    .to("city", "city_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(address).await?;
        let film_actor = Table::create()
            .table("film_actor")
            .col(integer("actor_id"))
            .col(big_integer("film_id"))
            .col(timestamp_with_time_zone("last_update"))
            .primary_key(
                Index::create()
                    .name("pk-film_actor")
                    .col("actor_id")
                    .col("film_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-film_actor-actor_id")
                    .from("film_actor", "actor_id")
                    .to("actor", "actor_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-film_actor-film_id")
                    .from("film_actor", "film_id")
                    .to("film", "film_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(film_actor).await?;
        let film_category = Table::create()
            .table("film_category")
            .col(big_integer("film_id"))
            .col(integer("category_id"))
            .col(timestamp_with_time_zone("last_update"))
            .primary_key(
                Index::create()
                    .name("pk-film_category")
                    .col("film_id")
                    .col("category_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-film_category-category_id")
                    .from("film_category", "category_id")
                    .to("category", "category_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-film_category-film_id")
                    .from("film_category", "film_id")
                    .to("film", "film_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(film_category).await?;
        let customer = Table::create()
            .table("customer")
            .col(pk_auto("customer_id"))
            .col(integer("store_id"))
            .col(text("first_name"))
            .col(text("last_name"))
            .col(string_null("email"))
            .col(integer("address_id"))
            .col(boolean("activebool"))
            .col(date("create_date"))
            .col(integer_null("active"))
            .col(timestamp_with_time_zone_null("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-customer-address_id")
                    .from("customer", "address_id")
                    .to("address", "address_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(customer).await?;
        let inventory = Table::create()
            .table("inventory")
            .col(pk_auto("inventory_id"))
            .col(big_integer("film_id"))
            .col(integer("store_id"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-inventory-film_id")
                    .from("inventory", "film_id")
                    .to("film", "film_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(inventory).await?;
        let payment = Table::create()
            .table("payment")
            .col(big_integer("payment_id"))
            .col(integer("customer_id"))
            .col(integer("staff_id"))
            .col(integer_null("rental_id"))
            .col(decimal_len("amount", 5, 2))
            .col(timestamp_with_time_zone("payment_date"))
            .primary_key(
                Index::create()
                    .name("pk-payment")
                    .col("payment_id")
                    .col("payment_date"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-payment-customer_id")
                    .from("payment", "customer_id")
                    .to("customer", "customer_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(payment).await?;
        let rental = Table::create()
            .table("rental")
            .col(pk_auto("rental_id"))
            .col(big_integer("ticket"))
            .col(date_time("rental_date"))
            .col(integer("inventory_id"))
            .col(integer("customer_id"))
            .col(date_time_null("return_date"))
            .col(integer("staff_id"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-rental-customer_id")
                    .from("rental", "customer_id")
                    .to("customer", "customer_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-rental-inventory_id")
                    .from("rental", "inventory_id")
                    .to("inventory", "inventory_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(rental).await?;
        let index = Index::create()
            .name("idx-rental-idx_unq_rental")
            .table("rental")
            .col("rental_date")
            .col("inventory_id")
            .col("customer_id")
            .unique()
            .to_owned();
        manager.create_index(index).await?;
        let staff = Table::create()
            .table("staff")
            .col(pk_auto("staff_id"))
            .col(text("first_name"))
            .col(text("last_name"))
            .col(integer("address_id"))
            .col(string_null("email"))
            .col(integer("store_id"))
            .col(boolean("active"))
            .col(string("username").unique_key())
            .col(string_null("password"))
            .col(ColumnDef::new_with_type("picture", ColumnType::VarBinary(StringLen::None)).null())
            .col(json_binary("settings"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-staff-address_id")
                    .from("staff", "address_id")
                    .to("address", "address_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(staff).await?;
        let store = Table::create()
            .table("store")
            .col(pk_auto("store_id"))
            .col(integer("manager_staff_id").unique_key())
            .col(integer("address_id"))
            .col(timestamp_with_time_zone("last_update"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-store-address_id")
                    .from("store", "address_id")
                    .to("address", "address_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-store-manager_staff_id")
                    .from("store", "manager_staff_id")
                    .to("staff", "staff_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(store).await?;
        alter(manager, "customer")
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-customer-store_id")
                    .from("customer", "store_id")
                    .to("store", "store_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .apply()
            .await?;
        alter(manager, "inventory")
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-inventory-store_id")
                    .from("inventory", "store_id")
                    .to("store", "store_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .apply()
            .await?;
        alter(manager, "payment")
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-payment-rental_id")
                    .from("payment", "rental_id")
                    .to("rental", "rental_id")
                    .on_delete(ForeignKeyAction::SetNull)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-payment-staff_id")
                    .from("payment", "staff_id")
                    .to("staff", "staff_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .apply()
            .await?;
        alter(manager, "rental")
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-rental-staff_id")
                    .from("rental", "staff_id")
                    .to("staff", "staff_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .apply()
            .await?;
        alter(manager, "staff")
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-staff-store_id")
                    .from("staff", "store_id")
                    .to("store", "store_id")
                    .on_delete(ForeignKeyAction::Restrict)
                    .on_update(ForeignKeyAction::Cascade),
            )
            .apply()
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "staff")
            .drop_foreign_key("fk-staff-store_id")
            .apply()
            .await?;
        alter(manager, "rental")
            .drop_foreign_key("fk-rental-staff_id")
            .apply()
            .await?;
        alter(manager, "payment")
            .drop_foreign_key("fk-payment-staff_id")
            .drop_foreign_key("fk-payment-rental_id")
            .apply()
            .await?;
        alter(manager, "inventory")
            .drop_foreign_key("fk-inventory-store_id")
            .apply()
            .await?;
        alter(manager, "customer")
            .drop_foreign_key("fk-customer-store_id")
            .apply()
            .await?;
        // The rows of `store` are lost.
        manager
            .drop_table(Table::drop().table("store").to_owned())
            .await?;
        // The rows of `staff` are lost.
        manager
            .drop_table(Table::drop().table("staff").to_owned())
            .await?;
        // The rows of `rental` are lost.
        manager
            .drop_table(Table::drop().table("rental").to_owned())
            .await?;
        // The rows of `payment` are lost.
        manager
            .drop_table(Table::drop().table("payment").to_owned())
            .await?;
        // The rows of `inventory` are lost.
        manager
            .drop_table(Table::drop().table("inventory").to_owned())
            .await?;
        // The rows of `customer` are lost.
        manager
            .drop_table(Table::drop().table("customer").to_owned())
            .await?;
        // The rows of `film_category` are lost.
        manager
            .drop_table(Table::drop().table("film_category").to_owned())
            .await?;
        // The rows of `film_actor` are lost.
        manager
            .drop_table(Table::drop().table("film_actor").to_owned())
            .await?;
        // The rows of `address` are lost.
        manager
            .drop_table(Table::drop().table("address").to_owned())
            .await?;
        // The rows of `film` are lost.
        manager
            .drop_table(Table::drop().table("film").to_owned())
            .await?;
        // The rows of `city` are lost.
        manager
            .drop_table(Table::drop().table("city").to_owned())
            .await?;
        // The rows of `language` are lost.
        manager
            .drop_table(Table::drop().table("language").to_owned())
            .await?;
        // The rows of `country` are lost.
        manager
            .drop_table(Table::drop().table("country").to_owned())
            .await?;
        // The rows of `category` are lost.
        manager
            .drop_table(Table::drop().table("category").to_owned())
            .await?;
        // The rows of `actor` are lost.
        manager
            .drop_table(Table::drop().table("actor").to_owned())
            .await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            manager
                .drop_type(
                    extension::postgres::Type::drop()
                        .name("mpaa_rating")
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}
