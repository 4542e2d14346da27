//! Every route, through the router, on a database at the heads of the revisions; without one, where the test says so.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod errors;
mod health;
mod posts;
mod start;
mod users;
mod votes;

use std::fmt::{Display, Formatter, Result};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use migration::MIGRATIONS;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use seachange::testing::{TestDatabase, TestDatabases};
use seachange::{AheadPolicy, Migrator};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::routes;
use crate::state::AppState;

/// On the server that `TEST_DATABASE_URL` names, or else on SQLite.
static DATABASES: TestDatabases = TestDatabases::new(&MIGRATIONS);

/// The service on a database of its own.
struct Service {
    router: Router,
    database: DatabaseConnection,
    /// Removed when the service is dropped.
    #[expect(dead_code, reason = "it is only dropped")]
    test_database: Option<TestDatabase>,
}

/// A response as a client sees it: the status, and the body as JSON.
struct Answer {
    status: StatusCode,
    location: Option<String>,
    body: Value,
}

impl Service {
    /// Makes the service on a database at the heads of the revisions.
    async fn with_tables() -> Self {
        let test_database = DATABASES.create().await.unwrap();
        let database = test_database.connection().clone();
        Self { test_database: Some(test_database), ..Self::on(database) }
    }

    /// Makes the service with some rows: users 1 and 2, and post 1 of user 1.
    async fn with_rows() -> Self {
        let service = Self::with_tables().await;
        for email in ["ada@example.com", "grace@example.com"] {
            service.created("/users", json!({ "email": email, "password": "correct horse" })).await;
        }
        service.created("/posts", json!({ "title": "Notes", "content": "G.", "owner_id": 1 })).await;
        service
    }

    /// The migrator of its database.
    fn migrator(&self) -> Migrator {
        Migrator::new(&MIGRATIONS, self.database.clone()).unwrap()
    }

    /// Makes the service on a database without tables.
    async fn empty() -> Self {
        // A database in memory belongs to its connection.
        let options = ConnectOptions::new("sqlite::memory:").max_connections(1).to_owned();
        let database = Database::connect(options).await.unwrap();
        Self::on(database)
    }

    fn on(database: DatabaseConnection) -> Self {
        let state = AppState::new(database.clone(), AheadPolicy::Allow).unwrap();
        Self { router: routes::router(state), database, test_database: None }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.json("POST", path, body.to_string()).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json("PATCH", path, body.to_string()).await
    }

    async fn json(&self, method: &str, path: &str, body: String) -> Answer {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a POST request, which has to succeed.
    async fn created(&self, path: &str, body: Value) {
        assert_eq!(self.post(path, body).await.status, StatusCode::CREATED);
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, location, body }
    }
}

/// Shows a response for a snapshot: the status, the location, and the body without its times.
impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.status.as_u16())?;
        if let Some(location) = &self.location {
            write!(f, " -> {location}")?;
        }
        if self.body.is_null() { Ok(()) } else { write!(f, " {}", without_times(self.body.clone())) }
    }
}

fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("created_at");
            for field in fields.values_mut() {
                *field = without_times(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_times(item.take());
            }
        }
        _ => {}
    }
    value
}
