//! Texts that are compared with files, without the parts that differ from run to run.

use insta::Settings;

use crate::TestDatabase;

/// Patterns of the parts that vary, and their replacements.
const FILTERS: [(&str, &str); 9] = [
    // A time in a column is padded.
    (r"( ?) *\b\d+(\.\d+)? ?(µs|ms|s)\b", "$1[time]"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC|[+-]\d\d:?\d\d)?", "[moment]"),
    (r"\bm\d{8}_", "m[date]_"),
    // The name of a table that is being rebuilt, of MariaDB and of MySQL.
    (r"#sql-alter-[0-9a-f]+-[0-9a-f]+", "#sql-alter-[id]"),
    (r"#sql-[0-9a-f]+_[0-9a-f]+", "#sql-[id]"),
    (r"\b\d{4}-\d\d-\d\d\b", "[date]"),
    (r"\b(127\.0\.0\.1|localhost):\d+", "$1:[port]"),
    (r"\bseachange_\d+_\d+\b", "[database]"),
    // The name of the database, which a run prints, differs on every database.
    (
        r"(?m)(; |to do: |to (?:run|do) in |^current revisions of |is applied in )(?:sqlite:\[folder\]/test\.db|(?:postgres|mysql)://[^ `@]*@\S+/\[database\])( is at|; nothing was changed|$)",
        "$1[the database]$2",
    ),
];

/// A random revision id. Only for texts in which the test chooses no id.
const RANDOM_ID: (&str, &str) = (r"\b[0-9a-f]{12}\b", "[id]");

/// The settings under which a test compares texts: files in `tests/e2e/snapshots`, named by the test
/// alone, with times, dates, ports and the paths of `database` and of the workspace replaced.
///
/// ```ignore
/// snapshot::settings(database).bind(|| insta::assert_snapshot!("bad_url", output));
/// ```
pub fn settings(database: &TestDatabase) -> Settings {
    let mut settings = plain();
    let folder = database.folder().display().to_string();
    let workspace = env!("CARGO_MANIFEST_DIR").trim_end_matches("/tests");
    settings.add_filter(&escape(&folder), "[folder]");
    settings.add_filter(&escape(folder.trim_start_matches('/')), "[folder without /]");
    settings.add_filter(&escape(workspace), "[workspace]");
    for (pattern, replacement) in FILTERS {
        settings.add_filter(pattern, replacement);
    }
    settings
}

/// The settings for a text that has nothing of a database in it.
pub fn plain() -> Settings {
    let mut settings = Settings::new();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// As [`settings`], with every twelve-digit revision id replaced too.
pub fn settings_without_ids(database: &TestDatabase) -> Settings {
    let mut settings = settings(database);
    settings.add_filter(RANDOM_ID.0, RANDOM_ID.1);
    settings
}

/// A pattern that matches `text` itself.
fn escape(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if !character.is_alphanumeric() {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
