//! Errors of a request, and the responses that report them to the client.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;
use serde::Serialize;
use tracing::error;

use crate::password::HashError;

/// An error of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No route has this path.
    #[error("no such path")]
    NoRoute,
    /// The route does not take this method.
    #[error("the path does not take this method")]
    NoMethod,
    /// There is no such user.
    #[error("no user has the id {0}")]
    NoUser(i32),
    /// There is no such post.
    #[error("no post has the id {0}")]
    NoPost(i32),
    /// There is no such vote.
    #[error("user {user_id} has not voted for post {post_id}")]
    NoVote {
        /// The post.
        post_id: i32,
        /// The voter.
        user_id: i32,
    },
    /// Another user has the email address.
    #[error("the email address is taken")]
    EmailTaken,
    /// The user has already voted: a user has one vote for each post.
    #[error("user {user_id} has already voted for post {post_id}")]
    AlreadyVoted {
        /// The post.
        post_id: i32,
        /// The voter.
        user_id: i32,
    },
    /// A field has a value that is not allowed.
    #[error("`{field}` {problem}")]
    Invalid {
        /// The field of the body, or the parameter of the query.
        field: &'static str,
        /// What is wrong with its value, as the rest of a sentence.
        problem: String,
    },
    /// The body is not the JSON that the route takes.
    #[error("{}", body_problem(.0))]
    Body(#[from] JsonRejection),
    /// A part of the path is malformed.
    #[error("an id in the path is not a 32-bit number")]
    Path(#[from] PathRejection),
    /// The query string is malformed.
    #[error("malformed query: {}", reason(.0))]
    Query(#[from] QueryRejection),
    /// The schema is not at this program's heads.
    #[error("not ready: {0}")]
    NotReady(seachange::Error),
    /// The request took too long.
    #[error("the request took too long")]
    TimedOut,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// A password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The handler panicked.
    #[error("the handler panicked: {0}")]
    Panicked(String),
}

impl Error {
    /// Makes the error for a field whose value is not allowed.
    pub(crate) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid { field, problem: problem.into() }
    }

    /// Returns the status, and the code that programs match on.
    fn class(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoRoute | Self::NoUser(_) | Self::NoPost(_) | Self::NoVote { .. } => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            Self::NoMethod => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::EmailTaken | Self::AlreadyVoted { .. } => (StatusCode::CONFLICT, "conflict"),
            Self::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Self::Body(rejection) => rejected(rejection.status()),
            Self::Path(rejection) => rejected(rejection.status()),
            Self::Query(rejection) => rejected(rejection.status()),
            Self::NotReady(_) => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed_out"),
            Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Self::Database(_) | Self::Hash(_) | Self::Panicked(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// Returns the message for the client. The details of internal errors are in the log only.
    fn message(&self) -> String {
        match self.class().1 {
            "internal" => "something went wrong inside the service".to_owned(),
            "unavailable" => "the database cannot be reached".to_owned(),
            _ => self.to_string(),
        }
    }
}

/// Returns what is wrong with a body.
fn body_problem(rejection: &JsonRejection) -> String {
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "the body has to be `application/json`".to_owned(),
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too large".to_owned(),
        _ => format!("malformed body: {}", reason(rejection)),
    }
}

/// Returns the cause for which axum itself rejects a request, without the operation that axum tried.
fn reason(rejection: &dyn std::error::Error) -> String {
    match rejection.source().and_then(std::error::Error::source) {
        Some(cause) => cause.to_string(),
        None => rejection.to_string(),
    }
}

/// Returns the code for a request that axum itself rejects.
fn rejected(status: StatusCode) -> (StatusCode, &'static str) {
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        status if status.is_server_error() => "internal",
        _ => "bad_request",
    };
    (status, code)
}

/// The body of every error: `{"error": {"code": "not_found", "message": "..."}}`.
#[derive(Serialize)]
struct Body {
    error: Detail,
}

#[derive(Serialize)]
struct Detail {
    code: &'static str,
    message: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.class();
        if status.is_server_error() {
            error!(code, error = %self, "the request failed");
        }
        let detail = Detail { code, message: self.message() };
        (status, Json(Body { error: detail })).into_response()
    }
}
