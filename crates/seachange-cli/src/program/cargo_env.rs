//! The variables that cargo's configuration sets for the programs that cargo starts: its table `[env]`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

/// The variables that `cargo run` would add in the folder `here`.
pub(super) fn variables(here: &Path) -> Vec<(String, OsString)> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let of_project = here.ancestors().map(|folder| folder.join(".cargo"));
    let files = of_project.chain(home).filter_map(|folder| configuration(&folder));
    merged(files, |name| env::var_os(name).is_some())
}

/// The folder that relative paths of a configuration start from, and its text. Cargo prefers the file without an
/// extension if both exist.
fn configuration(folder: &Path) -> Option<(PathBuf, String)> {
    let text = ["config", "config.toml"].iter().find_map(|name| fs::read_to_string(folder.join(name)).ok())?;
    Some((folder.parent()?.to_owned(), text))
}

/// The variables of the files, of which the first wins. One that `is_set` already stays, unless the file forces it.
fn merged(
    files: impl IntoIterator<Item = (PathBuf, String)>,
    is_set: impl Fn(&str) -> bool,
) -> Vec<(String, OsString)> {
    let mut seen: Vec<String> = Vec::new();
    let mut variables = Vec::new();
    for (folder, text) in files {
        // Cargo reports a file that it cannot read.
        let Ok(document) = text.parse::<DocumentMut>() else { continue };
        let table = document.get("env").and_then(Item::as_table_like);
        for (name, item) in table.into_iter().flat_map(|table| table.iter()) {
            if seen.iter().any(|seen| seen == name) {
                continue;
            }
            seen.push(name.to_owned());
            let value = Variable::read(item).filter(|variable| variable.is_forced || !is_set(name));
            variables.extend(value.map(|variable| (name.to_owned(), variable.value(&folder))));
        }
    }
    variables
}

/// A variable, as a file states it.
struct Variable<'a> {
    text: &'a str,
    is_forced: bool,
    /// Whether it is a path that starts from the folder of the configuration.
    is_relative: bool,
}

impl<'a> Variable<'a> {
    fn read(item: &'a Item) -> Option<Self> {
        if let Some(text) = item.as_str() {
            return Some(Self { text, is_forced: false, is_relative: false });
        }
        let table = item.as_table_like()?;
        let has = |key: &str| table.get(key).and_then(Item::as_bool).unwrap_or_default();
        let text = table.get("value")?.as_str()?;
        Some(Self { text, is_forced: has("force"), is_relative: has("relative") })
    }

    fn value(&self, folder: &Path) -> OsString {
        if self.is_relative { folder.join(self.text).into_os_string() } else { self.text.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::merged;

    #[test]
    fn variables_are_those_of_cargo_run() {
        let near = "[env]\nA = \"near\"\nSET = \"no\"\nFORCED = { value = \"yes\", force = true }\n\
                    FILE = { value = \"data/app.db\", relative = true }\nODD = 1\n";
        let far = "[env]\nA = \"far\"\nB = \"far\"\nODD = \"far\"\n[build]\njobs = 1\n";
        let files = [("/shop", near), ("/", far), ("/broken", "[env")];
        let files = files.map(|(folder, text)| (PathBuf::from(folder), text.to_owned()));
        let found = merged(files, |name| matches!(name, "SET" | "FORCED"));
        let expected = [("A", "near"), ("FORCED", "yes"), ("FILE", "/shop/data/app.db"), ("B", "far")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.into())));
    }
}
