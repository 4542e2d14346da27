//! A squash revision in the place of 1,000 revisions that make 50 tables: an empty database, and databases in the middle.

use std::error::Error;
use std::time::{Duration, Instant};

use sea_orm::sea_query::Index;
use seachange::prelude::*;
use seachange::{DatabaseSettings, Migrations, Migrator, RegisteredRevision};
use seachange_tests::block_on;
use seachange_tests::servers::SharedServers;

use crate::database::Place;
use crate::figures::Figures;
use crate::revisions::{PROGRAM, SOURCE_HASH};
use crate::{Options, say};

const REVISIONS: usize = 1000;
const TABLES: usize = 50;
const OF_TABLE: usize = REVISIONS / TABLES;
/// How many of the revisions of a table make an index.
const INDEXES: usize = 2;

/// The squash revision, or one that it replaces: a table, a column or an index.
#[derive(Debug, Clone, Copy)]
enum Step {
    One(usize),
    All,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        "step"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match *self {
            Self::One(number) => one(manager, number / OF_TABLE, number % OF_TABLE).await,
            Self::All => all(manager).await,
        }
    }
}

fn name(table: usize) -> String {
    format!("table_{table:02}")
}

fn column(number: usize) -> ColumnDef {
    if number.is_multiple_of(2) {
        text_null(format!("text_{number:02}"))
    } else {
        integer_null(format!("number_{number:02}"))
    }
}

fn index(table: usize, number: usize) -> IndexCreateStatement {
    let index = format!("index_{table:02}_{number}");
    Index::create().name(index).table(name(table)).col(format!("number_{:02}", 2 * number + 1)).to_owned()
}

/// The tables begin with their key. After the columns come the indexes.
async fn one(manager: &SchemaManager<'_>, table: usize, number: usize) -> Result<(), DbErr> {
    match number {
        0 => manager.create_table(Table::create().table(name(table)).col(pk_auto("id")).to_owned()).await,
        _ if number >= OF_TABLE - INDEXES => manager.create_index(index(table, number - (OF_TABLE - INDEXES))).await,
        _ => manager.alter_table(Table::alter().table(name(table)).add_column(column(number)).to_owned()).await,
    }
}

async fn all(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for table in 0..TABLES {
        let mut create = Table::create().table(name(table)).col(pk_auto("id")).to_owned();
        for number in 1..OF_TABLE - INDEXES {
            create.col(column(number));
        }
        manager.create_table(create).await?;
        for number in 0..INDEXES {
            manager.create_index(index(table, number)).await?;
        }
    }
    Ok(())
}

/// The program with the files of the revisions, with or without the squash revision.
fn program(is_squashed: bool) -> &'static Migrations {
    let id = |number: usize| -> &'static str { format!("r{number:04}").leak() };
    let ids: &'static [&'static str] = (0..REVISIONS).map(id).collect::<Vec<_>>().leak();
    let revision = |number: usize| {
        let below = number.checked_sub(1).map(|below| ids[below]);
        let down_revision = below.into_iter().collect::<Vec<_>>().leak();
        script(Revision { id: ids[number], down_revision, ..Revision::ROOT }, Step::One(number))
    };
    let squash = || script(Revision { id: "squash", replaces: ids, ..Revision::ROOT }, Step::All);
    let scripts: Vec<RegisteredRevision> = (0..REVISIONS).map(revision).chain(is_squashed.then(squash)).collect();
    Box::leak(Box::new(Migrations::new(PROGRAM, scripts.leak())))
}

fn script(revision: Revision, step: Step) -> RegisteredRevision {
    RegisteredRevision {
        revision,
        message: "change the schema a little",
        folder: "src/versions",
        file: "m20261121_change_the_schema_a_little.rs",
        source_hash: SOURCE_HASH,
        migration: Box::leak(Box::new(step)),
    }
}

/// Prints how long an empty database takes, and that databases at each tenth of the range arrive.
pub(crate) fn measure(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    let (older, newer) = (program(false), program(true));
    say!(
        "A squash revision for {REVISIONS} revisions and {TABLES} tables, ms, median (least-greatest) of {} rounds",
        options.rounds
    );
    say!("{:18}{:>26}{:>26}{:>12}", "", "an empty database", "nothing to do after it", "from tenths");
    for place in options.places() {
        let (mut fresh, mut nothing) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let database = place.create(servers)?;
            let (first, second) = block_on(twice(&database.url, newer))?;
            fresh.push(first);
            nothing.push(second);
        }
        let arrived = match place {
            Place::Memory => "-".to_owned(),
            Place::Usual(_) => tenths(servers, place, older, newer)?.to_string(),
        };
        let (fresh, nothing) = (Figures::milliseconds(&fresh), Figures::milliseconds(&nothing));
        say!("{place:18}{fresh:>26}{nothing:>26}{arrived:>12}");
    }
    Ok(())
}

/// The times of two upgrades, each with its connection.
async fn twice(url: &str, migrations: &'static Migrations) -> Result<(Duration, Duration), Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let start = Instant::now();
    let migrator = Migrator::connect(migrations, &settings).await?;
    let done = migrator.upgrade("heads").await?.done.len();
    let first = start.elapsed();
    let start = Instant::now();
    let again = migrator.upgrade("heads").await?.done.len();
    let second = start.elapsed();
    migrator.close().await?;
    if (done, again) == (1, 0) { Ok((first, second)) } else { Err(format!("{done} and {again} revisions").into()) }
}

/// Upgrades databases at each tenth of the range; returns how many arrive.
fn tenths(
    servers: &SharedServers,
    place: Place,
    older: &'static Migrations,
    newer: &'static Migrations,
) -> Result<usize, Box<dyn Error>> {
    let mut arrived = 0;
    for tenth in 1..=10 {
        let database = place.create(servers)?;
        let settings: DatabaseSettings = database.url.parse()?;
        let applied = tenth * REVISIONS / 10;
        block_on(async {
            let before = Migrator::connect(older, &settings).await?;
            before.upgrade(&format!("r{:04}", applied - 1)).await?;
            before.close().await?;
            let after = Migrator::connect(newer, &settings).await?;
            let done = after.upgrade("heads").await?.done.len();
            after.check().await?;
            after.close().await?;
            match done == REVISIONS - applied + 1 {
                true => Ok::<_, Box<dyn Error>>(()),
                false => Err(format!("{done} steps from {applied}").into()),
            }
        })?;
        arrived += 1;
    }
    Ok(arrived)
}
