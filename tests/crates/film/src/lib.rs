//! A film rental store: a public schema of real size, for end-to-end tests of the comparison.
//!
//! `sql/postgres.sql` is the database of an existing project. The entities are what sea-orm-cli 2.0.4 made of it, untouched:
//!
//! ```text
//! sea-orm-cli generate entity --entity-format compact -o src/entities \
//!     --ignore-tables payment_2022_01,payment_2022_02,payment_later
//! ```
//!
//! They leave out much that the database has, which a comparison tells: lengths, defaults, generated columns, checks and
//! indexes. The revision in `src/versions` is what autogenerate made of them, from an empty database.

use seachange::autogenerate::Entities;

#[expect(missing_docs, reason = "the entities are as sea-orm-cli writes them")]
pub mod entities;

use entities::prelude::{
    Actor, Address, Category, City, Country, Customer, Film, FilmActor, FilmCategory, Inventory,
    Language, Payment, Rental, Staff, Store,
};

seachange::include_revisions!();

/// What a database is compared with.
pub fn entities() -> Entities {
    Entities::new()
        .with(Actor)
        .with(Address)
        .with(Category)
        .with(City)
        .with(Country)
        .with(Customer)
        .with(Film)
        .with(FilmActor)
        .with(FilmCategory)
        .with(Inventory)
        .with(Language)
        .with(Payment)
        .with(Rental)
        .with(Staff)
        .with(Store)
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_entity_is_forgotten() -> std::io::Result<()> {
        let written = seachange_source::models("src".as_ref())?
            .into_iter()
            .map(|model| model.table);
        let mut named: Vec<String> = crate::entities()
            .tables()
            .map(ToString::to_string)
            .collect();
        named.sort();
        assert_eq!(named, written.collect::<Vec<_>>());
        Ok(())
    }
}
