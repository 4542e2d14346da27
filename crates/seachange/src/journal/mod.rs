//! Records what a revision has done, when no transaction holds it.
//!
//! The journal is written on the connection of the revision, statement by statement, so that it is correct by
//! construction: a rollback of the revision's own transaction also rolls back its entries. A statement that changes
//! rows commits together with its entry, and is never in doubt. For a statement that changes the schema, the journal
//! writes an entry before it, and its end after it. If the process is killed in between, the statement is in doubt, and
//! the catalogue may show whether it took effect.
//!
//! The same session replays an interrupted revision: statements that the journal shows as finished are answered from
//! the journal, and do not run again. If the code sends other statements than it did before, the session refuses them.

mod outcome;
mod read_log;
mod reads;
mod session;
mod statement_kind;

pub(crate) use outcome::determine_outcome;
pub(crate) use session::{FinishedEntries, JournalTarget, JournalledSession};

pub use crate::store::{JournalEntry, StatementOutcome, StatementState};
