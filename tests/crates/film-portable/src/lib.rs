//! The film rental store for every database: only PostgreSQL has arrays, so that the special features of a film are JSON
//! here. All other entities are those of `film-store`.

use film_store::entities::prelude::{
    Actor, Address, Category, City, Country, Customer, FilmActor, FilmCategory, Inventory,
    Language, Payment, Rental, Staff, Store,
};
use seachange::autogenerate::Entities;

pub mod film;

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
        .with(film::Entity)
        .with(FilmActor)
        .with(FilmCategory)
        .with(Inventory)
        .with(Language)
        .with(Payment)
        .with(Rental)
        .with(Staff)
        .with(Store)
}
