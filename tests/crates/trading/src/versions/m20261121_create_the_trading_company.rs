//! create the trading company

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "bceec8f2377b",
    created: "2026-11-21T22:01:09Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let categories = Table::create()
            .table("categories")
            .col(small_integer("category_id").primary_key())
            .col(string_len("category_name", 15))
            .col(text_null("description"))
            .col(ColumnDef::new_with_type("picture", ColumnType::VarBinary(StringLen::None)).null())
            .to_owned();
        manager.create_table(categories).await?;
        let index = Index::create()
            .name("category_name")
            .table("categories")
            .col("category_name")
            .to_owned();
        manager.create_index(index).await?;
        let customer_demographics = Table::create()
            .table("customer_demographics")
            .col(char_len("customer_type_id", 10).primary_key())
            .col(text_null("customer_desc"))
            .to_owned();
        manager.create_table(customer_demographics).await?;
        let customers = Table::create()
            .table("customers")
            .col(char_len("customer_id", 5).primary_key())
            .col(string_len("company_name", 40))
            .col(string_len_null("contact_name", 30))
            .col(string_len_null("contact_title", 30))
            .col(string_len_null("address", 60))
            .col(string_len_null("city", 15))
            .col(string_len_null("region", 15))
            .col(string_len_null("postal_code", 10))
            .col(string_len_null("country", 15))
            .col(string_len_null("phone", 24))
            .col(string_len_null("fax", 24))
            .to_owned();
        manager.create_table(customers).await?;
        let index = Index::create()
            .name("customers_city")
            .table("customers")
            .col("city")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("customers_company_name")
            .table("customers")
            .col("company_name")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("customers_postal_code")
            .table("customers")
            .col("postal_code")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("customers_region")
            .table("customers")
            .col("region")
            .to_owned();
        manager.create_index(index).await?;
        let employees = Table::create()
            .table("employees")
            .col(pk_auto("employee_id"))
            .col(string_len("last_name", 20))
            .col(string_len("first_name", 10))
            .col(string_len_null("title", 30))
            .col(string_len_null("title_of_courtesy", 25))
            .col(date_null("birth_date"))
            .col(date_null("hire_date"))
            .col(string_len_null("address", 60))
            .col(string_len_null("city", 15))
            .col(string_len_null("region", 15))
            .col(string_len_null("postal_code", 10))
            .col(string_len_null("country", 15))
            .col(string_len_null("home_phone", 24))
            .col(string_len_null("extension", 4))
            .col(ColumnDef::new_with_type("photo", ColumnType::VarBinary(StringLen::None)).null())
            .col(text_null("notes"))
            .col(integer_null("reports_to"))
            .col(string_len_null("photo_path", 255))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-employees-reports_to")
                    .from("employees", "reports_to")
                    .to("employees", "employee_id"),
            )
            .check(("ck_birth_date", Expr::cust("birth_date < hire_date")))
            .to_owned();
        manager.create_table(employees).await?;
        let index = Index::create()
            .name("employees_last_name")
            .table("employees")
            .col("last_name")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("employees_postal_code")
            .table("employees")
            .col("postal_code")
            .to_owned();
        manager.create_index(index).await?;
        let region = Table::create()
            .table("region")
            .col(small_integer("region_id").primary_key())
            .col(char_len("region_description", 50))
            .to_owned();
        manager.create_table(region).await?;
        let shippers = Table::create()
            .table("shippers")
            .col(small_integer("shipper_id").primary_key())
            .col(string_len("company_name", 40))
            .col(string_len_null("phone", 24))
            .to_owned();
        manager.create_table(shippers).await?;
        let suppliers = Table::create()
            .table("suppliers")
            .col(small_integer("supplier_id").primary_key())
            .col(string_len("company_name", 40))
            .col(string_len_null("contact_name", 30))
            .col(string_len_null("contact_title", 30))
            .col(string_len_null("address", 60))
            .col(string_len_null("city", 15))
            .col(string_len_null("region", 15))
            .col(string_len_null("postal_code", 10))
            .col(string_len_null("country", 15))
            .col(string_len_null("phone", 24))
            .col(string_len_null("fax", 24))
            .col(text_null("homepage"))
            .to_owned();
        manager.create_table(suppliers).await?;
        let index = Index::create()
            .name("suppliers_company_name")
            .table("suppliers")
            .col("company_name")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("suppliers_postal_code")
            .table("suppliers")
            .col("postal_code")
            .to_owned();
        manager.create_index(index).await?;
        let us_states = Table::create()
            .table("us_states")
            .col(small_integer("state_id").primary_key())
            .col(string_len_null("state_name", 100))
            .col(string_len_null("state_abbr", 2))
            .col(string_len_null("state_region", 50))
            .to_owned();
        manager.create_table(us_states).await?;
        let customer_customer_demo = Table::create()
            .table("customer_customer_demo")
            .col(char_len("customer_id", 5))
            .col(char_len("customer_type_id", 10))
            .primary_key(
                Index::create()
                    .name("pk-customer_customer_demo")
                    .col("customer_id")
                    .col("customer_type_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-customer_customer_demo-customer_id")
                    .from("customer_customer_demo", "customer_id")
                    .to("customers", "customer_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-customer_customer_demo-customer_type_id")
                    .from("customer_customer_demo", "customer_type_id")
                    .to("customer_demographics", "customer_type_id"),
            )
            .to_owned();
        manager.create_table(customer_customer_demo).await?;
        let orders = Table::create()
            .table("orders")
            .col(pk_auto("order_id"))
            .col(char_len_null("customer_id", 5))
            .col(integer_null("employee_id"))
            .col(date_null("order_date"))
            .col(date_null("required_date"))
            .col(date_null("shipped_date"))
            .col(small_integer_null("ship_via"))
            .col(money_null("freight").default(Expr::custom_keyword("0")))
            .col(string_len_null("ship_name", 40))
            .col(string_len_null("ship_address", 60))
            .col(string_len_null("ship_city", 15))
            .col(string_len_null("ship_region", 15))
            .col(string_len_null("ship_postal_code", 10))
            .col(string_len_null("ship_country", 15))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-orders-customer_id")
                    .from("orders", "customer_id")
                    .to("customers", "customer_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-orders-employee_id")
                    .from("orders", "employee_id")
                    .to("employees", "employee_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-orders-ship_via")
                    .from("orders", "ship_via")
                    .to("shippers", "shipper_id"),
            )
            .to_owned();
        manager.create_table(orders).await?;
        let index = Index::create()
            .name("customers_orders")
            .table("orders")
            .col("customer_id")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("employees_orders")
            .table("orders")
            .col("employee_id")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("order_date")
            .table("orders")
            .col("order_date")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("ship_postal_code")
            .table("orders")
            .col("ship_postal_code")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("shipped_date")
            .table("orders")
            .col("shipped_date")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("shippers_orders")
            .table("orders")
            .col("ship_via")
            .to_owned();
        manager.create_index(index).await?;
        let products = Table::create()
            .table("products")
            .col(pk_auto("product_id"))
            .col(string_len("product_name", 40))
            .col(small_integer_null("supplier_id"))
            .col(small_integer_null("category_id"))
            .col(string_len_null("quantity_per_unit", 20))
            .col(decimal_len_null("unit_price", 19, 4).default(0))
            .col(small_integer_null("units_in_stock").default(0))
            .col(small_integer_null("units_on_order").default(0))
            .col(
                small_integer_null("reorder_level")
                    .default(0)
                    .comment("At so many units it is ordered again."),
            )
            .col(boolean("discontinued").default(false))
            .index(
                Index::create()
                    .name("products_name_of_supplier")
                    .col("supplier_id")
                    .col("product_name")
                    .unique(),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-products-category_id")
                    .from("products", "category_id")
                    .to("categories", "category_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-products-supplier_id")
                    .from("products", "supplier_id")
                    .to("suppliers", "supplier_id"),
            )
            .check(("ck_products_unit_price", Expr::cust("unit_price >= 0")))
            .check(("ck_reorder_level", Expr::cust("reorder_level >= 0")))
            .check(("ck_units_in_stock", Expr::cust("units_in_stock >= 0")))
            .check(("ck_units_on_order", Expr::cust("units_on_order >= 0")))
            .comment("What the company buys and sells.")
            .to_owned();
        manager.create_table(products).await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            alter(manager, "products")
                .comment("What the company buys and sells.")
                .column_comment("reorder_level", "At so many units it is ordered again.")
                .apply()
                .await?;
        }
        let index = Index::create()
            .name("categories_products")
            .table("products")
            .col("category_id")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("product_name")
            .table("products")
            .col("product_name")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("products_to_order")
            .table("products")
            .col("units_in_stock")
            .col(("reorder_level", IndexOrder::Desc))
            .to_owned();
        manager.create_index(index).await?;
        let territories = Table::create()
            .table("territories")
            .col(string_len("territory_id", 20).primary_key())
            .col(char_len("territory_description", 50))
            .col(small_integer("region_id"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-territories-region_id")
                    .from("territories", "region_id")
                    .to("region", "region_id"),
            )
            .to_owned();
        manager.create_table(territories).await?;
        let order_details = Table::create()
            .table("Order Details")
            .col(integer("order_id"))
            .col(integer("product_id"))
            .col(decimal_len("unit_price", 19, 4).default(0))
            .col(small_integer("quantity").default(1))
            .col(float("discount").default(0))
            .primary_key(
                Index::create()
                    .name("pk-Order Details")
                    .col("order_id")
                    .col("product_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Order Details-order_id")
                    .from("Order Details", "order_id")
                    .to("orders", "order_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Order Details-product_id")
                    .from("Order Details", "product_id")
                    .to("products", "product_id"),
            )
            .check(("ck_discount", Expr::cust("discount >= 0 AND discount <= 1")))
            .check(("ck_quantity", Expr::cust("quantity > 0")))
            .check(("ck_unit_price", Expr::cust("unit_price >= 0")))
            .to_owned();
        manager.create_table(order_details).await?;
        let index = Index::create()
            .name("orders_Order Details")
            .table("Order Details")
            .col("order_id")
            .to_owned();
        manager.create_index(index).await?;
        let index = Index::create()
            .name("products_Order Details")
            .table("Order Details")
            .col("product_id")
            .to_owned();
        manager.create_index(index).await?;
        let employee_territories = Table::create()
            .table("employee_territories")
            .col(integer("employee_id"))
            .col(string_len("territory_id", 20))
            .primary_key(
                Index::create()
                    .name("pk-employee_territories")
                    .col("employee_id")
                    .col("territory_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-employee_territories-employee_id")
                    .from("employee_territories", "employee_id")
                    .to("employees", "employee_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-employee_territories-territory_id")
                    .from("employee_territories", "territory_id")
                    .to("territories", "territory_id"),
            )
            .to_owned();
        manager.create_table(employee_territories).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The rows of `employee_territories` are lost.
        manager
            .drop_table(Table::drop().table("employee_territories").to_owned())
            .await?;
        // The rows of `Order Details` are lost.
        manager
            .drop_table(Table::drop().table("Order Details").to_owned())
            .await?;
        // The rows of `territories` are lost.
        manager
            .drop_table(Table::drop().table("territories").to_owned())
            .await?;
        // The rows of `products` are lost.
        manager
            .drop_table(Table::drop().table("products").to_owned())
            .await?;
        // The rows of `orders` are lost.
        manager
            .drop_table(Table::drop().table("orders").to_owned())
            .await?;
        // The rows of `customer_customer_demo` are lost.
        manager
            .drop_table(Table::drop().table("customer_customer_demo").to_owned())
            .await?;
        // The rows of `us_states` are lost.
        manager
            .drop_table(Table::drop().table("us_states").to_owned())
            .await?;
        // The rows of `suppliers` are lost.
        manager
            .drop_table(Table::drop().table("suppliers").to_owned())
            .await?;
        // The rows of `shippers` are lost.
        manager
            .drop_table(Table::drop().table("shippers").to_owned())
            .await?;
        // The rows of `region` are lost.
        manager
            .drop_table(Table::drop().table("region").to_owned())
            .await?;
        // The rows of `employees` are lost.
        manager
            .drop_table(Table::drop().table("employees").to_owned())
            .await?;
        // The rows of `customers` are lost.
        manager
            .drop_table(Table::drop().table("customers").to_owned())
            .await?;
        // The rows of `customer_demographics` are lost.
        manager
            .drop_table(Table::drop().table("customer_demographics").to_owned())
            .await?;
        // The rows of `categories` are lost.
        manager
            .drop_table(Table::drop().table("categories").to_owned())
            .await
    }
}
