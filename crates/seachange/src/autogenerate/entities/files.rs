//! Objects that are declared in files of SQL, one object in a file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::object::EntityObject;
use crate::revision_sql::stem;

/// A file of SQL that is compiled into the program. [`sql_files!`](crate::sql_files) makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlFile {
    /// The path, as it is written in the source file.
    pub path: &'static str,
    /// The content.
    pub text: &'static str,
}

/// Compiles files of SQL into the program, one object in each, for
/// [`Entities::sql_files`](crate::autogenerate::Entities::sql_files). The paths are relative to the source file.
///
/// `name.sql` is for every database system, `name.postgres.sql`, `name.mysql.sql` and `name.sqlite.sql` are for one.
///
/// ```ignore
/// let entities = Entities::new().sql_files(sql_files!["sql/active_users.sql", "sql/active_users.sqlite.sql"]);
/// ```
#[macro_export]
macro_rules! sql_files {
    ($($path:literal),* $(,)?) => {
        [$($crate::autogenerate::SqlFile { path: $path, text: include_str!($path) }),*]
    };
}

/// The objects that files declare. Files that differ only in the database system declare one object.
pub(super) fn objects(files: &[SqlFile]) -> Vec<EntityObject> {
    let mut by_stem: BTreeMap<&str, EntityObject> = BTreeMap::new();
    for SqlFile { path, text } in files {
        let (stem, backend) = stem(path);
        let object = by_stem.remove(stem).unwrap_or_else(|| EntityObject::nowhere().titled(format!("`{path}`")));
        let object = match backend {
            Some(backend) => object.on(backend, *text),
            None => object.everywhere(*text),
        };
        by_stem.insert(stem, object.in_file(backend, path));
    }
    by_stem.into_values().collect()
}

/// The files of SQL in a folder and its subfolders that are not among the declared ones. A declared path belongs to the
/// file whose path ends with it.
pub(super) fn undeclared(folder: &Path, declared: &[SqlFile]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_sql = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if is_sql && !declared.iter().any(|file| path.ends_with(in_folder(file.path))) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path without the steps at its beginning that lead out of the folder of the source file.
fn in_folder(path: &str) -> &str {
    let inner = path.strip_prefix("../").or_else(|| path.strip_prefix("./"));
    inner.map_or(path, in_folder)
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn files_of_one_object_are_its_variants() {
        let files = [
            SqlFile { path: "sql/a.sqlite.sql", text: "CREATE VIEW a AS SELECT 1" },
            SqlFile { path: "sql/a.sql", text: "CREATE VIEW a AS SELECT 2;\n" },
            SqlFile { path: "sql/b.postgres.sql", text: "CREATE FUNCTION b" },
        ];
        let objects = objects(&files);
        let statement = |at: usize, backend| objects[at].statement(backend);
        assert_eq!(objects.len(), 2);
        assert_eq!(statement(0, DbBackend::Sqlite).as_deref(), Some("CREATE VIEW a AS SELECT 1"));
        assert_eq!(statement(0, DbBackend::MySql).as_deref(), Some("CREATE VIEW a AS SELECT 2"));
        assert_eq!(objects[0].title(DbBackend::Sqlite), "`sql/a.sqlite.sql`");
        assert_eq!(objects[0].title(DbBackend::Postgres), "`sql/a.sql`");
        assert_eq!(statement(1, DbBackend::Sqlite), None);
        assert_eq!(objects[1].title(DbBackend::Postgres), "`sql/b.postgres.sql`");
    }

    #[test]
    fn a_file_that_is_not_declared_is_found() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("more"))?;
        for name in ["a.sql", "more/b.sql", "more/c.SQL", "note.txt"] {
            std::fs::write(folder.path().join(name), "SELECT 1")?;
        }
        let declared = [SqlFile { path: "../a.sql", text: "" }, SqlFile { path: "./more/b.sql", text: "" }];
        assert_eq!(undeclared(folder.path(), &declared)?, [folder.path().join("more/c.SQL")]);
        assert!(undeclared(&folder.path().join("absent"), &declared).is_err());
        Ok(())
    }
}
