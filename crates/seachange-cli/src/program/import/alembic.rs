//! Projects of Alembic: the graph from the Python files, without running them, and the changes as SQL from Alembic.

mod config;
mod python;
mod sql;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use seachange_source::{SqlFileSystem, slug};

use super::ImportArgs;
use super::layout::{Layout, Tool};
use super::replay::{OldScript, Replay};
use super::revision::{Changes, ImportedRevision};
use super::target::Target;
use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::Terminal;
use config::AlembicConfig;
use python::Value;
use sql::{Directions, Rendered, Script};

/// A revision of Alembic.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AlembicRevision {
    id: String,
    down_revision: Vec<String>,
    depends_on: Vec<String>,
    branch_labels: Vec<String>,
    message: String,
    /// As the docstring says it: `2023-01-31 12:00:00.123456`.
    created: Option<String>,
    path: PathBuf,
    text: String,
}

/// Converts a project of Alembic.
pub(super) fn run(layout: &Layout, args: &ImportArgs, here: &Path, terminal: Terminal) -> Result<Exit, Diagnostic> {
    let config = AlembicConfig::of(&layout.folder)?;
    let found = read(&config)?;
    let args = with_database(args, &config);
    let mut target = Target::plan(&args, here, terminal)?;
    let rendered = match (sql::python(args.python.as_deref()), &config.file) {
        (Some(python), Some(settings)) => Some(sql::render(&python, settings, &target.databases)?),
        (None, _) if args.python.is_some() => return Err(no_alembic(&args)),
        _ => None,
    };
    let mut incomplete = Vec::new();
    let revisions = convert(&found, rendered.as_ref(), &target.databases, &mut incomplete);
    let count = target.add(&revisions)?;
    target.write(&args, terminal, |program| {
        match (incomplete.is_empty(), rendered.as_ref().and_then(|rendered| whole(rendered, &args, &target))) {
            (true, Some(script)) => {
                let replay = Replay::new(Tool::Alembic, &revisions, vec![script]);
                replay.run(&target, program, &args, terminal)
            }
            _ => {
                terminal.warn("the schema was not compared with that of Alembic: there is no SQL of all revisions");
                Ok(())
            }
        }
    })?;
    target.conclude(&args, count, Tool::Alembic, terminal);
    if incomplete.is_empty() {
        return Ok(Exit::Success);
    }
    incomplete.iter().for_each(|line| terminal.warn(line));
    if rendered.is_none() {
        terminal.hint("with Alembic the changes are imported as SQL: `pip install alembic`, or `--python PROGRAM`");
    }
    Ok(Exit::Incomplete)
}

fn no_alembic(args: &ImportArgs) -> Diagnostic {
    let python = args.python.as_deref().unwrap_or_else(|| Path::new("python"));
    Diagnostic::usage(format!("`{}` has no Alembic, or cannot be run", shown(python)))
        .hint("without `--python`, it is searched for; without Alembic, only the graph is imported")
}

/// The arguments with the database of the settings, if none is named.
fn with_database(args: &ImportArgs, config: &AlembicConfig) -> ImportArgs {
    let mut args = args.clone();
    let named = config.url.as_deref().and_then(config::system);
    if args.database.is_empty() {
        args.database.extend(named.map(str::to_owned));
    }
    args
}

/// The script of all upgrades for the system on which the result is tried out.
fn whole(rendered: &Rendered, args: &ImportArgs, target: &Target) -> Option<OldScript> {
    let system = match &args.scratch_url {
        Some(url) => config::system(url)?,
        None => "sqlite",
    };
    let is_used = target.databases.contains(&system);
    match rendered.whole.get(system).filter(|_| is_used)? {
        Script::Sql(sql) => Some(OldScript {
            name: "alembic upgrade heads --sql".to_owned(),
            sql: sql.clone(),
            is_in_transaction: false,
        }),
        Script::Error(_) => None,
    }
}

/// Reads the revisions of all folders.
fn read(config: &AlembicConfig) -> Result<Vec<AlembicRevision>, Diagnostic> {
    let mut revisions: Vec<AlembicRevision> = Vec::new();
    let mut paths = BTreeSet::new();
    for folder in &config.versions {
        paths.extend(config::files(folder, config.is_recursive)?);
    }
    for path in paths {
        let revision = read_revision(&path)?;
        if let Some(other) = revisions.iter().find(|other| other.id == revision.id) {
            return Err(Diagnostic::usage(format!("two files have the revision `{}`", revision.id))
                .detail(shown(&other.path))
                .detail(shown(&path))
                .hint("remove one of them, or give it another id"));
        }
        revisions.push(revision);
    }
    if revisions.is_empty() {
        let folders: Vec<String> = config.versions.iter().map(|folder| format!("`{}`", shown(folder))).collect();
        return Err(Diagnostic::usage(format!("there are no revisions in {}", folders.join(", "))));
    }
    Ok(revisions)
}

const NAMES: [&str; 4] = ["revision", "down_revision", "branch_labels", "depends_on"];

fn read_revision(path: &Path) -> Result<AlembicRevision, Diagnostic> {
    let file = shown(path);
    let text = fs::read_to_string(path)
        .map_err(|error| Diagnostic::new(Exit::Failure, format!("`{file}` cannot be read: {}", reason(&error))))?;
    let by_hand = |line: usize, message: &str| {
        Diagnostic::new(Exit::Failure, format!("`{file}`, line {line}: {message}"))
            .detail("the file is read without running it; nothing was written")
            .hint("write the value out in this line, then import again")
    };
    let python = python::read(&text, &NAMES).map_err(|error| by_hand(error.line, &error.message))?;
    let texts = |name: &str| python.values.get(name).map(Value::texts).unwrap_or_default();
    let id = match python.values.get("revision") {
        Some(Value::Text(id)) => id.clone(),
        Some(_) => return Err(by_hand(1, "`revision` is not one text")),
        None => return Err(by_hand(1, "there is no `revision = …` at the top level")),
    };
    let created = python.docstring.lines().find_map(|line| line.trim().strip_prefix("Create Date:"));
    let message: Vec<&str> =
        python.docstring.trim_start().lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    Ok(AlembicRevision {
        id,
        down_revision: texts("down_revision"),
        depends_on: texts("depends_on"),
        branch_labels: texts("branch_labels"),
        message: message.join(" "),
        created: created.map(|created| created.trim().to_owned()),
        path: path.to_owned(),
        text,
    })
}

/// The time of creation in RFC 3339 format.
fn moment(created: &str) -> Option<String> {
    use chrono::{DateTime, NaiveDateTime, SecondsFormat};
    let naive = NaiveDateTime::parse_from_str(created, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc());
    let time = naive.or_else(|_| DateTime::parse_from_str(created, "%Y-%m-%d %H:%M:%S%.f%:z").map(Into::into)).ok()?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The revisions with their changes. What is to be done by hand is added to `incomplete`.
fn convert(
    found: &[AlembicRevision],
    rendered: Option<&Rendered>,
    systems: &[&str],
    incomplete: &mut Vec<String>,
) -> Vec<ImportedRevision> {
    let mut stems = HashSet::new();
    let mut revisions = Vec::new();
    for revision in found {
        let created = revision.created.as_deref().and_then(moment).unwrap_or_default();
        let day = created.get(..10).map_or_else(|| revision.id.replace('.', "_"), |day| day.replace('-', ""));
        let stem = format!("m{day}_{}", slug(&revision.message));
        let suffixed = (2..).map(|number: u32| format!("{stem}_{number}"));
        let stem = std::iter::once(stem.clone()).chain(suffixed).find(|stem| stems.insert(stem.clone()));
        let of_revision = rendered.and_then(|rendered| rendered.revisions.get(&revision.id));
        let changes = Bodies::of(revision, of_revision, systems, incomplete);
        revisions.push(ImportedRevision {
            id: revision.id.clone(),
            message: revision.message.clone(),
            stem: stem.unwrap_or_default(),
            down_revision: revision.down_revision.clone(),
            depends_on: revision.depends_on.clone(),
            branch_labels: revision.branch_labels.clone(),
            created,
            up: changes.up,
            down: changes.down,
            is_outside_transaction: changes.is_outside_transaction,
            remarks: vec![format!("Imported from Alembic: {}.", name(&revision.path))],
        });
    }
    revisions
}

/// The methods of a revision.
struct Bodies {
    up: Changes,
    down: Changes,
    is_outside_transaction: bool,
}

impl Bodies {
    fn of(
        revision: &AlembicRevision,
        rendered: Option<&HashMap<String, Directions>>,
        systems: &[&str],
        incomplete: &mut Vec<String>,
    ) -> Self {
        let mut is_outside_transaction = false;
        let mut direction = |word: &str, function: &str, script: fn(&Directions) -> &Script| {
            let body = python::body(&revision.text, function);
            if is_empty(&body) {
                return Changes::Nothing;
            }
            let mut texts = Vec::new();
            for system in systems {
                let found = rendered.and_then(|rendered| rendered.get(*system)).map(script);
                match found {
                    Some(Script::Sql(sql)) => {
                        let (sql, is_outside) = sql::statements(sql);
                        is_outside_transaction |= is_outside;
                        texts.push((file_system(system), sql));
                    }
                    Some(Script::Error(error)) => {
                        incomplete.push(format!("`{word}` of {} has no SQL for {system}: {error}", revision.id));
                    }
                    None => {}
                }
            }
            if texts.is_empty() {
                if rendered.is_none() {
                    incomplete.push(format!("`{word}` of {} is to be written: {}", revision.id, name(&revision.path)));
                }
                return Changes::refused(format!("`{word}` of Alembic's revision is not written in Rust yet"), &body);
            }
            match texts.iter().all(|(_, sql)| sql.is_empty()) {
                true if texts.len() == systems.len() => Changes::Nothing,
                _ => Changes::Sql(texts),
            }
        };
        let up = direction("up", "upgrade", |directions| &directions.up);
        let down = direction("down", "downgrade", |directions| &directions.down);
        let down = match (&up, down) {
            (Changes::Sql(_) | Changes::Refused { .. }, Changes::Nothing) => {
                Changes::refused("the revision of Alembic has nothing that reverts it: write `down` first", &[])
            }
            (_, down) => down,
        };
        Self { up, down, is_outside_transaction }
    }
}

/// Whether the body of a function does nothing.
fn is_empty(body: &[String]) -> bool {
    let text = body.join("\n");
    let mut rest = text.trim();
    if let Some(after) = rest.strip_prefix("\"\"\"") {
        rest = after.split_once("\"\"\"").map_or("", |(_, rest)| rest).trim();
    }
    rest.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .all(|line| matches!(line, "" | "pass" | "..."))
}

fn file_system(system: &str) -> SqlFileSystem {
    match system {
        "postgres" => SqlFileSystem::Postgres,
        "mysql" => SqlFileSystem::MySql,
        _ => SqlFileSystem::Sqlite,
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
