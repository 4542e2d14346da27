//! Words that plain technical English does not need: who does something is named.

use std::fs;
use std::path::{Path, PathBuf};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::workspace;

use super::sources;

/// Words and phrases, in lower case.
const AVOIDED: [&str; 17] = [
    "nobody",
    "somebody",
    "someone",
    "anybody",
    "anyone",
    "whoever",
    "whom",
    "leave away",
    "left away",
    "take back",
    "takes back",
    "taken back",
    "took back",
    "is none",
    "are none",
    "that is none",
    "is to come",
];

/// Folders of sources, with their tests, and documents.
const FOLDERS: [&str; 5] = ["crates", "app", "entity", "migration", "tests"];
const DOCUMENTS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "justfile"];

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::new("layering::avoided_words_stay_away", avoided_words_stay_away),
        Case::new("layering::avoided_words_are_found", avoided_words_are_found),
    ]
}

fn avoided_words_stay_away() -> TestResult {
    let mut found = Vec::new();
    let mut read = 0;
    for folder in FOLDERS {
        for file in sources(&workspace().join(folder), &|_| true)? {
            let path = Path::new(folder).join(file);
            if !path.ends_with("layering/words.rs") {
                read += 1;
                found.extend(avoided(&path, &fs::read_to_string(workspace().join(&path))?));
            }
        }
    }
    let book = pages(Path::new("docs/src"))?;
    assert!(book.len() > 20, "the pages of the book are found: {}", book.len());
    for document in DOCUMENTS.iter().map(PathBuf::from).chain(book) {
        found.extend(avoided(&document, &fs::read_to_string(workspace().join(&document))?));
    }
    assert!(read > 400, "the sources are found: {read}");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

/// The pages of the book, in a folder and those below it.
fn pages(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(workspace().join(folder))? {
        let path = folder.join(entry?.file_name());
        match workspace().join(&path).is_dir() {
            true => pages.extend(self::pages(&path)?),
            false => pages.push(path),
        }
    }
    Ok(pages)
}

fn avoided_words_are_found() -> TestResult {
    let text = "/// Somebody else waits.\nlet is_nobody = \"nobody\";\nIt is\nfine; whom?\n";
    assert_eq!(avoided(Path::new("a.rs"), text), ["a.rs:1: `somebody`", "a.rs:4: `whom`"]);
    Ok(())
}

fn avoided(file: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = without_names(line).to_lowercase();
        let words = AVOIDED.iter().filter(|words| has_words(&line, words));
        found.extend(words.map(|words| format!("{}:{}: `{words}`", file.display(), index + 1)));
    }
    found
}

/// The line without the user `nobody` of Unix: a name in quotes or backticks, or a constant.
fn without_names(line: &str) -> String {
    ["\"nobody", "`nobody`", "NOBODY"].iter().fold(line.to_owned(), |line, name| line.replace(name, ""))
}

/// Whether the line has these words as whole words, which an underscore does not end.
fn has_words(line: &str, words: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(words).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + words.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
