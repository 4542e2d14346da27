//! Scripts for psql.

use sea_orm::sea_query::{Expr, PostgresQueryBuilder, QueryBuilder};
use sea_orm::{DbBackend, Value};

use super::{Dialect, common};
use crate::sql::{SqlDialect, StatementFacts};

pub(super) struct PostgresDialect;

impl Dialect for PostgresDialect {
    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    fn instructions(&self) -> &'static [&'static str] {
        &[
            "Run it as `psql -v ON_ERROR_STOP=1 -f FILE DATABASE`, which stops at the first error. Without that setting, what",
            "comes after a revision that failed refuses to run.",
        ]
    }

    fn reset(&self, _facts: &[StatementFacts]) -> Vec<String> {
        vec!["DISCARD ALL".to_owned()]
    }

    /// The settings that SQLx makes for every connection, and the schema, alone in the search path as the engine sets
    /// it.
    fn preamble(&self, schema: Option<&str>) -> Vec<String> {
        let session = [
            "client_encoding = 'UTF8'",
            "standard_conforming_strings = on",
            "TimeZone = 'UTC'",
            "DateStyle = 'ISO, MDY'",
        ];
        let mut statements: Vec<String> = session.map(|setting| format!("SET {setting}")).into();
        let quoted = schema.map(|schema| format!("\"{}\"", schema.replace('"', "\"\"")));
        statements.extend(quoted.map(|schema| format!("SET search_path = {schema}")));
        statements
    }

    /// `CURRENT_TIMESTAMP` is the time when the transaction began.
    fn now(&self) -> Expr {
        Expr::cust("clock_timestamp()")
    }

    fn guard(&self, query: &str, complaint: &str) -> Option<String> {
        let complaint = PostgresQueryBuilder.value_to_string(&complaint.replace('%', "%%").into());
        let body =
            format!(" BEGIN\n    IF NOT ({query}) THEN\n        RAISE EXCEPTION {complaint};\n    END IF;\nEND ");
        let tags = (0..)
            .map(|number: u32| format!("$seachange{}$", if number == 0 { String::new() } else { number.to_string() }));
        let tag = tags.into_iter().find(|tag| !body.contains(tag))?;
        Some(format!("DO {tag}{body}{tag}"))
    }

    fn grammar(&self) -> SqlDialect {
        SqlDialect::Postgres
    }

    fn literal(&self, value: &Value) -> Result<String, &'static str> {
        match value {
            Value::String(Some(text)) if text.contains('\0') => Err("PostgreSQL takes no text with a zero byte"),
            // Whole numbers would be of type integer without the cast.
            Value::Float(Some(number)) if !number.is_finite() => Ok(format!("'{number}'::float8")),
            Value::Double(Some(number)) if !number.is_finite() => Ok(format!("'{number}'::float8")),
            value => common(&PostgresQueryBuilder, value),
        }
    }
}
