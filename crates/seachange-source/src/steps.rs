//! The code of revisions that run SQL statements, and of a revision that such revisions replace on one database system.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::render::{MethodBody, NewRevision, RevisionBody, constant};
use crate::squash::literal;
use crate::tokens::{declarations, is_ident, is_punct, tokenise};

/// Rustfmt's maximum widths: of a list in one line, and of a line.
const LIST_WIDTH: usize = 60;
const LINE_WIDTH: usize = 100;

/// What a method of a revision runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepCode {
    /// These statements, in order.
    Statements(Vec<String>),
    /// A statement that changes this many of the rows that are left, as long as there are as many; then one that changes
    /// the rest. An offline script, which knows no numbers of rows, has the first one once, and the rest does all.
    Batches {
        /// The statement of a batch.
        batch: String,
        /// The rows of a batch.
        size: u32,
        /// The statement for the rest.
        rest: String,
    },
    /// Nothing: it fails with this text.
    Fails(String),
}

impl StepCode {
    /// Whether it does nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Statements(statements) if statements.is_empty())
    }
}

/// A revision that runs statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionStep {
    /// The code of `up`.
    pub up: StepCode,
    /// The code of `down`.
    pub down: StepCode,
    /// Whether it runs outside of a transaction.
    pub outside_transaction: bool,
}

/// Returns the bodies of a revision that runs statements. `backend` is the path of the only system on which it does so,
/// such as `sea_orm::DbBackend::Postgres`; without one, it does so on each.
#[must_use]
pub fn step_body(step: &RevisionStep, backend: Option<&str>, remarks: Vec<String>) -> RevisionBody {
    let body = |code: &StepCode, constant: &str| {
        if code.is_empty() {
            return MethodBody { text: "        Ok(())\n".to_owned(), uses_manager: false };
        }
        let guard = backend.map_or_else(String::new, |backend| {
            let test = format!("manager.get_database_backend() != {backend}");
            format!("        if {test} {{\n            return Ok(());\n        }}\n")
        });
        let text = format!("{guard}{}", calls(code, constant, "manager", "        ", "Ok(())"));
        let uses_manager = backend.is_some() || !matches!(code, StepCode::Fails(_));
        MethodBody { text, uses_manager }
    };
    RevisionBody {
        up: body(&step.up, UP),
        down: body(&step.down, DOWN),
        remarks,
        items: items(step, UP, DOWN),
        outside_transaction: step.outside_transaction,
    }
}

/// Returns the text of a revision file whose methods run a step on one database system, and otherwise what they ran
/// before. `None` if the file has another form: the methods have to be in it, in the usual way.
#[must_use]
pub fn with_step(text: &str, step: &RevisionStep, backend: &str) -> Option<String> {
    let tokens: Vec<TokenTree> = tokenise(text).ok()?.into_iter().collect();
    if text.starts_with('\u{feff}') || text.contains('\r') {
        // The positions of the tokens are those of another text.
        return None;
    }
    let methods: Vec<TokenTree> = methods(&tokens)?.into_iter().collect();
    let mut edited = text.to_owned();
    // The last one first, so that the positions before it stay true.
    let [up, down] = [UP, DOWN].map(|name| on_system(name, backend));
    let mut edits = vec![(method(&methods, "up")?, &step.up, &up)];
    match method(&methods, "down") {
        Some(method) => edits.push((method, &step.down, &down)),
        // A method that is not there fails, and so does that of the step.
        None if matches!(step.down, StepCode::Fails(_)) => {}
        None => return None,
    }
    edits.sort_by_key(|(method, ..)| std::cmp::Reverse(method.start));
    for (Method { start, manager }, code, constant) in edits {
        let calls = calls(code, constant, &manager, "            ", "return Ok(());");
        let guard = format!("\n        if {manager}.get_database_backend() == {backend} {{\n{calls}        }}");
        edited.insert_str(start, &guard);
    }
    let items = items(step, &up, &down);
    if !items.is_empty() {
        edited = format!("{}\n\n{items}", edited.trim_end());
    }
    Some(edited)
}

/// Returns the text of a revision file with another constant.
#[must_use]
pub fn with_constant(text: &str, new: &NewRevision) -> Option<String> {
    let tokens: Vec<TokenTree> = tokenise(text).ok()?.into_iter().collect();
    if text.starts_with('\u{feff}') || text.contains('\r') {
        return None;
    }
    let at = declarations(&tokens, "const", "REVISION").next()?;
    let start = tokens[..at].iter().rposition(|token| is_ident(token, "pub"))?;
    let end = at + tokens[at..].iter().position(|token| is_punct(token, ';'))?;
    let range = tokens[start].span().byte_range().start..tokens[end].span().byte_range().end;
    let mut edited = text.to_owned();
    edited.replace_range(range, &constant(new));
    Some(edited)
}

/// The names of the constants with the statements.
const UP: &str = "UP";
const DOWN: &str = "DOWN";

/// The name of a constant for one system, in a file that may have others: `UP_ON_POSTGRES`.
fn on_system(name: &str, backend: &str) -> String {
    format!("{name}_ON_{}", backend.rsplit(':').next().unwrap_or_default().to_uppercase())
}

/// The calls in a method, each line indented, with the result at the end.
fn calls(code: &StepCode, constant: &str, manager: &str, indent: &str, result: &str) -> String {
    match code {
        StepCode::Statements(statements) if statements.is_empty() => format!("{indent}{result}\n"),
        StepCode::Statements(_) => format!(
            "{indent}for statement in {constant} {{
{indent}    {manager}.get_connection().execute_unprepared(statement).await?;
{indent}}}
{indent}{result}\n"
        ),
        StepCode::Batches { size, .. } => format!(
            "{indent}// Each batch is committed on its own, so that its locks are held for a short time.
{indent}let connection = {manager}.get_connection();
{indent}while connection.execute_unprepared({constant}).await?.rows_affected() >= {size} {{}}
{indent}connection.execute_unprepared({constant}_REST).await?;
{indent}{result}\n"
        ),
        StepCode::Fails(reason) => {
            let failure = format!("Err(DbErr::Custom({}.to_owned()))", literal(reason));
            let failure = if result.starts_with("return") { format!("return {failure};") } else { failure };
            format!("{indent}{failure}\n")
        }
    }
}

/// The constants with the statements.
fn items(step: &RevisionStep, up: &str, down: &str) -> String {
    let constant = |code: &StepCode, name: &str, method: &str| match code {
        StepCode::Statements(statements) if !statements.is_empty() => Some(format!(
            "/// The statements of `{method}`, in order.\nconst {name}: &[&str] = {};\n",
            list(name, statements)
        )),
        StepCode::Batches { batch, rest, .. } => Some(format!(
            "/// The statement of each batch.\nconst {name}: &str = {};\n\n/// The statement for the rest.\nconst \
             {name}_REST: &str = {};\n",
            literal(batch),
            literal(rest)
        )),
        StepCode::Statements(_) | StepCode::Fails(_) => None,
    };
    let constants = [constant(&step.up, up, "up"), constant(&step.down, down, "down")];
    constants.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Formats a list of statements as rustfmt does.
fn list(name: &str, statements: &[String]) -> String {
    let items: Vec<String> = statements.iter().map(|statement| literal(statement)).collect();
    let line = items.join(", ");
    let is_short = line.len() <= LIST_WIDTH || items.len() == 1;
    if is_short && !line.contains('\n') && "const : &[&str] = &[];".len() + name.len() + line.len() <= LINE_WIDTH {
        return format!("&[{line}]");
    }
    format!("&[\n{}]", items.iter().map(|item| format!("    {item},\n")).collect::<String>())
}

/// A method in a file.
struct Method {
    /// The position after its opening brace.
    start: usize,
    /// The name of the argument.
    manager: String,
}

/// The content of `impl MigrationTrait for Migration { .. }`.
fn methods(tokens: &[TokenTree]) -> Option<TokenStream> {
    let body = declarations(tokens, "for", "Migration").find_map(|at| {
        let is_of_trait = at.checked_sub(1).is_some_and(|before| is_ident(&tokens[before], "MigrationTrait"));
        match tokens.get(at + 2) {
            Some(TokenTree::Group(group)) if is_of_trait && group.delimiter() == Delimiter::Brace => Some(group),
            _ => None,
        }
    });
    body.map(Group::stream)
}

/// Finds `async fn name(&self, manager: ..) -> .. { .. }`.
fn method(tokens: &[TokenTree], name: &str) -> Option<Method> {
    let at = declarations(tokens, "fn", name).next()?;
    let TokenTree::Group(arguments) = tokens.get(at + 2)? else { return None };
    let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let comma = arguments.iter().position(|token| is_punct(token, ','))?;
    let manager = match arguments.get(comma + 1..comma + 3)? {
        [TokenTree::Ident(manager), colon] if is_punct(colon, ':') && manager != "_" => manager.to_string(),
        _ => return None,
    };
    let body = tokens[at + 3..].iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    })?;
    Some(Method { start: body.span_open().byte_range().end, manager })
}

#[cfg(test)]
mod tests {
    use super::{RevisionStep, StepCode, step_body, with_step};
    use crate::render::{NewRevision, render};

    fn statements(texts: &[&str]) -> StepCode {
        StepCode::Statements(texts.iter().map(ToString::to_string).collect())
    }

    fn rendered(step: &RevisionStep, backend: Option<&str>) -> String {
        let new = NewRevision {
            id: "s".to_owned(),
            message: "index emails".to_owned(),
            allow: vec!["drop-constraint: NOT NULL replaces it".to_owned()],
            bodies: Some(step_body(step, backend, Vec::new())),
            ..NewRevision::default()
        };
        render(&new)
    }

    #[test]
    fn a_revision_outside_of_a_transaction() {
        let step = RevisionStep {
            up: statements(&["DO $$ BEGIN\n  NULL;\nEND $$", "CREATE INDEX CONCURRENTLY by_email ON users (email)"]),
            down: statements(&["DROP INDEX CONCURRENTLY IF EXISTS by_email"]),
            outside_transaction: true,
        };
        insta::assert_snapshot!(rendered(&step, None), @r###"
        //! index emails

        use seachange::prelude::*;

        pub const REVISION: Revision = Revision {
            id: "s",
            allow: &["drop-constraint: NOT NULL replaces it"],
            ..Revision::ROOT
        };

        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(false)
            }

            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                for statement in UP {
                    manager.get_connection().execute_unprepared(statement).await?;
                }
                Ok(())
            }

            async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                for statement in DOWN {
                    manager.get_connection().execute_unprepared(statement).await?;
                }
                Ok(())
            }
        }

        /// The statements of `up`, in order.
        const UP: &[&str] = &[
            r#"DO $$ BEGIN
          NULL;
        END $$"#,
            "CREATE INDEX CONCURRENTLY by_email ON users (email)",
        ];

        /// The statements of `down`, in order.
        const DOWN: &[&str] = &["DROP INDEX CONCURRENTLY IF EXISTS by_email"];
        "###);
    }

    #[test]
    fn batches_on_one_system() {
        let step = RevisionStep {
            up: StepCode::Batches {
                batch: "UPDATE \"users\" SET a = 1 WHERE a IS NULL LIMIT 10".to_owned(),
                size: 10,
                rest: "UPDATE users SET a = 1 WHERE a IS NULL".to_owned(),
            },
            down: statements(&[]),
            outside_transaction: true,
        };
        let text = rendered(&step, Some("sea_orm::DbBackend::Postgres"));
        let (_, methods) = text.split_once("impl MigrationTrait").unwrap_or_default();
        insta::assert_snapshot!(methods, @r###"
         for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(false)
            }

            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                if manager.get_database_backend() != sea_orm::DbBackend::Postgres {
                    return Ok(());
                }
                // Each batch is committed on its own, so that its locks are held for a short time.
                let connection = manager.get_connection();
                while connection.execute_unprepared(UP).await?.rows_affected() >= 10 {}
                connection.execute_unprepared(UP_REST).await?;
                Ok(())
            }

            async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                Ok(())
            }
        }

        /// The statement of each batch.
        const UP: &str = r#"UPDATE "users" SET a = 1 WHERE a IS NULL LIMIT 10"#;

        /// The statement for the rest.
        const UP_REST: &str = "UPDATE users SET a = 1 WHERE a IS NULL";
        "###);
    }

    const FILE: &str = "//! index emails

use seachange::prelude::*;

pub const REVISION: Revision = Revision { id: \"s\", ..Revision::ROOT };

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index()).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
";

    #[test]
    fn other_systems_run_what_they_ran_before() {
        let step = RevisionStep {
            up: statements(&["ALTER TABLE users VALIDATE CONSTRAINT adult"]),
            down: StepCode::Fails("there is no way".to_owned()),
            outside_transaction: false,
        };
        let edited = with_step(FILE, &step, "sea_orm::DbBackend::Postgres").unwrap_or_default();
        let (_, methods) = edited.split_once("impl MigrationTrait").unwrap_or_default();
        insta::assert_snapshot!(methods, @r###"
         for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
                    for statement in UP_ON_POSTGRES {
                        manager.get_connection().execute_unprepared(statement).await?;
                    }
                    return Ok(());
                }
                manager.create_index(index()).await
            }

            async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                if _manager.get_database_backend() == sea_orm::DbBackend::Postgres {
                    return Err(DbErr::Custom("there is no way".to_owned()));
                }
                Ok(())
            }
        }

        /// The statements of `up`, in order.
        const UP_ON_POSTGRES: &[&str] = &["ALTER TABLE users VALIDATE CONSTRAINT adult"];
        "###);
        assert_eq!(with_step(&FILE.replace("manager:", "SchemaManager(_):"), &step, "B"), None);
        assert_eq!(with_step(&FILE.replace("for Migration", "for Other"), &step, "B"), None);
    }
}
