//! Posts, with the number of their votes: `/posts`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::get;
use entity::posts::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, NotSet, QueryOrder, Set, SqlErr};
use serde::{Deserialize, Serialize};

use super::votes;
use crate::error::Error;
use crate::extract::{Json, Path};
use crate::field;
use crate::page::{Page, Window};
use crate::state::AppState;

/// Returns the routes under `/posts`, without the votes.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/posts", get(list).post(create)).route("/posts/{id}", get(read).patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPost {
    title: String,
    content: String,
    published: Option<bool>,
    owner_id: i32,
}

/// The fields to change; the others keep their values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostChanges {
    title: Option<String>,
    content: Option<String>,
    published: Option<bool>,
    owner_id: Option<i32>,
}

/// A post, and how many people voted for it.
#[derive(Serialize)]
struct PostView {
    #[serde(flatten)]
    post: Model,
    votes: i64,
}

async fn list(State(state): State<AppState>, window: Window) -> Result<axum::Json<Page<PostView>>, Error> {
    let posts = Entity::find().order_by_asc(Column::Id);
    let page = window.fetch(posts, &state.database).await?;
    Ok(axum::Json(page.try_map(async |posts| with_votes(&state, posts).await).await?))
}

async fn create(State(state): State<AppState>, Json(new): Json<NewPost>) -> Result<impl IntoResponse, Error> {
    let post = ActiveModel {
        title: Set(field::title(&new.title)?),
        content: Set(field::content(new.content)?),
        published: new.published.map_or(NotSet, Set),
        owner_id: Set(new.owner_id),
        ..Default::default()
    };
    let post = post.insert(&state.database).await.map_err(|error| unknown_owner(error, new.owner_id))?;
    let location = [(LOCATION, format!("/posts/{}", post.id))];
    Ok((StatusCode::CREATED, location, axum::Json(PostView { post, votes: 0 })))
}

async fn read(State(state): State<AppState>, Path(id): Path<i32>) -> Result<axum::Json<PostView>, Error> {
    let post = find(&state, id).await?;
    view(&state, post).await
}

async fn update(
    State(state): State<AppState>,
    Path(id): Path<i32>,
    Json(changes): Json<PostChanges>,
) -> Result<axum::Json<PostView>, Error> {
    let post = find(&state, id).await?;
    let owner_id = changes.owner_id.unwrap_or(post.owner_id);
    let updated = changed(post, changes)?.update(&state.database).await;
    let post = updated.map_err(|error| match error {
        DbErr::RecordNotUpdated => Error::NoPost(id),
        error => unknown_owner(error, owner_id),
    })?;
    view(&state, post).await
}

async fn delete(State(state): State<AppState>, Path(id): Path<i32>) -> Result<StatusCode, Error> {
    let deleted = Entity::delete_by_id(id).exec(&state.database).await?;
    if deleted.rows_affected == 0 { Err(Error::NoPost(id)) } else { Ok(StatusCode::NO_CONTENT) }
}

/// Finds a post, for the routes of a single post.
pub(super) async fn find(state: &AppState, id: i32) -> Result<Model, Error> {
    Entity::find_by_id(id).one(&state.database).await?.ok_or(Error::NoPost(id))
}

/// Applies the requested changes.
fn changed(post: Model, changes: PostChanges) -> Result<ActiveModel, Error> {
    let mut post = post.into_active_model();
    if let Some(title) = changes.title {
        post.title = Set(field::title(&title)?);
    }
    if let Some(content) = changes.content {
        post.content = Set(field::content(content)?);
    }
    if let Some(published) = changes.published {
        post.published = Set(published);
    }
    if let Some(owner_id) = changes.owner_id {
        post.owner_id = Set(owner_id);
    }
    Ok(post)
}

async fn view(state: &AppState, post: Model) -> Result<axum::Json<PostView>, Error> {
    let votes = votes::counts(&state.database, [post.id]).await?.remove(&post.id).unwrap_or(0);
    Ok(axum::Json(PostView { post, votes }))
}

/// Adds the votes of all posts in one query.
async fn with_votes(state: &AppState, posts: Vec<Model>) -> Result<Vec<PostView>, DbErr> {
    let mut counts = votes::counts(&state.database, posts.iter().map(|post| post.id)).await?;
    let view = |post: Model| PostView { votes: counts.remove(&post.id).unwrap_or(0), post };
    Ok(posts.into_iter().map(view).collect())
}

/// Maps a violated constraint to an error: the only one that a post can violate is that its owner exists.
fn unknown_owner(error: DbErr, owner_id: i32) -> Error {
    match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            Error::invalid("owner_id", format!("names user {owner_id}, who does not exist"))
        }
        _ => error.into(),
    }
}
