//! The revision file of an old migration.

use std::ops::Range;

use proc_macro2::{Delimiter, Literal, TokenTree};
use seachange_graph::check_id;

use super::edits::{Edits, line_start};
use crate::program::modules::{
    Module, RustFile, attributes_before, flat, inside, is, is_punct, range, range_of, string, visibility_before,
};

/// Where a revision is in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointers {
    pub(super) id: String,
    pub(super) down_revision: Option<String>,
}

/// The name that sea-orm-migration records a migration under: that of the file, unless the code names another one.
pub(super) fn recorded_name(file: &RustFile, migration: &str) -> String {
    let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let tokens = &file.tokens;
    let is_named =
        |three: &[TokenTree]| is(&three[0], "MigrationName") && is(&three[1], "for") && is(&three[2], migration);
    let named = tokens.windows(3).position(is_named);
    let body = named.and_then(|at| tokens[at..].iter().find_map(|token| inside(token, Delimiter::Brace)));
    let literal = body.map(|body| flat(&body)).and_then(|tokens| match tokens.as_slice() {
        tokens if tokens.iter().any(|token| is(token, "fn")) => tokens.iter().find_map(|token| match token {
            TokenTree::Literal(literal) => string(literal),
            _ => None,
        }),
        _ => None,
    });
    literal.unwrap_or(stem)
}

/// The id of a revision for a recorded name: the name, or what is left of it without the characters that no id has.
pub(super) fn revision_id(name: &str) -> String {
    if check_id(name).is_ok() {
        return name.to_owned();
    }
    let is_allowed = |character: &char| check_id(character.encode_utf8(&mut [0; 4])).is_ok();
    let id: String = name.chars().map(|own| if is_allowed(&own) { own } else { '_' }).take(100).collect();
    if check_id(&id).is_ok() { id } else { format!("r_{id}") }
}

/// The constant of a revision.
pub(super) fn constant(pointers: &Pointers, created: Option<&str>) -> String {
    let literal = |text: &str| Literal::string(text).to_string();
    let mut fields = format!("    id: {},\n", literal(&pointers.id));
    if let Some(down) = &pointers.down_revision {
        let short = format!("    down_revision: &[{}],\n", literal(down));
        fields += &short;
    }
    if let Some(created) = created {
        fields += &format!("    created: {},\n", literal(created));
    }
    format!(
        "pub const REVISION: seachange::Revision = seachange::Revision {{\n{fields}    ..seachange::Revision::ROOT\n}};\n"
    )
}

/// The time in a name such as `m20220101_000001_create_table`, as RFC 3339.
pub(super) fn created(stem: &str) -> Option<String> {
    let digits = |range: Range<usize>| stem.get(range).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let date = digits(1..9).filter(|_| stem.starts_with('m'))?;
    let time = digits(10..16).filter(|_| stem.as_bytes().get(9) == Some(&b'_'))?;
    let (month, day) = (date[4..6].parse::<u8>().ok()?, date[6..].parse::<u8>().ok()?);
    let parts: Vec<u8> = [&time[..2], &time[2..4], &time[4..]].iter().filter_map(|part| part.parse().ok()).collect();
    let is_time = matches!(parts.as_slice(), [hour, minute, second] if *hour < 24 && *minute < 60 && *second < 60);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !is_time {
        return None;
    }
    Some(format!("{}-{}-{}T{}:{}:{}Z", &date[..4], &date[4..6], &date[6..], &time[..2], &time[2..4], &time[4..]))
}

/// The text of a revision file that is the file of an old migration, one folder deeper; `None` if it cannot be one:
/// it declares modules with files of their own, or no unit struct `Migration`.
pub(super) fn moved(file: &RustFile, pointers: &Pointers) -> Option<String> {
    let tokens = &file.tokens;
    if Module::all(tokens).iter().any(|module| module.has_file && module.path.is_none()) {
        return None;
    }
    let at = tokens.windows(2).position(|pair| is(&pair[0], "struct") && is(&pair[1], "Migration"))?;
    let mut edits = Edits::default();
    match tokens.get(at + 2)? {
        end if is_punct(end, ';') => {}
        // A unit struct can be made by its name alone.
        fields if inside(fields, Delimiter::Brace).is_some_and(|fields| fields.is_empty()) => {
            edits.replace(range(&tokens[at + 1]).end..range(fields).end, ";");
        }
        _ => return None,
    }
    let visibility = visibility_before(tokens, at);
    if visibility == at {
        edits.insert(range(&tokens[at]).start, "pub ");
    }
    let first = attributes_before(tokens, visibility);
    let item = line_start(&file.text, range(&tokens[first]).start);
    let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let above = super::edits::above_comments(&file.text, item);
    edits.insert(above, format!("{}\n", constant(pointers, created(&stem).as_deref())));
    deepen(tokens, &mut edits);
    Some(edits.apply(&file.text))
}

/// Has relative paths of files lead to the same files from one folder deeper.
fn deepen(tokens: &[TokenTree], edits: &mut Edits) {
    for module in Module::all(tokens) {
        let relative = module.path.as_ref().filter(|path| !path.starts_with('/'));
        let literal = relative.and_then(|_| {
            tokens_in(tokens, &module.range).into_iter().find_map(|token| match token {
                TokenTree::Literal(_) => Some(range(&token)),
                _ => None,
            })
        });
        literal.into_iter().for_each(|literal| edits.insert(literal.start + 1, "../"));
    }
    let all = flat(tokens);
    for (at, token) in all.iter().enumerate() {
        let is_include = ["include_str", "include_bytes", "include"].iter().any(|name| is(token, name));
        let arguments =
            all.get(at + 2).filter(|_| is_include && all.get(at + 1).is_some_and(|bang| is_punct(bang, '!')));
        let Some(TokenTree::Group(arguments)) = arguments else { continue };
        if let Some(TokenTree::Literal(literal)) = arguments.stream().into_iter().next()
            && let Some(path) = string(&literal)
            && !path.starts_with('/')
        {
            let range = literal.span().byte_range();
            edits.replace(range, Literal::string(&format!("../{path}")).to_string());
        }
    }
}

/// The tokens within a range of bytes, at all depths.
fn tokens_in(tokens: &[TokenTree], within: &Range<usize>) -> Vec<TokenTree> {
    flat(tokens)
        .into_iter()
        .filter(|token| within.start <= range(token).start && range(token).end <= within.end)
        .collect()
}

/// A migration that stays where it is, and that a revision file calls.
pub(super) struct WrappedMigration<'a> {
    /// The expression of the list.
    pub(super) expression: &'a str,
    /// The module of the list, from the root of the crate; empty, or such as `migrator`.
    pub(super) module: &'a str,
    /// The file of the code, as seen from the revision file.
    pub(super) file: Option<&'a str>,
    /// The words for its message.
    pub(super) message: &'a str,
    /// The name of the migration, from which the time is taken.
    pub(super) name: &'a str,
}

impl WrappedMigration<'_> {
    /// The name of the function that makes the migration.
    fn function(&self, id: &str) -> String {
        let letters =
            id.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' });
        format!("revision_{}", letters.collect::<String>())
    }

    /// The function that makes the migration. It stands where the list was, and sees what the list saw.
    pub(super) fn definition(&self, id: &str) -> String {
        let (function, expression) = (self.function(id), self.expression);
        format!(
            "/// The code of the revision `{id}`.\npub(crate) fn {function}() -> impl MigrationTrait {{\n    {expression}\n}}\n"
        )
    }
}

/// The text of a revision file that calls a migration elsewhere in the crate.
pub(super) fn wrapper(migration: &WrappedMigration<'_>, pointers: &Pointers) -> String {
    let WrappedMigration { module, file, message, name, .. } = migration;
    let module = if module.is_empty() { String::new() } else { format!("{module}::") };
    let code = format!("crate::{module}{}", migration.function(&pointers.id));
    let hashed = file.map_or_else(String::new, |file| {
        let file = Literal::string(file);
        format!(
            "\n/// The code of the migration belongs to the hash of the revision.\nconst _: &str = include_str!({file});\n"
        )
    });
    let constant = constant(pointers, created(name).as_deref());
    format!(
        "//! {message}

use sea_orm_migration::prelude::*;

use {code} as code;

{constant}{hashed}
pub struct Migration;

impl MigrationName for Migration {{
    fn name(&self) -> &str {{
        {name}
    }}
}}

#[async_trait::async_trait]
impl MigrationTrait for Migration {{
    fn use_transaction(&self) -> Option<bool> {{
        code().use_transaction()
    }}

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{
        code().up(manager).await
    }}

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{
        code().down(manager).await
    }}
}}
",
        name = Literal::string(name),
    )
}

/// Removes items with the comments above them.
pub(super) fn remove_items(text: &str, items: impl IntoIterator<Item = Range<usize>>, edits: &mut Edits) {
    for item in items {
        edits.replace(super::edits::with_its_lines(text, item), "");
    }
}

/// The statements of `main`, if it does more than run the old command line.
pub(super) fn other_work(main: &RustFile) -> Option<Range<usize>> {
    let tokens = &main.tokens;
    let at = tokens.windows(2).position(|pair| is(&pair[0], "fn") && is(&pair[1], "main"))?;
    let body = tokens[at..].iter().find_map(|token| inside(token, Delimiter::Brace))?;
    let statements = body.split(|token| is_punct(token, ';')).filter(|tokens| !tokens.is_empty());
    let others: Vec<&[TokenTree]> =
        statements.filter(|tokens| !flat(tokens).iter().any(|token| is(token, "run_cli"))).collect();
    let lines = |tokens: &[TokenTree]| {
        tokens.first().map(crate::program::modules::line).zip(tokens.last().map(|own| own.span().end().line))
    };
    let first = others.first().and_then(|tokens| lines(tokens))?.0;
    let last = others.last().and_then(|tokens| lines(tokens))?.1;
    debug_assert!(range_of(others[0]).start > 0);
    Some(first..last + 1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::{Pointers, WrappedMigration, created, moved, recorded_name, revision_id, wrapper};
    use crate::program::modules::RustFile;

    fn file(text: &str) -> RustFile {
        RustFile::parse(Path::new("src/m20220101_000001_create_posts.rs"), text).unwrap()
    }

    fn pointers() -> Pointers {
        Pointers { id: "m20220101_000001_create_posts".to_owned(), down_revision: Some("m0".to_owned()) }
    }

    #[test]
    fn a_file_gets_its_constant_and_keeps_the_rest() {
        let text = "use sea_orm_migration::prelude::*;

// All tables.
#[derive(DeriveMigrationName)]
pub struct Migration {}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(include_str!(\"sql/posts.sql\")).await?;
        run(include_bytes!(\"/absolute\"), include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/a\"))).await
    }
}
";
        insta::assert_snapshot!(moved(&file(text), &pointers()).unwrap(), @r#"
        use sea_orm_migration::prelude::*;

        pub const REVISION: seachange::Revision = seachange::Revision {
            id: "m20220101_000001_create_posts",
            down_revision: &["m0"],
            created: "2022-01-01T00:00:01Z",
            ..seachange::Revision::ROOT
        };

        // All tables.
        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                manager.get_connection().execute_unprepared(include_str!("../sql/posts.sql")).await?;
                run(include_bytes!("/absolute"), include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/a"))).await
            }
        }
        "#);
    }

    #[test]
    fn files_that_cannot_be_revisions() {
        for text in [
            "mod helper;
pub struct Migration;",
            "pub struct Migration(u8);",
            "pub struct Other;",
        ] {
            assert_eq!(moved(&file(text), &pointers()), None, "{text}");
        }
    }

    #[test]
    fn a_migration_elsewhere_is_called() {
        let migration = WrappedMigration {
            expression: "tables::Create::new(1)",
            module: "migrator",
            file: Some("../migrator/tables.rs"),
            message: "create",
            name: "create",
        };
        let pointers = Pointers { id: "create".to_owned(), down_revision: None };
        insta::assert_snapshot!(wrapper(&migration, &pointers), @r#"
        //! create

        use sea_orm_migration::prelude::*;

        use crate::migrator::revision_create as code;

        pub const REVISION: seachange::Revision = seachange::Revision {
            id: "create",
            ..seachange::Revision::ROOT
        };

        /// The code of the migration belongs to the hash of the revision.
        const _: &str = include_str!("../migrator/tables.rs");

        pub struct Migration;

        impl MigrationName for Migration {
            fn name(&self) -> &str {
                "create"
            }
        }

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                code().use_transaction()
            }

            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                code().up(manager).await
            }

            async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                code().down(manager).await
            }
        }
        "#);
    }

    #[test]
    fn names_and_ids() {
        let named = "impl MigrationName for Migration { fn name(&self) -> &str { \"first one\" } }";
        assert_eq!(recorded_name(&file(named), "Migration"), "first one");
        assert_eq!(
            recorded_name(&file("#[derive(DeriveMigrationName)] struct Migration;"), "Migration"),
            "m20220101_000001_create_posts"
        );
        assert_eq!(["m2022_a", "first one", "head", ""].map(revision_id), ["m2022_a", "first_one", "r_head", "r_"]);
    }

    #[test]
    fn times_in_names() {
        assert_eq!(created("m20220131_235959_x").as_deref(), Some("2022-01-31T23:59:59Z"));
        assert_eq!(
            ["m20221301_000001_x", "m20220101_x", "m1", "20220101_000001", "m20220101_999999_x"].map(created),
            [const { None }; 5]
        );
    }
}
