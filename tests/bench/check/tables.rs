//! The compared tables, which `alembic_check.py` describes as well.

use std::error::Error;

use sea_orm::sea_query::{
    ColumnDef, Expr, ForeignKey, ForeignKeyAction, Index, IndexCreateStatement, PostgresQueryBuilder,
    SqliteQueryBuilder, Table, TableCreateStatement,
};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use seachange_tests::pool_options;

/// A table with seven columns, a unique constraint, an index, and a foreign key to the previous table.
pub(super) fn table(number: usize) -> (TableCreateStatement, IndexCreateStatement) {
    let name = format!("t{number:05}");
    let mut table = Table::create()
        .table(name.clone())
        .col(ColumnDef::new("id").integer().not_null().auto_increment().primary_key())
        .col(ColumnDef::new("name").string_len(255).not_null())
        .col(ColumnDef::new("price").decimal_len(10, 2).not_null().default(0))
        .col(ColumnDef::new("active").boolean().not_null().default(true))
        .col(ColumnDef::new("created_at").timestamp_with_time_zone().not_null().default(Expr::current_timestamp()))
        .col(ColumnDef::new("note").text())
        .col(ColumnDef::new("parent_id").integer())
        .index(Index::create().unique().name(format!("{name}_name_key")).col("name"))
        .to_owned();
    if number > 0 {
        let parent = format!("t{:05}", number - 1);
        let key = ForeignKey::create()
            .name(format!("{name}_parent_id_fkey"))
            .from(name.clone(), "parent_id")
            .to(parent, "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        table.foreign_key(&mut key.clone());
    }
    let index = Index::create().name(format!("{name}_price_idx")).table(name).col("price").to_owned();
    (table, index)
}

/// Makes the given number of tables.
pub(super) async fn create(url: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let connection = Database::connect(pool_options(url)).await?;
    for number in 0..count {
        let (table, index) = table(number);
        let text = match connection.get_database_backend() {
            DbBackend::Postgres => {
                format!("{};{}", table.to_string(PostgresQueryBuilder), index.to_string(PostgresQueryBuilder))
            }
            _ => format!("{};{}", table.to_string(SqliteQueryBuilder), index.to_string(SqliteQueryBuilder)),
        };
        connection.execute_unprepared(&text).await?;
    }
    Ok(connection.close().await?)
}

/// Makes the given number of objects that no entity declares, in turn a view over a table and, on PostgreSQL, a function.
pub(super) async fn create_objects(url: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let connection = Database::connect(pool_options(url)).await?;
    let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
    for number in 0..count {
        let text = match is_postgres && number % 2 == 1 {
            true => format!(
                "CREATE FUNCTION f{number:05}(price numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT price * 2'"
            ),
            false => format!("CREATE VIEW v{number:05} AS SELECT id, name, price FROM t{number:05} WHERE active"),
        };
        connection.execute_unprepared(&text).await?;
    }
    Ok(connection.close().await?)
}
