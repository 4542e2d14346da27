//! A migration crate in a workspace that exists.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::super::locate::members;
use super::super::manifest::Manifest;
use super::orm::SeaOrm;
use super::{CrateArgs, PlannedProject, databases_of, entities};
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
    let mut remarks = Vec::new();
    let (package, databases) = match existing {
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
        let (before, after) = workspace.with_member(&member);
        files.edit(root.join("Cargo.toml"), before, after);
    }
    files.create_if_missing(root.join(".env.example"), env_example());
    add_recipes(&mut files, &root, &package)?;
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

/// Adds recipes to the justfile, if there is one; existing recipes of these names stay.
fn add_recipes(files: &mut FilePlan, root: &Path, package: &str) -> Result<(), Diagnostic> {
    for name in ["justfile", "Justfile", ".justfile"] {
        let path = root.join(name);
        let Ok(before) = fs::read_to_string(&path) else { continue };
        let recipes = include_str!("../../template/project/recipes.just.txt").replace("{name}", package);
        let missing: Vec<&str> = recipes.split("\n\n").filter(|recipe| !has_recipe(&before, recipe)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // `"$@"` needs this setting.
        let setting = if before.contains("positional-arguments") { "" } else { "set positional-arguments\n\n" };
        let after = format!("{}\n\n{setting}{}\n", before.trim_end(), missing.join("\n\n").trim_end());
        files.edit(path, before, after);
        return Ok(());
    }
    Ok(())
}

/// Whether a justfile has a recipe of the same name.
fn has_recipe(justfile: &str, recipe: &str) -> bool {
    let word = |line: &str| line.split([' ', ':']).next().unwrap_or_default().trim_start_matches('@').to_owned();
    let name = recipe.lines().find(|line| !line.starts_with('#')).map(word).unwrap_or_default();
    justfile.lines().any(|line| !line.starts_with([' ', '\t', '#']) && line.contains(':') && word(line) == name)
}

/// The path without `.` and `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            component => normal.push(component),
        }
        normal
    })
}

#[cfg(test)]
mod tests {
    use super::has_recipe;

    #[test]
    fn recipes_of_the_same_name_stay() {
        let justfile = "# up: not this\n@up *args:\n    echo\nbuild target='x': up\n\tdown: no\nx := 'down'\n";
        assert!(has_recipe(justfile, "# Apply\nup *args:\n    cargo run"));
        assert!(has_recipe(justfile, "build:\n"));
        assert!(!has_recipe(justfile, "down *args:\n"));
    }
}
