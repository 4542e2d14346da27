//! An old migration crate, and the plan of its conversion.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use seachange_source::message_of_module;
use toml_edit::DocumentMut;

use super::cargo_toml::ConvertedManifest;
use super::edits::{Edits, with_its_lines};
use super::list::{self, ListEntry, MigratorList};
use super::port;
use super::rewrite::{self, Pointers, WrappedMigration};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::file_plan::FilePlan;
use crate::program::modules::{self, Module, RustFile};
use crate::project::shown;
use crate::scaffold::{EngineSource, relative};

/// The depth of modules in which the list is looked for.
const DEPTH: usize = 4;

/// A crate of sea-orm-migration.
#[derive(Debug)]
pub(super) struct OldCrate {
    /// The folder of its manifest.
    pub(super) root: PathBuf,
    pub(super) manifest: DocumentMut,
    /// The text of the manifest.
    manifest_text: String,
    /// The file of the library.
    library: PathBuf,
    /// The file of the list, and the modules that lead to it.
    list_file: RustFile,
    pub(super) module: Vec<String>,
    pub(super) list: MigratorList,
}

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
#[derive(Debug)]
pub(super) struct ConversionTarget<'a> {
    pub(super) engine: &'a EngineSource,
    pub(super) databases: &'a [&'a str],
    /// Whether the sources are for SeaORM 1.
    pub(super) is_ported: bool,
    pub(super) workspace: Option<&'a DocumentMut>,
}

impl OldCrate {
    /// Reads the crate in a folder.
    ///
    /// # Errors
    ///
    /// The file and the line that cannot be read, and what to do by hand.
    pub(super) fn read(root: &Path) -> Result<Self, Diagnostic> {
        let manifest_path = root.join("Cargo.toml");
        let manifest_text = read(&manifest_path)?;
        let manifest = manifest_text.parse::<DocumentMut>();
        let manifest = manifest.map_err(|error| {
            Diagnostic::new(Exit::Failure, format!("`{}`: {}", shown(&manifest_path), error.message()))
        })?;
        let named = manifest.get("lib").and_then(|lib| lib.get("path")).and_then(|path| path.as_str());
        let library = root.join(named.unwrap_or("src/lib.rs"));
        if !library.is_file() {
            let message = format!("`{}` has no library: there is no `{}`", shown(root), shown(&library));
            return Err(Diagnostic::usage(message).hint("move the list of migrations and its modules to `src/lib.rs`"));
        }
        let file = parse(&library)?;
        let (list_file, module, list) = find_list(file, Vec::new())?.ok_or_else(|| {
            Diagnostic::usage(format!("`{}` has no `impl MigratorTrait for …`", shown(root)))
                .hint("name the folder of the migration crate: `--source DIR`")
        })?;
        let list = list.map_err(|error| by_hand(&list_file, &error))?;
        if list.entries.is_empty() {
            return Err(Diagnostic::usage(format!("the list in `{}` has no migrations", shown(&list_file.path)))
                .hint("`seachange init` writes a new migration crate"));
        }
        Ok(Self { root: root.to_owned(), manifest, manifest_text, library, list_file, module, list })
    }

    /// The name of the package.
    pub(super) fn package(&self) -> &str {
        self.text(&["package", "name"]).unwrap_or_default()
    }

    /// The name of the library, as code uses it.
    pub(super) fn library_name(&self) -> String {
        self.text(&["lib", "name"]).unwrap_or_else(|| self.package()).replace('-', "_")
    }

    /// The path of the old type, such as `migration::Migrator`.
    pub(super) fn migrator(&self) -> String {
        let own = [self.library_name()].into_iter().chain(self.module.iter().cloned());
        own.chain([self.list.migrator.clone()]).collect::<Vec<_>>().join("::")
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(self.manifest.as_item(), |item, key| item.get(key))?.as_str()
    }

    /// Plans the conversion.
    ///
    /// # Errors
    ///
    /// Files that cannot be read or are in the way, names that are used twice, and a manifest of another shape.
    pub(super) fn convert(&self, target: &ConversionTarget<'_>) -> Result<Conversion, Diagnostic> {
        let mut plan = Conversion { revisions: self.list.entries.len(), ..Conversion::default() };
        let mut edits = Edits::default();
        let mut moved = BTreeSet::new();
        let mut functions = Vec::new();
        let (mut ids, mut down) = (BTreeSet::new(), None);
        let modules = Module::all(&self.list_file.tokens);
        for entry in &self.list.entries {
            let path = self.resolved(&entry.path);
            let Some((migration, modules_of_path)) = path.split_last() else { return Err(self.unknown(entry)) };
            let module = modules_of_path.first().and_then(|name| modules.iter().find(|module| module.name == *name));
            let file = modules::file_of(&self.list_file, modules_of_path).map(|file| parse(&file)).transpose()?;
            let name = match (&file, modules_of_path) {
                (Some(file), _) => rewrite::recorded_name(file, migration),
                // The name is derived from that of the file, which is that of the list here.
                (None, []) if self.declares(migration) => rewrite::recorded_name(&self.list_file, migration),
                (None, _) => return Err(self.unknown(entry)),
            };
            let id = rewrite::revision_id(&name);
            if !ids.insert(id.clone()) {
                let message =
                    format!("`{}`, line {}: `{id}` is in the list twice", shown(&self.list_file.path), entry.line);
                return Err(Diagnostic::usage(message)
                    .detail("two migrations have one name, or one migration is listed twice")
                    .hint("give each a name of its own by `impl MigrationName`, and correct the list"));
            }
            let pointers = Pointers { id: id.clone(), down_revision: down.replace(id.clone()) };
            let is_plain =
                self.module.is_empty() && entry.is_plain && matches!(&entry.path[..], [_, name] if name == "Migration");
            let mut changes = Vec::new();
            let ported = file.as_ref().map(|file| ported(file, target, &mut changes)).transpose()?;
            let text = ported.as_ref().filter(|_| is_plain).and_then(|file| rewrite::moved(file, &pointers));
            match (text, &ported, module) {
                (Some(text), Some(file), Some(module)) => {
                    let path = self.version(&module.name);
                    plan.files.create(path, text)?;
                    plan.files.remove(file.path.clone(), read(&file.path)?);
                    rewrite::remove_items(&self.list_file.text, [module.range.clone()], &mut edits);
                    moved.insert(file.path.clone());
                    count(&mut plan.ported, changes);
                }
                _ => {
                    let stem = if self.module.is_empty() { format!("{id}_revision") } else { id.clone() };
                    let path = self.version(&stem);
                    let code = file.as_ref().map(|file| relative(&self.versions(), &file.path));
                    let migration = WrappedMigration {
                        expression: &entry.expression,
                        module: &self.module.join("::"),
                        file: code.as_deref(),
                        message: &message_of_module(&name),
                        name: &name,
                    };
                    plan.files.create(path, rewrite::wrapper(&migration, &pointers))?;
                    functions.push(migration.definition(&id));
                    let expression = &entry.expression;
                    plan.remarks.push(format!("`{expression}` stays where it is: the revision `{id}` calls it"));
                }
            }
        }
        self.plan_list(edits, &functions, target, &mut plan)?;
        self.plan_crate(target, &mut plan)?;
        self.port_others(&moved, target, &mut plan)?;
        let left = modules.iter().filter(|module| module.has_file && module.name.starts_with('m'));
        let listed = |name: &str| self.list.entries.iter().any(|entry| entry.path.contains(&name.to_owned()));
        for module in left.filter(|module| module.name.as_bytes().get(1).is_some_and(u8::is_ascii_digit)) {
            if !listed(&module.name) {
                plan.remarks
                    .push(format!("`{}` is not in the list: it stays where it is, and is no revision", module.name));
            }
        }
        if let Some(table) = &self.list.table {
            plan.remarks
                .push(format!("the old record is the table `{table}`: `seachange adopt --from seaql --table {table}`"));
        }
        Ok(plan)
    }

    /// The path without `crate` and `self` in front, and with what a `use` of the file puts in the place of its first
    /// segment.
    fn resolved(&self, path: &[String]) -> Vec<String> {
        let mut path: Vec<String> = path.iter().skip_while(|own| *own == "self" || *own == "crate").cloned().collect();
        let imported = path.first().and_then(|first| modules::imported(&self.list_file.tokens, first));
        if let Some(imported) = imported {
            path.splice(..1, imported);
        }
        path
    }

    /// Whether the file of the list has a type of this name.
    fn declares(&self, name: &str) -> bool {
        self.list_file.tokens.windows(2).any(|pair| modules::is(&pair[0], "struct") && modules::is(&pair[1], name))
    }

    fn unknown(&self, entry: &ListEntry) -> Diagnostic {
        let (file, line) = (shown(&self.list_file.path), entry.line);
        Diagnostic::usage(format!("`{file}`, line {line}: the code of `{}` is not found", entry.expression))
            .detail("nothing was written")
            .hint("list it as `Box::new(module::Migration)`, with `mod module;` in the same file")
    }

    fn versions(&self) -> PathBuf {
        self.root.join("src/versions")
    }

    fn version(&self, stem: &str) -> PathBuf {
        self.versions().join(format!("{stem}.rs"))
    }

    /// The file of the list, without the list and the modules that are revisions now.
    fn plan_list(
        &self,
        mut edits: Edits,
        functions: &[String],
        target: &ConversionTarget<'_>,
        plan: &mut Conversion,
    ) -> Result<(), Diagnostic> {
        let [implementation, others @ ..] = self.list.items.as_slice() else { return Ok(()) };
        rewrite::remove_items(&self.list_file.text, others.iter().cloned(), &mut edits);
        edits.replace(with_its_lines(&self.list_file.text, implementation.clone()), functions.join("\n"));
        let changed = edits.apply(&self.list_file.text);
        let file =
            RustFile::parse(&self.list_file.path, &changed).map_err(|line| not_rust(&self.list_file.path, line))?;
        let changed = ported(&file, target, &mut plan.ported)?.text;
        let before = read(&self.list_file.path)?;
        if self.list_file.path == self.library {
            plan.files.edit(self.library.clone(), before, with_registry(&changed));
        } else {
            plan.files.edit(self.list_file.path.clone(), before, changed);
            let library = read(&self.library)?;
            let after = with_registry(&library);
            plan.files.edit(self.library.clone(), library, after);
        }
        Ok(())
    }

    /// The manifest, the build script and the program.
    fn plan_crate(&self, target: &ConversionTarget<'_>, plan: &mut Conversion) -> Result<(), Diagnostic> {
        let ConversionTarget { engine, databases, is_ported, workspace } = *target;
        let programs = self.manifest.get("bin").and_then(|own| own.as_array_of_tables()).map_or(0, |own| own.len());
        let has_other_programs = programs > 1 || self.root.join("src/bin").is_dir();
        let manifest = ConvertedManifest { engine, databases, has_other_programs, is_ported, workspace };
        let manifest = manifest.convert(&self.manifest);
        let path = self.root.join("Cargo.toml");
        let manifest = manifest.map_err(|reason| {
            Diagnostic::new(Exit::Failure, format!("`{}` cannot be converted: {reason}", shown(&path)))
        })?;
        plan.files.edit(path, self.manifest_text.clone(), manifest.to_string());
        let build = self.root.join("build.rs");
        let script = include_str!("../../../template/crate/build.rs.txt");
        match fs::read_to_string(&build) {
            Err(_) => plan.files.create(build, script.to_owned())?,
            Ok(before) => {
                let after = with_script(&before).ok_or_else(|| {
                    Diagnostic::usage(format!("`{}` has no `fn main() {{`", shown(&build)))
                        .hint("call `seachange_source::build::revisions(\"src/versions\")` in it, and try again")
                })?;
                plan.files.edit(build, before, after);
            }
        }
        let main = self.root.join("src/main.rs");
        let program = include_str!("../../../template/crate/main.rs.txt").replace("{library}", &self.library_name());
        match fs::read_to_string(&main) {
            Err(_) => plan.files.create(main, program)?,
            Ok(before) => {
                let old = RustFile::parse(&main, &before).map_err(|line| not_rust(&main, line))?;
                if let Some(lines) = rewrite::other_work(&old) {
                    let lines = format!("{} to {}", lines.start, lines.end - 1);
                    plan.remarks.push(format!(
                        "the old `main` did more than run migrations: lines {lines} of `{}` are gone",
                        shown(&main)
                    ));
                }
                plan.files.edit(main, before, program);
            }
        }
        Ok(())
    }

    /// The other files of the crate, for SeaORM 2.
    fn port_others(
        &self,
        moved: &BTreeSet<PathBuf>,
        target: &ConversionTarget<'_>,
        plan: &mut Conversion,
    ) -> Result<(), Diagnostic> {
        if !target.is_ported {
            return Ok(());
        }
        let own = [self.library.clone(), self.list_file.path.clone(), self.root.join("src/main.rs")];
        for path in super::callers::rust_files(&self.root.join("src"), &[]) {
            if own.contains(&path) || moved.contains(&path) {
                continue;
            }
            let file = parse(&path)?;
            let ported = ported(&file, target, &mut plan.ported)?.text;
            if ported != file.text {
                plan.files.edit(path.clone(), read(&path)?, ported);
            }
        }
        Ok(())
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

/// A list, with its file and the modules that lead to it.
type FoundList = (RustFile, Vec<String>, Result<MigratorList, list::ListError>);

/// Finds the list in a file or in its modules.
fn find_list(file: RustFile, module: Vec<String>) -> Result<Option<FoundList>, Diagnostic> {
    if let Some(list) = list::read(&file) {
        return Ok(Some((file, module, list)));
    }
    if module.len() >= DEPTH {
        return Ok(None);
    }
    for own in Module::all(&file.tokens).into_iter().filter(|own| own.has_file) {
        let Some(path) = own.file(&file.path) else { continue };
        let below = module.iter().cloned().chain([own.name.clone()]).collect();
        if let Some(found) = find_list(parse(&path)?, below)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
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

fn read(path: &Path) -> Result<String, Diagnostic> {
    fs::read_to_string(path).map_err(|error| {
        let reason = crate::diagnostic::reason(&error);
        Diagnostic::new(Exit::Failure, format!("`{}` cannot be read: {reason}", shown(path)))
    })
}

fn parse(path: &Path) -> Result<RustFile, Diagnostic> {
    RustFile::parse(path, &read(path)?).map_err(|line| not_rust(path, line))
}

fn not_rust(path: &Path, line: usize) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}`, line {line}: not Rust", shown(path)))
        .detail("a bracket, a string or a comment is not closed, or a character is out of place")
        .detail("nothing was written")
}

fn by_hand(file: &RustFile, error: &list::ListError) -> Diagnostic {
    Diagnostic::usage(format!("`{}`, line {}: {}", shown(&file.path), error.line, error.reason))
        .detail("nothing was written")
        .hint("write `migrations()` as one list `vec![Box::new(module::Migration), …]` in the order of the migrations, and try again")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;
    use std::path::Path;

    use super::{ConversionTarget, OldCrate};
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
        let plan = old.convert(&target).map_err(|problem| problem.message)?;
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
