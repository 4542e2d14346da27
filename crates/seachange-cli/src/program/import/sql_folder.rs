//! Folders of SQL files: sqlx, dbmate, golang-migrate and diesel.
//!
//! A reader for each tool finds the migrations in the order of the tool. They become a line of revisions, each with the
//! files of SQL that it runs.

mod dbmate;
mod diesel;
mod files;
mod golang_migrate;
mod sqlx;
mod text;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use seachange_source::{SqlFileSystem, slug};

use super::ImportArgs;
use super::layout::{Layout, Tool};
use super::replay::{OldScript, Replay};
use super::revision::{Changes, ImportedRevision};
use super::target::Target;
use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::Terminal;
use text::Transactions;

/// The migrations of a folder, in the order in which the tool applies them.
#[derive(Debug, Default)]
struct SqlProject {
    migrations: Vec<SqlMigration>,
    /// Files that the tool does not read as migrations.
    others: Vec<PathBuf>,
}

/// A migration in files of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SqlMigration {
    /// The version, as the tool records it.
    version: String,
    /// The rest of the name.
    name: String,
    /// The file that is named in messages.
    path: PathBuf,
    up: String,
    /// `None` if the tool has nothing to revert it with.
    down: Option<String>,
    /// Whether the tool runs it in a transaction.
    is_in_transaction: bool,
}

/// Converts a folder of SQL files.
pub(super) fn run(layout: &Layout, args: &ImportArgs, here: &Path, terminal: Terminal) -> Result<Exit, Diagnostic> {
    let project = read(layout, args)?;
    if project.migrations.is_empty() {
        return Err(Diagnostic::usage(format!("`{}` has no migrations of {}", shown(&layout.folder), layout.tool)));
    }
    check_versions(&project.migrations)?;
    let revisions = line(layout.tool, &project.migrations);
    let mut target = Target::plan(args, here, terminal)?;
    let count = target.add(&revisions)?;
    report(&project, &revisions, terminal);
    let scripts = project.migrations.iter().map(|migration| script(layout.tool, migration)).collect();
    let replay = Replay::new(layout.tool, &revisions, scripts);
    target.write(args, terminal, |program| replay.run(&target, program, args, terminal))?;
    target.conclude(args, count, layout.tool, terminal);
    Ok(Exit::Success)
}

fn read(layout: &Layout, args: &ImportArgs) -> Result<SqlProject, Diagnostic> {
    let folders: Vec<PathBuf> = match args.migrations_dir.as_slice() {
        [] => vec![layout.folder.clone()],
        dirs => dirs.iter().map(|dir| layout.source.join(dir)).collect(),
    };
    match (layout.tool, folders.as_slice()) {
        (Tool::Dbmate, folders) => dbmate::read(folders),
        (Tool::Sqlx, [folder]) => sqlx::read(folder),
        (Tool::GolangMigrate, [folder]) => golang_migrate::read(folder),
        (Tool::Diesel, [folder]) => diesel::read(folder),
        (tool, _) => Err(Diagnostic::usage(format!("{tool} has one folder of migrations"))
            .hint("name it with `--migrations-dir`, once")),
    }
}

/// Rejects a version that two files have.
fn check_versions(migrations: &[SqlMigration]) -> Result<(), Diagnostic> {
    let mut known: HashMap<&str, &SqlMigration> = HashMap::new();
    for migration in migrations {
        if let Some(other) = known.insert(significant(&migration.version), migration) {
            return Err(Diagnostic::usage(format!("two migrations have the version {}", migration.version))
                .detail(format!("`{}`", shown(&other.path)))
                .detail(format!("`{}`", shown(&migration.path)))
                .hint("the record of the tool has one row for both: give one of them another version, or merge them"));
        }
    }
    Ok(())
}

/// A version without zeros in front.
fn significant(version: &str) -> &str {
    let trimmed = version.trim_start_matches('0');
    if trimmed.starts_with(|first: char| first.is_ascii_digit()) { trimmed } else { version }
}

/// The revisions, each the parent of the next.
fn line(tool: Tool, migrations: &[SqlMigration]) -> Vec<ImportedRevision> {
    let width = migrations.iter().map(|migration| migration.version.len()).max().unwrap_or_default();
    let mut revisions: Vec<ImportedRevision> = Vec::new();
    for migration in migrations {
        let parent = revisions.last().map(|parent| parent.id.clone());
        revisions.push(migration.revision(tool, width, parent));
    }
    revisions
}

impl SqlMigration {
    /// The revision after `parent`; `width` is the length of the longest version.
    fn revision(&self, tool: Tool, width: usize, parent: Option<String>) -> ImportedRevision {
        let slug = slug(&self.name);
        let version: String =
            self.version.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let up = Converted::of(text::without_mark(&self.up));
        let down = Converted::of(text::without_mark(self.down.as_deref().unwrap_or_default()));
        let is_alone = tool == Tool::GolangMigrate && text::needs_no_transaction(&self.up);
        let is_mixed = up.is_mixed || down.is_mixed;
        let mut remarks = vec![format!("Imported from {tool}: version {}.", self.version)];
        if up.is_mixed {
            remarks.push("It begins and ends transactions itself, and runs outside of the engine's.".to_owned());
        }
        ImportedRevision {
            id: format!("{version}_{slug}"),
            message: self.name.replace(['_', '-'], " "),
            stem: format!("m{version:0>width$}_{slug}"),
            down_revision: parent.into_iter().collect(),
            created: moment(&self.version).unwrap_or_default(),
            is_outside_transaction: !self.is_in_transaction || is_alone || is_mixed,
            down: match (text::has_statements(&down.text), text::has_statements(&up.text)) {
                (true, _) => Changes::Sql(vec![(SqlFileSystem::Any, down.text)]),
                (false, false) => Changes::Nothing,
                (false, true) => Changes::refused(
                    format!("the migration of {tool} has nothing that reverts it: write `down` first"),
                    &[],
                ),
            },
            up: Changes::Sql(vec![(SqlFileSystem::Any, up.text)]),
            remarks,
            ..ImportedRevision::default()
        }
    }
}

/// A text of SQL as a revision runs it.
struct Converted {
    text: String,
    is_mixed: bool,
}

impl Converted {
    fn of(text: &str) -> Self {
        match text::transactions(text) {
            Transactions::Unmentioned => Self { text: text.to_owned(), is_mixed: false },
            Transactions::Whole(text) => Self { text, is_mixed: false },
            Transactions::Mixed => Self { text: text.to_owned(), is_mixed: true },
        }
    }
}

/// The script that the tool runs for a migration.
fn script(tool: Tool, migration: &SqlMigration) -> OldScript {
    // golang-migrate sends a file as it is; the other tools begin a transaction around it.
    let is_in_transaction = migration.is_in_transaction && tool != Tool::GolangMigrate;
    OldScript { name: shown(&migration.path), sql: migration.up.clone(), is_in_transaction }
}

/// The time that a version of 14 digits stands for: `2023-01-31T12:00:00Z`.
fn moment(version: &str) -> Option<String> {
    let time = chrono::NaiveDateTime::parse_from_str(version, "%Y%m%d%H%M%S").ok()?;
    (version.len() == 14).then(|| time.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// Says what was found beside the migrations, and which revisions cannot be reverted.
fn report(project: &SqlProject, revisions: &[ImportedRevision], terminal: Terminal) {
    for path in &project.others {
        terminal.status(format!("not a migration: {}", shown(path)));
    }
    let is_refused = |revision: &&ImportedRevision| matches!(revision.down, Changes::Refused { .. });
    let refused: Vec<&str> = revisions.iter().filter(is_refused).map(|revision| revision.id.as_str()).collect();
    if !refused.is_empty() {
        let count = describe::revisions(refused.len());
        terminal.warn(format!("{count} cannot be reverted until `down` is written: {}", refused.join(", ")));
    }
}

#[cfg(test)]
mod tests;
