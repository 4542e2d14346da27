//! The models in the source files of an entity crate.
//!
//! A comparison with a database lists the entities by name. A test of the entity crate finds missing ones:
//!
//! ```no_run
//! # fn entities() -> impl Iterator<Item = String> { std::iter::empty() }
//! let mut named: Vec<String> = entities().collect();
//! named.sort();
//! let written: Vec<String> = seachange_source::models("src".as_ref())?.into_iter().map(|model| model.table).collect();
//! assert_eq!(named, written);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::LitStr;
use syn::parse::Parser;

use crate::tokens::{is_ident, is_punct};

/// A model that an entity is derived from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Model {
    /// The table, with its schema if the model names one: `billing.invoices`.
    pub table: String,
    /// The file.
    pub file: PathBuf,
}

/// Reads the models in `dir` and its subfolders: every struct with `DeriveEntityModel` and a `table_name`, and every
/// explicit `impl EntityName`, as in sea-orm-cli's expanded format. They are sorted by table.
///
/// # Errors
///
/// A folder or a file cannot be read. A file that is not valid Rust has no models; rustc reports what is wrong with
/// it.
pub fn models(dir: &Path) -> io::Result<Vec<Model>> {
    let mut models = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                models.extend(tables(&text).into_iter().map(|table| Model { table, file: path.clone() }));
            }
        }
    }
    models.sort();
    Ok(models)
}

/// The tables of the models in the text of a file.
fn tables(text: &str) -> Vec<String> {
    let tokens: Result<TokenStream, _> = text.parse();
    let mut found = Vec::new();
    if let Ok(tokens) = tokens {
        visit(tokens, &mut found);
    }
    found
}

fn visit(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut attributes: Vec<TokenStream> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Bracket && at > 0 && is_punct(&tokens[at - 1], '#') =>
            {
                attributes.push(group.stream());
            }
            TokenTree::Group(group) => {
                if is_entity_name(&tokens[..at]) {
                    found.extend(written_out(group.stream()));
                }
                visit(group.stream(), found);
                attributes.clear();
            }
            token if is_ident(token, "struct") => found.extend(table(&attributes)),
            token if is_punct(token, ';') => attributes.clear(),
            _ => {}
        }
    }
}

/// Whether the tokens end with `impl EntityName for` and a type.
fn is_entity_name(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., name, word, TokenTree::Ident(_)] if is_ident(name, "EntityName") && is_ident(word, "for"))
}

/// The table that the functions of an `EntityName` return.
fn written_out(functions: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = functions.into_iter().collect();
    let table = returned(&tokens, "table_name")?;
    Some(qualified(returned(&tokens, "schema_name"), table))
}

/// The text that a function returns, directly or in `Some`.
pub(crate) fn returned(tokens: &[TokenTree], function: &str) -> Option<String> {
    let at = tokens.windows(2).position(|window| is_ident(&window[0], "fn") && is_ident(&window[1], function))?;
    let body = tokens[at..].iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    })?;
    let body: Vec<TokenTree> = body.into_iter().collect();
    match body.as_slice() {
        [literal] => text(literal),
        [some, TokenTree::Group(group)] if is_ident(some, "Some") => text(&group.stream().into_iter().next()?),
        _ => None,
    }
}

fn qualified(schema: Option<String>, table: String) -> String {
    match schema {
        Some(schema) => format!("{schema}.{table}"),
        None => table,
    }
}

/// The table that the attributes of a struct name, if an entity is derived from it.
fn table(attributes: &[TokenStream]) -> Option<String> {
    let is_derived = |attribute: &TokenStream| {
        let arguments = arguments(attribute, "derive");
        arguments.is_some_and(|arguments| arguments.into_iter().any(|token| is_ident(&token, "DeriveEntityModel")))
    };
    if !attributes.iter().any(is_derived) {
        return None;
    }
    let value = |key: &str| {
        attributes
            .iter()
            .filter_map(|attribute| arguments(attribute, "sea_orm"))
            .find_map(|arguments| value(arguments, key))
    };
    let table = value("table_name")?;
    Some(qualified(value("schema_name"), table))
}

/// The contents of the parentheses of an attribute.
fn arguments(attribute: &TokenStream, name: &str) -> Option<TokenStream> {
    let mut tokens = attribute.clone().into_iter();
    match (tokens.next()?, tokens.next()?) {
        (first, TokenTree::Group(group)) if is_ident(&first, name) => Some(group.stream()),
        _ => None,
    }
}

/// The text in `key = "text"`.
fn value(arguments: TokenStream, key: &str) -> Option<String> {
    let tokens: Vec<TokenTree> = arguments.into_iter().collect();
    tokens.windows(3).find_map(|window| match window {
        [name, equals, literal] if is_ident(name, key) && is_punct(equals, '=') => text(literal),
        _ => None,
    })
}

/// The text of a literal.
pub(crate) fn text(literal: &TokenTree) -> Option<String> {
    let parser = |input: syn::parse::ParseStream<'_>| input.parse::<LitStr>();
    parser.parse2(TokenStream::from(literal.clone())).ok().map(|text| text.value())
}

#[cfg(test)]
mod tests {
    use super::tables;

    #[test]
    fn models_are_found_that_are_written_out() {
        let text = r##"
            #[derive(Copy, Clone, Default, Debug, DeriveEntity)]
            pub struct Entity;

            impl EntityName for Entity {
                fn schema_name(&self) -> Option<&str> {
                    Some("trade")
                }
                fn table_name(&self) -> &'static str {
                    "Order Details"
                }
            }

            pub mod orders {
                impl EntityName for Entity {
                    fn table_name(&self) -> &'static str {
                        "orders"
                    }
                }
            }

            impl Other for Entity {
                fn table_name(&self) -> &'static str {
                    "not_a_model"
                }
            }
        "##;
        assert_eq!(tables(text), ["trade.Order Details", "orders"]);
    }

    #[test]
    fn models_are_found_by_what_is_derived_from_them() {
        let text = r##"
            #[sea_orm::model]
            #[derive(Clone, DeriveEntityModel)]
            #[sea_orm(table_name = "posts")]
            pub struct Model { #[sea_orm(primary_key)] pub id: i32 }

            pub mod billing {
                #[derive(Clone, Debug, DeriveEntityModel, Eq)]
                #[sea_orm(schema_name = "billing", table_name = r#"invoices"#, comment = "what is owed")]
                pub struct Model { pub id: i32 }
            }

            #[derive(FromQueryResult)]
            #[sea_orm(table_name = "not_a_model")]
            pub struct Summary;

            #[derive(DeriveEntityModel)]
            struct WithoutTable { id: i32 }
        "##;
        assert_eq!(tables(text), ["posts", "billing.invoices"]);
        assert_eq!(tables("fn ("), Vec::<String>::new());
    }
}
