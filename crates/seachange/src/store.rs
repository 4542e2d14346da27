//! The table that says what is applied: one row a revision.
//!
//! | column | holds |
//! | --- | --- |
//! | `revision` | the id |
//! | `down_revision`, `depends_on` | what it pointed at when it was applied: ids joined by commas |
//! | `source_hash` | the hash of its file then |
//! | `state` | `applied`; or `upgrading` or `downgrading`, which an interrupted run leaves behind |
//! | `started_at`, `finished_at` | when, in UTC |
//! | `duration_ms` | how long it took, in milliseconds; nothing when it was stamped |
//! | `program` | the name and version of the program that did it, with ` (script)` behind it while a script is at work |
//!
//! Beside it, `seachange_revision_lock` says who is at work (see [`Holder`]), and `seachange_revision_statement` is the
//! journal (see [`Entry`](crate::journal::Entry)).

mod entries;
mod holder;
mod row;
mod script;
mod table;

pub use holder::Holder;
pub use row::{Row, State};
pub(crate) use table::Store;
