//! Where an Alembic project has its revisions: `alembic.ini`, or the folder with `env.py`.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use crate::diagnostic::{Diagnostic, reason};
use crate::project::shown;

/// The folders of an Alembic project.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AlembicConfig {
    /// The file of the settings; `None` if the folder of the scripts was named itself.
    pub(super) file: Option<PathBuf>,
    /// The folders of the revisions.
    pub(super) versions: Vec<PathBuf>,
    /// Whether folders below those have revisions too.
    pub(super) is_recursive: bool,
    /// The URL of the database, as the settings name it.
    pub(super) url: Option<String>,
}

impl AlembicConfig {
    /// Reads the settings in a folder.
    ///
    /// # Errors
    ///
    /// Settings that cannot be read, or that name no folder.
    pub(super) fn of(folder: &Path) -> Result<Self, Diagnostic> {
        let ini = folder.join("alembic.ini");
        if !ini.is_file() {
            return Ok(Self {
                file: above(folder),
                versions: vec![folder.join("versions")],
                is_recursive: false,
                url: None,
            });
        }
        let text = fs::read_to_string(&ini)
            .map_err(|error| Diagnostic::usage(format!("`{}` cannot be read: {}", shown(&ini), reason(&error))))?;
        let of_project = fs::read_to_string(folder.join("pyproject.toml")).ok();
        let setting = |name: &str| {
            let found = setting(&text, name).or_else(|| of_project.as_deref().and_then(|text| of_toml(text, name)));
            found.map(|value| value.replace("%(here)s", &folder.to_string_lossy()))
        };
        let scripts = setting("script_location").ok_or_else(|| {
            Diagnostic::usage(format!("`{}` has no `script_location`", shown(&ini)))
                .hint("`--source` may name the folder with `env.py` instead")
        })?;
        // `package:folder` is below the package.
        let scripts = folder.join(scripts.replace(':', "/"));
        let separator = setting("path_separator").or_else(|| setting("version_path_separator"));
        let versions = match setting("version_locations") {
            Some(list) => split(&list, separator.as_deref()).into_iter().map(|dir| folder.join(dir)).collect(),
            None => vec![scripts.join("versions")],
        };
        let is_recursive = setting("recursive_version_locations").is_some_and(|value| is_true(&value));
        Ok(Self { file: Some(ini), versions, is_recursive, url: setting("sqlalchemy.url") })
    }
}

/// The settings in a folder above that of the scripts.
fn above(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    folder.ancestors().skip(1).take(2).map(|above| above.join("alembic.ini")).find(|file| file.is_file())
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1")
}

/// The value of a setting in the section `[alembic]`. Lines that begin with white space go on with the value.
fn setting(text: &str, name: &str) -> Option<String> {
    let mut is_section = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('[') {
            is_section = line.trim() == "[alembic]";
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        if !is_section || line.starts_with([';', '#', ' ', '\t']) || key.trim() != name {
            continue;
        }
        let mut value = value.trim().to_owned();
        while let Some(next) = lines.next_if(|next| next.starts_with([' ', '\t']) && !next.trim().is_empty()) {
            if !next.trim_start().starts_with([';', '#']) {
                value.push('\n');
                value.push_str(next.trim());
            }
        }
        return Some(value.trim().to_owned());
    }
    None
}

/// The value of a setting in `[tool.alembic]` of `pyproject.toml`.
fn of_toml(text: &str, name: &str) -> Option<String> {
    let document = text.parse::<DocumentMut>().ok()?;
    let item = document.get("tool")?.get("alembic")?.get(name)?;
    match item.as_array() {
        Some(list) => Some(list.iter().filter_map(|value| value.as_str()).collect::<Vec<_>>().join("\n")),
        None => item.as_str().map(str::to_owned).or_else(|| item.as_bool().map(|value| value.to_string())),
    }
}

/// Splits a list of folders, at the separator that the settings name or at spaces, commas and line breaks.
fn split(list: &str, separator: Option<&str>) -> Vec<String> {
    let is_separator = |letter: char| match separator {
        Some("os") => letter == if cfg!(windows) { ';' } else { ':' } || letter == '\n',
        Some("space") => letter.is_whitespace(),
        Some("newline") => letter == '\n',
        Some(":" | ";") => separator.is_some_and(|separator| separator.starts_with(letter)) || letter == '\n',
        _ => letter.is_whitespace() || letter == ',',
    };
    list.split(is_separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Reads the names in a folder of revisions: files of Python, by name.
pub(super) fn files(folder: &Path, is_recursive: bool) -> Result<Vec<PathBuf>, Diagnostic> {
    let failed = |error| Diagnostic::usage(format!("`{}` cannot be read: {}", shown(folder), reason(&error)));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if is_recursive && !name.starts_with('.') && name != "__pycache__" {
                paths.extend(files(&path, true)?);
            }
        } else if name.ends_with(".py") && !name.starts_with("__init__") && !name.starts_with(".#") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The database system of a URL of SQLAlchemy, by the name that the engine has for it.
pub(super) fn system(url: &str) -> Option<&'static str> {
    let scheme = url.split([':', '+']).next()?;
    match scheme {
        "sqlite" => Some("sqlite"),
        "postgresql" | "postgres" => Some("postgres"),
        "mysql" | "mariadb" => Some("mysql"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::{AlembicConfig, split, system};

    fn read(ini: &str) -> (Vec<String>, bool, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("alembic.ini"), ini).unwrap();
        let config = AlembicConfig::of(folder.path()).unwrap();
        let below = |path: &std::path::PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        (config.versions.iter().map(below).collect(), config.is_recursive, config.url)
    }

    #[test]
    fn settings_name_the_folders() {
        let usual = (vec!["db/versions".to_owned()], false, None);
        assert_eq!(read("[alembic]\nscript_location = db\n"), usual);
        assert_eq!(read("# x\n[loggers]\nscript_location = no\n[alembic]\nscript_location: %(here)s/db\n"), usual);
        let ini = "[alembic]\nscript_location = a\nversion_locations = %(here)s/a/one\n    %(here)s/two\n\
                   recursive_version_locations = true\nsqlalchemy.url = postgresql+psycopg://u:p@h/d\n[post_write_hooks]\n";
        let url = Some("postgresql+psycopg://u:p@h/d".to_owned());
        assert_eq!(read(ini), (vec!["a/one".to_owned(), "two".to_owned()], true, url));
    }

    #[test]
    fn lists_are_split_as_alembic_does() {
        assert_eq!(split("a, b c", None), ["a", "b", "c"]);
        assert_eq!(split("a b:c", Some("os")), ["a b", "c"]);
        assert_eq!(split("a b\nc", Some("newline")), ["a b", "c"]);
        assert_eq!(split("a;b", Some(";")), ["a", "b"]);
    }

    #[test]
    fn the_system_of_a_url() {
        let found = ["postgresql+asyncpg://h", "mysql://h", "sqlite:///a.db", "driver://x"].map(system);
        assert_eq!(found, [Some("postgres"), Some("mysql"), Some("sqlite"), None]);
    }
}
