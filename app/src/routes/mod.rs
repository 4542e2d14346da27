//! The routes of the service, and the layers that all of them share.

mod health;
mod posts;
mod users;
mod votes;

use std::any::Any;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Router, body::Body};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Level, Span, info_span};

use crate::error::Error;
use crate::state::AppState;

/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// Returns the whole service.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .merge(users::router())
        .merge(posts::router())
        .merge(votes::router())
        .merge(health::router())
        .fallback(async || Error::NoRoute)
        .method_not_allowed_fallback(async || Error::NoMethod)
        .with_state(state)
        .layer(from_fn(within_limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_span)
                .on_response(DefaultOnResponse::new().level(Level::INFO))
                .on_failure(()),
        )
}

/// Names the request in every log line that belongs to it. The query is omitted, because it may be private.
fn request_span(request: &Request<Body>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    info_span!("request", method = %request.method(), path = request.uri().path(), route)
}

async fn within_limit(request: Request, next: Next) -> Response {
    let response = tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await;
    response.unwrap_or_else(|_| Error::TimedOut.into_response())
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Error::Panicked(text.unwrap_or("no message").to_owned()).into_response()
}
