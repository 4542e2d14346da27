//! Matches versions of another tool with the revisions of the program. Pure: rows in, revisions out.

use std::collections::{HashMap, HashSet};

use seachange_graph::{AppliedError, Graph, Revision, Target};

use super::table::ForeignVersion;
use super::{AdoptError, AdoptedRevision, AdoptionPlan, ForeignVersionTable, MigrationTool};
use crate::error::Error;
use crate::record::RevisionRecord;
use crate::revision::{Migrations, RegisteredRevision};

/// The names that versions are matched with, and the table that the versions come from.
pub(crate) struct VersionMatcher<'a> {
    pub(crate) old: &'a ForeignVersionTable,
    pub(crate) migrations: &'static Migrations,
    pub(crate) graph: &'a Graph,
}

impl VersionMatcher<'_> {
    /// The adoption plan for the rows of the other tool, given what is already recorded.
    pub(crate) fn adoption(
        &self,
        versions: Vec<ForeignVersion>,
        record: &RevisionRecord,
    ) -> Result<AdoptionPlan, Error> {
        if let Some(dirty) = versions.iter().find(|version| version.is_dirty) {
            let (table, tool) = (self.old.name(), self.old.tool);
            return Err(AdoptError::Dirty { table, tool, version: dirty.name.clone() }.into());
        }
        let named = self.named(versions)?;
        let ids = self.applied(&named)?;
        let applied = self.graph.applied(ids.iter().map(|id| (*id, Vec::new()))).map_err(|error| self.gap(error))?;
        self.check_recorded(&ids, record)?;
        let plan = self.graph.upgrade(&applied, &[Target::HEADS])?;
        // Revisions that only the engine's own record contains are not pending.
        let pending = plan.steps.iter().filter(|step| record.row(&step.revision).is_none());
        Ok(AdoptionPlan {
            pending: pending.filter_map(|step| self.migrations.get(&step.revision)).collect(),
            adopted: ids.iter().filter_map(|id| self.adopted(id, &named, record)).collect(),
        })
    }

    /// The revision that each version stands for, by id.
    fn named(&self, versions: Vec<ForeignVersion>) -> Result<HashMap<&'static str, ForeignVersion>, AdoptError> {
        let names = self.names();
        let mut named = HashMap::new();
        let mut unknown = Vec::new();
        for version in versions {
            match self.find(&names, &version.name)? {
                Some(script) => _ = named.insert(script.revision.id, version),
                None => unknown.push(version.name),
            }
        }
        if unknown.is_empty() {
            return Ok(named);
        }
        unknown.sort();
        Err(AdoptError::Unknown { table: self.old.name(), tool: self.old.tool, versions: unknown })
    }

    fn find(&self, names: &RevisionsByName, version: &str) -> Result<Option<&'static RegisteredRevision>, AdoptError> {
        if let Some(script) = self.migrations.get(version) {
            return Ok(Some(script));
        }
        let version = if self.old.tool.has_versions() { significant(version) } else { version };
        match names.get(version).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([script]) => Ok(Some(script)),
            Some(several) => {
                let mut revisions: Vec<String> = several.iter().map(|script| script.revision.id.to_owned()).collect();
                revisions.sort();
                Err(AdoptError::Ambiguous { version: version.to_owned(), revisions })
            }
        }
    }

    /// The names that sea-orm-migration may have used for each revision, or the version with which its id begins. Alembic
    /// uses only ids.
    fn names(&self) -> RevisionsByName {
        let mut names = RevisionsByName::new();
        if self.old.tool == MigrationTool::Alembic {
            return names;
        }
        if self.old.tool.has_versions() {
            for script in self.migrations.scripts() {
                version_of(script.revision.id).into_iter().for_each(|name| names.entry(name).or_default().push(script));
            }
            return names;
        }
        for script in self.migrations.scripts() {
            let name = script.migration.name();
            let stem = script.file.strip_suffix(".rs").unwrap_or(script.file);
            names.entry(name).or_default().push(script);
            if stem != name {
                names.entry(stem).or_default().push(script);
            }
        }
        names
    }

    /// Every applied revision, in the order in which they run. Alembic names only the heads, golang-migrate only the last
    /// version; the other tools name all of them.
    fn applied(&self, named: &HashMap<&'static str, ForeignVersion>) -> Result<Vec<&str>, Error> {
        let is_named = |revision: &&Revision| named.contains_key(revision.id.as_str());
        let revisions = self.graph.iter().filter(is_named);
        let replaced = self.replaced(named);
        if !matches!(self.old.tool, MigrationTool::Alembic | MigrationTool::GolangMigrate) {
            return Ok(revisions.chain(replaced).map(|revision| revision.id.as_str()).collect());
        }
        let mut heads: Vec<Target> = revisions.map(Target::revision).collect();
        let replaced = self.replaced_below(replaced, &mut heads);
        let below = self.graph.stamp(&self.graph.none_applied(), &heads)?.add;
        let below = below.iter().filter_map(|id| self.graph.get(id)).map(|revision| revision.id.as_str());
        Ok(below.chain(replaced).collect())
    }

    /// The named revisions that a squash revision replaces, by id.
    fn replaced(&self, named: &HashMap<&'static str, ForeignVersion>) -> Vec<&Revision> {
        let mut ids: Vec<&str> = named.keys().copied().filter(|id| self.graph.squash_of(id).is_some()).collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.graph.find_step(id)).collect()
    }

    /// Some replaced revisions, and the replaced ones below them. Adds the other revisions below to `heads`.
    fn replaced_below<'g>(&'g self, starts: Vec<&'g Revision>, heads: &mut Vec<Target>) -> Vec<&'g str> {
        let (mut open, mut found) = (starts, Vec::new());
        while let Some(revision) = open.pop() {
            if found.contains(&revision.id.as_str()) {
                continue;
            }
            found.push(revision.id.as_str());
            for below in revision.down_revision.iter().chain(&revision.depends_on) {
                match self.graph.get(below) {
                    Some(other) => heads.push(Target::revision(other)),
                    None => open.extend(self.graph.find_step(below)),
                }
            }
        }
        found
    }

    fn gap(&self, error: AppliedError) -> Error {
        match error {
            AppliedError::Missing { missing, above, .. } => {
                AdoptError::Missing { table: self.old.name(), missing, above }.into()
            }
            other => other.into(),
        }
    }

    /// Checks that an existing record agrees: one of the two records must contain the other.
    fn check_recorded(&self, ids: &[&str], record: &RevisionRecord) -> Result<(), AdoptError> {
        let known: HashSet<&str> = ids.iter().copied().collect();
        let alone = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let rows = record.rows.iter().map(|row| row.revision.as_str());
        let recorded = alone(rows.filter(|id| !known.contains(id)).collect());
        let adopted = alone(ids.iter().copied().filter(|id| record.row(id).is_none()).collect());
        if recorded.is_empty() || adopted.is_empty() {
            return Ok(());
        }
        Err(AdoptError::Recorded { table: self.old.name(), recorded, adopted })
    }

    fn adopted(
        &self,
        id: &str,
        named: &HashMap<&'static str, ForeignVersion>,
        record: &RevisionRecord,
    ) -> Option<AdoptedRevision> {
        let version = named.get(id);
        Some(AdoptedRevision {
            script: self.migrations.get(id)?,
            version: version.map(|version| version.name.clone()),
            applied_at: version.and_then(|version| version.applied_at),
            is_recorded: record.row(id).is_some(),
        })
    }
}

/// The version with which the id of an imported revision begins, `VERSION_name`, without zeros in front.
pub(crate) fn version_of(id: &str) -> Option<&str> {
    let (version, _) = id.split_once('_')?;
    version.starts_with(|first: char| first.is_ascii_digit()).then(|| significant(version))
}

/// A version without zeros in front.
fn significant(version: &str) -> &str {
    let trimmed = version.trim_start_matches('0');
    if trimmed.starts_with(|first: char| first.is_ascii_digit()) { trimmed } else { version }
}

/// The revisions with each name.
type RevisionsByName = HashMap<&'static str, Vec<&'static RegisteredRevision>>;
