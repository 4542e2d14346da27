//! The tables and columns that the entities in a source text use, and what cannot be read out of it.
//!
//! Both forms of entities are read, `DeriveEntityModel` and the one that is written out, with the names that
//! sea-orm-macros 2 gives to columns. What depends on the compilation is a doubt, and never left out: a macro, a
//! condition, a function. The text is never executed.

mod fields;

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use self::fields::{
    Attributes, Field, argument, column_of, column_of_variant, fields, has, mentions, variant_of, variants,
};
use crate::models::returned;
use crate::tokens::{is_ident, is_punct, line, tokenise};

/// What a source text says of entities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceEntities {
    /// The entities.
    pub entities: Vec<SourceEntity>,
    /// Entities of which not even the table is known: the line, and why.
    pub unreadable: Vec<(usize, String)>,
    /// Macros that are called where items are, by line: what they make is not known.
    pub macro_calls: Vec<(usize, String)>,
    /// Macros that the text defines, and that make no entities.
    pub harmless_macros: BTreeSet<String>,
}

/// An entity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceEntity {
    /// The table.
    pub table: String,
    /// The schema, if the entity names one.
    pub schema: Option<String>,
    /// The line of the entity, from 1.
    pub line: usize,
    /// The columns, in their order.
    pub columns: Vec<SourceColumn>,
    /// Why it may have other columns, or may not exist.
    pub doubt: Option<String>,
}

/// A column of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceColumn {
    /// The name in the database.
    pub name: String,
    /// The type of the field without `Option` and without white space; `None` if it is not known which type this is.
    pub rust_type: Option<String>,
    /// Whether the field is an `Option`.
    pub is_optional: bool,
    /// Whether the entity leaves the value of a new row to the database: a key of one column.
    pub is_numbered: bool,
    /// Whether the column is read or written through a cast.
    pub is_cast: bool,
}

/// The words that every entity has.
const WORDS: [&str; 3] = ["DeriveEntityModel", "EntityName", "DeriveEntity"];

/// Macros that make no entities.
const KNOWN_MACROS: [&str; 12] = [
    "thread_local",
    "lazy_static",
    "compile_error",
    "include_str",
    "include_bytes",
    "bitflags",
    "assert_impl_all",
    "const_assert",
    "task_local",
    "include_proto",
    "include_revisions",
    "revision_sql",
];

/// Whether a text can have an entity that it does not make by a macro.
#[must_use]
pub fn may_have_entities(text: &str) -> bool {
    WORDS.iter().any(|word| text.contains(word))
}

/// Reads the entities in a text.
///
/// # Errors
///
/// The line at which the text is not Rust.
pub fn read_entities(text: &str) -> Result<SourceEntities, usize> {
    let tokens = tokenise(text).map_err(|(line, _)| line)?;
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut reader = Reader::default();
    reader.module(&tokens, None);
    let Reader { mut found, foreign } = reader;
    // A name that the text declares or imports may stand for another type than SeaORM's.
    for column in found.entities.iter_mut().flat_map(|entity| &mut entity.columns) {
        let is_foreign = |name: &str| foreign.contains(name.split('<').next().unwrap_or_default());
        if column.rust_type.as_deref().is_some_and(is_foreign) {
            column.rust_type = None;
        }
    }
    Ok(found)
}

/// The items of a module that make an entity together.
#[derive(Default)]
struct Scope {
    /// From `DeriveEntityModel`: the table if it is named there, and the rest.
    dense: Option<(Option<TableOf>, SourceEntity)>,
    /// From `impl EntityName`, or `DeriveEntity` with a table: the line, and the table or why it is not known.
    named: Vec<(usize, Result<TableOf, String>)>,
    /// The variants of `Column`, with their columns.
    columns: Option<Vec<(String, String)>>,
    model: Vec<Field>,
    /// How many variants `PrimaryKey` has, and the first one.
    keys: Vec<String>,
    auto_increment: Option<bool>,
    is_cast: bool,
    doubt: Option<String>,
}

/// A schema and a table.
type TableOf = (Option<String>, String);

#[derive(Default)]
struct Reader {
    found: SourceEntities,
    /// Names of types that the text declares itself, or imports from elsewhere than SeaORM and the crates it uses.
    foreign: BTreeSet<String>,
}

impl Reader {
    /// Reads the items of a module; `condition` says why the module may not exist.
    fn module(&mut self, tokens: &[TokenTree], condition: Option<&str>) {
        let mut scope = Scope { doubt: condition.map(str::to_owned), ..Scope::default() };
        let mut attributes = Attributes::default();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let [hash, bracket @ TokenTree::Group(group), ..] = rest
                && is_punct(hash, '#')
            {
                attributes.push(bracket, group.stream());
                at += 2;
                continue;
            }
            let length = self.item(rest, &attributes, &mut scope);
            at += length.max(1);
            // `pub`, `pub(crate)`, `unsafe` and the like are tokens before the item.
            if length > 0 {
                attributes = Attributes::default();
            }
        }
        self.close(scope);
    }

    /// Reads the item at the beginning, and returns its number of tokens; 0 if none begins there.
    fn item(&mut self, tokens: &[TokenTree], attributes: &Attributes, scope: &mut Scope) -> usize {
        let [TokenTree::Ident(keyword), ..] = tokens else { return 0 };
        let until = |is_end: &dyn Fn(&TokenTree) -> bool| {
            tokens.iter().position(is_end).map_or(tokens.len(), |position| position + 1)
        };
        let to_braces = until(&|token| is_punct(token, ';') || braces(token).is_some());
        let to_semicolon = until(&|token| is_punct(token, ';'));
        let body = tokens[..to_braces].last().and_then(braces);
        let is_for_tests = attributes.is_for_tests();
        match (keyword.to_string().as_str(), tokens.get(1)) {
            (_, Some(bang)) if is_punct(bang, '!') => self.macro_call(tokens, scope),
            (_, Some(colon)) if is_punct(colon, ':') => {
                let path = until(&|token| is_punct(token, '!'));
                let is_path = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(token, ':');
                let is_call = path < tokens.len() && path > 1 && tokens[..path - 1].iter().all(is_path);
                if is_call { path - 2 + self.macro_call(&tokens[path - 2..], scope) } else { 0 }
            }
            ("mod", Some(_)) => {
                let condition = attributes.is_conditional().then(|| CONDITION.to_owned()).or(scope.doubt.clone());
                if let Some(body) = body.filter(|_| !is_for_tests) {
                    self.module(&body, condition.as_deref());
                }
                to_braces
            }
            ("struct" | "enum", Some(TokenTree::Ident(name))) => {
                self.foreign.insert(name.to_string());
                if let Some(body) = body.filter(|_| !is_for_tests) {
                    let body: TokenStream = body.into_iter().collect();
                    match is_ident(&tokens[0], "struct") {
                        true => Self::structure(&tokens[0], body, attributes, scope),
                        false => enumeration(&name.to_string(), body, attributes, scope),
                    }
                } else if attributes.derives("DeriveEntity") {
                    derived_entity(line(&tokens[0]), attributes, scope);
                }
                to_braces
            }
            ("impl", Some(_)) => {
                if let Some(body) = body {
                    implementation(&tokens[..to_braces - 1], &body, attributes, scope);
                    self.hidden(&body, line(&tokens[0]), "an implementation");
                }
                to_braces
            }
            ("const", Some(next)) if is_ident(next, "fn") || is_ident(next, "unsafe") || is_ident(next, "async") => 0,
            ("fn" | "trait" | "union", Some(_)) => {
                if let Some(body) = body.filter(|_| !is_for_tests) {
                    self.hidden(&body, line(&tokens[0]), "a function or a trait");
                }
                to_braces
            }
            ("extern", Some(TokenTree::Literal(_))) if tokens.get(2).is_some_and(|next| is_ident(next, "fn")) => 2,
            ("use", Some(root)) => {
                if !is_of_sea_orm(root) {
                    names(&tokens[..to_semicolon], &mut self.foreign);
                }
                to_semicolon
            }
            ("type" | "const" | "static" | "extern", Some(next)) => {
                if let TokenTree::Ident(name) = next {
                    self.foreign.insert(name.to_string());
                }
                let end = if is_ident(&tokens[0], "extern") { to_braces } else { to_semicolon };
                self.hidden(&tokens[..end], line(&tokens[0]), "a constant");
                end
            }
            _ => 0,
        }
    }

    /// Notes entities where they are not looked for.
    fn hidden(&mut self, tokens: &[TokenTree], line: usize, place: &str) {
        if mentions(tokens, &["DeriveEntityModel", "DeriveEntity"]) {
            self.found.unreadable.push((line, format!("an entity inside of {place} is not read")));
        }
    }

    /// Reads `name! { … }` or `macro_rules! name { … }`, and returns the number of tokens.
    fn macro_call(&mut self, tokens: &[TokenTree], scope: &mut Scope) -> usize {
        let (name, line) = (tokens[0].to_string(), line(&tokens[0]));
        let defined = match (name.as_str(), tokens.get(2)) {
            ("macro_rules", Some(TokenTree::Ident(defined))) => Some(defined.to_string()),
            _ => None,
        };
        let group = if defined.is_some() { 3 } else { 2 };
        let Some(TokenTree::Group(body)) = tokens.get(group) else { return 1 };
        let length = group + 1 + usize::from(tokens.get(group + 1).is_some_and(|next| is_punct(next, ';')));
        let contents: Vec<TokenTree> = body.stream().into_iter().collect();
        let makes_entities = mentions(&contents, &WORDS);
        match (defined, makes_entities) {
            (Some(defined), _) => {
                if makes_entities {
                    let reason = format!("the macro `{defined}!` makes entities");
                    self.found.unreadable.push((line, reason));
                }
                self.found.harmless_macros.insert(defined);
            }
            (None, true) => {
                let reason = format!("the macro `{name}!` may change the entity that it gets");
                self.found.unreadable.push((line, reason));
            }
            (None, false) if KNOWN_MACROS.contains(&name.as_str()) => {}
            (None, false) => {
                if mentions(&contents, &["Model", "Column", "DeriveColumn", "DeriveModel"]) {
                    scope.doubt.get_or_insert(format!("the macro `{name}!` may make a part of it"));
                }
                self.found.macro_calls.push((line, name));
            }
        }
        length
    }

    fn structure(keyword: &TokenTree, body: TokenStream, attributes: &Attributes, scope: &mut Scope) {
        let line = attributes.line.unwrap_or(line(keyword));
        if attributes.derives("DeriveEntityModel") {
            let entity = dense(line, body, attributes, scope.doubt.clone());
            if scope.dense.is_some() {
                scope.doubt.get_or_insert("the module has several models".to_owned());
            }
            let arguments = attributes.arguments();
            let table = argument(&arguments, "table_name").map(|table| (argument(&arguments, "schema_name"), table));
            scope.dense = Some((table, entity));
        } else if attributes.derives("DeriveModel") {
            let read = fields(body);
            if attributes.is_conditional() || read.iter().any(Option::is_none) {
                scope.doubt.get_or_insert(CONDITION.to_owned());
            }
            scope.model = read.into_iter().flatten().collect();
        } else if attributes.derives("DeriveEntity") {
            derived_entity(line, attributes, scope);
        } else if attributes.is_conditional() && body.to_string().contains("sea_orm") {
            scope.doubt.get_or_insert(CONDITION.to_owned());
        }
    }

    /// Makes the entity of a module.
    fn close(&mut self, scope: Scope) {
        let Scope { dense, named, columns, model, keys, auto_increment, is_cast, doubt } = scope;
        let several = (named.len() > 1).then(|| "the module has several entities".to_owned());
        let doubt = doubt.or(several);
        if let Some((Some((schema, table)), entity)) = dense {
            self.found.entities.push(SourceEntity { table, schema, doubt: entity.doubt.clone().or(doubt), ..entity });
            return;
        }
        let written = dense.map(|(_, entity)| entity);
        if let (Some(entity), true) = (&written, named.is_empty()) {
            self.found.unreadable.push((entity.line, "the model names no table".to_owned()));
        }
        for (line, table) in named {
            let (schema, table) = match table {
                Ok(table) => table,
                Err(reason) => {
                    self.found.unreadable.push((line, reason));
                    continue;
                }
            };
            if let Some(entity) = &written {
                let doubt = entity.doubt.clone().or_else(|| doubt.clone());
                self.found.entities.push(SourceEntity { table, schema, doubt, ..entity.clone() });
                continue;
            }
            let is_numbered = |variant: &str| match keys.as_slice() {
                [key] => key == variant && auto_increment != Some(false),
                _ => false,
            };
            let column = |(variant, name): &(String, String)| {
                let field =
                    model.iter().find(|field| variant_of(&field.name, &field.attributes.arguments()) == *variant);
                let (rust_type, is_optional) = field.map_or((None, false), |field| {
                    let (inner, is_optional) = without_option(&field.rust_type);
                    (Some(inner), is_optional)
                });
                let (name, is_numbered) = (name.clone(), is_numbered(variant));
                SourceColumn { name, rust_type, is_optional, is_numbered, is_cast }
            };
            let absent = columns.is_none().then(|| "its columns are not derived by `DeriveColumn`".to_owned());
            let columns = columns.iter().flatten().map(column).collect();
            self.found.entities.push(SourceEntity { table, schema, line, columns, doubt: doubt.clone().or(absent) });
        }
    }
}

const CONDITION: &str = "a condition of the compilation decides whether it exists, or what it has";

/// Reads a model from which an entity is derived; the table is not set.
fn dense(line: usize, body: TokenStream, attributes: &Attributes, condition: Option<String>) -> SourceEntity {
    let arguments = attributes.arguments();
    let style = argument(&arguments, "rename_all");
    let mut doubt = condition.or_else(|| attributes.is_conditional().then(|| CONDITION.to_owned())).or_else(|| {
        let changing = attributes.changing_macro("DeriveEntityModel")?;
        Some(format!("the attribute `#[{changing}]` may change it"))
    });
    let (mut columns, mut keys, mut auto_increment) = (Vec::new(), Vec::new(), None);
    for field in fields(body) {
        let Some(Field { attributes, name, rust_type }) = field else {
            doubt.get_or_insert("a field of it cannot be read".to_owned());
            continue;
        };
        let arguments = attributes.arguments();
        if has(&arguments, "ignore") || is_relation(&rust_type) {
            continue;
        }
        if attributes.is_conditional() {
            doubt.get_or_insert(format!("a condition of the compilation decides about its field `{name}`"));
        }
        let Ok(column) = column_of(&name, &arguments, style.as_deref()) else {
            doubt.get_or_insert("the style of `rename_all` is unknown".to_owned());
            continue;
        };
        let (inner, is_optional) = without_option(&rust_type);
        let auto = argument(&arguments, "auto_increment");
        auto_increment = auto.map(|value| value == "true").or(auto_increment);
        if has(&arguments, "primary_key") {
            keys.push(columns.len());
            if auto_increment.is_none() && (inner.ends_with("String") || inner.ends_with("Uuid")) {
                auto_increment = Some(false);
            }
        }
        let is_cast = has(&arguments, "select_as") || has(&arguments, "save_as");
        columns.push(SourceColumn { name: column, rust_type: Some(inner), is_optional, is_numbered: false, is_cast });
    }
    if let ([key], true) = (keys.as_slice(), auto_increment != Some(false)) {
        columns[*key].is_numbered = true;
    }
    SourceEntity { table: String::new(), schema: None, line, columns, doubt }
}

/// Notes `#[derive(DeriveEntity)]`, which names the table itself or leaves that to an implementation of `EntityName`.
fn derived_entity(line: usize, attributes: &Attributes, scope: &mut Scope) {
    let arguments = attributes.arguments();
    if let Some(table) = argument(&arguments, "table_name") {
        scope.named.push((line, Ok((argument(&arguments, "schema_name"), table))));
    }
    if ["column", "model"].iter().any(|name| has(&arguments, name)) {
        scope.doubt.get_or_insert("its columns have another name than `Column`".to_owned());
    }
    if attributes.is_conditional() {
        scope.doubt.get_or_insert(CONDITION.to_owned());
    }
}

fn enumeration(name: &str, body: TokenStream, attributes: &Attributes, scope: &mut Scope) {
    if attributes.derives("DerivePrimaryKey") {
        scope.keys = variants(body).into_iter().flatten().map(|(_, name)| name).collect();
    } else if attributes.derives("DeriveColumn") && name == "Column" {
        let read = variants(body);
        if attributes.is_conditional() || read.iter().flatten().any(|(own, _)| own.is_conditional()) {
            scope.doubt.get_or_insert(CONDITION.to_owned());
        }
        if read.iter().any(Option::is_none) {
            scope.doubt.get_or_insert("a variant of `Column` cannot be read".to_owned());
        }
        let column = |(attributes, name): (Attributes, String)| {
            let column = column_of_variant(&name, &attributes.arguments());
            (name, column)
        };
        scope.columns = Some(read.into_iter().flatten().map(column).collect());
    }
}

/// Reads an implementation whose tokens before the braces are `header`.
fn implementation(header: &[TokenTree], body: &[TokenTree], attributes: &Attributes, scope: &mut Scope) {
    let implements = |name: &str| header.windows(2).any(|pair| is_ident(&pair[0], name) && is_ident(&pair[1], "for"));
    if implements("EntityName") {
        let found = returned(body, "table_name");
        let has_schema = body.windows(2).any(|pair| is_ident(&pair[0], "fn") && is_ident(&pair[1], "schema_name"));
        let schema = returned(body, "schema_name");
        let is_schema_read = !has_schema || schema.is_some() || returns_none(body);
        let table = match found {
            Some(table) if is_schema_read => Ok((schema, table)),
            _ => Err("the table of the entity is computed".to_owned()),
        };
        scope.named.push((line(&header[0]), table));
        if attributes.is_conditional() {
            scope.doubt.get_or_insert(CONDITION.to_owned());
        }
    } else if implements("PrimaryKeyTrait") {
        scope.auto_increment = Some(mentions(body, &["true"]));
    } else if implements("ColumnTrait") {
        scope.is_cast |= mentions(body, &["select_as", "save_as", "select_enum_as", "save_enum_as"]);
    } else if (implements("IdenStatic") || implements("Iden"))
        && header.last().is_some_and(|own| is_ident(own, "Column"))
    {
        scope.doubt.get_or_insert("its columns are named by a function".to_owned());
    }
}

/// Whether `fn schema_name` returns `None`.
fn returns_none(body: &[TokenTree]) -> bool {
    let at = body.windows(2).position(|pair| is_ident(&pair[0], "fn") && is_ident(&pair[1], "schema_name"));
    let braces = at.and_then(|at| body[at..].iter().find_map(braces));
    braces.is_some_and(|braces| matches!(braces.as_slice(), [one] if is_ident(one, "None")))
}

/// Whether a field of this type is a relation in `#[sea_orm::model]`.
fn is_relation(rust_type: &str) -> bool {
    let head = rust_type.split('<').next().unwrap_or_default();
    matches!(head.rsplit("::").next(), Some("BelongsTo" | "HasOne" | "HasMany"))
}

/// The type in an `Option`, and whether there is one.
fn without_option(rust_type: &str) -> (String, bool) {
    let short = ["::std::option::", "std::option::", "::core::option::", "core::option::"]
        .iter()
        .find_map(|path| rust_type.strip_prefix(path))
        .unwrap_or(rust_type);
    match short.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        Some(inner) => (inner.to_owned(), true),
        None => (rust_type.to_owned(), false),
    }
}

/// Whether a path begins at SeaORM or a crate whose types it reads.
fn is_of_sea_orm(root: &TokenTree) -> bool {
    const ROOTS: [&str; 10] =
        ["sea_orm", "std", "core", "alloc", "chrono", "time", "uuid", "rust_decimal", "bigdecimal", "serde_json"];
    ROOTS.iter().any(|name| is_ident(root, name))
}

/// Adds all names among the tokens.
fn names(tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
            TokenTree::Group(group) => names(&group.stream().into_iter().collect::<Vec<_>>(), found),
            _ => {}
        }
    }
}

/// The tokens between braces.
fn braces(token: &TokenTree) -> Option<Vec<TokenTree>> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
