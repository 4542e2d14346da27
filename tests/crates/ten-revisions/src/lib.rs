//! A small bank in ten revisions, for end-to-end tests of runs that are disturbed.
//!
//! Every revision has several statements, and those that write rows would leave other rows if they ran twice. The schema
//! and the rows at the head are the same on every run. `TEN_AT` says at which moment something happens to the process.

mod moment;

pub use moment::wait_for_start;

seachange::include_revisions!();
