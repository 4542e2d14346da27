//! The plan of the conversion of an old migration crate.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use seachange_source::message_of_module;
use toml_edit::DocumentMut;

use super::cargo_toml::ConvertedManifest;
use super::edits::{Edits, with_its_lines};
use super::list::ListEntry;
use super::port;
use super::project::{OldCrate, not_rust, parse, read};
use super::rewrite::{self, Pointers, WrappedMigration};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::file_plan::FilePlan;
use crate::program::modules::{self, Module, RustFile};
use crate::project::shown;
use crate::scaffold::{EngineSource, relative};

/// What the conversion makes.
#[derive(Debug, Default)]
pub(super) struct Conversion {
    pub(super) files: FilePlan,
    /// The number of revisions.
    pub(super) revisions: usize,
    /// What a person should know, one line each.
    pub(super) remarks: Vec<String>,
    /// What was rewritten for SeaORM 2.
    pub(super) ported: Changes,
}

/// What the converted crate is built with.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConversionTarget<'a> {
    pub(super) engine: &'a EngineSource,
    pub(super) databases: &'a [&'a str],
    /// Whether the sources are for SeaORM 1.
    pub(super) is_ported: bool,
    pub(super) workspace: Option<&'a DocumentMut>,
}

/// Plans the conversion of a crate.
///
/// # Errors
///
/// Files that cannot be read or are in the way, names that are used twice, and a manifest of another shape.
pub(super) fn convert(old: &OldCrate, target: &ConversionTarget<'_>) -> Result<Conversion, Diagnostic> {
    let mut converter = Converter {
        old,
        target: *target,
        modules: Module::all(&old.list_file.tokens),
        plan: Conversion { revisions: old.list.entries.len(), ..Conversion::default() },
        edits: Edits::default(),
        functions: Vec::new(),
        moved: BTreeSet::new(),
        ids: BTreeSet::new(),
        last: None,
    };
    old.list.entries.iter().try_for_each(|entry| converter.entry(entry))?;
    converter.list()?;
    converter.manifest()?;
    converter.build_script()?;
    converter.program()?;
    converter.port_others()?;
    converter.remark_on_others();
    Ok(converter.plan)
}

/// A conversion that is being planned.
struct Converter<'a> {
    old: &'a OldCrate,
    target: ConversionTarget<'a>,
    /// The modules that the file of the list declares.
    modules: Vec<Module>,
    plan: Conversion,
    /// The changes of the file of the list.
    edits: Edits,
    /// The functions that make migrations which stay where they are.
    functions: Vec<String>,
    /// The files that became revision files.
    moved: BTreeSet<PathBuf>,
    /// The ids so far, and the last one.
    ids: BTreeSet<String>,
    last: Option<String>,
}

/// The code of an entry.
struct FoundMigration {
    /// The file, if the code is not in that of the list.
    file: Option<RustFile>,
    /// The name under which the migration is recorded.
    name: String,
    /// The module of the list's file that leads to it.
    module: Option<Module>,
}

impl Converter<'_> {
    /// The revision of an entry of the list.
    fn entry(&mut self, entry: &ListEntry) -> Result<(), Diagnostic> {
        let found = self.find(entry)?;
        let id = rewrite::revision_id(&found.name);
        if !self.ids.insert(id.clone()) {
            let (file, line) = (shown(&self.old.list_file.path), entry.line);
            return Err(Diagnostic::usage(format!("`{file}`, line {line}: `{id}` is in the list twice"))
                .detail("two migrations have one name, or one migration is listed twice")
                .hint("give each a name of its own by `impl MigrationName`, and correct the list"));
        }
        let pointers = Pointers { down_revision: self.last.replace(id.clone()), id };
        match self.is_moved(entry, &found, &pointers)? {
            true => Ok(()),
            false => self.wrap(entry, &found, &pointers),
        }
    }

    fn find(&self, entry: &ListEntry) -> Result<FoundMigration, Diagnostic> {
        let path = self.old.resolved(&entry.path);
        let Some((migration, modules)) = path.split_last() else { return Err(self.old.unknown(entry)) };
        let file = modules::file_of(&self.old.list_file, modules).map(|file| parse(&file)).transpose()?;
        let name = match (&file, modules) {
            (Some(file), _) => rewrite::recorded_name(file, migration),
            // The name is derived from that of the file, which is that of the list here.
            (None, []) if self.old.declares(migration) => rewrite::recorded_name(&self.old.list_file, migration),
            (None, _) => return Err(self.old.unknown(entry)),
        };
        let first = modules.first();
        let module = first.and_then(|name| self.modules.iter().find(|module| module.name == *name)).cloned();
        Ok(FoundMigration { file, name, module })
    }

    /// Makes the file of a migration a revision file; `false` if it cannot be one.
    fn is_moved(&mut self, entry: &ListEntry, found: &FoundMigration, pointers: &Pointers) -> Result<bool, Diagnostic> {
        let is_plain =
            self.old.module.is_empty() && entry.is_plain && matches!(&entry.path[..], [_, name] if name == "Migration");
        let (Some(file), Some(module), true) = (&found.file, &found.module, is_plain) else { return Ok(false) };
        let mut changes = Vec::new();
        let Some(text) = rewrite::moved(&ported(file, &self.target, &mut changes)?, pointers) else { return Ok(false) };
        self.plan.files.create(self.old.version(&module.name), text)?;
        self.plan.files.remove(file.path.clone(), read(&file.path)?);
        rewrite::remove_items(&self.old.list_file.text, [module.range.clone()], &mut self.edits);
        self.moved.insert(file.path.clone());
        count(&mut self.plan.ported, changes);
        Ok(true)
    }

    /// Writes a revision file that calls the migration where it is.
    fn wrap(&mut self, entry: &ListEntry, found: &FoundMigration, pointers: &Pointers) -> Result<(), Diagnostic> {
        let (id, expression) = (&pointers.id, &entry.expression);
        // At the root there is a module of the other name.
        let stem = if self.old.module.is_empty() { format!("{id}_revision") } else { id.clone() };
        let code = found.file.as_ref().map(|file| relative(&self.old.versions(), &file.path));
        let migration = WrappedMigration {
            expression,
            module: &self.old.module.join("::"),
            file: code.as_deref(),
            message: &message_of_module(&found.name),
            name: &found.name,
        };
        self.plan.files.create(self.old.version(&stem), rewrite::wrapper(&migration, pointers))?;
        self.functions.push(migration.definition(id));
        self.plan.remarks.push(format!("`{expression}` stays where it is: the revision `{id}` calls it"));
        Ok(())
    }

    /// The file of the list, without the list and the modules that are revisions now, and the registry.
    fn list(&mut self) -> Result<(), Diagnostic> {
        let (list, library) = (&self.old.list_file, &self.old.library);
        let [implementation, others @ ..] = self.old.list.items.as_slice() else { return Ok(()) };
        let mut edits = std::mem::take(&mut self.edits);
        rewrite::remove_items(&list.text, others.iter().cloned(), &mut edits);
        edits.replace(with_its_lines(&list.text, implementation.clone()), self.functions.join("\n"));
        let changed =
            RustFile::parse(&list.path, &edits.apply(&list.text)).map_err(|line| not_rust(&list.path, line))?;
        let changed = ported(&changed, &self.target, &mut self.plan.ported)?.text;
        let before = read(&list.path)?;
        if list.path == *library {
            self.plan.files.edit(library.clone(), before, with_registry(&changed));
        } else {
            self.plan.files.edit(list.path.clone(), before, changed);
            let before = read(library)?;
            let after = with_registry(&before);
            self.plan.files.edit(library.clone(), before, after);
        }
        Ok(())
    }

    fn manifest(&mut self) -> Result<(), Diagnostic> {
        let ConversionTarget { engine, databases, is_ported, workspace } = self.target;
        let old = &self.old.manifest;
        let programs = old.get("bin").and_then(|own| own.as_array_of_tables()).map_or(0, |own| own.len());
        let has_other_programs = programs > 1 || self.old.root.join("src/bin").is_dir();
        let manifest = ConvertedManifest { engine, databases, has_other_programs, is_ported, workspace }.convert(old);
        let path = self.old.root.join("Cargo.toml");
        let manifest = manifest.map_err(|reason| {
            Diagnostic::new(Exit::Failure, format!("`{}` cannot be converted: {reason}", shown(&path)))
        })?;
        self.plan.files.edit(path, self.old.manifest_text.clone(), manifest.to_string());
        Ok(())
    }

    fn build_script(&mut self) -> Result<(), Diagnostic> {
        let path = self.old.root.join(self.old.build_script());
        let Ok(before) = fs::read_to_string(&path) else {
            let script = include_str!("../../../template/crate/build.rs.txt");
            return self.plan.files.create(path, script.to_owned());
        };
        let after = with_script(&before).ok_or_else(|| {
            Diagnostic::usage(format!("`{}` has no `fn main() {{`", shown(&path)))
                .hint("call `seachange_source::build::revisions(\"src/versions\")` in it, and try again")
        })?;
        self.plan.files.edit(path, before, after);
        Ok(())
    }

    fn program(&mut self) -> Result<(), Diagnostic> {
        let path = self.old.root.join("src/main.rs");
        let program =
            include_str!("../../../template/crate/main.rs.txt").replace("{library}", &self.old.library_name());
        let Ok(before) = fs::read_to_string(&path) else { return self.plan.files.create(path, program) };
        let old = RustFile::parse(&path, &before).map_err(|line| not_rust(&path, line))?;
        if let Some(lines) = rewrite::other_work(&old) {
            let (first, last) = (lines.start, lines.end - 1);
            let file = shown(&path);
            self.plan.remarks.push(format!(
                "the old `main` did more than run migrations: lines {first} to {last} of `{file}` are gone"
            ));
        }
        self.plan.files.edit(path, before, program);
        Ok(())
    }

    /// The other files of the crate, for SeaORM 2.
    fn port_others(&mut self) -> Result<(), Diagnostic> {
        if !self.target.is_ported {
            return Ok(());
        }
        let done = [self.old.library.clone(), self.old.list_file.path.clone(), self.old.root.join("src/main.rs")];
        for path in super::callers::rust_files(&self.old.root.join("src"), &[]) {
            if done.contains(&path) || self.moved.contains(&path) {
                continue;
            }
            let file = parse(&path)?;
            let text = ported(&file, &self.target, &mut self.plan.ported)?.text;
            if text != file.text {
                self.plan.files.edit(path.clone(), read(&path)?, text);
            }
        }
        Ok(())
    }

    /// Names files that look like migrations and are not in the list, and the table of the old record.
    fn remark_on_others(&mut self) {
        let is_dated =
            |name: &str| name.strip_prefix('m').is_some_and(|rest| rest.starts_with(|own: char| own.is_ascii_digit()));
        let is_listed = |name: &String| self.old.list.entries.iter().any(|entry| entry.path.contains(name));
        let left = self.modules.iter().filter(|own| own.has_file && is_dated(&own.name) && !is_listed(&own.name));
        let left =
            left.map(|own| format!("`{}` is not in the list: it stays where it is, and is no revision", own.name));
        self.plan.remarks.extend(left);
        let table = self.old.list.table.iter();
        self.plan.remarks.extend(table.map(|table| {
            format!("the old record is the table `{table}`: `seachange adopt --from seaql --table {table}`")
        }));
    }
}

/// A file for SeaORM 2; what was changed is added to `changes`.
fn ported(file: &RustFile, target: &ConversionTarget<'_>, changes: &mut Changes) -> Result<RustFile, Diagnostic> {
    if !target.is_ported {
        return Ok(file.clone());
    }
    let ported = port::port(file);
    count(changes, ported.changes);
    RustFile::parse(&file.path, &ported.text).map_err(|line| not_rust(&file.path, line))
}

/// Kinds of changes, each with how often it was made.
type Changes = Vec<(&'static str, usize)>;

fn count(all: &mut Changes, new: Changes) {
    for (change, count) in new {
        match all.iter_mut().find(|(known, _)| *known == change) {
            Some((_, all)) => *all += count,
            None => all.push((change, count)),
        }
    }
}

/// The library with the registry at its end, where it sees the macros above it.
fn with_registry(text: &str) -> String {
    let text = text.trim_end();
    let separator = if text.is_empty() { "" } else { "\n\n" };
    format!("{text}{separator}seachange::include_revisions!();\n")
}

/// The build script with the call that registers the revisions.
fn with_script(text: &str) -> Option<String> {
    let main = text.find("fn main()")?;
    let brace = main + text[main..].find('{')? + 1;
    Some(format!("{}\n    seachange_source::build::revisions(\"src/versions\");{}", &text[..brace], &text[brace..]))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;
    use std::path::Path;

    use super::{ConversionTarget, OldCrate, convert};
    use crate::scaffold::EngineSource;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (file, text) in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// Converts a crate with these files, and returns its folder.
    fn converted(files: &[(&str, &str)]) -> Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("Cargo.toml", "[package]\nname = \"db\"\n")]);
        write(folder.path(), files);
        let old = OldCrate::read(folder.path()).map_err(|problem| problem.message)?;
        let engine = EngineSource::Registry("crates-io".to_owned());
        let target = ConversionTarget { engine: &engine, databases: &["sqlite"], is_ported: false, workspace: None };
        let plan = convert(&old, &target).map_err(|problem| problem.message)?;
        plan.files.write_copy(folder.path(), folder.path()).unwrap();
        Ok(folder)
    }

    /// A list below the root, of private modules, imported names, a type of the same file and a value.
    const NESTED: [(&str, &str); 5] = [
        ("src/lib.rs", "mod migrator;\npub use migrator::Steps;\n"),
        (
            "src/migrator/mod.rs",
            "use sea_orm_migration::prelude::*;

mod inner {
    pub mod b;
    pub mod c;
}
mod m20240101_000001_a;
use inner::{b, c::Third as Last};

/// Lists.
pub struct Steps {}

struct Own;
impl MigrationName for Own { fn name(&self) -> &str { \"own\" } }

#[async_trait::async_trait]
impl MigratorTrait for Steps {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(self::m20240101_000001_a::Migration),
            Box::new(b::Migration::new(\"x\")),
            Box::new(Last),
            Box::new(Own),
        ]
    }
}
",
        ),
        ("src/migrator/inner/b.rs", "pub struct Migration(&'static str);"),
        ("src/migrator/inner/c.rs", "impl MigrationName for Third { fn name(&self) -> &str { \"the third\" } }"),
        ("src/migrator/m20240101_000001_a.rs", "pub struct Migration;"),
    ];

    #[test]
    fn a_list_below_the_root_stays_with_what_it_sees() {
        let folder = converted(&NESTED).unwrap();
        let text = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        insta::assert_snapshot!(text("src/migrator/mod.rs"), @r#"
        use sea_orm_migration::prelude::*;

        mod inner {
            pub mod b;
            pub mod c;
        }
        mod m20240101_000001_a;
        use inner::{b, c::Third as Last};


        struct Own;
        impl MigrationName for Own { fn name(&self) -> &str { "own" } }

        /// The code of the revision `m20240101_000001_a`.
        pub(crate) fn revision_m20240101_000001_a() -> impl MigrationTrait {
            self::m20240101_000001_a::Migration
        }

        /// The code of the revision `b`.
        pub(crate) fn revision_b() -> impl MigrationTrait {
            b::Migration::new("x")
        }

        /// The code of the revision `the_third`.
        pub(crate) fn revision_the_third() -> impl MigrationTrait {
            Last
        }

        /// The code of the revision `own`.
        pub(crate) fn revision_own() -> impl MigrationTrait {
            Own
        }
        "#);
        assert_eq!(text("src/lib.rs"), "mod migrator;\npub use migrator::Steps;\n\nseachange::include_revisions!();\n");
        let versions = fs::read_dir(folder.path().join("src/versions")).unwrap();
        let mut names: Vec<String> =
            versions.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["b.rs", "m20240101_000001_a.rs", "own.rs", "the_third.rs"]);
        let third = text("src/versions/the_third.rs");
        assert!(third.contains("id: \"the_third\",\n    down_revision: &[\"b\"],"), "{third}");
        assert!(third.contains("include_str!(\"../migrator/inner/c.rs\")"), "{third}");
        assert!(third.contains("        \"the third\"\n"), "{third}");
    }

    #[test]
    fn code_that_is_not_found_is_named() {
        let mut files = NESTED;
        let lost = files[1].1.replace("Box::new(Own)", "Box::new(elsewhere::Lost)");
        files[1].1 = &lost;
        let problem = converted(&files).unwrap_err();
        assert!(
            problem.ends_with("src/migrator/mod.rs`, line 23: the code of `elsewhere::Lost` is not found"),
            "{problem}"
        );
    }
}
