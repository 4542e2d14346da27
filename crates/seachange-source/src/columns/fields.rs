//! Attributes, and the fields of structs and variants of enumerations, read from tokens.

use heck::{ToKebabCase, ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToTitleCase, ToUpperCamelCase};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::models::text;
use crate::tokens::{is_ident, is_punct, line};

/// Attributes that do not change the fields of the struct below them: those of the compiler, of derive macros, and macros
/// that add attributes for serde.
const HARMLESS: [&str; 20] = [
    "doc",
    "derive",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
    "cfg",
    "cfg_attr",
    "non_exhaustive",
    "must_use",
    "deprecated",
    "repr",
    "serde",
    "sea_orm",
    "automatically_derived",
    "model",
    "compact_model",
    "serde_as",
    "skip_serializing_none",
];

/// Crates and tools whose attributes do not change the fields either, if the last name is one of [`HARMLESS`], or any.
const ROOTS: [(&str, bool); 5] =
    [("rustfmt", true), ("clippy", true), ("diagnostic", true), ("sea_orm", false), ("serde_with", false)];

/// The attributes of an item, a field or a variant.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    list: Vec<Vec<TokenTree>>,
    /// The line of the first one.
    pub(super) line: Option<usize>,
}

/// One argument of `#[sea_orm(…)]`: the name, and the value as a text or as it is written.
type Argument = (String, Option<String>);

impl Attributes {
    /// Adds the contents of the brackets of an attribute.
    pub(super) fn push(&mut self, bracket: &TokenTree, contents: TokenStream) {
        self.line.get_or_insert(line(bracket));
        self.list.push(contents.into_iter().collect());
    }

    /// Whether a derive macro of this name is applied.
    pub(super) fn derives(&self, name: &str) -> bool {
        self.list.iter().filter(|own| is_named(own, "derive")).any(|own| mentions(own, &[name]))
    }

    /// Whether the item is compiled for tests only.
    pub(super) fn is_for_tests(&self) -> bool {
        let is_test = |own: &&Vec<TokenTree>| match own.as_slice() {
            [name, TokenTree::Group(group)] => is_ident(name, "cfg") && group.stream().to_string().trim() == "test",
            _ => false,
        };
        self.list.iter().any(|own| is_test(&own))
    }

    /// Whether the item, or what it derives, depends on a condition of the compilation.
    pub(super) fn is_conditional(&self) -> bool {
        self.list.iter().any(|own| {
            let changes = || mentions(own, &["sea_orm", "DeriveEntityModel", "DeriveColumn", "DeriveEntity"]);
            is_named(own, "cfg") || (is_named(own, "cfg_attr") && changes())
        })
    }

    /// The path of an attribute macro that runs before the derive macros, and may change what they see.
    pub(super) fn changing_macro(&self, derived: &str) -> Option<String> {
        let before = self.list.iter().take_while(|own| !(is_named(own, "derive") && mentions(own, &[derived])));
        let mut paths = before.map(|own| {
            let path = own.iter().take_while(|token| !matches!(token, TokenTree::Group(_)) && !is_punct(token, '='));
            path.map(ToString::to_string).collect::<String>()
        });
        paths.find(|path| match path.split_once("::") {
            None => !HARMLESS.contains(&path.as_str()),
            Some((root, name)) => !ROOTS.iter().any(|(own, any)| *own == root && (*any || HARMLESS.contains(&name))),
        })
    }

    /// The arguments of `#[sea_orm(…)]`.
    pub(super) fn arguments(&self) -> Vec<Argument> {
        let mut found = Vec::new();
        for own in self.list.iter().filter(|own| is_named(own, "sea_orm")) {
            let Some(TokenTree::Group(group)) = own.get(1) else { continue };
            for part in split(group.stream()) {
                let name = part.first().map(ToString::to_string).unwrap_or_default();
                let value = match part.as_slice() {
                    [_, equals, value @ ..] if is_punct(equals, '=') => Some(match value {
                        [one] => text(one).unwrap_or_else(|| one.to_string()),
                        several => spelled(several),
                    }),
                    _ => None,
                };
                found.push((name, value));
            }
        }
        found
    }
}

/// The last value of an argument.
pub(super) fn argument(arguments: &[Argument], name: &str) -> Option<String> {
    arguments.iter().rev().find(|(own, _)| own == name)?.1.clone()
}

/// Whether an argument is given, with or without a value.
pub(super) fn has(arguments: &[Argument], name: &str) -> bool {
    arguments.iter().any(|(own, _)| own == name)
}

/// A field of a struct.
pub(super) struct Field {
    pub(super) attributes: Attributes,
    /// The name, without `r#`.
    pub(super) name: String,
    /// The type, without white space.
    pub(super) rust_type: String,
}

/// Reads the fields between the braces of a struct; `None` for what is not a field.
pub(super) fn fields(body: TokenStream) -> Vec<Option<Field>> {
    split(body).into_iter().map(field).collect()
}

fn field(tokens: Vec<TokenTree>) -> Option<Field> {
    let (attributes, rest) = attributes(&tokens);
    let rest = match rest {
        [public, TokenTree::Group(group), rest @ ..]
            if is_ident(public, "pub") && group.delimiter() == Delimiter::Parenthesis =>
        {
            rest
        }
        [public, rest @ ..] if is_ident(public, "pub") => rest,
        rest => rest,
    };
    match rest {
        [TokenTree::Ident(name), colon, rust_type @ ..] if is_punct(colon, ':') && !rust_type.is_empty() => {
            Some(Field { attributes, name: plain(&name.to_string()), rust_type: spelled(rust_type) })
        }
        _ => None,
    }
}

/// Reads the variants between the braces of an enumeration, which have no values.
pub(super) fn variants(body: TokenStream) -> Vec<Option<(Attributes, String)>> {
    let variant = |tokens: Vec<TokenTree>| {
        let (attributes, rest) = attributes(&tokens);
        match rest {
            [TokenTree::Ident(name)] => Some((attributes, plain(&name.to_string()))),
            _ => None,
        }
    };
    split(body).into_iter().map(variant).collect()
}

/// The attributes at the beginning, and what follows.
fn attributes(tokens: &[TokenTree]) -> (Attributes, &[TokenTree]) {
    let (mut found, mut rest) = (Attributes::default(), tokens);
    while let [hash, bracket @ TokenTree::Group(group), after @ ..] = rest {
        if !is_punct(hash, '#') {
            break;
        }
        found.push(bracket, group.stream());
        rest = after;
    }
    (found, rest)
}

/// The parts between commas, those in angle brackets left together; empty ones are left out.
pub(super) fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let (mut parts, mut part, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    let mut after_minus = false;
    for token in tokens {
        if is_punct(&token, '<') {
            depth += 1;
        } else if is_punct(&token, '>') && !after_minus {
            depth = depth.saturating_sub(1);
        }
        after_minus = is_punct(&token, '-');
        match is_punct(&token, ',') && depth == 0 {
            true => parts.push(std::mem::take(&mut part)),
            false => part.push(token),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The tokens as text without white space.
fn spelled(tokens: &[TokenTree]) -> String {
    let text: String = tokens.iter().map(ToString::to_string).collect();
    text.split_whitespace().collect()
}

/// A name without `r#`.
fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

fn is_named(attribute: &[TokenTree], name: &str) -> bool {
    attribute.first().is_some_and(|first| is_ident(first, name))
}

/// Whether one of the names is among the tokens, at any depth.
pub(super) fn mentions(tokens: &[TokenTree], names: &[&str]) -> bool {
    tokens.iter().any(|token| match token {
        TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        TokenTree::Group(group) => mentions(&group.stream().into_iter().collect::<Vec<_>>(), names),
        _ => false,
    })
}

/// The name of the variant of `Column` for a field.
pub(super) fn variant_of(field: &str, arguments: &[Argument]) -> String {
    argument(arguments, "enum_name").unwrap_or_else(|| field.to_upper_camel_case())
}

/// The column of a field in a model from which the entity is derived, as sea-orm-macros names it; `Err` for a style of
/// `rename_all` that does not exist.
pub(super) fn column_of(field: &str, arguments: &[Argument], style: Option<&str>) -> Result<String, ()> {
    if let Some(name) = argument(arguments, "column_name") {
        return Ok(name);
    }
    if let Some(style) = style {
        return styled(&field.to_upper_camel_case(), style).ok_or(());
    }
    let usual = field.to_upper_camel_case().to_snake_case();
    match argument(arguments, "enum_name") {
        Some(variant) if usual == field => Ok(variant.to_snake_case()),
        _ if usual == field => Ok(usual),
        _ => Ok(field.to_snake_case()),
    }
}

/// The column of a variant of `Column`, as `DeriveColumn` names it.
pub(super) fn column_of_variant(variant: &str, arguments: &[Argument]) -> String {
    argument(arguments, "column_name").unwrap_or_else(|| variant.to_snake_case())
}

/// A name in a style of `rename_all`.
fn styled(name: &str, style: &str) -> Option<String> {
    Some(match style {
        "camel_case" | "PascalCase" => name.to_upper_camel_case(),
        "camelCase" => {
            let name = name.to_upper_camel_case();
            let mut rest = name.chars();
            let first: String = rest.next().map(|first| first.to_lowercase().collect()).unwrap_or_default();
            first + rest.as_str()
        }
        "snake_case" | "snek_case" => name.to_snake_case(),
        "kebab_case" | "kebab-case" => name.to_kebab_case(),
        "SCREAMING-KEBAB-CASE" => name.to_kebab_case().to_uppercase(),
        "shouty_snake_case" | "shouty_snek_case" | "SCREAMING_SNAKE_CASE" => name.to_shouty_snake_case(),
        "title_case" => name.to_title_case(),
        "mixed_case" => name.to_lower_camel_case(),
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        _ => return None,
    })
}
