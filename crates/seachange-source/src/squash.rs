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
    /// The code that makes the schema.
    pub schema: MethodBody,
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
    let methods: Vec<String> = parts.iter().map(method).collect();
    let rows: String = parts.iter().filter(|part| !part.rows.is_empty()).map(rows).collect();
    RevisionBody {
        up: MethodBody { text: up, uses_manager: true },
        down: MethodBody { text: down, uses_manager: false },
        remarks,
        items: format!("impl Migration {{\n{}}}\n{rows}", methods.join("\n")),
    }
}

fn arm(part: &SquashBody) -> String {
    let SquashBody { backend, system, .. } = part;
    if part.rows.is_empty() {
        return format!("            {backend} => Self::schema_on_{system}(manager).await,\n");
    }
    format!(
        "            {backend} => {{
                Self::schema_on_{system}(manager).await?;
                for statement in {} {{
                    manager.get_connection().execute_unprepared(statement).await?;
                }}
                Ok(())
            }}\n",
        constant(part)
    )
}

fn method(part: &SquashBody) -> String {
    let SquashBody { system, schema: MethodBody { text, uses_manager }, .. } = part;
    let manager = if *uses_manager { "manager" } else { "_manager" };
    format!(
        "    /// Makes the schema.\n    async fn schema_on_{system}({manager}: &SchemaManager<'_>) -> Result<(), DbErr> \
         {{\n{text}    }}\n"
    )
}

fn constant(part: &SquashBody) -> String {
    format!("ROWS_ON_{}", part.system.to_uppercase())
}

/// The constant with the statements. A remark keeps each on a line of its own.
fn rows(part: &SquashBody) -> String {
    let line = |(remark, statement): &(String, String)| {
        format!("    // {}\n    {},\n", remark.replace(['\n', '\r'], " "), literal(statement))
    };
    let lines: String = part.rows.iter().map(line).collect();
    format!("\n/// The statements that change rows, in order.\nconst {}: &[&str] = &[\n{lines}];\n", constant(part))
}

/// A string literal: raw where that is easier to read.
fn literal(text: &str) -> String {
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
    use super::{SquashBody, squash_body};
    use crate::render::{MethodBody, NewRevision, render};

    #[test]
    fn a_squash_revision_for_two_systems() {
        let schema =
            MethodBody { text: "        manager.create_table(posts()).await\n".to_owned(), uses_manager: true };
        let rows = vec![("ae10, seed.rs".to_owned(), "INSERT INTO \"a\" VALUES ('\"#')".to_owned())];
        let parts = [
            SquashBody { backend: "Backend::Sqlite", system: "sqlite", schema: schema.clone(), rows },
            SquashBody { backend: "Backend::Postgres", system: "postgres", schema, rows: Vec::new() },
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
            async fn schema_on_postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
                manager.create_table(posts()).await
            }
        }

        /// The statements that change rows, in order.
        const ROWS_ON_SQLITE: &[&str] = &[
            // ae10, seed.rs
            r##"INSERT INTO "a" VALUES ('"#')"##,
        ];
        "###);
    }
}
