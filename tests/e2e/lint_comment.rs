//! `lint -o FILE`: the comment for a pull request, and other formats as files.

use std::fs;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase, snapshot};
use serde_json::{Value, json};

use super::guarantees::script::Script;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("lint_comment::names_have_no_meaning", names_have_no_meaning);
    cases.push(Case::on(Backend::Postgres, "lint_comment::a_review", a_review));
    cases.push(Case::on(Backend::Sqlite, "lint_comment::a_long_one_is_cut", a_long_one_is_cut));
    cases.push(Case::on(Backend::Sqlite, "lint_comment::the_file_name_says_the_format", formats));
    cases
}

const USERS: &str = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), age INT NOT NULL DEFAULT 0)";

/// What a site reads of a comment.
#[derive(Default)]
struct Read {
    /// The numbers of cells in the rows of each table, the header included.
    tables: Vec<Vec<usize>>,
    /// Each block of code, with its language.
    blocks: Vec<(String, String)>,
    /// What is read as HTML.
    html: Vec<String>,
    /// What is read as a text, code included.
    text: String,
}

impl Read {
    fn of(comment: &str) -> Self {
        let mut read = Self::default();
        let mut block: Option<(String, String)> = None;
        for event in Parser::new_ext(comment, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(Tag::Table(_)) => read.tables.push(Vec::new()),
                Event::Start(Tag::TableHead | Tag::TableRow) => {
                    read.tables.last_mut().into_iter().for_each(|rows| rows.push(0));
                }
                Event::Start(Tag::TableCell) => {
                    read.tables.last_mut().and_then(|rows| rows.last_mut()).into_iter().for_each(|cells| *cells += 1);
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        pulldown_cmark::CodeBlockKind::Fenced(language) => language.to_string(),
                        pulldown_cmark::CodeBlockKind::Indented => "indented".to_owned(),
                    };
                    block = Some((language, String::new()));
                }
                Event::End(TagEnd::CodeBlock) => read.blocks.extend(block.take()),
                Event::Html(html) | Event::InlineHtml(html) => read.html.push(html.trim().to_owned()),
                Event::Text(text) | Event::Code(text) => match &mut block {
                    Some((_, code)) => code.push_str(&text),
                    None => read.text.push_str(&text),
                },
                _ => {}
            }
        }
        read
    }
}

/// The whole comment, with a version of the service that runs.
fn a_review(database: &TestDatabase) -> TestResult {
    let script = Script::new(database)
        .up("l1", json!([USERS]))
        .up("l2", json!(["ALTER TABLE users ADD COLUMN note TEXT", "CREATE INDEX by_email ON users (email)"]))
        .up("l3", json!(["ALTER TABLE users DROP COLUMN age"]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id) SELECT generate_series(1, 1000)")?;
    database.execute("ANALYZE users")?;
    let running = script.path("running/src");
    fs::create_dir_all(&running)?;
    let entity = "#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]\n#[sea_orm(table_name = \"users\")]\n\
                  pub struct Model {\n    #[sea_orm(primary_key)]\n    pub id: i32,\n    pub age: i32,\n}\n";
    fs::write(running.join("users.rs"), entity)?;
    let output = script.run("lint l2:l3 -o comment.md --running path:running --entities running")?;
    assert!(output.code == Some(9) && output.stdout.contains("index-blocks-writes"), "{output}");
    assert!(output.stderr.contains("wrote `comment.md`"), "{output}");
    let comment = fs::read_to_string(script.path("comment.md"))?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("lint_comment", comment));
    let printed = script.run("lint l2:l3 --format markdown --running path:running --entities running")?;
    assert_eq!(printed.stdout, comment);
    Ok(())
}

/// A site reads names as names: they end no cell and no block, and are neither HTML nor a mention of a person.
fn names_have_no_meaning(database: &TestDatabase) -> TestResult {
    let name = "a|b`c <i>@team *x* ```";
    let quoted = match database.backend() {
        Backend::Sqlite | Backend::Postgres => format!("\"{name}\""),
        Backend::MariaDb | Backend::MySql => format!("`{}`", name.replace('`', "``")),
    };
    let script = Script::new(database)
        .up("l1", json!([format!("CREATE TABLE {quoted} (id INT PRIMARY KEY, age INT)")]))
        .up("l2", json!([format!("ALTER TABLE {quoted} DROP COLUMN age")]));
    let output = script.run("lint l2:l2 -o comment.md")?;
    assert_eq!(output.code, Some(9), "{output}");
    let comment = fs::read_to_string(script.path("comment.md"))?;
    let read = Read::of(&comment);
    assert!(read.tables.iter().flatten().all(|cells| *cells == read.tables[0][0] && *cells > 3), "{comment}");
    let own: &[&str] = &["<!-- seachange lint -->", "<details>", "<summary>SQL for ", "</details>"];
    let foreign = read.html.iter().filter(|html| !own.iter().any(|own| html.starts_with(own)));
    assert_eq!(foreign.collect::<Vec<_>>(), Vec::<&String>::new(), "{comment}");
    let languages: Vec<&str> = read.blocks.iter().map(|(language, _)| language.as_str()).collect();
    assert_eq!(languages, ["mermaid", "sql", "sql", "sql"], "{comment}");
    assert!(read.blocks[1..].iter().all(|(_, sql)| sql.contains(&format!("ALTER TABLE {quoted} DROP"))), "{comment}");
    assert!(read.text.contains(&name.replace('@', "@\u{200b}")), "{comment}");
    Ok(())
}

/// A comment has at most 65,536 characters, and says what it leaves out.
fn a_long_one_is_cut(database: &TestDatabase) -> TestResult {
    let values = format!("INSERT INTO users (id, email) VALUES (1, '{}')", "é".repeat(70_000));
    let script = Script::new(database).up("l1", json!([USERS])).up("l2", json!([values]));
    script.run("lint l2:l2 -o comment.md")?;
    let comment = fs::read_to_string(script.path("comment.md"))?;
    assert!(comment.chars().count() < 65_536 && comment.contains("```mermaid"), "{comment}");
    let says = "Left out, because a comment has at most 65536 characters: the SQL for SQLite, the SQL for PostgreSQL, \
                the SQL for MySQL and MariaDB.";
    assert!(comment.contains(says), "{comment}");
    let index = |number: usize| format!("CREATE INDEX by_{number}_{} ON users (email)", "x".repeat(1_000));
    let script = Script::new(database)
        .up("l1", json!([USERS]))
        .up("l2", json!((0..60).map(index).collect::<Vec<_>>()))
        .up("l3", json!(["ALTER TABLE users ADD COLUMN note TEXT"]));
    script.run("lint l2:l3 -o comment.md")?;
    let comment = fs::read_to_string(script.path("comment.md"))?;
    assert!(comment.chars().count() < 65_536, "{}", comment.chars().count());
    assert!(comment.contains("characters: the last 2 of 2 revisions, the SQL for "), "{comment}");
    Ok(())
}

/// The extension says the format; another one, and a folder that is missing, are errors before anything is measured or
/// after it.
fn formats(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!([USERS])).up("l2", json!(["DROP TABLE users"]));
    for (file, option) in [("a.json", ""), ("a.sarif", ""), ("a.txt", " --format json")] {
        let output = script.run(&format!("lint l2:l2 -o {file}{option}"))?;
        let document: Value = serde_json::from_str(&fs::read_to_string(script.path(file))?)?;
        assert!(document.to_string().contains("drop-table") && output.code == Some(9), "{output}");
        assert!(output.stdout.contains("warning[drop-table]"), "{output}");
    }
    let output = script.run("lint l2:l2 -o a.github --format github")?;
    assert!(fs::read_to_string(script.path("a.github"))?.contains("::warning file="), "{output}");
    for (arguments, code, says) in [
        ("-o a.html", 2, "`.html`"),
        ("-o comment", 2, "a file without an extension"),
        ("-o a.md --format text", 2, "the text is printed"),
        ("-o absent/a.md", 1, "the folder `absent` has to exist"),
    ] {
        let output = script.run(&format!("lint l2:l2 {arguments}"))?;
        assert!(output.code == Some(code) && output.stderr.contains(says), "{output}");
    }
    assert!(!script.path("a.html").exists() && !script.path("comment").exists() && !script.path("a.md").exists());
    Ok(())
}
