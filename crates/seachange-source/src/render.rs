//! The text of a new revision.

use std::path::{Path, PathBuf};

use proc_macro2::Literal;

use crate::message::normalise;

/// Rustfmt's maximum widths for a list: in one line, and for elements that are packed instead of one per line.
const LIST_WIDTH: usize = 60;
const SHORT_ELEMENT: usize = 10;
const LINE_WIDTH: usize = 100;

/// A revision without a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRevision {
    /// The id.
    pub id: String,
    /// What the revision does; any text, see [`normalise`].
    pub message: String,
    /// The parents.
    pub down_revision: Vec<String>,
    /// Revisions of other branches that must be applied first.
    pub depends_on: Vec<String>,
    /// Names for the branch that starts here.
    pub branch_labels: Vec<String>,
    /// The revisions that this one replaces, in the order in which they ran.
    pub replaces: Vec<String>,
    /// What `lint` does not report of it: texts `rule: reason`.
    pub allow: Vec<String>,
    /// The names of the backfills that must be complete before it.
    pub after_backfills: Vec<String>,
    /// The time before which it waits, in RFC 3339 format; empty for none.
    pub not_before: String,
    /// How long a statement of it may wait for a lock, such as `20ms`; empty for the limit of the run.
    pub lock_timeout: String,
    /// The creation time of the revision in RFC 3339 format: `2026-11-21T09:03:11Z`. The name of the file contains
    /// the day.
    pub created: String,
    /// The bodies of the methods, if they are known. Otherwise the file contains an example for each method.
    pub bodies: Option<RevisionBody>,
    /// The files of SQL that the revision runs, instead of code; empty for a revision in Rust.
    pub sql_files: Vec<SqlFileSystem>,
    /// The template of the file, if it is not the usual one; see [`TEMPLATE`].
    pub template: Option<String>,
}

/// The usual template of a revision's file. These are replaced in a template: `{message}`, the first doc line without
/// `//! `; `{description}`, the other doc lines, each with its line break; `{revision}`, the constant; `{up}` and
/// `{down}`, the methods.
pub const TEMPLATE: &str = "\
//! {message}
{description}
use seachange::prelude::*;

{revision}

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
{up}
{down}}
";

/// The database systems that a file of SQL is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlFileSystem {
    /// All.
    Any,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

impl SqlFileSystem {
    /// The files for `up` and `down` beside the file of a revision.
    pub fn files_beside(self, revision: &Path) -> [PathBuf; 2] {
        let stem = revision.file_stem().unwrap_or_default().to_string_lossy();
        ["up", "down"].map(|direction| revision.with_file_name(self.file_name(&stem, direction)))
    }

    /// The name of the file for one direction, `up` or `down`, of the revision with this file stem.
    pub(crate) fn file_name(self, stem: &str, direction: &str) -> String {
        let system = match self {
            Self::Any => "",
            Self::Postgres => ".postgres",
            Self::MySql => ".mysql",
            Self::Sqlite => ".sqlite",
        };
        format!("{stem}.{direction}{system}.sql")
    }
}

/// The bodies of both methods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevisionBody {
    /// The body of `up`.
    pub up: MethodBody,
    /// The body of `down`.
    pub down: MethodBody,
    /// Remarks for the readers of the file, one line each; they are written below the message.
    pub remarks: Vec<String>,
    /// Further items of the file, below `pub struct Migration;`, in rustfmt's style; empty for none.
    pub items: String,
    /// Whether the revision runs outside of a transaction.
    pub outside_transaction: bool,
}

/// The body of a method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MethodBody {
    /// Its lines, indented by eight columns, each ended by a line break.
    pub text: String,
    /// Whether it uses its argument, `manager`.
    pub uses_manager: bool,
}

/// Returns the text of the revision's file, in rustfmt's default style.
///
/// The text compiles without changes. Without [`bodies`](NewRevision::bodies), its `up` and `down` do nothing and
/// contain an example. The methods of a merge revision are complete: it only joins other revisions.
///
/// ```
/// use seachange_source::{NewRevision, parse, render};
///
/// let new = NewRevision { id: "ae1027a6acf4".into(), message: "add content column".into(), ..Default::default() };
/// let file = parse("m20261121_add_content_column.rs".as_ref(), &render(&new))?;
/// assert_eq!(file.revision.id, new.id);
/// assert_eq!(file.message, new.message);
/// # Ok::<(), Vec<seachange_source::FileError>>(())
/// ```
pub fn render(new: &NewRevision) -> String {
    let joins = new.down_revision.len() > 1;
    let description = if joins { JOINS } else { "" };
    match &new.bodies {
        Some(RevisionBody { up, down, remarks, items, outside_transaction }) => {
            let remarks = remarks.iter().map(|remark| format!("//! {}\n", normalise(remark)));
            let remarks: String = remarks.collect();
            let description = if remarks.is_empty() { description.to_owned() } else { format!("//!\n{remarks}") };
            let up = format!("{}{}", if *outside_transaction { OUTSIDE } else { "" }, method("up", up));
            let text = render_with(new, &description, "", &up, &method("down", down));
            if items.is_empty() { text } else { format!("{text}\n{items}") }
        }
        None if joins => {
            let nothing = MethodBody { text: NOTHING.to_owned(), uses_manager: false };
            render_with(new, description, "", &method("up", &nothing), &method("down", &nothing))
        }
        None => {
            let body = |text: &str| MethodBody { text: text.to_owned(), uses_manager: true };
            render_with(new, description, "", &method("up", &body(UP)), &method("down", &body(DOWN)))
        }
    }
}

/// Returns the text of a revision that runs files of SQL; `stem` is that of its own file.
pub(crate) fn render_sql(new: &NewRevision, stem: &str) -> String {
    let constant = |name: &str, direction: &str| {
        let files: Vec<String> =
            new.sql_files.iter().map(|system| literal(&system.file_name(stem, direction))).collect();
        let line = format!("const {name}: RevisionSql = revision_sql!({});", files.join(", "));
        match files.len() == 1 && line.len() <= LINE_WIDTH {
            true => line,
            // rustfmt leaves a macro with braces as it is.
            false => format!("const {name}: RevisionSql = revision_sql! {{\n    {},\n}};", files.join(",\n    ")),
        }
    };
    let body = |name: &str| MethodBody { text: format!("        {name}.run(manager).await\n"), uses_manager: true };
    let constants = format!("\n\n{}\n{}", constant("UP", "up"), constant("DOWN", "down"));
    render_with(new, "", &constants, &method("up", &body("UP")), &method("down", &body("DOWN")))
}

/// Doc lines below the message.
const JOINS: &str = "//!\n//! Merges branches: the revisions below make all changes in the database.\n";

const OUTSIDE: &str = "    fn use_transaction(&self) -> Option<bool> {\n        Some(false)\n    }\n\n";

const NOTHING: &str = "        Ok(())\n";

const UP: &str = r#"        // What this revision changes, for example:
        // let posts = Table::create().table("posts").col(pk_auto("id")).to_owned();
        // manager.create_table(posts).await?;
        let _ = manager;
        Ok(())
"#;

const DOWN: &str = r#"        // How to revert the changes, the last one first, for example:
        // let posts = Table::drop().table("posts").to_owned();
        // manager.drop_table(posts).await?;
        let _ = manager;
        Ok(())
"#;

fn method(name: &str, MethodBody { text, uses_manager }: &MethodBody) -> String {
    let manager = if *uses_manager { "manager" } else { "_manager" };
    format!("    async fn {name}(&self, {manager}: &SchemaManager) -> Result<(), DbErr> {{\n{text}    }}\n")
}

fn render_with(new: &NewRevision, description: &str, constants: &str, up: &str, down: &str) -> String {
    let parts = [
        ("{message}", normalise(&new.message)),
        ("{description}", description.to_owned()),
        ("{revision}", constant(new) + constants),
        ("{up}", up.to_owned()),
        ("{down}", down.to_owned()),
    ];
    let mut rest = new.template.as_deref().unwrap_or(TEMPLATE);
    let mut text = String::new();
    // Each part is inserted as it is: a brace in a message is no placeholder.
    while let Some((at, (name, part))) =
        parts.iter().filter_map(|part| Some((rest.find(part.0)?, part))).min_by_key(|(at, _)| *at)
    {
        text.push_str(&rest[..at]);
        text.push_str(part);
        rest = &rest[at + name.len()..];
    }
    text + rest
}

/// Returns the constant. Fields with default values are left to `Revision::ROOT`.
pub(crate) fn constant(new: &NewRevision) -> String {
    let lists = [
        ("down_revision", &new.down_revision),
        ("depends_on", &new.depends_on),
        ("branch_labels", &new.branch_labels),
        ("replaces", &new.replaces),
        ("allow", &new.allow),
        ("after_backfills", &new.after_backfills),
    ];
    let mut fields = vec![field("id", &literal(&new.id))];
    fields.extend(lists.iter().filter(|(_, ids)| !ids.is_empty()).map(|(name, ids)| field(name, &list(name, ids))));
    let times = [("not_before", &new.not_before), ("lock_timeout", &new.lock_timeout), ("created", &new.created)];
    fields.extend(times.iter().filter(|(_, time)| !time.is_empty()).map(|(name, time)| field(name, &literal(time))));
    format!("pub const REVISION: Revision = Revision {{\n{}    ..Revision::ROOT\n}};", fields.concat())
}

fn field(name: &str, value: &str) -> String {
    format!("    {name}: {value},\n")
}

/// Formats a list as rustfmt does: in one line, packed into several lines if the elements are short, or one element
/// per line.
fn list(field: &str, items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| literal(item)).collect();
    let line = items.join(", ");
    let whole = "    : &[],".len() + field.len() + line.len();
    if (line.len() <= LIST_WIDTH || items.len() == 1) && whole <= LINE_WIDTH {
        return format!("&[{line}]");
    }
    let short = items.iter().all(|item| item.len() <= SHORT_ELEMENT);
    let width = if short { LINE_WIDTH } else { 0 };
    format!("&[\n{}    ]", packed(&items, width))
}

/// Puts as many items as possible in a line, at least one.
fn packed(items: &[String], width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + item.len() <= width => *line += &format!(" {item},"),
            _ => lines.push(format!("        {item},")),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn literal(text: &str) -> String {
    Literal::string(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::{MethodBody, NewRevision, RevisionBody, render};

    fn new(down_revision: &[&str]) -> NewRevision {
        NewRevision {
            id: "ae1027a6acf4".to_owned(),
            message: "add content column".to_owned(),
            down_revision: down_revision.iter().map(ToString::to_string).collect(),
            created: "2026-11-21T09:03:11Z".to_owned(),
            ..NewRevision::default()
        }
    }

    #[test]
    fn a_revision_as_a_person_finds_it() {
        insta::assert_snapshot!(render(&new(&["1975ea83b712"])), @r#"
        //! add content column

        use seachange::prelude::*;

        pub const REVISION: Revision = Revision {
            id: "ae1027a6acf4",
            down_revision: &["1975ea83b712"],
            created: "2026-11-21T09:03:11Z",
            ..Revision::ROOT
        };

        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                // What this revision changes, for example:
                // let posts = Table::create().table("posts").col(pk_auto("id")).to_owned();
                // manager.create_table(posts).await?;
                let _ = manager;
                Ok(())
            }

            async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                // How to revert the changes, the last one first, for example:
                // let posts = Table::drop().table("posts").to_owned();
                // manager.drop_table(posts).await?;
                let _ = manager;
                Ok(())
            }
        }
        "#);
    }

    #[test]
    fn a_merge_as_a_person_would_write_it() {
        insta::assert_snapshot!(render(&new(&["1975ea83b712", "3b9f02c4d5e6"])), @r#"
        //! add content column
        //!
        //! Merges branches: the revisions below make all changes in the database.

        use seachange::prelude::*;

        pub const REVISION: Revision = Revision {
            id: "ae1027a6acf4",
            down_revision: &["1975ea83b712", "3b9f02c4d5e6"],
            created: "2026-11-21T09:03:11Z",
            ..Revision::ROOT
        };

        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                Ok(())
            }

            async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                Ok(())
            }
        }
        "#);
    }

    #[test]
    fn a_revision_around_code_that_is_there() {
        let up = MethodBody { text: "        manager.create_table(posts()).await\n".to_owned(), uses_manager: true };
        let down = MethodBody { text: "        Ok(())\n".to_owned(), uses_manager: false };
        let mut new = new(&["1975ea83b712"]);
        new.bodies = Some(RevisionBody { up, down, ..RevisionBody::default() });
        let text = render(&new);
        let (_, methods) = text.split_once("impl MigrationTrait").unwrap_or_default();
        insta::assert_snapshot!(methods, @r#"
         for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                manager.create_table(posts()).await
            }

            async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
                Ok(())
            }
        }
        "#);
    }

    /// Compares the constant of a revision with `expected`.
    fn check_constant(new: &NewRevision, expected: &[&str]) {
        let text = render(new);
        let constant = text.lines().skip_while(|line| !line.starts_with("pub const")).skip(1);
        let found: Vec<&str> = constant.take_while(|line| !line.starts_with("    ..")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_that_say_nothing_are_left_out() {
        let mut root = new(&[]);
        root.created.clear();
        check_constant(&root, &["    id: \"ae1027a6acf4\","]);
    }

    #[test]
    fn every_field_has_its_place() {
        let mut merge = new(&["1975ea83b712", "3b9f02c4d5e6"]);
        merge.depends_on.push("feed".to_owned());
        merge.branch_labels.push("bill\"ing".to_owned());
        merge.replaces.push("0a1b2c3d4e5f".to_owned());
        merge.created.clear();
        check_constant(
            &merge,
            &[
                "    id: \"ae1027a6acf4\",",
                "    down_revision: &[\"1975ea83b712\", \"3b9f02c4d5e6\"],",
                "    depends_on: &[\"feed\"],",
                "    branch_labels: &[\"bill\\\"ing\"],",
                "    replaces: &[\"0a1b2c3d4e5f\"],",
            ],
        );
    }
}
