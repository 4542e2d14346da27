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

/// The number of crates among which as many revisions are shared.
const CRATES: usize = 8;

/// The line of a revision that changes with each edit.
const LENGTH: &str = "TITLE_LENGTH";

/// Prints the times.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    say!("From an edit of one of the revisions to `cargo run -p migration -- up` having run, seconds");
    for (count, crates) in [(10, 1), (COUNT, 1), (COUNT, CRATES)] {
        let project = Project::write(count, crates)?;
        say!("  {count} revisions in {crates} crates; the first build of the project takes minutes");
        project.up()?;
        // In the newest crate, and, where there are several, in the one that all others depend on.
        let places = [Some(count - count / crates / 2), (crates > 1).then_some(count / crates / 2)];
        for number in places.into_iter().flatten() {
            say!("  revision {number}");
            let (mut unchanged, mut touched, mut edited) = (Vec::new(), Vec::new(), Vec::new());
            for round in 0..options.rounds {
                unchanged.push(project.up()?);
                project.edit(number, 100)?;
                touched.push(project.up()?);
                project.edit(number, 101 + round)?;
                edited.push(project.up()?);
                project.edit(number, 100)?;
                project.up()?;
            }
            report([unchanged, touched, edited]);
        }
    }
    Ok(())
}

/// The project, which stays for the next time.
struct Project {
    folder: PathBuf,
    target: PathBuf,
    count: usize,
    crates: usize,
}

impl Project {
    fn write(count: usize, crates: usize) -> Result<Self, Box<dyn Error>> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build");
        let folder = home.join(format!("many{count}in{crates}"));
        let project = Self { folder, target: home.join("target"), count, crates };
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
        fs::remove_dir_all(project.crate_of(count - 1).join("src/versions"))?;
        (1..crates).try_for_each(|part| project.write_part(part))?;
        project.name_parts()?;
        for number in 0..count {
            fs::create_dir_all(project.crate_of(number).join("src/versions"))?;
            fs::write(project.file(number), revision(number, 100))?;
        }
        Ok(project)
    }

    /// Writes a crate that holds only older revisions.
    fn write_part(&self, part: usize) -> Result<(), Box<dyn Error>> {
        let folder = self.folder.join(part_name(part));
        fs::create_dir_all(folder.join("src"))?;
        fs::copy(self.folder.join("migration/src/lib.rs"), folder.join("src/lib.rs"))?;
        fs::write(folder.join("build.rs"), build_script(part - 1))?;
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion.workspace = true\nedition.workspace = true\n\n\
             [dependencies]\nseachange.workspace = true\n{}\n\
             [build-dependencies]\nseachange-source.workspace = true\n",
            part_name(part),
            dependencies(part - 1)
        );
        Ok(fs::write(folder.join("Cargo.toml"), manifest)?)
    }

    /// Makes the migration crate depend on the others.
    fn name_parts(&self) -> Result<(), Box<dyn Error>> {
        let edit = |file: &str, from: &str, to: String| -> Result<(), Box<dyn Error>> {
            let path = self.folder.join(file);
            Ok(fs::write(&path, fs::read_to_string(&path)?.replacen(from, &to, 1))?)
        };
        let members: String = (1..self.crates).map(|part| format!("\"{}\", ", part_name(part))).collect();
        edit("Cargo.toml", "members = [", format!("members = [{members}"))?;
        edit("migration/Cargo.toml", "[dependencies]\n", format!("[dependencies]\n{}", dependencies(self.crates - 1)))?;
        Ok(fs::write(self.folder.join("migration/build.rs"), build_script(self.crates - 1))?)
    }

    /// The folder of the crate that compiles a revision.
    fn crate_of(&self, number: usize) -> PathBuf {
        let part = number / self.count.div_ceil(self.crates) + 1;
        self.folder.join(if part == self.crates { "migration".to_owned() } else { part_name(part) })
    }

    fn file(&self, number: usize) -> PathBuf {
        self.crate_of(number).join(format!("src/versions/m20260101_change_{number:04}.rs"))
    }

    /// Writes a revision that makes a table, whose column has this length; it is `number` or one just before it.
    fn edit(&self, number: usize, length: usize) -> Result<(), Box<dyn Error>> {
        let number = number / 4 * 4;
        Ok(fs::write(self.file(number), revision(number, length))?)
    }

    fn up(&self) -> Result<Duration, Box<dyn Error>> {
        up(&self.folder, &self.target)
    }
}

fn part_name(part: usize) -> String {
    format!("history{part}")
}

/// The lines of a manifest for the first `parts` crates.
fn dependencies(parts: usize) -> String {
    (1..=parts).map(|part| format!("{0} = {{ path = \"../{0}\" }}\n", part_name(part))).collect()
}

/// The build script of the crate that follows on `parts` crates.
fn build_script(parts: usize) -> String {
    let pairs: String =
        (1..=parts).map(|part| format!("(\"{0}\", \"../{0}/src/versions\"), ", part_name(part))).collect();
    let call = match parts {
        0 => "revisions(\"src/versions\")".to_owned(),
        _ => format!("revisions_with_crates([\"src/versions\"], [{pairs}])"),
    };
    format!("fn main() {{\n    seachange_source::build::{call};\n}}\n")
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
