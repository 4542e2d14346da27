//! The columns of both versions, and how each is computed from the other.

use seachange::prelude::sea_orm::DbBackend;
use seachange::prelude::*;
use seachange::synchronise::{Synchronised, synchronise};

pub(crate) fn full_name<'m, 'c>(manager: &'m SchemaManager<'c>) -> Synchronised<'m, 'c> {
    synchronise(manager, "users").pair("name", "full_name")
}

pub(crate) fn rating<'m, 'c>(manager: &'m SchemaManager<'c>) -> Synchronised<'m, 'c> {
    synchronise(manager, "users")
        .old("score", score(manager))
        .new_column("rating", Expr::col("score").mul(1.0))
}

/// The score of a rating.
pub(crate) fn score(manager: &SchemaManager<'_>) -> Expr {
    Func::cust("round")
        .arg(Expr::col("rating"))
        .cast_as(integer(manager))
}

/// The name of the type to which an expression is cast.
fn integer(manager: &SchemaManager<'_>) -> &'static str {
    match manager.get_database_backend() {
        DbBackend::MySql => "SIGNED",
        _ => "integer",
    }
}
