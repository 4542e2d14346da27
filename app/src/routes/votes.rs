//! Votes for a post: `/posts/{id}/votes`.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::get;
use entity::votes::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    SqlErr,
};
use serde::Deserialize;

use super::posts;
use crate::error::Error;
use crate::extract::{Json, Path};
use crate::page::{Page, Window};
use crate::state::AppState;

/// Returns the routes under `/posts/{id}/votes`.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/posts/{id}/votes", get(list).post(create))
        .route("/posts/{id}/votes/{user_id}", get(read).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewVote {
    user_id: i32,
}

async fn list(
    State(state): State<AppState>,
    Path(post_id): Path<i32>,
    window: Window,
) -> Result<axum::Json<Page<Model>>, Error> {
    posts::find(&state, post_id).await?;
    let votes = Entity::find().filter(Column::PostId.eq(post_id)).order_by_asc(Column::UserId);
    Ok(axum::Json(window.fetch(votes, &state.database).await?))
}

async fn create(
    State(state): State<AppState>,
    Path(post_id): Path<i32>,
    Json(NewVote { user_id }): Json<NewVote>,
) -> Result<impl IntoResponse, Error> {
    // Not every backend names the violated foreign key, so the post is looked up first.
    posts::find(&state, post_id).await?;
    let vote = ActiveModel { user_id: Set(user_id), post_id: Set(post_id) };
    let vote = vote.insert(&state.database).await.map_err(|error| refused(error, post_id, user_id))?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/posts/{post_id}/votes/{user_id}"))], axum::Json(vote)))
}

async fn read(
    State(state): State<AppState>,
    Path((post_id, user_id)): Path<(i32, i32)>,
) -> Result<axum::Json<Model>, Error> {
    let vote = Entity::find_by_id((user_id, post_id)).one(&state.database).await?;
    Ok(axum::Json(vote.ok_or(Error::NoVote { post_id, user_id })?))
}

async fn delete(
    State(state): State<AppState>,
    Path((post_id, user_id)): Path<(i32, i32)>,
) -> Result<StatusCode, Error> {
    let deleted = Entity::delete_by_id((user_id, post_id)).exec(&state.database).await?;
    if deleted.rows_affected == 0 { Err(Error::NoVote { post_id, user_id }) } else { Ok(StatusCode::NO_CONTENT) }
}

/// Counts the votes for each of these posts, in one query. A post without votes is not in the result.
pub(super) async fn counts(
    database: &impl ConnectionTrait,
    post_ids: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, i64>, DbErr> {
    let counts = Entity::find()
        .select_only()
        .column(Column::PostId)
        .column_as(Column::UserId.count(), "votes")
        .filter(Column::PostId.is_in(post_ids))
        .group_by(Column::PostId);
    Ok(counts.into_tuple().all(database).await?.into_iter().collect())
}

fn refused(error: DbErr, post_id: i32, user_id: i32) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::AlreadyVoted { post_id, user_id },
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            Error::invalid("user_id", format!("names user {user_id}, who does not exist"))
        }
        _ => error.into(),
    }
}
