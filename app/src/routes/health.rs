//! The health checks: whether the service is alive, and whether it is ready for requests.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::error::Error;
use crate::state::AppState;

/// Returns the routes under `/health`.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Answers as long as the process is alive.
async fn live() -> Json<Health> {
    Json(Health { status: "live" })
}

/// Answers with 503 and the reason unless the schema matches this program: it is at the heads, or, where that is
/// allowed, ahead of them.
async fn ready(State(state): State<AppState>) -> Result<Json<Health>, Error> {
    state.schema.check().await.map_err(Error::NotReady)?;
    Ok(Json(Health { status: "ready" }))
}
