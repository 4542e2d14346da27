#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;

use crate::parse::{RevisionFile, parse};

/// A crate with a revision whose code is `body`, and files beside it.
struct Crate {
    folder: tempfile::TempDir,
    body: String,
}

impl Crate {
    fn new(body: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        let this = Self { folder, body: body.to_owned() };
        fs::create_dir_all(this.path("src/versions")).unwrap();
        fs::create_dir_all(this.path("sql")).unwrap();
        for (name, text) in files {
            this.write(name, text);
        }
        this
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    fn read(&self) -> RevisionFile {
        let head = "pub const REVISION: R = R { id: \"a\" };\npub struct Migration;\n";
        parse(&self.path("src/versions/m1_a.rs"), &format!("{head}{}", self.body)).unwrap()
    }

    fn hash(&self) -> String {
        self.read().source.unwrap().digest
    }

    /// The files that count, relative to the folder of the crate.
    fn included(&self) -> Vec<String> {
        let root = self.folder.path();
        let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
        self.read().source.unwrap().included.iter().map(|path| name(path)).collect()
    }

    /// Asserts that the hash changes with other contents of a file, and returns with the old contents.
    fn check_counts(&self, name: &str, other: impl AsRef<[u8]>) {
        let (before, contents) = (self.hash(), fs::read(self.path(name)).unwrap());
        self.write(name, other);
        assert_ne!(self.hash(), before, "{name} in {}", self.body);
        self.write(name, contents);
        assert_eq!(self.hash(), before);
    }
}

#[test]
fn sql_in_files_counts() {
    let spellings = [
        r#"fn up() { run(include_str!("../../sql/up.sql")); }"#,
        r##"const SQL: &str = include_str!(r#"../../sql/up.sql"#,);"##,
        r#"const SQL: &[u8] = std::include_bytes!("../../sql/up.sql");"#,
        r#"const SQL: &[&str] = &[core::include_str! { "../../sql/up.sql" }];"#,
        r#"const SQL: &str = include_str!(concat!("../..", "/sql/", "up", '.', "sql"));"#,
        r#"const SQL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/up.sql"));"#,
        r#"fn up() { run(&format!("{}{}", include_str!("../../sql/up.sql"), 1)); }"#,
    ];
    for body in spellings {
        let krate = Crate::new(body, &[("sql/up.sql", "CREATE TABLE t (a int);\n")]);
        assert_eq!(krate.included(), ["sql/up.sql"], "{body}");
        krate.check_counts("sql/up.sql", "CREATE TABLE t (b int);\n");
        krate.check_counts("sql/up.sql", "");
    }
}

#[test]
fn line_endings_of_a_text_do_not_count_and_bytes_do() {
    let text = Crate::new(r#"const A: &str = include_str!("a.sql");"#, &[("src/versions/a.sql", "a\nb\n")]);
    let before = text.hash();
    text.write("src/versions/a.sql", "a\r\nb\r\n");
    assert_eq!(text.hash(), before);
    let bytes = Crate::new(r#"const A: &[u8] = include_bytes!("a.sql");"#, &[("src/versions/a.sql", "a\nb\n")]);
    bytes.check_counts("src/versions/a.sql", "a\r\nb\r\n");
    bytes.check_counts("src/versions/a.sql", b"\xff\xfe");
}

#[test]
fn included_code_is_code() {
    let nested = [
        ("src/versions/steps/one.rs", "fn one() { run(include_str!(\"../../../sql/up.sql\")) } // why\n"),
        ("sql/up.sql", "CREATE TABLE t (a int)"),
    ];
    let krate = Crate::new(r#"include!("steps/one.rs");"#, &[]);
    fs::create_dir(krate.path("src/versions/steps")).unwrap();
    nested.iter().for_each(|(name, text)| krate.write(name, text));
    assert_eq!(krate.included(), ["sql/up.sql", "src/versions/steps/one.rs"]);
    krate.check_counts("sql/up.sql", "CREATE TABLE t (b int)");
    krate.check_counts("src/versions/steps/one.rs", "fn two() { run(include_str!(\"../../../sql/up.sql\")) }");
    let before = krate.hash();
    krate.write(
        "src/versions/steps/one.rs",
        "/// A step.\nfn one() {\n    run(include_str!(\"../../../sql/up.sql\",))\n}",
    );
    assert_eq!(krate.hash(), before);
    // Not code: rustc reports it, and the text counts.
    krate.check_counts("src/versions/steps/one.rs", "fn one( {");
    krate.write("src/versions/steps/one.rs", "include!(\"one.rs\");");
    assert_eq!(krate.hash(), krate.hash());
}

#[test]
fn which_file_is_which_counts() {
    let body = r#"fn up() { run(include_str!("a.sql")); run(include_str!("b.sql")); }"#;
    let krate = Crate::new(body, &[("src/versions/a.sql", "first"), ("src/versions/b.sql", "second")]);
    let before = krate.hash();
    krate.write("src/versions/a.sql", "second");
    krate.write("src/versions/b.sql", "first");
    assert_ne!(krate.hash(), before);
}

#[test]
fn a_file_that_is_not_there_is_for_rustc_to_report() {
    let krate = Crate::new(r#"const A: &str = include_str!("a.sql");"#, &[]);
    let before = krate.hash();
    assert_eq!((before.len(), krate.included()), (64, vec!["src/versions/a.sql".to_owned()]));
    krate.write("src/versions/a.sql", "");
    assert_ne!(krate.hash(), before);
    fs::remove_file(krate.path("src/versions/a.sql")).unwrap();
    fs::create_dir(krate.path("src/versions/a.sql")).unwrap();
    assert_eq!(krate.hash(), before);
}

#[test]
fn what_includes_nothing_has_the_hash_that_it_had() {
    for body in [
        "",
        "#[doc = include_str!(\"a.sql\")] fn up() {}",
        "#![doc = include_str!(\"a.sql\")]",
        "// include_str!(\"a.sql\")",
        "const A: &str = \"include_str!(\\\"a.sql\\\")\";",
        "fn include_str() {} fn up() { include_str (); }",
    ] {
        let krate = Crate::new(body, &[("src/versions/a.sql", "text")]);
        assert_eq!(krate.included(), Vec::<String>::new(), "{body}");
        let before = krate.hash();
        krate.write("src/versions/a.sql", "other");
        assert_eq!(krate.hash(), before, "{body}");
    }
    // The path is not known before the macro is expanded.
    let unknown = "macro_rules! sql { ($name:literal) => { include_str!(concat!(\"sql/\", $name)) } }";
    assert_eq!(Crate::new(unknown, &[]).included(), Vec::<String>::new());
    let generated = "include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));";
    assert_eq!(Crate::new(generated, &[]).included(), Vec::<String>::new());
}

#[test]
fn revisions_without_inclusions_keep_their_hashes() {
    // Databases hold these values.
    let versions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migration/src/versions");
    let files = crate::scan(&versions).files;
    let hashes: Vec<_> =
        files.iter().map(|file| format!("{} {}", file.source.as_ref().unwrap().digest, file.file_name())).collect();
    insta::assert_snapshot!(hashes.join("\n"), @r"
    b9ed8381ee522cac115828d0dc108385882cea38c636fa5053936c0e42c7be6b m20261121_add_content_column.rs
    94a2d98946e39d752cc91313f325cd0d268b52d61786ca4b8a807590427ce4fd m20261121_add_foreign_key_from_posts_to_users.rs
    d9253e7e98742ae8386916cc0ae3979a3163010771f35dc6a9e2b618ce28c268 m20261121_add_the_rest_of_the_posts_columns.rs
    09d3cd8e2fbba101b8a0a47819a65285abe01d95241e2e24b53aa8844c5742cc m20261121_create_posts_table.rs
    c580308971ea9cc3e2588888280d0425acde7c19fdad3d379585af99e209d40f m20261121_create_users_table.rs
    b0552998f83f5394a454e66667c9cf924df82774edacaaf99608b4557e79bb2a m20261121_create_votes_table.rs
    ");
}
