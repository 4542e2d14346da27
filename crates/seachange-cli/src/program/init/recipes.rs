//! Recipes of the migration crate in the justfile of a workspace.

use std::fs;
use std::path::Path;

use crate::file_plan::{FilePlan, is_within};
use crate::project::shown;

/// The recipes; `"$@"` in them needs the setting `positional-arguments`.
const RECIPES: &str = include_str!("../../template/project/recipes.just.txt");

/// How deep imports of justfiles are followed.
const DEPTH: usize = 8;

/// The shells, by the beginning of their names, that know `"$@"` and take positional arguments.
const SHELLS: [&str; 6] = ["sh", "bash", "zsh", "dash", "ksh", "busybox"];

/// Adds recipes to the justfile, if there is one; what has one of their names stays. Returns why no recipe was added.
pub(super) fn add(files: &mut FilePlan, root: &Path, package: &str) -> Option<String> {
    let names = ["justfile", "Justfile", ".justfile"].map(|name| root.join(name));
    let (path, before) = names.into_iter().find_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))?;
    let justfile = Justfile(with_imports(&before, root, DEPTH));
    let recipes = RECIPES.replace("{name}", package);
    let missing: Vec<&str> = recipes.split("\n\n").filter(|recipe| !justfile.has(name_of(recipe))).collect();
    if missing.is_empty() {
        return None;
    }
    let reason = match justfile.passes_arguments() {
        _ if !is_within(&path, root) => Some("it is a link to a file outside of the workspace"),
        Arguments::Never => Some("its settings do not pass arguments as a shell does"),
        _ => None,
    };
    if let Some(reason) = reason {
        return Some(format!("no recipes were added to `{}`: {reason}", shown(&path)));
    }
    let setting = match justfile.passes_arguments() {
        Arguments::Always => "",
        _ => "set positional-arguments\n\n",
    };
    let after = format!("{}\n\n{setting}{}\n", before.trim_end(), missing.join("\n\n").trim_end());
    files.edit(path, before, after);
    None
}

/// The text of a justfile and of those that it imports.
fn with_imports(text: &str, folder: &Path, depth: usize) -> String {
    let path = |line: &str| {
        let rest = line.strip_prefix("import")?;
        let rest = rest.strip_prefix('?').unwrap_or(rest).trim();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        rest[1..].split(quote).next().map(|path| folder.join(path))
    };
    let mut whole = text.to_owned();
    for path in text.lines().filter_map(path).filter(|_| depth > 0) {
        if let Ok(imported) = fs::read_to_string(&path) {
            whole.push('\n');
            whole.push_str(&with_imports(&imported, path.parent().unwrap_or(folder), depth - 1));
        }
    }
    whole
}

/// Whether recipes get their arguments as positional ones.
#[derive(Debug, PartialEq, Eq)]
enum Arguments {
    Always,
    /// Not said.
    Unset,
    Never,
}

/// A justfile, as text.
struct Justfile(String);

impl Justfile {
    /// The lines that are not in the body of a recipe.
    fn items(&self) -> impl Iterator<Item = &str> {
        self.0.lines().filter(|line| !line.starts_with([' ', '\t', '#']))
    }

    /// Whether a recipe, an alias or a module has this name.
    fn has(&self, name: &str) -> bool {
        self.items().any(|line| {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("alias" | "mod" | "mod?") => words.next() == Some(name),
                // A variable may have the name of a recipe.
                _ => line.contains(':') && name_of(line) == name && words.next() != Some(":="),
            }
        })
    }

    fn passes_arguments(&self) -> Arguments {
        let settings =
            self.items().filter_map(|line| line.strip_prefix("set ")).map(|setting| match setting.split_once(":=") {
                Some((name, value)) => (name.trim(), value.trim()),
                None => (setting.split('#').next().unwrap_or_default().trim(), "true"),
            });
        let mut arguments = Arguments::Unset;
        for (name, value) in settings {
            match name {
                "shell" if !is_usual_shell(value) => return Arguments::Never,
                "positional-arguments" if value.starts_with("true") => arguments = Arguments::Always,
                "positional-arguments" => return Arguments::Never,
                _ => {}
            }
        }
        arguments
    }
}

/// Whether the value of the setting `shell`, such as `["bash", "-uc"]`, is a shell that knows `"$@"`.
fn is_usual_shell(value: &str) -> bool {
    let program = value.split(['"', '\'']).nth(1).unwrap_or_default();
    SHELLS.contains(&program.rsplit('/').next().unwrap_or_default())
}

/// The name of a recipe: the first word of its first line that is not a comment.
fn name_of(recipe: &str) -> &str {
    let line = recipe.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    line.split([' ', ':']).next().unwrap_or_default().trim_start_matches('@')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::{Arguments, Justfile, add, with_imports};
    use crate::file_plan::FilePlan;

    #[test]
    fn recipes_of_the_same_name_stay() {
        let text = "# up: not this\n@up *args:\n    echo\nbuild target='x': up\n\tdown: no\nx := 'down'\nalias check := build\nmod merge 'm.just'\n";
        let justfile = Justfile(text.to_owned());
        let found = ["up", "build", "check", "merge", "down", "x", "mod"].map(|name| justfile.has(name));
        assert_eq!(found, [true, true, true, true, false, false, false]);
    }

    #[test]
    fn settings_say_how_arguments_are_passed() {
        let check = |text: &str, expected: Arguments| {
            assert_eq!(Justfile(text.to_owned()).passes_arguments(), expected, "{text}");
        };
        check("# set positional-arguments\nup:\n    set positional-arguments\n", Arguments::Unset);
        check("set positional-arguments # always\n", Arguments::Always);
        check("set positional-arguments := true\nset shell := [\"/bin/bash\", \"-uc\"]\n", Arguments::Always);
        check("set positional-arguments := false\n", Arguments::Never);
        check("set shell := ['pwsh', '-c']\n", Arguments::Never);
    }

    #[test]
    fn imports_are_followed_and_links_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(root.join("sub/more.just"), "import? \"last.just\"\nimport 'more.just'\n").unwrap();
        fs::write(root.join("sub/last.just"), "set positional-arguments\nup:\n").unwrap();
        let justfile = Justfile(with_imports("import 'sub/more.just'\nimport 'nowhere'\nimport\n", &root, 3));
        assert!(justfile.has("up"));
        assert_eq!(justfile.passes_arguments(), Arguments::Always);

        let shared = folder.path().join("shared.just");
        fs::write(&shared, "build:\n").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&shared, root.join("justfile")).unwrap();
            let mut files = FilePlan::default();
            let remark = add(&mut files, &root, "migration").unwrap();
            assert!(remark.ends_with("justfile`: it is a link to a file outside of the workspace"), "{remark}");
            assert!(files.is_empty());
        }
    }
}
