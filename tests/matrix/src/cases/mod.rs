//! The changes. The changes of Alembic's list have the names of its rows.

mod build;
mod checks;
mod columns;
mod comments;
mod declared;
mod defaults;
mod entities;
mod enumerations;
mod expressions;
mod foreign_keys;
mod indexes;
mod listed;
mod names;
mod numbering;
mod objects;
mod properties;
mod renames;
mod tables;
mod types;
mod uniques;
mod untouched;

pub use entities::circle;
pub use listed::LISTED;

use crate::Case;

/// All changes.
#[must_use]
pub fn all() -> Vec<Case> {
    let topics = [
        tables::cases(),
        columns::cases(),
        types::cases(),
        defaults::cases(),
        indexes::cases(),
        expressions::cases(),
        uniques::cases(),
        foreign_keys::cases(),
        checks::cases(),
        enumerations::cases(),
        numbering::cases(),
        comments::cases(),
        names::cases(),
        untouched::cases(),
        objects::cases(),
        declared::cases(),
        properties::cases(),
        renames::cases(),
        entities::cases(),
    ];
    topics.into_iter().flatten().collect()
}

/// Finds the change with a name, on the database of a URL.
#[must_use]
pub fn find(name: &str, url: &str) -> Option<Case> {
    all().into_iter().find(|case| case.name == name && case.is_on(url))
}
