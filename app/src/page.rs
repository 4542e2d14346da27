//! Pages of lists.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QuerySelect, Select};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How many items a page has by default.
const DEFAULT_LIMIT: u32 = 20;
/// How many items a page has at most.
const MAX_LIMIT: u32 = 100;

/// The requested part of a list: `?limit=20&offset=0`.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Window {
    /// How many items, 1 to 100.
    limit: u32,
    /// How many items precede the page.
    offset: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, offset: 0 }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Window {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Query(window) = Query::<Self>::from_request_parts(parts, state).await?;
        if (1..=MAX_LIMIT).contains(&window.limit) {
            Ok(window)
        } else {
            Err(Error::invalid("limit", format!("has to be from 1 to {MAX_LIMIT}")))
        }
    }
}

/// A part of a list.
#[derive(Serialize)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    limit: u32,
    offset: u32,
    /// How many items the whole list has.
    total: u64,
}

impl<T> Page<T> {
    /// Replaces the items by the result of `f`, which gets all of them.
    pub(crate) async fn try_map<U, E>(self, f: impl AsyncFnOnce(Vec<T>) -> Result<Vec<U>, E>) -> Result<Page<U>, E> {
        let Self { items, limit, offset, total } = self;
        Ok(Page { items: f(items).await?, limit, offset, total })
    }
}

impl Window {
    /// Fetches this part of the rows of `select`, to which the caller has given a stable order.
    pub(crate) async fn fetch<E>(
        self,
        select: Select<E>,
        database: &impl ConnectionTrait,
    ) -> Result<Page<E::Model>, DbErr>
    where
        E: EntityTrait<Model: Sync>,
    {
        let Self { limit, offset } = self;
        let total = select.clone().count(database).await?;
        let items = select.limit(u64::from(limit)).offset(u64::from(offset)).all(database).await?;
        Ok(Page { items, limit, offset, total })
    }
}
