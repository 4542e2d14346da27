//! A migration crate in a workspace that exists.

use std::path::{Path, PathBuf};

use super::super::locate::members;
use super::super::manifest::{Manifest, normal};
use super::orm::SeaOrm;
use super::{CrateArgs, PlannedProject, databases_of, entities, recipes};
use crate::diagnostic::Diagnostic;
use crate::file_plan::FilePlan;
use crate::project::shown;
use crate::prompt;
use crate::scaffold::{EngineSource, EntityCrate, MigrationCrate, OWN_PACKAGE, env_example, name_of, relative, toml};

/// Plans the crate in the workspace that the manifest nearest to the folder `here` belongs to.
pub(super) fn plan(args: &CrateArgs, here: &Path, nearest: Manifest) -> Result<PlannedProject, Diagnostic> {
    let above = nearest.workspace()?;
    let workspace = above.unwrap_or(nearest);
    let root = workspace.root.clone();
    let folder = args.dir.as_ref().map_or_else(|| root.join("migration"), |dir| normal(&here.join(dir)));
    if !folder.starts_with(&root) || folder == root {
        return Err(Diagnostic::usage(format!(
            "`{}` is not a folder of the workspace `{}`",
            shown(&folder),
            root.display()
        )));
    }
    let members = members(&workspace)?;
    let mut files = FilePlan::default();
    let existing = members.iter().find(|member| match &args.dir {
        Some(_) => member.root == folder,
        None => member.is_migration_crate(),
    });
    // An earlier call may have been interrupted before it made the crate a member.
    let unlisted = if existing.is_some() { None } else { Manifest::read(&folder)? };
    let mut remarks = Vec::new();
    let (package, databases) = match existing.or(unlisted.as_ref()) {
        Some(member) if member.is_migration_crate() => {
            (member.package().unwrap_or_default().to_owned(), databases_of(member))
        }
        _ => {
            let name = args.name.clone().or_else(|| name_of(&folder)).unwrap_or_default();
            if let Err(problem) = check_free(&folder, &name, &members) {
                return match (another_folder(&problem), Manifest::nearest(here)?) {
                    (Some(dir), Some(nearest)) => {
                        plan(&CrateArgs { dir: Some(dir), name: None, ..args.clone() }, here, nearest)
                    }
                    _ => Err(problem),
                };
            }
            let orm = SeaOrm::of(members.iter().chain([&workspace]));
            orm.check()?;
            let (found, left) = if orm.is_ours() { entities::find(&members) } else { (None, vec![old_entities()]) };
            remarks = left;
            let entities = found.map(|found| EntityCrate {
                package: found.manifest.package().unwrap_or_default().to_owned(),
                requirement: format!("path = {}", toml(&relative(&folder, &found.manifest.root))),
                library: found.manifest.library(),
                modules: found.modules,
            });
            let databases = args.databases(&orm.databases);
            let engine = match workspace.has_workspace_dependency("seachange") {
                true => EngineSource::Workspace,
                false => args.engine(&folder)?,
            };
            let migration = MigrationCrate {
                name: &name,
                package: OWN_PACKAGE,
                engine: &engine,
                databases: &databases,
                entities: entities.as_ref(),
            };
            for (file, text) in migration.files()? {
                files.create(folder.join(file), text)?;
            }
            (name, databases)
        }
    };
    if existing.is_none() {
        let member = relative(&root, &folder);
        check_parents(&workspace, &member)?;
        let (before, after) = workspace.with_member(&member);
        files.edit(root.join("Cargo.toml"), before, after);
    }
    files.create_if_missing(root.join(".env.example"), env_example());
    remarks.extend(recipes::add(&mut files, &root, &package));
    files.check_within(&root)?;
    Ok(PlannedProject {
        files,
        folder: root,
        package,
        databases,
        root: existing.map_or(folder, |member| member.root.clone()),
        next: vec![
            ("seachange init --from-database".to_owned(), "a first revision from a database that has tables"),
            ("seachange revision -m \"create users\"".to_owned(), "or a first revision to fill in"),
            ("seachange up".to_owned(), "apply it"),
        ],
        remarks,
    })
}

fn old_entities() -> String {
    "the workspace uses SeaORM 1: its entities cannot be compared with the database".to_owned()
}

/// Rejects a folder or a name that another crate has.
fn check_free(folder: &Path, name: &str, members: &[Manifest]) -> Result<(), Diagnostic> {
    if let Some(manifest) = Manifest::read(folder)? {
        let problem =
            Diagnostic::usage(format!("`{}` is a crate already, without revisions of seachange", shown(folder)));
        let problem = problem.hint("name another folder as the argument `DIR`");
        return Err(match manifest.dependencies("sea-orm-migration").is_empty() {
            true => problem,
            false => problem.hint(format!("`seachange import --source {}` converts its migrations", shown(folder))),
        });
    }
    match members.iter().find(|member| member.package() == Some(name)) {
        Some(other) => {
            Err(Diagnostic::usage(format!("the workspace has a crate `{name}` already, in `{}`", shown(&other.root)))
                .hint("give the new one another name with `--name`"))
        }
        None => Ok(()),
    }
}

/// The folder that the user names instead, on a terminal.
fn another_folder(problem: &Diagnostic) -> Option<PathBuf> {
    prompt::ask_text(&format!("{}. Another folder for the new one", problem.message)).map(PathBuf::from)
}

/// Rejects a folder whose new parent would match a pattern among the members: cargo would expect a manifest in it.
fn check_parents(workspace: &Manifest, member: &str) -> Result<(), Diagnostic> {
    let parents = Path::new(member).ancestors().skip(1).filter_map(Path::to_str);
    let mut new = parents.filter(|parent| !parent.is_empty() && !workspace.root.join(parent).exists());
    match new.find_map(|parent| workspace.pattern_of(parent).zip(Some(parent))) {
        Some((pattern, parent)) => Err(Diagnostic::usage(format!(
            "`{parent}` would match `{pattern}` among the members of the workspace, and is not a crate"
        ))
        .hint("name a folder that is not below it as the argument `DIR`")),
        None => Ok(()),
    }
}
