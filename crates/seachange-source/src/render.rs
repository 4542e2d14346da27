//! A new revision as text.

use proc_macro2::Literal;

use crate::message::normalise;

/// Rustfmt's widths for a list: in one line, and for elements that are packed rather than stacked.
const LIST_WIDTH: usize = 60;
const SHORT_ELEMENT: usize = 10;
const LINE_WIDTH: usize = 100;

/// A revision that has no file yet.
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
    /// When the revision is made, in the manner of RFC 3339: `2026-11-21T09:03:11Z`. The file is named after the day.
    pub created: String,
}

/// Returns the text of the revision's file, in rustfmt's default style.
///
/// The text compiles as it is. Its `up` and `down` do nothing: they show where the work goes, with an example. Those of
/// a revision with several parents are complete: it joins what other revisions do.
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
    match new.down_revision.as_slice() {
        [_, _, ..] => render_with(new, &MERGE),
        _ => render_with(new, &WORK),
    }
}

/// What two revisions of the same constant can differ in.
struct Code {
    /// Doc lines below the message, or none; each ended by a line break.
    description: &'static str,
    /// The name of the methods' argument.
    manager: &'static str,
    /// The body of `up`, indented by eight and ended by a line break.
    up: &'static str,
    down: &'static str,
}

const WORK: Code = Code {
    description: "",
    manager: "manager",
    up: r#"        // What this revision changes, for example:
        // let posts = Table::create().table("posts").col(pk_auto("id")).to_owned();
        // manager.create_table(posts).await?;
        let _ = manager;
        Ok(())
"#,
    down: r#"        // The way back, the last change first, for example:
        // let posts = Table::drop().table("posts").to_owned();
        // manager.drop_table(posts).await?;
        let _ = manager;
        Ok(())
"#,
};

const MERGE: Code = Code {
    description: "//!\n//! Joins branches: the revisions below do all there is to do in the database.\n",
    manager: "_manager",
    up: "        Ok(())\n",
    down: "        Ok(())\n",
};

fn render_with(new: &NewRevision, code: &Code) -> String {
    let Code { description, manager, up, down } = code;
    format!(
        "//! {message}
{description}
use seachange::prelude::*;

{constant}

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {{
    async fn up(&self, {manager}: &SchemaManager) -> Result<(), DbErr> {{
{up}    }}

    async fn down(&self, {manager}: &SchemaManager) -> Result<(), DbErr> {{
{down}    }}
}}
",
        message = normalise(&new.message),
        constant = constant(new),
    )
}

/// Returns the constant. Fields that say nothing are left to `Revision::ROOT`.
fn constant(new: &NewRevision) -> String {
    let lists =
        [("down_revision", &new.down_revision), ("depends_on", &new.depends_on), ("branch_labels", &new.branch_labels)];
    let mut fields = vec![field("id", &literal(&new.id))];
    fields.extend(lists.iter().filter(|(_, ids)| !ids.is_empty()).map(|(name, ids)| field(name, &list(name, ids))));
    fields.extend((!new.created.is_empty()).then(|| field("created", &literal(&new.created))));
    format!("pub const REVISION: Revision = Revision {{\n{}    ..Revision::ROOT\n}};", fields.concat())
}

fn field(name: &str, value: &str) -> String {
    format!("    {name}: {value},\n")
}

/// Lays a list out as rustfmt does: in one line, packed into several if the elements are short, or an element a line.
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

/// Puts as many items in a line as fit, at least one.
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
    use super::{NewRevision, render};

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
                // The way back, the last change first, for example:
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
        //! Joins branches: the revisions below do all there is to do in the database.

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
        merge.created.clear();
        check_constant(
            &merge,
            &[
                "    id: \"ae1027a6acf4\",",
                "    down_revision: &[\"1975ea83b712\", \"3b9f02c4d5e6\"],",
                "    depends_on: &[\"feed\"],",
                "    branch_labels: &[\"bill\\\"ing\"],",
            ],
        );
    }
}
