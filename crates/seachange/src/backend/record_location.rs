//! Finds the schema of the record.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::Backend;

/// The location of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordLocation {
    /// The schema of the table, or the schema in which it would be created.
    pub(crate) schema: String,
    /// The schema in which the session creates tables, if the table was found in another one.
    pub(crate) elsewhere_than: Option<String>,
}

/// The expressions of a query for the location of the record, on a database that has schemas.
pub(crate) struct LocationColumns {
    /// The schema in which the session creates tables.
    pub(crate) current: &'static str,
    /// The first schema of the search path that has the table.
    pub(crate) found: String,
}

impl RecordLocation {
    /// Finds the location of the record, by the name of its table.
    ///
    /// # Errors
    ///
    /// The error of the database, or that the session has no schema.
    pub(crate) async fn find(
        backend: &dyn Backend,
        connection: &impl ConnectionTrait,
        table: &str,
    ) -> Result<Self, DbErr> {
        let Some(LocationColumns { current, found }) = backend.location_columns(table) else {
            // The search path would find a temporary table of the same name first.
            return Ok(Self { schema: "main".to_owned(), elsewhere_than: None });
        };
        let sql = format!("SELECT {current}, {found}");
        let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), &sql)).await?;
        let row = row.ok_or(DbErr::RecordNotFound(sql))?;
        let current: Option<String> = row.try_get_by_index(0)?;
        let found: Option<String> = row.try_get_by_index(1)?;
        match (current, found) {
            (current, Some(schema)) => {
                Ok(Self { elsewhere_than: current.filter(|current| *current != schema), schema })
            }
            (Some(schema), None) => Ok(Self { schema, elsewhere_than: None }),
            (None, None) => Err(DbErr::Custom("the session has no schema: none of its search path exists".to_owned())),
        }
    }
}
