//! `--ignore`, of `check`, `diff` and `revision --autogenerate`.

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult, each_backend},
    named,
};

use super::{alter, run};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("left_out::options_leave_kinds_out", options_leave_kinds_out);
    let once = named![unknown_kinds_are_listed];
    cases.extend(once.map(|(name, test)| Case::on(Backend::Sqlite, &format!("left_out::{name}"), test)));
    cases
}

fn options_leave_kinds_out(database: &TestDatabase) -> TestResult {
    alter(database)?;
    let check = |rules: &[&str], expected: &str| -> TestResult {
        let arguments: Vec<&str> = std::iter::once("check").chain(rules.iter().copied()).collect();
        let output = run(database, &arguments)?;
        assert_eq!(output.code, Some(if expected.is_empty() { 0 } else { 8 }), "{output}");
        assert_eq!(output.stdout, expected, "{rules:?}");
        Ok(())
    };
    let column = "  table posts\n  - column extra: ";
    let both = run(database, &["check", "--ignore", "table,index"])?.stdout;
    assert!(both.starts_with(column), "{both}");
    check(&["--ignore", "table,index,column"], "")?;
    check(&["--ignore", "table", "--ignore", "index", "--ignore", "column"], "")?;
    check(&["--ignore", "*@posts,table@str*"], "")?;
    check(&["--ignore", "column@posts.extra,index@*.odd,table@stranger"], "")?;
    check(&["--ignore", "column@posts.extra,index"], "- table stranger: (id)\n")?;
    check(&["--ignore", "*@posts"], "- table stranger: (id)\n")?;
    check(&["--ignore", "column,table", "--exclude-table", "posts"], "")?;
    let json = run(database, &["check", "--format", "json", "--ignore", "column,table"])?.stdout;
    let json: serde_json::Value = serde_json::from_str(&json)?;
    assert_eq!(json.as_array().map(Vec::len), Some(1), "{json}");
    let all = ["--ignore", "column,table,index"];
    for command in [&["diff"][..], &["revision", "--autogenerate", "nothing"], &["check", "--replay"]] {
        let output = run(database, &[command, &all].concat())?.succeeded()?;
        assert_eq!(output.stdout, "", "{command:?}");
    }
    let sql = run(database, &["diff", "--ignore", "column,index"])?.succeeded()?.stdout;
    assert_eq!(sql.lines().count(), 1, "{sql}");
    assert!(sql.contains("DROP TABLE"), "{sql}");
    Ok(())
}

fn unknown_kinds_are_listed(database: &TestDatabase) -> TestResult {
    for (rule, reason) in [
        ("indexes", "unknown kind of difference `indexes`, not one of table, column, type,"),
        ("index,x@posts", "unknown kind of difference `x`"),
        ("", "unknown kind of difference ``"),
        ("posts.title", "unknown kind of difference `posts.title`"),
        ("index@", "no place after `@` in `index@`"),
    ] {
        for command in ["check", "diff", "revision"] {
            let output = run(database, &[command, "--ignore", rule])?;
            assert_eq!(output.code, Some(2), "{output}");
            assert!(output.stderr.contains(reason), "{output}");
            assert!(!database.file().exists());
        }
    }
    let listed = run(database, &["check", "--ignore", "x"])?.stderr;
    assert!(listed.contains("foreign-key") && listed.contains("type-unstated") && listed.contains("view"), "{listed}");
    Ok(())
}
