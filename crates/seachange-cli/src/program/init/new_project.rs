//! A whole new project.

use std::path::Path;

use chrono::{SecondsFormat, Utc};
use seachange_source::{MethodBody, NewRevision, RevisionBody, new_id, render, slug};

use super::{CrateArgs, PlannedProject, container};
use crate::diagnostic::Diagnostic;
use crate::file_plan::FilePlan;
use crate::project::shown;
use crate::scaffold::{check_name, env_example, name_of, toml};

/// The files of a project, with their templates.
const FILES: [(&str, &str); 16] = [
    ("Cargo.toml", include_str!("../../template/project/Cargo.toml.txt")),
    ("README.md", include_str!("../../template/project/README.md.txt")),
    (".gitignore", include_str!("../../template/project/gitignore.txt")),
    ("app/Cargo.toml", include_str!("../../template/project/app/Cargo.toml.txt")),
    ("app/src/lib.rs", include_str!("../../template/project/app/src/lib.rs.txt")),
    ("app/src/main.rs", include_str!("../../template/project/app/src/main.rs.txt")),
    ("entity/Cargo.toml", include_str!("../../template/project/entity/Cargo.toml.txt")),
    ("entity/src/lib.rs", include_str!("../../template/project/entity/src/lib.rs.txt")),
    ("entity/src/post.rs", include_str!("../../template/project/entity/src/post.rs.txt")),
    ("migration/Cargo.toml", include_str!("../../template/project/migration/Cargo.toml.txt")),
    ("migration/build.rs", include_str!("../../template/crate/build.rs.txt")),
    ("migration/src/lib.rs", include_str!("../../template/crate/lib.rs.txt")),
    ("migration/src/main.rs", include_str!("../../template/project/migration/main.rs.txt")),
    ("tests/Cargo.toml", include_str!("../../template/project/tests/Cargo.toml.txt")),
    ("tests/src/lib.rs", include_str!("../../template/project/tests/src/lib.rs.txt")),
    ("tests/tests/posts.rs", include_str!("../../template/project/tests/tests/posts.rs.txt")),
];

/// The body of the first revision.
const UP: &str = r#"        let posts = Table::create()
            .table("posts")
            .col(pk_auto("id"))
            .col(string_len("title", 255))
            .to_owned();
        manager.create_table(posts).await
"#;

/// How it is reverted.
const DOWN: &str = r#"        manager
            .drop_table(Table::drop().table("posts").to_owned())
            .await
"#;

/// Plans the project in a folder that is new, or has none of these files.
pub(super) fn plan(args: &CrateArgs, here: &Path) -> Result<PlannedProject, Diagnostic> {
    let folder = args.dir.as_ref().map_or_else(|| here.to_owned(), |dir| here.join(dir));
    let name = name_of(&folder).unwrap_or_default();
    check_name(&name).map_err(|problem| problem.hint("give the folder another name"))?;
    if let Some(name) = &args.name {
        let message = format!("a new project calls its migration crate `migration`: `--name {name}` has no effect");
        return Err(Diagnostic::usage(message).hint("omit `--name`"));
    }
    let engine = args.engine(&folder)?;
    let databases = args.databases(&[]);
    let features: Vec<String> = databases.iter().copied().map(toml).collect();
    let replacements = [
        ("{name}", name.clone()),
        ("{seachange}", engine.requirement("seachange")),
        ("{source}", engine.requirement("seachange-source")),
        ("{databases}", features.join(", ")),
    ];
    let fill = |template: &str| {
        replacements.iter().fold(template.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    };
    let mut files = FilePlan::default();
    for (file, template) in FILES {
        files.create(folder.join(file), fill(template))?;
    }
    let recipes = include_str!("../../template/project/recipes.just.txt").replace("{name}", "migration");
    files
        .create(folder.join("justfile"), format!("{}{recipes}", include_str!("../../template/project/justfile.txt")))?;
    files.create_if_missing(folder.join(".env.example"), env_example());
    for (file, text) in container::files(&name, &engine, &databases) {
        files.create_if_missing(folder.join(file), text);
    }
    let (file, text) = first_revision();
    // The revision has a random id: it is written once.
    if !folder.join("migration").exists() {
        files.create(folder.join("migration/src/versions").join(file), text)?;
    }
    let go = (args.dir.is_some()).then(|| (format!("cd {}", shown(&folder)), "the new project"));
    let next = [("seachange up".to_owned(), "make the tables"), ("cargo run -p app".to_owned(), "start the service")];
    Ok(PlannedProject {
        files,
        root: folder.join("migration"),
        databases,
        folder,
        package: "migration".to_owned(),
        next: go.into_iter().chain(next).collect(),
        remarks: Vec::new(),
    })
}

/// The name and the text of the first revision.
fn first_revision() -> (String, String) {
    let now = Utc::now();
    let body = |text: &str| MethodBody { text: text.to_owned(), uses_manager: true };
    let new = NewRevision {
        id: new_id(),
        message: "create posts table".to_owned(),
        created: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        bodies: Some(RevisionBody { up: body(UP), down: body(DOWN), ..RevisionBody::default() }),
        ..NewRevision::default()
    };
    (format!("m{}_{}.rs", now.format("%Y%m%d"), slug(&new.message)), render(&new))
}

#[cfg(test)]
mod tests {
    use super::FILES;
    use crate::scaffold::tests::formatted;

    #[test]
    fn the_templates_are_formatted() {
        for (name, text) in FILES.iter().filter(|(name, _)| name.ends_with(".rs")) {
            assert_eq!(formatted(text), *text, "{name}");
        }
        let (name, text) = super::first_revision();
        assert_eq!(formatted(&text), text, "{name}");
    }
}
