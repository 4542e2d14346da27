//! A migration crate outside of a workspace.

use std::path::Path;

use super::super::manifest::normal;
use super::{CrateArgs, PlannedProject};
use crate::diagnostic::Diagnostic;
use crate::file_plan::FilePlan;
use crate::scaffold::{MigrationCrate, OWN_PACKAGE, name_of};

/// Plans the crate in a folder below `here`, which has no manifest.
pub(super) fn plan(args: &CrateArgs, here: &Path) -> Result<PlannedProject, Diagnostic> {
    let folder = normal(&here.join(args.dir.as_deref().unwrap_or_else(|| Path::new("migration"))));
    let package = args.name.clone().or_else(|| name_of(&folder)).unwrap_or_default();
    let engine = args.engine(&folder)?;
    let databases = args.databases(&[]);
    let migration =
        MigrationCrate { name: &package, package: OWN_PACKAGE, engine: &engine, databases: &databases, entities: None };
    let mut files = FilePlan::default();
    for (file, text) in migration.files()?.into_iter().chain(migration.files_of_its_own()) {
        files.create(folder.join(file), text)?;
    }
    Ok(PlannedProject {
        files,
        folder: folder.clone(),
        package,
        root: folder,
        databases,
        next: Vec::new(),
        remarks: Vec::new(),
    })
}
