//! The code that calls the old `Migrator`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::modules::{RustFile, flat, is, is_punct, line};

/// A call of the old `Migrator`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) file: PathBuf,
    /// Counted from 1.
    pub(super) line: usize,
    /// The method, such as `up`.
    pub(super) method: String,
}

/// The methods of the old `Migrator`, each with the code that replaces it; `{library}` is the migration crate, and `db`
/// stands for the connection of the call.
const METHODS: [(&str, &str); 10] = [
    ("up", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.upgrade(\"heads\").await?;"),
    ("down", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.downgrade(\"-1\").await?;"),
    (
        "refresh",
        "let migrator = seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?; \
         migrator.downgrade(\"base\").await?; migrator.upgrade(\"heads\").await?;",
    ),
    ("reset", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.downgrade(\"base\").await?;"),
    (
        "fresh",
        "let migrator = seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?; \
         migrator.drop_everything().await?; migrator.upgrade(\"heads\").await?;",
    ),
    ("status", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.status().await?;"),
    ("get_migration_with_status", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.status().await?;"),
    ("get_applied_migrations", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.read().await?.rows;"),
    ("get_pending_migrations", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.pending().await?;"),
    ("install", "seachange::Migrator::new(&{library}::MIGRATIONS, db.clone())?.ensure_record().await?;"),
];

impl Caller {
    /// The code for the engine, for the migration crate whose library has this name.
    pub(super) fn replacement(&self, library: &str) -> String {
        let new = METHODS.iter().find(|(name, _)| *name == self.method).map_or("", |(_, new)| new);
        new.replace("{library}", library)
    }
}

/// The calls of `migrator` in the files below a folder, without those in the folders `omitted`.
pub(super) fn find(root: &Path, omitted: &[&Path], migrator: &str) -> Vec<Caller> {
    let mut callers = Vec::new();
    for file in rust_files(root, omitted) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if text.contains(migrator)
            && let Ok(parsed) = RustFile::parse(&file, &text)
        {
            callers.extend(of_file(&parsed, migrator));
        }
    }
    callers
}

fn of_file(file: &RustFile, migrator: &str) -> Vec<Caller> {
    let all = flat(&file.tokens);
    let calls =
        all.windows(4).filter(|four| is(&four[0], migrator) && is_punct(&four[1], ':') && is_punct(&four[2], ':'));
    let known = calls.filter(|four| METHODS.iter().any(|(name, _)| is(&four[3], name)));
    let caller = |four: &[proc_macro2::TokenTree]| Caller {
        file: file.path.clone(),
        line: line(&four[0]),
        method: four[3].to_string(),
    };
    known.map(caller).collect()
}

/// The files of Rust below a folder, in the order of their paths. Hidden folders are left out.
pub(super) fn rust_files(folder: &Path, omitted: &[&Path]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden || path.is_symlink() || omitted.contains(&path.as_path()) {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path, omitted));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::find;

    #[test]
    fn calls_outside_of_the_crate() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (file, text) in [
            ("app/main.rs", "fn main() {\n    // Migrator::up\n    migration::Migrator::up(&db, None);\n}"),
            ("app/deep/test.rs", "use migration::Migrator;\nfn a() { Migrator::refresh(db); Migrator::other(); }"),
            ("migration/main.rs", "fn main() { Migrator::up(&db, None) }"),
            (".git/x.rs", "fn main() { Migrator::up(&db, None) }"),
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), text).unwrap();
        }
        let found = find(root, &[&root.join("migration")], "Migrator");
        let shown: Vec<_> = found
            .iter()
            .map(|caller| (caller.file.strip_prefix(root).unwrap().to_str().unwrap(), caller.line, &*caller.method))
            .collect();
        assert_eq!(shown, [("app/deep/test.rs", 2, "refresh"), ("app/main.rs", 3, "up")]);
        assert!(found[1].replacement("shop").contains("&shop::MIGRATIONS"));
    }
}
