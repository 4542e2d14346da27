//! A trading company: a public schema of real size, for end-to-end tests of the comparison.
//!
//! `sql/postgres.sql` is the database of an existing project. The entities are what sea-orm-cli 2.0.4 made of it:
//!
//! ```text
//! sea-orm-cli generate entity --entity-format expanded -o src/entities
//! ```
//!
//! In them, only the defaults were added (`.default(…)` in `products.rs`, `orders.rs` and `order_details.rs`). What else they
//! leave out is declared here, so that the database is as the entities say. The revision in `src/versions` is what
//! autogenerate made of them, from an empty database.

use sea_orm::IdenStatic;
use sea_orm::sea_query::{Index, IndexCreateStatement, IndexOrder};
use seachange::autogenerate::{Entities, EntityTable};

#[expect(
    missing_docs,
    clippy::panic,
    reason = "the entities are as sea-orm-cli writes them"
)]
pub mod entities;

use entities::{
    categories, customer_customer_demo, customer_demographics, customers, employee_territories,
    employees, order_details, orders, products, region, shippers, suppliers, territories,
    us_states,
};

seachange::include_revisions!();

/// What a database is compared with.
pub fn entities() -> Entities {
    Entities::new()
        .with(
            EntityTable::of(categories::Entity)
                .index(index("category_name", categories::Column::CategoryName)),
        )
        .with(customer_customer_demo::Entity)
        .with(customer_demographics::Entity)
        .with(customers())
        .with(employee_territories::Entity)
        .with(employees())
        .with(order_details())
        .with(orders())
        .with(products())
        .with(region::Entity)
        .with(shippers::Entity)
        .with(suppliers())
        .with(territories::Entity)
        .with(us_states::Entity)
}

fn customers() -> EntityTable {
    use customers::{Column, Entity};
    EntityTable::of(Entity)
        .index(index("customers_city", Column::City))
        .index(index("customers_company_name", Column::CompanyName))
        .index(index("customers_postal_code", Column::PostalCode))
        .index(index("customers_region", Column::Region))
}

fn employees() -> EntityTable {
    use employees::{Column, Entity};
    EntityTable::of(Entity)
        .check("ck_birth_date", "birth_date < hire_date")
        .index(index("employees_last_name", Column::LastName))
        .index(index("employees_postal_code", Column::PostalCode))
}

fn order_details() -> EntityTable {
    use order_details::{Column, Entity};
    EntityTable::of(Entity)
        .check("ck_discount", "discount >= 0 AND discount <= 1")
        .check("ck_quantity", "quantity > 0")
        .check("ck_unit_price", "unit_price >= 0")
        .index(index("orders_Order Details", Column::OrderId))
        .index(index("products_Order Details", Column::ProductId))
}

fn orders() -> EntityTable {
    use orders::{Column, Entity};
    EntityTable::of(Entity)
        .index(index("customers_orders", Column::CustomerId))
        .index(index("employees_orders", Column::EmployeeId))
        .index(index("order_date", Column::OrderDate))
        .index(index("shipped_date", Column::ShippedDate))
        .index(index("shippers_orders", Column::ShipVia))
        .index(index("ship_postal_code", Column::ShipPostalCode))
}

fn products() -> EntityTable {
    use products::{Column, Entity};
    let mut to_order = Index::create();
    to_order
        .name("products_to_order")
        .col(Column::UnitsInStock)
        .col((Column::ReorderLevel, IndexOrder::Desc));
    EntityTable::of(Entity)
        .comment("What the company buys and sells.")
        .column_comment(
            Column::ReorderLevel,
            "At so many units it is ordered again.",
        )
        .check("ck_products_unit_price", "unit_price >= 0")
        .check("ck_reorder_level", "reorder_level >= 0")
        .check("ck_units_in_stock", "units_in_stock >= 0")
        .check("ck_units_on_order", "units_on_order >= 0")
        .unique(
            "products_name_of_supplier",
            [Column::SupplierId, Column::ProductName],
        )
        .index(index("categories_products", Column::CategoryId))
        .index(index("product_name", Column::ProductName))
        .index(to_order)
}

fn suppliers() -> EntityTable {
    use suppliers::{Column, Entity};
    EntityTable::of(Entity)
        .index(index("suppliers_company_name", Column::CompanyName))
        .index(index("suppliers_postal_code", Column::PostalCode))
}

fn index(name: &str, column: impl IdenStatic) -> IndexCreateStatement {
    Index::create().name(name).col(column).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_entity_is_forgotten() -> std::io::Result<()> {
        let written = seachange_source::models("src".as_ref())?
            .into_iter()
            .map(|model| model.table);
        let mut named: Vec<String> = crate::entities()
            .tables()
            .map(ToString::to_string)
            .collect();
        named.sort();
        assert_eq!(named, written.collect::<Vec<_>>());
        Ok(())
    }
}
