//! A music store: a public schema of real size, for end-to-end tests of the comparison.
//!
//! `sql/postgres.sql` is the database of an existing project, with names in mixed case. The entities are what sea-orm-cli 2.0.4
//! made of it, untouched:
//!
//! ```text
//! sea-orm-cli generate entity --entity-format dense -o src/entities
//! ```
//!
//! They leave out the lengths of texts, and the indexes. The revision in `src/versions` is what autogenerate made of them,
//! from an empty database.

use seachange::autogenerate::Entities;

#[expect(missing_docs, reason = "the entities are as sea-orm-cli writes them")]
pub mod entities;

use entities::prelude::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist,
    PlaylistTrack, Track,
};

seachange::include_revisions!();

/// What a database is compared with.
pub fn entities() -> Entities {
    Entities::new()
        .with(Album)
        .with(Artist)
        .with(Customer)
        .with(Employee)
        .with(Genre)
        .with(Invoice)
        .with(InvoiceLine)
        .with(MediaType)
        .with(Playlist)
        .with(PlaylistTrack)
        .with(Track)
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
