//! The models of the example service: people who write posts and vote for them.
//!
//! Every model is SeaORM's dense format: the columns and the relations of a table in one struct. The
//! tables themselves are made by the revisions of the `migration` crate; the tests here hold the
//! schema that the models describe.

pub mod posts;
pub mod users;
pub mod votes;

#[cfg(test)]
mod tests;
