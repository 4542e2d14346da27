//! create the music store

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "5389c9387742",
    created: "2026-11-21T21:45:04Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let artist = Table::create()
            .table("Artist")
            .col(pk_auto("ArtistId"))
            .col(string_null("Name"))
            .to_owned();
        manager.create_table(artist).await?;
        let employee = Table::create()
            .table("Employee")
            .col(pk_auto("EmployeeId"))
            .col(string("LastName"))
            .col(string("FirstName"))
            .col(string_null("Title"))
            .col(integer_null("ReportsTo"))
            .col(date_time_null("BirthDate"))
            .col(date_time_null("HireDate"))
            .col(string_null("Address"))
            .col(string_null("City"))
            .col(string_null("State"))
            .col(string_null("Country"))
            .col(string_null("PostalCode"))
            .col(string_null("Phone"))
            .col(string_null("Fax"))
            .col(string_null("Email"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Employee-ReportsTo")
                    .from("Employee", "ReportsTo")
                    .to("Employee", "EmployeeId"),
            )
            .to_owned();
        manager.create_table(employee).await?;
        let genre = Table::create()
            .table("Genre")
            .col(pk_auto("GenreId"))
            .col(string_null("Name"))
            .to_owned();
        manager.create_table(genre).await?;
        let media_type = Table::create()
            .table("MediaType")
            .col(pk_auto("MediaTypeId"))
            .col(string_null("Name"))
            .to_owned();
        manager.create_table(media_type).await?;
        let playlist = Table::create()
            .table("Playlist")
            .col(pk_auto("PlaylistId"))
            .col(string_null("Name"))
            .to_owned();
        manager.create_table(playlist).await?;
        let album = Table::create()
            .table("Album")
            .col(pk_auto("AlbumId"))
            .col(string("Title"))
            .col(integer("ArtistId"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Album-ArtistId")
                    .from("Album", "ArtistId")
                    .to("Artist", "ArtistId"),
            )
            .to_owned();
        manager.create_table(album).await?;
        let customer = Table::create()
            .table("Customer")
            .col(pk_auto("CustomerId"))
            .col(string("FirstName"))
            .col(string("LastName"))
            .col(string_null("Company"))
            .col(string_null("Address"))
            .col(string_null("City"))
            .col(string_null("State"))
            .col(string_null("Country"))
            .col(string_null("PostalCode"))
            .col(string_null("Phone"))
            .col(string_null("Fax"))
            .col(string("Email"))
            .col(integer_null("SupportRepId"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Customer-SupportRepId")
                    .from("Customer", "SupportRepId")
                    .to("Employee", "EmployeeId"),
            )
            .to_owned();
        manager.create_table(customer).await?;
        let invoice = Table::create()
            .table("Invoice")
            .col(pk_auto("InvoiceId"))
            .col(integer("CustomerId"))
            .col(date_time("InvoiceDate"))
            .col(string_null("BillingAddress"))
            .col(string_null("BillingCity"))
            .col(string_null("BillingState"))
            .col(string_null("BillingCountry"))
            .col(string_null("BillingPostalCode"))
            .col(decimal_len("Total", 10, 2))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Invoice-CustomerId")
                    .from("Invoice", "CustomerId")
                    .to("Customer", "CustomerId"),
            )
            .to_owned();
        manager.create_table(invoice).await?;
        let track = Table::create()
            .table("Track")
            .col(pk_auto("TrackId"))
            .col(string("Name"))
            .col(integer_null("AlbumId"))
            .col(integer("MediaTypeId"))
            .col(integer_null("GenreId"))
            .col(string_null("Composer"))
            .col(integer("Milliseconds"))
            .col(integer_null("Bytes"))
            .col(decimal_len("UnitPrice", 10, 2))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Track-AlbumId")
                    .from("Track", "AlbumId")
                    .to("Album", "AlbumId"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Track-GenreId")
                    .from("Track", "GenreId")
                    .to("Genre", "GenreId"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-Track-MediaTypeId")
                    .from("Track", "MediaTypeId")
                    .to("MediaType", "MediaTypeId"),
            )
            .to_owned();
        manager.create_table(track).await?;
        let invoice_line = Table::create()
            .table("InvoiceLine")
            .col(pk_auto("InvoiceLineId"))
            .col(integer("InvoiceId"))
            .col(integer("TrackId"))
            .col(decimal_len("UnitPrice", 10, 2))
            .col(integer("Quantity"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-InvoiceLine-InvoiceId")
                    .from("InvoiceLine", "InvoiceId")
                    .to("Invoice", "InvoiceId"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-InvoiceLine-TrackId")
                    .from("InvoiceLine", "TrackId")
                    .to("Track", "TrackId"),
            )
            .to_owned();
        manager.create_table(invoice_line).await?;
        let playlist_track = Table::create()
            .table("PlaylistTrack")
            .col(integer("PlaylistId"))
            .col(integer("TrackId"))
            .primary_key(
                Index::create()
                    .name("pk-PlaylistTrack")
                    .col("PlaylistId")
                    .col("TrackId"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-PlaylistTrack-PlaylistId")
                    .from("PlaylistTrack", "PlaylistId")
                    .to("Playlist", "PlaylistId"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-PlaylistTrack-TrackId")
                    .from("PlaylistTrack", "TrackId")
                    .to("Track", "TrackId"),
            )
            .to_owned();
        manager.create_table(playlist_track).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The rows of `PlaylistTrack` are lost.
        manager
            .drop_table(Table::drop().table("PlaylistTrack").to_owned())
            .await?;
        // The rows of `InvoiceLine` are lost.
        manager
            .drop_table(Table::drop().table("InvoiceLine").to_owned())
            .await?;
        // The rows of `Track` are lost.
        manager
            .drop_table(Table::drop().table("Track").to_owned())
            .await?;
        // The rows of `Invoice` are lost.
        manager
            .drop_table(Table::drop().table("Invoice").to_owned())
            .await?;
        // The rows of `Customer` are lost.
        manager
            .drop_table(Table::drop().table("Customer").to_owned())
            .await?;
        // The rows of `Album` are lost.
        manager
            .drop_table(Table::drop().table("Album").to_owned())
            .await?;
        // The rows of `Playlist` are lost.
        manager
            .drop_table(Table::drop().table("Playlist").to_owned())
            .await?;
        // The rows of `MediaType` are lost.
        manager
            .drop_table(Table::drop().table("MediaType").to_owned())
            .await?;
        // The rows of `Genre` are lost.
        manager
            .drop_table(Table::drop().table("Genre").to_owned())
            .await?;
        // The rows of `Employee` are lost.
        manager
            .drop_table(Table::drop().table("Employee").to_owned())
            .await?;
        // The rows of `Artist` are lost.
        manager
            .drop_table(Table::drop().table("Artist").to_owned())
            .await
    }
}
