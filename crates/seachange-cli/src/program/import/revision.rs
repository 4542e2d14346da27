//! A revision that was read from another tool, and its files.

use std::path::Path;

use seachange_source::{MethodBody, NewRevision, RevisionBody, SqlFileSystem, TEMPLATE, render};

/// A revision to be written. Its changes are files of SQL, or missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ImportedRevision {
    /// The id.
    pub(super) id: String,
    /// What the revision does.
    pub(super) message: String,
    /// The name of its file, without the ending.
    pub(super) stem: String,
    /// The parents.
    pub(super) down_revision: Vec<String>,
    /// Revisions of other branches that must be applied first.
    pub(super) depends_on: Vec<String>,
    /// Names for the branch that starts here.
    pub(super) branch_labels: Vec<String>,
    /// When it was made, in RFC 3339 format; empty if that is unknown.
    pub(super) created: String,
    /// The changes.
    pub(super) up: Changes,
    /// How they are reverted.
    pub(super) down: Changes,
    /// Whether it runs outside of transactions.
    pub(super) is_outside_transaction: bool,
    /// Remarks for the readers of the file, one line each.
    pub(super) remarks: Vec<String>,
}

/// What a method of a revision does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Changes {
    /// SQL, for one system or for all.
    Sql(Vec<(SqlFileSystem, String)>),
    /// Nothing.
    #[default]
    Nothing,
    /// It fails with this message; the lines below it are comments.
    Refused {
        /// The message, which fits in a line.
        message: String,
        /// Lines that say what is to be written instead.
        comments: Vec<String>,
    },
}

impl ImportedRevision {
    /// The files and their texts: that of the revision first, then those of SQL.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![(format!("{}.rs", self.stem), self.text())];
        for (direction, changes) in self.directions() {
            for (system, text) in changes.sql() {
                files.push((self.sql_name(*system, direction), text.clone()));
            }
        }
        files
    }

    fn directions(&self) -> [(&'static str, &Changes); 2] {
        [("up", &self.up), ("down", &self.down)]
    }

    fn sql_name(&self, system: SqlFileSystem, direction: &str) -> String {
        let [up, down] = system.files_beside(Path::new(&self.stem).with_extension("rs").as_path());
        let path = if direction == "up" { up } else { down };
        path.to_string_lossy().into_owned()
    }

    /// The text of the file in Rust.
    fn text(&self) -> String {
        let constants = self.directions().map(|(direction, changes)| {
            let names = changes.sql().iter().map(|(system, _)| self.sql_name(*system, direction)).collect::<Vec<_>>();
            if names.is_empty() { String::new() } else { constant(direction, &names) }
        });
        let constants = constants.concat();
        let constants = if constants.is_empty() { String::new() } else { format!("\n\n{}", constants.trim_end()) };
        let mut template = TEMPLATE.replace("{revision}", &format!("{{revision}}{constants}"));
        if self.is_outside_transaction {
            template = template.replace("{up}", &format!("{OUTSIDE_TRANSACTION}\n{{up}}"));
        }
        render(&NewRevision {
            id: self.id.clone(),
            message: self.message.clone(),
            down_revision: self.down_revision.clone(),
            depends_on: self.depends_on.clone(),
            branch_labels: self.branch_labels.clone(),
            created: self.created.clone(),
            bodies: Some(RevisionBody {
                up: self.up.body("UP"),
                down: self.down.body("DOWN"),
                remarks: self.remarks.clone(),
                ..RevisionBody::default()
            }),
            template: Some(template),
            ..NewRevision::default()
        })
    }
}

/// The method of a revision that runs outside of transactions.
const OUTSIDE_TRANSACTION: &str = "    fn use_transaction(&self) -> Option<bool> {\n        Some(false)\n    }\n";

/// The maximum width of a line.
const LINE_WIDTH: usize = 100;

/// The constant that compiles files of SQL into the program.
fn constant(direction: &str, names: &[String]) -> String {
    let literals: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let name = direction.to_uppercase();
    let line = format!("const {name}: RevisionSql = revision_sql!({});\n", literals.join(", "));
    match literals.len() == 1 && line.len() <= LINE_WIDTH + 1 {
        true => line,
        // rustfmt leaves a macro with braces as it is.
        false => format!("const {name}: RevisionSql = revision_sql! {{\n    {},\n}};\n", literals.join(",\n    ")),
    }
}

impl Changes {
    /// A method that is to be written by hand.
    pub(super) fn refused(message: impl Into<String>, comments: &[String]) -> Self {
        Self::Refused { message: message.into(), comments: comments.iter().map(|line| plain(line)).collect() }
    }

    /// The texts of SQL.
    pub(super) fn sql(&self) -> &[(SqlFileSystem, String)] {
        match self {
            Self::Sql(texts) => texts,
            Self::Nothing | Self::Refused { .. } => &[],
        }
    }

    fn body(&self, constant: &str) -> MethodBody {
        match self {
            Self::Sql(_) => MethodBody { text: format!("        {constant}.run(manager).await\n"), uses_manager: true },
            Self::Nothing => MethodBody { text: "        Ok(())\n".to_owned(), uses_manager: false },
            Self::Refused { message, comments } => {
                let comments: String =
                    comments.iter().map(|line| format!("        // {line}").trim_end().to_owned() + "\n").collect();
                let text = format!(
                    "{comments}        let reason = {message:?};\n        Err(DbErr::Migration(reason.to_owned()))\n"
                );
                MethodBody { text, uses_manager: false }
            }
        }
    }
}

/// A line without characters that control a terminal or change the direction of text, which rustc refuses.
fn plain(line: &str) -> String {
    let turns = |letter: &char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    line.replace('\t', "    ").chars().filter(|letter| !letter.is_control() && !turns(letter)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use seachange_source::SqlFileSystem;

    use super::{Changes, ImportedRevision};
    use crate::scaffold::tests::formatted;

    fn sql(texts: &[(SqlFileSystem, &str)]) -> Changes {
        Changes::Sql(texts.iter().map(|(system, text)| (*system, (*text).to_owned())).collect())
    }

    fn revision() -> ImportedRevision {
        ImportedRevision {
            id: "2_add_tags".to_owned(),
            message: "add tags".to_owned(),
            stem: "m2_add_tags".to_owned(),
            down_revision: vec!["1_create_posts".to_owned()],
            up: sql(&[(SqlFileSystem::Any, "CREATE TABLE tags (id int);\n")]),
            down: Changes::refused("sqlx has no way back from it: write `down`", &[]),
            is_outside_transaction: true,
            ..ImportedRevision::default()
        }
    }

    #[test]
    fn a_revision_runs_files_of_sql() {
        let files = revision().files();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["m2_add_tags.rs", "m2_add_tags.up.sql"]);
        insta::assert_snapshot!(files[0].1, @r#"
        //! add tags

        use seachange::prelude::*;

        pub const REVISION: Revision = Revision {
            id: "2_add_tags",
            down_revision: &["1_create_posts"],
            ..Revision::ROOT
        };

        const UP: RevisionSql = revision_sql!("m2_add_tags.up.sql");

        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(false)
            }

            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                UP.run(manager).await
            }

            async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                let reason = "sqlx has no way back from it: write `down`";
                Err(DbErr::Migration(reason.to_owned()))
            }
        }
        "#);
    }

    #[test]
    fn the_text_is_formatted_and_can_be_read() {
        let systems = [(SqlFileSystem::Postgres, "SELECT 1;"), (SqlFileSystem::Sqlite, "SELECT 2;")];
        let comments = ["op.create_table(".to_owned(), "\t'a')\u{202e}".to_owned(), String::new()];
        let others = [
            ImportedRevision { up: sql(&systems), down: sql(&systems), ..revision() },
            ImportedRevision { up: Changes::Nothing, down: Changes::Nothing, ..revision() },
            ImportedRevision { up: Changes::refused("it is not \"written\" yet", &comments), ..revision() },
            ImportedRevision { stem: "m".repeat(60), ..revision() },
        ];
        for revision in others {
            let (name, text) = revision.files().remove(0);
            assert_eq!(formatted(&text), text);
            let read = seachange_source::parse(name.as_ref(), &text).unwrap();
            assert_eq!((read.revision.id, read.message), (revision.id, revision.message));
        }
    }
}
