//! The time from an edit of one of many revisions to the end of `cargo run -p migration -- up`.
//!
//! The project is a new one for SQLite, as `seachange init` writes it, with a thousand revisions of 36 lines.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seachange_tests::{Program, workspace};

use crate::touch::{copy, report, up};
use crate::{Options, say};

/// The number of revisions, of which one is edited.
const COUNT: usize = 1000;

/// The line of a revision that changes with each edit.
const LENGTH: &str = "TITLE_LENGTH";

/// Prints the times.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    say!("From an edit of one of the revisions to `cargo run -p migration -- up` having run, seconds");
    for count in [10, COUNT] {
        let project = Project::write(count)?;
        say!("  {count} revisions; the first build of the project takes minutes");
        project.up()?;
        let (mut unchanged, mut touched, mut edited) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..options.rounds {
            unchanged.push(project.up()?);
            project.edit(100)?;
            touched.push(project.up()?);
            project.edit(101 + round)?;
            edited.push(project.up()?);
            project.edit(100)?;
            project.up()?;
        }
        report([unchanged, touched, edited]);
    }
    Ok(())
}

/// The project, which stays for the next time.
struct Project {
    folder: PathBuf,
    target: PathBuf,
    count: usize,
}

impl Project {
    fn write(count: usize) -> Result<Self, Box<dyn Error>> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build");
        let project = Self { folder: home.join(format!("many{count}")), target: home.join("target"), count };
        if project.folder.exists() {
            fs::remove_dir_all(&project.folder)?;
        }
        fs::create_dir_all(&home)?;
        // Outside of this workspace, of which it would be a part otherwise.
        let place = tempfile::tempdir()?;
        let init =
            Program::named("seachange").folder(place.path()).args(["init", "many", "--no-build", "--engine-path"]);
        init.arg(workspace().canonicalize()?.join("crates")).run()?.succeeded()?;
        copy(&place.path().join("many"), &project.folder)?;
        fs::copy(workspace().join("Cargo.lock"), project.folder.join("Cargo.lock"))?;
        fs::remove_dir_all(project.versions())?;
        fs::create_dir_all(project.versions())?;
        (0..count).try_for_each(|number| fs::write(project.file(number), revision(number, 100)))?;
        Ok(project)
    }

    fn versions(&self) -> PathBuf {
        self.folder.join("migration/src/versions")
    }

    fn file(&self, number: usize) -> PathBuf {
        self.versions().join(format!("m20260101_change_{number:04}.rs"))
    }

    /// Writes the revision in the middle, whose column has this length.
    fn edit(&self, length: usize) -> Result<(), Box<dyn Error>> {
        let number = self.count / 2 / 4 * 4;
        Ok(fs::write(self.file(number), revision(number, length))?)
    }

    fn up(&self) -> Result<Duration, Box<dyn Error>> {
        up(&self.folder, &self.target)
    }
}

/// The file of a revision. Of four, the first makes a table, and the others change it.
fn revision(number: usize, length: usize) -> String {
    let table = format!("table_{:04}", number / 4);
    let parent = match number.checked_sub(1) {
        Some(parent) => format!("\n    down_revision: &[\"r{parent:06}\"],"),
        None => String::new(),
    };
    let (up, down) = methods(number % 4, &table);
    format!(
        r#"//! change {number}

use seachange::prelude::*;

pub const REVISION: Revision = Revision {{
    id: "r{number:06}",{parent}
    created: "2026-01-01T00:00:00Z",
    ..Revision::ROOT
}};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {{
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{
{up}
        Ok(())
    }}

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{
{down}
        Ok(())
    }}
}}
"#
    )
    .replace(LENGTH, &length.to_string())
}

/// The bodies of `up` and `down`.
fn methods(kind: usize, table: &str) -> (String, String) {
    let (up, down) = match kind {
        0 => (
            r#"        let table = Table::create()
            .table("TABLE")
            .col(pk_auto("id"))
            .col(string_len("title", TITLE_LENGTH))
            .col(text_null("content"))
            .col(integer("votes").default(0))
            .col(timestamp_null("created_at"))
            .to_owned();
        manager.create_table(table).await?;"#,
            r#"        manager
            .drop_table(Table::drop().table("TABLE").to_owned())
            .await?;"#,
        ),
        1 => (
            r#"        alter(manager, "TABLE")
            .add_column(string_len_null("author", 100))
            .add_column(boolean("published").default(false))
            .apply()
            .await?;"#,
            r#"        alter(manager, "TABLE")
            .drop_column("published")
            .drop_column("author")
            .apply()
            .await?;"#,
        ),
        2 => (
            r#"        let index = Index::create()
            .name("idx-TABLE-title")
            .table("TABLE")
            .col("title")
            .col("votes")
            .to_owned();
        manager.create_index(index).await?;"#,
            r#"        let index = Index::drop()
            .name("idx-TABLE-title")
            .table("TABLE")
            .to_owned();
        manager.drop_index(index).await?;"#,
        ),
        _ => (
            r#"        let connection = manager.get_connection();
        connection
            .execute_unprepared("UPDATE TABLE SET votes = 0 WHERE votes IS NULL")
            .await?;
        alter(manager, "TABLE")
            .drop_column("content")
            .apply()
            .await?;"#,
            r#"        alter(manager, "TABLE")
            .add_column(text_null("content"))
            .apply()
            .await?;"#,
        ),
    };
    (up.replace("TABLE", table), down.replace("TABLE", table))
}
