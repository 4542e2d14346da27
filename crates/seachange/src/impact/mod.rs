//! What pending changes would do to a database, before they are made.
//!
//! [`foresee`](mod@foresee) finds the rows on which a change of the schema would fail. This module does not know the
//! text of the statements that make a change.

pub mod foresee;
