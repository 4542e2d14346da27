//! Rules about the files of revisions, and about their graph.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use seachange_cli::Diagnostic;

use super::source::RevisionSource;
use crate::cli::context::Context;
use crate::impact::{Finding, RevisionImpact};

/// The crate of entities in a project that SeaORM's command line has made.
const ENTITY_CRATE: &str = "entity";

/// The findings about each measured revision.
pub(super) fn findings(context: &Context, measured: &[RevisionImpact]) -> Result<Vec<Vec<Finding>>, Diagnostic> {
    let mut crates = context.project.entities.crate_names();
    crates.insert(ENTITY_CRATE);
    crates.remove("seachange");
    let stray = context.graph()?.stray_heads();
    let of_revision = |impact: &RevisionImpact| {
        let source = RevisionSource::read(context, impact);
        let tokens = source.text().parse().unwrap_or_default();
        let mut found = Vec::new();
        found.extend(crates.iter().filter_map(|name| of_entity(&tokens, name)));
        found.extend(of_downgrade(&tokens, impact));
        let id = impact.script.revision.id;
        if stray.iter().any(|head| head.id == id) {
            let others: Vec<String> =
                stray.iter().filter(|head| head.id != id).map(|head| format!("`{}`", head.id)).collect();
            let message = format!("`{id}` is a head, and so is {}", others.join(", "));
            let finding = Finding::new("several-heads", None, id, message);
            found.push(finding.with_help("join them with `merge heads`, or give the branches labels"));
        }
        found
    };
    Ok(measured.iter().map(of_revision).collect())
}

/// A path that begins with the name of a crate of entities.
fn of_entity(tokens: &TokenStream, name: &str) -> Option<Finding> {
    let path = path_from(tokens, name)?;
    let message = format!("it uses `{path}`, which changes with the service: what the revision does then changes too");
    let finding = Finding::new("entity-in-revision", None, name, message);
    Some(finding.with_help("name tables and columns in the revision itself, as `Alias::new` or an `Iden` does"))
}

/// The first path that begins with the name of a crate: the name and the name after it.
fn path_from(tokens: &TokenStream, name: &str) -> Option<String> {
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (place, token) in all.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                if let Some(path) = path_from(&group.stream(), name) {
                    return Some(path);
                }
            }
            TokenTree::Ident(ident) if *ident == name => {
                let is_colon = |place: usize| all.get(place).is_some_and(|token| is_punct(token, ':'));
                let continues = is_colon(place + 1) && is_colon(place + 2);
                // `crate::entity::posts` is a module of the migration crate; `::entity::posts` is the crate.
                let is_inner = place >= 3 && is_colon(place - 1) && matches!(all[place - 3], TokenTree::Ident(_));
                if continues && !is_inner {
                    let next = match all.get(place + 3) {
                        Some(TokenTree::Ident(next)) => format!("::{next}"),
                        _ => String::new(),
                    };
                    return Some(format!("{name}{next}"));
                }
            }
            _ => {}
        }
    }
    None
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// What the file says of the downgrade of a revision that changes the schema.
fn of_downgrade(tokens: &TokenStream, impact: &RevisionImpact) -> Vec<Finding> {
    if impact.changes.is_empty() || tokens.is_empty() || !impact.script.revision.replaces.is_empty() {
        return Vec::new();
    }
    let why = downgrade(tokens).map_or(Some("it has no `down`"), |body| reverts_nothing(&body));
    let Some(why) = why else {
        let losses = impact.losses_of_present_rows().into_iter().map(|(object, loss)| {
            let message = format!("{loss}, and `down` cannot restore them");
            Finding::new("irreversible-down", None, object, message)
        });
        return losses.collect();
    };
    let message = format!("it changes the schema, and {why}: `down` of the command line cannot revert it");
    let finding = Finding::new("no-downgrade", None, impact.script.revision.id, message);
    vec![finding.with_help("write `down`, or allow it with the reason why the revision is never reverted")]
}

/// The tokens in the body of `fn down`.
fn downgrade(tokens: &TokenStream) -> Option<Vec<String>> {
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_ident = |token: &TokenTree, word: &str| matches!(token, TokenTree::Ident(ident) if *ident == word);
    let begin = all.windows(2).position(|pair| is_ident(&pair[0], "fn") && is_ident(&pair[1], "down"));
    let braces = |token: &TokenTree| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    };
    if let Some(begin) = begin {
        let body = all[begin..].iter().find_map(braces)?;
        return Some(body.into_iter().map(|token| token.to_string()).collect());
    }
    all.iter().filter_map(braces).find_map(|stream| downgrade(&stream))
}

/// Why a body reverts nothing, if all that it does is to return, with or without `let _ = manager;`, or to panic.
fn reverts_nothing(body: &[String]) -> Option<&'static str> {
    let words: Vec<&str> = body.iter().map(String::as_str).collect();
    let rest = match words.as_slice() {
        ["let", "_", "=", _, ";", rest @ ..] => rest,
        all => all,
    };
    match rest.strip_prefix(&["return"]).unwrap_or(rest) {
        [] | ["Ok", "(())"] | ["Ok", "(())", ";"] => Some("`down` does nothing"),
        ["Err", ..] => Some("`down` returns an error"),
        ["panic" | "todo" | "unimplemented" | "unreachable", "!", ..] => Some("`down` panics"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    use super::{downgrade, path_from, reverts_nothing};

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn paths_of_the_entity_crate_are_found() {
        let path = |text: &str| path_from(&tokens(text), "entity");
        assert_eq!(path("use entity::posts;"), Some("entity::posts".to_owned()));
        assert_eq!(path("fn up() { f(::entity::posts::Entity) }"), Some("entity::posts".to_owned()));
        assert_eq!(path("use entity::{posts, users};"), Some("entity".to_owned()));
        for other in ["use crate::entity::posts;", "let entity = 1;", "// entity::posts", "let a = \"entity::posts\";"]
        {
            assert_eq!(path(other), None, "{other}");
        }
    }

    #[test]
    fn empty_downgrades_are_found() {
        let check = |body: &str, expected: Option<&str>| {
            let text = format!("impl M for X {{ async fn down(&self, m: &S<'_>) -> Result<(), E> {{ {body} }} }}");
            let body = downgrade(&tokens(&text)).unwrap_or_default();
            assert_eq!(reverts_nothing(&body), expected, "{text}");
        };
        for body in ["Ok(())", "let _ = m; Ok(())", "return Ok(());"] {
            check(body, Some("`down` does nothing"));
        }
        for body in ["Err(e)", "let _ = m; Err(e)", "return Err(DbErr::Custom(a));"] {
            check(body, Some("`down` returns an error"));
        }
        for body in ["todo!()", "let _ = m; unimplemented!(\"no\")"] {
            check(body, Some("`down` panics"));
        }
        for body in ["m.drop(1).await", "if a { return Err(e); } m.drop(1).await", "m.drop(1).await?; Ok(())"] {
            check(body, None);
        }
        assert_eq!(downgrade(&tokens("impl M for X { async fn up(&self, m: &S) -> R { Ok(()) } }")), None);
    }
}
