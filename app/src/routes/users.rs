//! People: `/users`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::get;
use entity::users::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, QueryOrder, Set, SqlErr};
use serde::Deserialize;

use crate::error::Error;
use crate::extract::{Json, Path};
use crate::field;
use crate::page::{Page, Window};
use crate::state::AppState;

/// Returns the routes under `/users`.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/users", get(list).post(create)).route("/users/{id}", get(read).patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    email: String,
    password: String,
}

/// The fields to change; the others keep their values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChanges {
    email: Option<String>,
    password: Option<String>,
}

async fn list(State(state): State<AppState>, window: Window) -> Result<axum::Json<Page<Model>>, Error> {
    let users = Entity::find().order_by_asc(Column::Id);
    Ok(axum::Json(window.fetch(users, &state.database).await?))
}

async fn create(State(state): State<AppState>, Json(new): Json<NewUser>) -> Result<impl IntoResponse, Error> {
    let email = field::email(&new.email)?;
    let password = field::password(new.password)?;
    let password_hash = state.passwords.hash(password).await?;
    let user = ActiveModel { email: Set(email), password_hash: Set(password_hash), ..Default::default() };
    let user = user.insert(&state.database).await.map_err(email_taken)?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/users/{}", user.id))], axum::Json(user)))
}

async fn read(State(state): State<AppState>, Path(id): Path<i32>) -> Result<axum::Json<Model>, Error> {
    Ok(axum::Json(find(&state, id).await?))
}

async fn update(
    State(state): State<AppState>,
    Path(id): Path<i32>,
    Json(changes): Json<UserChanges>,
) -> Result<axum::Json<Model>, Error> {
    let mut user = find(&state, id).await?.into_active_model();
    if let Some(email) = changes.email {
        user.email = Set(field::email(&email)?);
    }
    if let Some(password) = changes.password {
        user.password_hash = Set(state.passwords.hash(field::password(password)?).await?);
    }
    let updated = user.update(&state.database).await;
    Ok(axum::Json(updated.map_err(|error| match error {
        DbErr::RecordNotUpdated => Error::NoUser(id),
        error => email_taken(error),
    })?))
}

async fn delete(State(state): State<AppState>, Path(id): Path<i32>) -> Result<StatusCode, Error> {
    let deleted = Entity::delete_by_id(id).exec(&state.database).await?;
    if deleted.rows_affected == 0 { Err(Error::NoUser(id)) } else { Ok(StatusCode::NO_CONTENT) }
}

async fn find(state: &AppState, id: i32) -> Result<Model, Error> {
    Entity::find_by_id(id).one(&state.database).await?.ok_or(Error::NoUser(id))
}

/// Maps a violated constraint to an error: the only one that a user can violate is the unique email address.
fn email_taken(error: DbErr) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::EmailTaken,
        _ => error.into(),
    }
}
