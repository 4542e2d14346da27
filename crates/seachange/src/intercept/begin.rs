//! How the code of a revision begins a transaction: on the connection or inside of another transaction, and with which
//! options.
//!
//! SeaORM tells a mock connection that a transaction begins, without the options. Its `tracing` spans contain the
//! options: each function that begins a transaction records its arguments in a span just before. [`BeginObserver`]
//! reads these spans, and passes all other spans and events to the subscriber of the program.

use std::cell::RefCell;
use std::fmt;
use std::sync::LazyLock;

use sea_orm::{AccessMode, IsolationLevel, SqliteTransactionMode};
use tracing::dispatcher::{self, DefaultGuard, Dispatch};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// The options with which a transaction begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BeginOptions {
    /// Whether it was begun on the connection, and not inside of another transaction.
    pub(crate) is_on_connection: bool,
    /// The requested isolation level.
    pub(crate) isolation_level: Option<IsolationLevel>,
    /// The requested access mode.
    pub(crate) access_mode: Option<AccessMode>,
    /// The requested transaction mode of SQLite.
    pub(crate) sqlite_mode: Option<SqliteTransactionMode>,
}

impl BeginOptions {
    /// Whether the requested isolation level is another one than serializable.
    pub(crate) fn is_weaker(self) -> bool {
        self.isolation_level.is_some_and(|level| level != IsolationLevel::Serializable)
    }

    /// Whether the transaction is read-only.
    pub(crate) fn is_read_only(self) -> bool {
        self.access_mode == Some(AccessMode::ReadOnly)
    }
}

thread_local! {
    /// The options of the last span on this thread, until they are taken.
    static LAST: RefCell<Option<BeginOptions>> = const { RefCell::new(None) };
    /// The subscriber of this thread before the observation.
    static INNER: RefCell<Dispatch> = RefCell::new(Dispatch::none());
}

/// One for the process, because `tracing` checks every callsite again for each new subscriber.
static OBSERVER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(BeginObserver));

/// Takes the options of the last span on this thread.
pub(super) fn take() -> BeginOptions {
    LAST.with(|last| last.borrow_mut().take()).unwrap_or_default()
}

/// Runs `work` on this thread, observed, with `inner` as the subscriber.
pub(super) fn observed<T>(inner: &Dispatch, work: impl FnOnce() -> T) -> T {
    let before = INNER.with(|current| current.replace(inner.clone()));
    let outcome = dispatcher::with_default(&OBSERVER, work);
    INNER.with(|current| current.replace(before));
    outcome
}

/// Observes this thread, with its present subscriber, until the guard is dropped.
pub(super) fn observe_thread() -> DefaultGuard {
    let inner = dispatcher::get_default(Clone::clone);
    INNER.with(|current| current.replace(inner));
    dispatcher::set_default(&OBSERVER)
}

/// Reads the spans of the functions that begin transactions.
struct BeginObserver;

/// The id of a span that the inner subscriber does not want. No subscriber assigns this id.
fn unwanted() -> Id {
    Id::from_u64(u64::MAX)
}

fn inner<T>(work: impl FnOnce(&Dispatch) -> T) -> T {
    let dispatch = INNER.with(|inner| inner.borrow().clone());
    work(&dispatch)
}

/// Whether a span belongs to a function of SeaORM that begins a transaction.
fn begins(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && metadata.target().starts_with("sea_orm::database::")
        && (metadata.name().starts_with("begin") || metadata.name().starts_with("transaction"))
}

impl Subscriber for BeginObserver {
    /// Decides about each span again, because threads have different inner subscribers.
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        begins(metadata) || inner(|inner| inner.enabled(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        if begins(metadata) {
            let mut reader = FieldReader::default();
            span.record(&mut reader);
            // All other functions call this one. It repeats their options or, on a mock connection, has none.
            if !reader.is_innermost {
                let is_on_connection = metadata.target().ends_with("db_connection");
                LAST.with(|last| *last.borrow_mut() = Some(BeginOptions { is_on_connection, ..reader.begin }));
            }
        }
        inner(|inner| if inner.enabled(metadata) { inner.new_span(span) } else { unwanted() })
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if *span != unwanted() {
            inner(|inner| inner.record(span, values));
        }
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        if *span != unwanted() && *follows != unwanted() {
            inner(|inner| inner.record_follows_from(span, follows));
        }
    }

    fn event(&self, event: &Event<'_>) {
        inner(|inner| inner.event(event));
    }

    fn enter(&self, span: &Id) {
        if *span != unwanted() {
            inner(|inner| inner.enter(span));
        }
    }

    fn exit(&self, span: &Id) {
        if *span != unwanted() {
            inner(|inner| inner.exit(span));
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if *id == unwanted() { unwanted() } else { inner(|inner| inner.clone_span(id)) }
    }

    fn try_close(&self, id: Id) -> bool {
        id != unwanted() && inner(|inner| inner.try_close(id))
    }
}

/// Reads the fields of a span.
#[derive(Default)]
struct FieldReader {
    begin: BeginOptions,
    is_innermost: bool,
}

impl Visit for FieldReader {
    fn record_bool(&mut self, field: &Field, _value: bool) {
        self.is_innermost |= field.name() == "record_stmt_in_spans";
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = || format!("{value:?}");
        match field.name().trim_start_matches('_') {
            "isolation_level" => self.begin.isolation_level = isolation_level(&value()),
            "access_mode" => self.begin.access_mode = access_mode(&value()),
            "sqlite_transaction_mode" => self.begin.sqlite_mode = sqlite_mode(&value()),
            _ => {}
        }
    }
}

fn isolation_level(text: &str) -> Option<IsolationLevel> {
    match text {
        "Some(RepeatableRead)" => Some(IsolationLevel::RepeatableRead),
        "Some(ReadCommitted)" => Some(IsolationLevel::ReadCommitted),
        "Some(ReadUncommitted)" => Some(IsolationLevel::ReadUncommitted),
        "Some(Serializable)" => Some(IsolationLevel::Serializable),
        _ => None,
    }
}

fn access_mode(text: &str) -> Option<AccessMode> {
    match text {
        "Some(ReadOnly)" => Some(AccessMode::ReadOnly),
        "Some(ReadWrite)" => Some(AccessMode::ReadWrite),
        _ => None,
    }
}

fn sqlite_mode(text: &str) -> Option<SqliteTransactionMode> {
    match text {
        "Some(Deferred)" => Some(SqliteTransactionMode::Deferred),
        "Some(Immediate)" => Some(SqliteTransactionMode::Immediate),
        "Some(Exclusive)" => Some(SqliteTransactionMode::Exclusive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use sea_orm::{
        DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabaseConnection,
        MockDatabaseTrait, QueryResult, Statement, Transaction, TransactionTrait,
    };

    use super::*;

    /// Records the options of each transaction that begins.
    #[derive(Debug)]
    struct Listener(Arc<Mutex<Vec<BeginOptions>>>);

    impl MockDatabaseTrait for Listener {
        fn execute(&mut self, _: usize, _: Statement) -> Result<ExecResult, DbErr> {
            Err(DbErr::Custom("nothing runs here".to_owned()))
        }

        fn query(&mut self, _: usize, _: Statement) -> Result<Vec<QueryResult>, DbErr> {
            Ok(Vec::new())
        }

        fn begin(&mut self) {
            if let Ok(mut begins) = self.0.lock() {
                begins.push(take());
            }
        }

        fn commit(&mut self) {}

        fn rollback(&mut self) {}

        fn drain_transaction_log(&mut self) -> Vec<Transaction> {
            Vec::new()
        }

        fn get_database_backend(&self) -> DbBackend {
            DbBackend::Postgres
        }

        fn ping(&self) -> Result<(), DbErr> {
            Ok(())
        }
    }

    /// The options in the spans of this version of SeaORM, for each function that begins a transaction.
    #[test]
    fn each_begin_is_told_with_its_options() {
        let begins = Arc::new(Mutex::new(Vec::new()));
        let mock = MockDatabaseConnection::new(Listener(Arc::clone(&begins)));
        let connection: DatabaseConnection = DatabaseConnectionType::MockDatabaseConnection(Arc::new(mock)).into();
        let work = async {
            let plain = connection.begin().await?;
            plain
                .begin_with_config(Some(IsolationLevel::Serializable), Some(AccessMode::ReadOnly))
                .await?
                .commit()
                .await?;
            plain.commit().await?;
            let level = Some(IsolationLevel::RepeatableRead);
            connection.begin_with_config(level, None).await?.commit().await?;
            let nothing =
                connection.transaction_with_config(|_| Box::pin(async { Ok::<(), DbErr>(()) }), level, None).await;
            nothing.map_err(|error| DbErr::Custom(error.to_string()))
        };
        let done = observed(&Dispatch::none(), || pollster::block_on(work));
        assert_eq!(done, Ok(()));
        let told: Vec<_> = begins
            .lock()
            .map(|begins| begins.iter().map(|b| (b.is_on_connection, b.isolation_level, b.access_mode)).collect())
            .unwrap_or_default();
        let level = Some(IsolationLevel::RepeatableRead);
        let expected = vec![
            (true, None, None),
            (false, Some(IsolationLevel::Serializable), Some(AccessMode::ReadOnly)),
            (true, level, None),
            (true, level, None),
        ];
        assert_eq!(told, expected);
    }
}
