//! The models of the example service: people who write posts and vote for them.
//!
//! Every model is in SeaORM's dense format: the columns and the relations of a table in one struct. The revisions of
//! the `migration` crate make the tables; the tests here check the schema that the models describe.

use seachange::autogenerate::Entities;

pub mod posts;
pub mod users;
pub mod votes;

/// All entities, for the comparison with a database.
pub fn entities() -> Entities {
    Entities::new().with(users::Entity).with(posts::Entity).with(votes::Entity)
}

#[cfg(test)]
mod tests;
