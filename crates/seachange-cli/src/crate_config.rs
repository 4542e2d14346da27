//! What a migration crate sets for new revision files, in its `Cargo.toml`:
//!
//! ```toml
//! [package.metadata.seachange]
//! template = "revision.rs.txt"
//! hooks = ["rustfmt --edition 2024 {file}", "scripts/lint {file}"]
//!
//! [package.metadata.seachange.lint]
//! small-table-rows = 10000
//! drop-table = "deny"
//! wide-index = { level = "warn", columns = 4 }
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use seachange_graph::error::quoted;
use seachange_source::{NewRevision, parse, render};
use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::Terminal;

/// The settings of a migration crate for new files.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CrateConfig {
    root: PathBuf,
    /// The text of the template, if the crate has one.
    pub template: Option<String>,
    /// Commands that run after a file was written, each split into words.
    hooks: Vec<Vec<String>>,
    /// The settings of the rules of `lint`, by the ids of the rules, as the crate writes them.
    pub lint: BTreeMap<String, RuleConfig>,
    /// Up to how many rows a table counts as small for `lint`.
    pub small_table_rows: Option<u64>,
}

/// The setting of `lint` that is not about one rule.
const SMALL_TABLE_ROWS: &str = "small-table-rows";

/// The settings of a rule of `lint`: `drop-table = "deny"`, or `wide-index = { level = "warn", columns = 4 }`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RuleConfig {
    /// The level.
    pub level: Option<String>,
    /// The other settings, with their names; a number as its digits.
    pub options: BTreeMap<String, String>,
}

impl CrateConfig {
    /// Reads the settings of the crate in a folder. A manifest that cannot be read has none: cargo reports it.
    ///
    /// # Errors
    ///
    /// An unknown setting, one of another kind, a hook that is not a command, and a template that cannot be read or does
    /// not give a revision.
    pub fn read(root: &Path) -> Result<Self, Diagnostic> {
        let none = Self { root: root.to_owned(), ..Self::default() };
        let Ok(text) = fs::read_to_string(root.join("Cargo.toml")) else { return Ok(none) };
        let Ok(manifest) = text.parse::<DocumentMut>() else { return Ok(none) };
        let settings = ["package", "metadata", "seachange"]
            .iter()
            .try_fold(manifest.as_item(), |item, key| item.as_table_like()?.get(key));
        let Some(settings) = settings else { return Ok(none) };
        let settings = known_settings(settings, "package", &["template", "hooks", "lint"])?;
        let template = settings.get("template").map(|template| read_template(root, template)).transpose()?;
        let hooks = settings.get("hooks").map(read_hooks).transpose()?.unwrap_or_default();
        let (lint, small_table_rows) = settings.get("lint").map(read_lint).transpose()?.unwrap_or_default();
        Ok(Self { template, hooks, lint, small_table_rows, ..none })
    }

    /// Runs the hooks on a new file, one after the other, in the folder of the crate.
    ///
    /// # Errors
    ///
    /// A hook that cannot be run or fails, and one after which the file is missing or is not a revision. What is left of
    /// the file stays, and later hooks do not run.
    pub fn run_hooks(&self, file: &Path, terminal: Terminal) -> Result<(), Diagnostic> {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        for words in &self.hooks {
            let words: Vec<String> =
                words.iter().map(|word| word.replace("{file}", &absolute.to_string_lossy())).collect();
            let [program, arguments @ ..] = words.as_slice() else { continue };
            let left = |problem: Diagnostic| problem.detail(format!("the file was written: `{}`", shown(file)));
            // What a hook prints is no answer of this command.
            let mut command = Command::new(program);
            let root = if self.root.as_os_str().is_empty() { Path::new(".") } else { &self.root };
            let output = command.args(arguments).current_dir(root).output().map_err(|error| {
                left(Diagnostic::new(Exit::Failure, format!("the hook `{program}` cannot be run: {}", reason(&error))))
            })?;
            for text in [&output.stdout, &output.stderr] {
                String::from_utf8_lossy(text).lines().for_each(|line| terminal.status(line));
            }
            if !output.status.success() {
                return Err(left(Diagnostic::new(
                    Exit::Failure,
                    format!("the hook `{program}` failed: {}", output.status),
                )));
            }
            check_result(program, file)?;
        }
        Ok(())
    }
}

/// Rejects a file that a hook has removed, or has made something else than a revision.
fn check_result(hook: &str, file: &Path) -> Result<(), Diagnostic> {
    let text = fs::read_to_string(file).map_err(|error| {
        let message = format!("the hook `{hook}` left no file that can be read: {}", reason(&error));
        Diagnostic::new(Exit::Failure, message).detail(format!("the file was written: `{}`", shown(file)))
    })?;
    let Err(errors) = parse(file, &text) else { return Ok(()) };
    let problem = Diagnostic::new(Exit::Failure, format!("after the hook `{hook}`, the file is not a revision"));
    Err(errors
        .iter()
        .fold(problem, |problem, error| problem.detail(error.to_string()))
        .hint("correct the file, and `hooks` in `[package.metadata.seachange]`"))
}

/// The table of settings in `[package.metadata.seachange]` or `[workspace.metadata.seachange]`.
///
/// # Errors
///
/// Another value than a table, and a setting that is not among the known ones: it would have no effect.
pub fn known_settings<'a>(settings: &'a Item, of: &str, known: &[&str]) -> Result<&'a dyn TableLike, Diagnostic> {
    let place = format!("`[{of}.metadata.seachange]`");
    let table = settings.as_table_like().ok_or_else(|| Diagnostic::usage(format!("{place} is not a table")))?;
    match table.iter().find(|(key, _)| !known.contains(key)) {
        Some((key, _)) => Err(Diagnostic::usage(format!("{place} has no setting `{key}`"))
            .hint(format!("its settings are {}", quoted(known)))),
        None => Ok(table),
    }
}

fn read_template(root: &Path, template: &Item) -> Result<String, Diagnostic> {
    let name = template.as_str().ok_or_else(|| wrong("template", "the path of a file"))?;
    let path = root.join(name);
    let text = fs::read_to_string(&path).map_err(|error| {
        let message = format!("the template `{}` cannot be read: {}", shown(&path), reason(&error));
        Diagnostic::usage(message).hint("`template` in `[package.metadata.seachange]` names it")
    })?;
    check_template(text.strip_prefix('\u{feff}').unwrap_or(&text))
        .map_err(|flaw| Diagnostic::usage(format!("the template `{}` {flaw}", shown(&path))))
        .map(str::to_owned)
}

/// Rejects a template that does not have each part once, or does not give the file of a revision; the error says how.
fn check_template(text: &str) -> Result<&str, String> {
    for part in ["{revision}", "{up}", "{down}"] {
        match text.matches(part).count() {
            0 => return Err(format!("has no `{part}`")),
            1 => {}
            _ => return Err(format!("has `{part}` more than once")),
        }
    }
    let example = NewRevision { id: "example".to_owned(), template: Some(text.to_owned()), ..NewRevision::default() };
    match parse(Path::new("example.rs"), &render(&example)) {
        Ok(_) => Ok(text),
        Err(errors) => {
            let flaws: Vec<String> = errors.iter().map(|error| error.kind.to_string()).collect();
            Err(format!("does not give a revision: {}", flaws.join("; ")))
        }
    }
}

fn read_hooks(hooks: &Item) -> Result<Vec<Vec<String>>, Diagnostic> {
    let list = hooks.as_array().ok_or_else(|| wrong("hooks", "a list of commands"))?;
    list.iter()
        .map(|hook: &Value| {
            let line = hook.as_str().ok_or_else(|| wrong("hooks", "a list of commands"))?;
            let words = shell_words::split(line).ok().filter(|words| !words.is_empty());
            words.ok_or_else(|| Diagnostic::usage(format!("the hook `{line}` is not a command")))
        })
        .collect()
}

/// The settings of rules, and how many rows small tables have.
type LintConfig = (BTreeMap<String, RuleConfig>, Option<u64>);

fn read_lint(rules: &Item) -> Result<LintConfig, Diagnostic> {
    let expected = "a table of levels such as `drop-table = \"deny\"`, or of settings such as \
                    `wide-index = { level = \"warn\", columns = 4 }`";
    let table = rules.as_table_like().ok_or_else(|| wrong("lint", expected))?;
    let rows = table.get(SMALL_TABLE_ROWS).map(|rows| {
        let rows = rows.as_integer().and_then(|rows| u64::try_from(rows).ok());
        rows.ok_or_else(|| {
            Diagnostic::usage(format!("`{SMALL_TABLE_ROWS}` in `[package.metadata.seachange.lint]` is not a number"))
        })
    });
    let setting = |(rule, own): (&str, &Item)| Some((rule.to_owned(), read_rule(own)?));
    let rules = table.iter().filter(|(name, _)| *name != SMALL_TABLE_ROWS).map(setting);
    let rules = rules.collect::<Option<_>>().ok_or_else(|| wrong("lint", expected))?;
    Ok((rules, rows.transpose()?))
}

fn read_rule(own: &Item) -> Option<RuleConfig> {
    if let Some(level) = own.as_str() {
        return Some(RuleConfig { level: Some(level.to_owned()), ..RuleConfig::default() });
    }
    let text =
        |value: &Item| value.as_str().map(str::to_owned).or_else(|| value.as_integer().map(|own| own.to_string()));
    let settings = own.as_table_like()?.iter().map(|(name, value)| Some((name.to_owned(), text(value)?)));
    let mut options: BTreeMap<String, String> = settings.collect::<Option<_>>()?;
    Some(RuleConfig { level: options.remove("level"), options })
}

fn wrong(key: &str, expected: &str) -> Diagnostic {
    Diagnostic::usage(format!("`{key}` in `[package.metadata.seachange]` is not {expected}"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::CrateConfig;
    use crate::terminal::Terminal;

    const REVISION: &str =
        "//! one\npub const REVISION: Revision = Revision { id: \"a\", ..Revision::ROOT };\npub struct Migration;\n";

    const TEMPLATE: &str = "{revision}\npub struct Migration;\n{up}{down}";

    fn read(settings: &str) -> Result<(tempfile::TempDir, CrateConfig), String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), format!("[package]\nname = \"m\"\n{settings}")).unwrap();
        fs::write(folder.path().join("t.txt"), TEMPLATE).unwrap();
        fs::write(folder.path().join("half.txt"), "{revision}{up}").unwrap();
        fs::write(folder.path().join("twice.txt"), "{revision}{revision}{up}{down}").unwrap();
        fs::write(folder.path().join("bare.txt"), "{revision}{up}{down}").unwrap();
        let config = CrateConfig::read(folder.path()).map_err(|problem| problem.message)?;
        Ok((folder, config))
    }

    fn refused(settings: &str) -> String {
        read(&format!("[package.metadata.seachange]\n{settings}")).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_crate_without_settings_has_none() {
        let (folder, config) = read("").unwrap();
        assert_eq!(config, CrateConfig { root: folder.path().to_owned(), ..CrateConfig::default() });
    }

    #[test]
    fn settings_are_checked() {
        let (_folder, config) = read("[package.metadata.seachange]\ntemplate = \"t.txt\"\n").unwrap();
        assert_eq!(config.template.as_deref(), Some(TEMPLATE));
        assert_eq!(
            refused("hooks = \"rustfmt\""),
            "`hooks` in `[package.metadata.seachange]` is not a list of commands"
        );
        assert_eq!(refused("hooks = [\"'\"]"), "the hook `'` is not a command");
        assert_eq!(refused("template = 1"), "`template` in `[package.metadata.seachange]` is not the path of a file");
        assert!(refused("template = \"half.txt\"").ends_with("half.txt` has no `{down}`"));
        assert!(refused("template = \"twice.txt\"").ends_with("twice.txt` has `{revision}` more than once"));
        assert!(refused("template = \"bare.txt\"").contains("bare.txt` does not give a revision: no `Migration`"));
        assert!(refused("[package.metadata.seachange.lint]\ndrop-table = 1").contains("is not a table of levels"));
        let rows = "[package.metadata.seachange.lint]\nsmall-table-rows = ";
        assert_eq!(read(&format!("{rows}5000")).unwrap().1.small_table_rows, Some(5_000));
        assert_eq!(
            refused(&format!("{rows}\"many\"")),
            "`small-table-rows` in `[package.metadata.seachange.lint]` is not a number"
        );
        let rule = "[package.metadata.seachange.lint]\nwide-index = { level = \"warn\", columns = 4 }\na = \"deny\"\n";
        let lint = read(rule).unwrap().1.lint;
        assert_eq!(lint["wide-index"].level.as_deref(), Some("warn"));
        assert_eq!(lint["wide-index"].options["columns"], "4");
        assert_eq!((lint["a"].level.as_deref(), lint["a"].options.len()), (Some("deny"), 0));
        assert_eq!(refused("hook = [\"false\"]"), "`[package.metadata.seachange]` has no setting `hook`");
        let other = read("[package.metadata]\nseachange = \"t.txt\"\n").map(|_| ()).unwrap_err();
        assert_eq!(other, "`[package.metadata.seachange]` is not a table");
        assert!(refused("template = \"nowhere.txt\"").ends_with("nowhere.txt` cannot be read: no such file"));
    }

    #[test]
    fn hooks_run_in_the_folder_of_the_crate_until_one_fails() {
        let quiet = Terminal { quiet: true, ..Terminal::default() };
        let hooks = "[package.metadata.seachange]\nhooks = [\"cp {file} copy.rs\", \"false\", \"cp {file} late.rs\"]\n";
        let (folder, config) = read(hooks).unwrap();
        let file = folder.path().join("m1_a.rs");
        fs::write(&file, REVISION).unwrap();
        let problem = config.run_hooks(&file, quiet).unwrap_err();
        assert!(problem.message.starts_with("the hook `false` failed: exit status: 1"), "{}", problem.message);
        assert_eq!(fs::read_to_string(folder.path().join("copy.rs")).unwrap(), REVISION);
        assert!(!folder.path().join("late.rs").exists());
    }

    #[test]
    fn a_hook_has_to_leave_a_revision() {
        let quiet = Terminal { quiet: true, ..Terminal::default() };
        let run = |hook: &str| {
            let (folder, config) = read(&format!("[package.metadata.seachange]\nhooks = [\"{hook}\"]\n")).unwrap();
            let file = folder.path().join("m1_a.rs");
            fs::write(&file, REVISION).unwrap();
            config.run_hooks(&file, quiet).map_err(|problem| problem.message)
        };
        assert_eq!(run("sed -i s/one/two/ {file}"), Ok(()));
        assert_eq!(run("rm {file}"), Err("the hook `rm` left no file that can be read: no such file".to_owned()));
        assert_eq!(
            run("sed -i s/id:/ids:/ {file}"),
            Err("after the hook `sed`, the file is not a revision".to_owned())
        );
    }
}
