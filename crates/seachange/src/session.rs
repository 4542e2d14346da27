//! Database sessions of a run: how they are opened and limited, and how the statements of a revision reach them.

mod direct;
mod guarded;
mod holder;
mod limits;
mod policy;
mod scratch;
mod work;

pub(crate) use direct::{Connection, DirectSession};
pub(crate) use guarded::{GuardedSession, TransactionEnd};
pub(crate) use holder::{clear_holder, register_holder, register_holder_after, register_holder_when_idle};
pub(crate) use limits::{limit, limited};
#[cfg(feature = "cli")]
pub(crate) use policy::refused_in_transaction;
pub(crate) use policy::{begin, changes_role, outside, switches_foreign_keys, touches_session};
#[cfg(feature = "cli")]
pub(crate) use scratch::outside_change;
pub(crate) use work::{SessionSource, SharedSession, WorkSession};
