//! `lint` over many pending revisions of mixed statements, without filled copies, and `up` of the same revisions.

use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use seachange::alter::alter;
use seachange::prelude::*;
use seachange::{Migrations, RegisteredRevision};
use seachange_tests::servers::SharedServers;

use crate::database::Place;
use crate::figures::Figures;
use crate::revisions::{PROGRAM, SOURCE_HASH};
use crate::{Options, say};

/// The variable that makes this process the program of the revisions.
const PROGRAM_MODE: &str = "BENCH_LINT_PROGRAM";

/// The applied revisions, each of which makes a table.
const TABLES: usize = 20;

/// The pending revisions.
const PENDING: usize = 100;

/// One revision: a table, or a change of one.
#[derive(Debug, Clone, Copy)]
struct Change(usize);

impl MigrationName for Change {
    fn name(&self) -> &str {
        "change"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Change {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let Some(number) = self.0.checked_sub(TABLES) else {
            return manager.create_table(table(&name(self.0))).await;
        };
        let (of, round) = (name(number % TABLES), number / TABLES);
        match (number + round) % 5 {
            0 => {
                let added = integer_null(format!("added_{round}"));
                manager.alter_table(Table::alter().table(of).add_column(added).to_owned()).await
            }
            1 => {
                let index = Index::create().name(format!("index_{number}")).table(of).col("votes").to_owned();
                manager.create_index(index).await
            }
            2 => {
                alter(manager, of).modify_column(big_integer("votes").default(0)).apply().await?;
                Ok(())
            }
            3 => {
                let update = format!("UPDATE {of} SET content = title WHERE content IS NULL");
                manager.get_connection().execute_unprepared(&update).await.map(drop)
            }
            _ => manager.create_table(table(&format!("new_{number:02}"))).await,
        }
    }
}

fn name(table: usize) -> String {
    format!("table_{table:02}")
}

fn table(name: &str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name.to_owned()).col(pk_auto("id")).col(string_len("title", 200)).col(text_null("content"));
    table.col(integer("votes").default(0)).to_owned()
}

fn migrations() -> &'static Migrations {
    let id = |number: usize| -> &'static str { format!("r{number:04}").leak() };
    let revision = |number: usize| {
        let below: Vec<&'static str> = number.checked_sub(1).map(id).into_iter().collect();
        RegisteredRevision {
            revision: Revision { id: id(number), down_revision: below.leak(), ..Revision::ROOT },
            message: "change the schema a little",
            folder: "src/versions",
            file: "m20261121_change_the_schema_a_little.rs",
            source_hash: SOURCE_HASH,
            migration: Box::leak(Box::new(Change(number))),
        }
    };
    let scripts: Vec<RegisteredRevision> = (0..TABLES + PENDING).map(revision).collect();
    Box::leak(Box::new(Migrations::new(PROGRAM, scripts.leak())))
}

/// Runs the command line of the revisions, if this process is their program.
pub(crate) fn as_program() -> Option<ExitCode> {
    let is_program = std::env::var_os(PROGRAM_MODE).is_some();
    is_program.then(|| seachange::cli::Cli::new(migrations()).manifest_dir(env!("CARGO_MANIFEST_DIR")).run())
}

/// Prints the times of both commands, each a process.
pub(crate) fn measure(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    say!(
        "`lint` over {PENDING} pending revisions on {TABLES} tables, median (least-greatest) of {} rounds",
        options.rounds
    );
    say!("{:18}{:>24}{:>24}{:>24}", "", "lint, seconds", "up, seconds", "lint / up");
    for place in options.places().filter(|place| *place != Place::Memory) {
        let (mut lint, mut up) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let database = place.create(servers)?;
            run(&database.url, &["up", &TABLES.to_string()], &[0])?;
            // A rule may have found something.
            lint.push(run(&database.url, &["lint"], &[0, 9, 10])?);
            up.push(run(&database.url, &["up"], &[0])?);
        }
        let ratios = Figures::ratios(&lint, &up);
        let seconds = |times: &[Duration]| Figures::new(times.iter().map(Duration::as_secs_f64));
        say!("{place:18}{:>24}{:>24}{ratios:>24}", seconds(&lint), seconds(&up));
    }
    Ok(())
}

fn run(url: &str, arguments: &[&str], expected: &[i32]) -> Result<Duration, Box<dyn Error>> {
    let mut program = Command::new(std::env::current_exe()?);
    program.args(arguments).env(PROGRAM_MODE, "1").env("DATABASE_URL", url);
    let start = Instant::now();
    let output = program.output()?;
    let elapsed = start.elapsed();
    if !output.status.code().is_some_and(|code| expected.contains(&code)) {
        let said = [output.stdout, output.stderr].concat();
        return Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&said)).into());
    }
    Ok(elapsed)
}
