//! What a revision has done so far, where no transaction holds it.
//!
//! The journal is kept on the connection of the revision, statement by statement, so that it says the truth by
//! construction: what a transaction of the revision's own rolls back, it rolls back in the journal, too. A statement that
//! changes rows commits together with its entry, and is never in doubt. One that changes the schema has its intent
//! written before, and its end after: killed in between, it is in doubt, and the catalogue may tell.
//!
//! The same session plays an interrupted revision again: what the journal shows as finished is answered from it, and not
//! done a second time. Where the code asks for something else than what it did then, it is refused.

pub(crate) mod entry;
mod outcome;
mod read_log;
mod reads;
mod session;
mod statement_kind;

pub(crate) use crate::sql::catalog_effect;
pub use entry::{JournalEntry, StatementState};
pub use outcome::StatementOutcome;
pub(crate) use outcome::{ObjectState, determine_outcome};
pub(crate) use session::{FinishedEntries, JournalTarget, JournalledSession};
