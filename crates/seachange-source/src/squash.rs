//! The code of a squash revision: for each database system the schema, and the statements that change rows.

use proc_macro2::Literal;

use crate::render::{MethodBody, RevisionBody};

/// What a squash revision does on one database system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SquashBody {
    /// The path of the system in code, such as `Backend::Postgres`.
    pub backend: &'static str,
    /// The name of the system, in lower case, for the names of items: `postgres`.
    pub system: &'static str,
    /// What it does, in order.
    pub stages: Vec<SquashStage>,
}

/// A change of the schema, and the statements that change rows after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SquashStage {
    /// The code that changes the schema; `None` where it stays.
    pub schema: Option<MethodBody>,
    /// The statements that change rows, each with a remark, in order.
    pub rows: Vec<(String, String)>,
}

/// Returns the bodies of a squash revision.
pub fn squash_body(parts: &[SquashBody], remarks: Vec<String>) -> RevisionBody {
    let arms: String = parts.iter().map(arm).collect();
    let up = format!(
        "        match manager.get_database_backend() {{\n{arms}            \
         other => Err(DbErr::Custom(format!(\"this squash revision was not made for {{other:?}}\"))),\n        }}\n"
    );
    let down = "        Err(DbErr::Custom(\"a squash revision is not reverted\".to_owned()))\n".to_owned();
    let methods: Vec<String> = stages(parts).filter_map(|stage| stage.method()).collect();
    let rows: String = stages(parts).filter_map(|stage| stage.rows()).collect();
    RevisionBody {
        up: MethodBody { text: up, uses_manager: true },
        down: MethodBody { text: down, uses_manager: false },
        remarks,
        items: format!("impl Migration {{\n{}}}\n{rows}", methods.join("\n")),
        outside_transaction: false,
    }
}

/// A stage with its place, which is in the names of its items.
struct NamedStage<'a> {
    stage: &'a SquashStage,
    name: String,
}

fn stages(parts: &[SquashBody]) -> impl Iterator<Item = NamedStage<'_>> {
    parts.iter().flat_map(stages_of)
}

fn stages_of(part: &SquashBody) -> impl Iterator<Item = NamedStage<'_>> {
    part.stages.iter().zip(1..).map(|(stage, number)| {
        let suffix = if number == 1 { String::new() } else { format!("_{number}") };
        NamedStage { stage, name: format!("{}{suffix}", part.system) }
    })
}

/// The code for one database system.
fn arm(part: &SquashBody) -> String {
    let backend = part.backend;
    if let [SquashStage { rows, .. }] = part.stages.as_slice()
        && rows.is_empty()
    {
        return format!("            {backend} => Self::schema_on_{}(manager).await,\n", part.system);
    }
    let calls: String = stages_of(part).map(|stage| stage.calls()).collect();
    format!("            {backend} => {{\n{calls}                Ok(())\n            }}\n")
}

impl NamedStage<'_> {
    /// The calls of the stage.
    fn calls(&self) -> String {
        let schema = format!("                Self::schema_on_{}(manager).await?;\n", self.name);
        let rows = format!(
            "                for statement in {} {{
                    manager.get_connection().execute_unprepared(statement).await?;
                }}\n",
            self.constant()
        );
        let schema = if self.stage.schema.is_some() { schema } else { String::new() };
        if self.stage.rows.is_empty() { schema } else { schema + &rows }
    }

    /// The method that changes the schema.
    fn method(&self) -> Option<String> {
        let MethodBody { text, uses_manager } = self.stage.schema.as_ref()?;
        let manager = if *uses_manager { "manager" } else { "_manager" };
        Some(format!(
            "    /// Makes the schema.\n    async fn schema_on_{}({manager}: &SchemaManager<'_>) -> Result<(), DbErr> \
             {{\n{text}    }}\n",
            self.name
        ))
    }

    fn constant(&self) -> String {
        format!("ROWS_ON_{}", self.name.to_uppercase())
    }

    /// The constant with the statements. A remark keeps each on a line of its own.
    fn rows(&self) -> Option<String> {
        let line = |(remark, statement): &(String, String)| {
            format!("    // {}\n    {},\n", remark.replace(['\n', '\r'], " "), literal(statement))
        };
        let lines: String = self.stage.rows.iter().map(line).collect();
        let text = format!(
            "\n/// Statements that change rows, in order.\nconst {}: &[&str] = &[\n{lines}];\n",
            self.constant()
        );
        (!lines.is_empty()).then_some(text)
    }
}

/// A string literal: raw where that is easier to read.
pub fn literal(text: &str) -> String {
    let is_plain = |character: char| character == '\n' || !character.is_control();
    if !text.contains(['"', '\\', '\n']) || !text.chars().all(is_plain) {
        return Literal::string(text).to_string();
    }
    let mut hashes = "#".to_owned();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

#[cfg(test)]
mod tests {
    use super::{SquashBody, SquashStage, squash_body};
    use crate::render::{MethodBody, NewRevision, render};

    #[test]
    fn a_squash_revision_for_two_systems() {
        let schema =
            MethodBody { text: "        manager.create_table(posts()).await\n".to_owned(), uses_manager: true };
        let rows = vec![("ae10, seed.rs".to_owned(), "INSERT INTO \"a\" VALUES ('\"#')".to_owned())];
        let first = SquashStage { schema: Some(schema.clone()), rows: rows.clone() };
        let second = SquashStage { schema: None, rows: Vec::new() };
        let third = SquashStage { schema: Some(schema.clone()), rows };
        let only = SquashStage { schema: Some(schema), rows: Vec::new() };
        let parts = [
            SquashBody { backend: "Backend::Sqlite", system: "sqlite", stages: vec![first, second, third] },
            SquashBody { backend: "Backend::Postgres", system: "postgres", stages: vec![only] },
        ];
        let new = NewRevision {
            id: "s".to_owned(),
            message: "squash".to_owned(),
            replaces: ["a", "b"].map(String::from).to_vec(),
            bodies: Some(squash_body(&parts, vec!["Replaces two revisions.".to_owned()])),
            ..NewRevision::default()
        };
        insta::assert_snapshot!(render(&new), @r###"
        //! squash
        //!
        //! Replaces two revisions.

        use seachange::prelude::*;

        pub const REVISION: Revision = Revision {
            id: "s",
            replaces: &["a", "b"],
            ..Revision::ROOT
        };

        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                match manager.get_database_backend() {
                    Backend::Sqlite => {
                        Self::schema_on_sqlite(manager).await?;
                        for statement in ROWS_ON_SQLITE {
                            manager.get_connection().execute_unprepared(statement).await?;
                        }
                        Self::schema_on_sqlite_3(manager).await?;
                        for statement in ROWS_ON_SQLITE_3 {
                            manager.get_connection().execute_unprepared(statement).await?;
                        }
                        Ok(())
                    }
                    Backend::Postgres => Self::schema_on_postgres(manager).await,
                    other => Err(DbErr::Custom(format!("this squash revision was not made for {other:?}"))),
                }
            }

            async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                Err(DbErr::Custom("a squash revision is not reverted".to_owned()))
            }
        }

        impl Migration {
            /// Makes the schema.
            async fn schema_on_sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
                manager.create_table(posts()).await
            }

            /// Makes the schema.
            async fn schema_on_sqlite_3(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
                manager.create_table(posts()).await
            }

            /// Makes the schema.
            async fn schema_on_postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
                manager.create_table(posts()).await
            }
        }

        /// Statements that change rows, in order.
        const ROWS_ON_SQLITE: &[&str] = &[
            // ae10, seed.rs
            r##"INSERT INTO "a" VALUES ('"#')"##,
        ];

        /// Statements that change rows, in order.
        const ROWS_ON_SQLITE_3: &[&str] = &[
            // ae10, seed.rs
            r##"INSERT INTO "a" VALUES ('"#')"##,
        ];
        "###);
    }
}
