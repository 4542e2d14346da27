//! The files that a revision includes: `include_str!`, `include_bytes!`, `include!`, and the `revision_sql!` of the engine.
//!
//! The contents of such a file are part of the code, and therefore part of the hash. A path made of string literals,
//! `concat!` and `env!("CARGO_MANIFEST_DIR")` is resolved as rustc does, relative to the file that names it. A path
//! made in another way, for example by a macro of the revision, is not resolved, and its file does not count. If a
//! file cannot be read, rustc reports it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use sha2::{Digest, Sha256};

use crate::hash::{canonical, documentation};
use crate::tokens::{is_punct, tokenise};

/// The maximum depth of included code that includes other code; rustc limits endless inclusion in the same way.
const DEPTH: usize = 32;

/// The byte before the contents of each included file; it is neither a UTF-8 byte nor the end of a token.
const START_OF_INCLUSION: u8 = 0xfe;

/// How a macro uses a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InclusionKind {
    Text,
    /// Several files, as text each.
    Texts,
    Bytes,
    Code,
}

/// The files that a revision includes, and the bytes that they add to the hash.
#[derive(Debug, Default)]
pub(crate) struct Inclusions {
    /// The files, each once, in the order in which they are named, including files that do not exist.
    pub(crate) files: Vec<PathBuf>,
    /// The bytes that they add; empty without files.
    pub(crate) canonical: Vec<u8>,
}

impl Inclusions {
    /// Reads the files that the code in `file` includes. The folder of the crate is the nearest one above the file
    /// that contains a `Cargo.toml`.
    pub(crate) fn of(file: &Path, tokens: &TokenStream) -> Self {
        let mut inclusions = Self::default();
        inclusions.read(file, tokens, 0);
        inclusions
    }

    fn read(&mut self, file: &Path, tokens: &TokenStream, depth: usize) {
        let mut found = Vec::new();
        find(&tokens.clone().into_iter().collect::<Vec<_>>(), &mut found);
        for (kind, path) in found {
            let Some(path) = resolved(file, &path) else { continue };
            self.canonical.push(START_OF_INCLUSION);
            self.add(kind, &path, depth);
            if !self.files.contains(&path) {
                self.files.push(path);
            }
        }
    }

    fn add(&mut self, kind: InclusionKind, path: &Path, depth: usize) {
        // Reading a device might never end.
        let Some(bytes) = path.is_file().then(|| fs::read(path).ok()).flatten() else { return };
        let text = (kind != InclusionKind::Bytes).then(|| String::from_utf8(bytes.clone()).ok()).flatten();
        let Some(text) = text else { return self.canonical.extend(Sha256::digest(&bytes)) };
        let code = (kind == InclusionKind::Code).then(|| tokenise(&text).ok()).flatten();
        let Some(code) = code else {
            // Git may have changed the line endings.
            return self.canonical.extend(Sha256::digest(text.replace("\r\n", "\n")));
        };
        self.canonical.extend(Sha256::digest(canonical(&code)));
        if depth < DEPTH {
            self.read(path, &code, depth + 1);
        }
    }
}

/// Finds the macros in the order of the text, except those in documentation.
fn find(tokens: &[TokenTree], found: &mut Vec<(InclusionKind, Vec<TokenTree>)>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let skipped = if is_punct(token, '#') { documentation(&tokens[at..]) } else { 0 };
        if let (0, TokenTree::Group(group)) = (skipped, token) {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            match kind(&tokens[..at]) {
                // Each argument of `revision_sql!` is a file.
                Some(InclusionKind::Texts) => {
                    let paths = inner.split(|token| is_punct(token, ',')).filter(|path| !path.is_empty());
                    found.extend(paths.map(|path| (InclusionKind::Text, path.to_vec())));
                }
                Some(kind) => found.push((kind, inner)),
                None => find(&inner, found),
            }
        }
        at += skipped.max(1);
    }
}

/// How the macro whose arguments follow these tokens includes a file; `None` for another macro.
fn kind(before: &[TokenTree]) -> Option<InclusionKind> {
    let [.., TokenTree::Ident(name), bang] = before else { return None };
    match name.to_string().as_str() {
        _ if !is_punct(bang, '!') => None,
        "include_str" => Some(InclusionKind::Text),
        "revision_sql" => Some(InclusionKind::Texts),
        "include_bytes" => Some(InclusionKind::Bytes),
        "include" => Some(InclusionKind::Code),
        _ => None,
    }
}

/// The path of the file that a macro in `file` names by these arguments.
fn resolved(file: &Path, arguments: &[TokenTree]) -> Option<PathBuf> {
    let path = text(file, arguments)?;
    Some(without_detours(&file.parent()?.join(path)))
}

/// The value of an expression: a literal, `concat!` or `env!("CARGO_MANIFEST_DIR")`, with or without a final comma.
fn text(file: &Path, expression: &[TokenTree]) -> Option<String> {
    match expression {
        [rest @ .., comma] if is_punct(comma, ',') => text(file, rest),
        [TokenTree::Literal(literal)] => literal_text(literal),
        [TokenTree::Group(group)] => text(file, &group.stream().into_iter().collect::<Vec<_>>()),
        [.., TokenTree::Ident(name), bang, TokenTree::Group(group)] if is_punct(bang, '!') => {
            let arguments: Vec<TokenTree> = group.stream().into_iter().collect();
            match name.to_string().as_str() {
                "concat" => {
                    let parts = arguments.split(|token| is_punct(token, ','));
                    parts.filter(|part| !part.is_empty()).map(|part| text(file, part)).collect()
                }
                "env" if text(file, &arguments)? == "CARGO_MANIFEST_DIR" => {
                    Some(crate_folder(file)?.to_str()?.to_owned())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The text of a literal as `concat!` writes it.
fn literal_text(literal: &proc_macro2::Literal) -> Option<String> {
    match syn::parse2(TokenTree::from(literal.clone()).into()).ok()? {
        syn::Lit::Str(text) => Some(text.value()),
        syn::Lit::Char(one) => Some(one.value().to_string()),
        syn::Lit::Int(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

fn crate_folder(file: &Path) -> Option<&Path> {
    file.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file())
}

/// The path without `.`, and without `..` after a folder of the path that is not a link.
fn without_detours(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        let goes_back = part == Component::ParentDir
            && matches!(short.components().next_back(), Some(Component::Normal(_)))
            && !short.is_symlink();
        match part {
            Component::CurDir => {}
            _ if goes_back => drop(short.pop()),
            part => short.push(part),
        }
    }
    short
}

#[cfg(test)]
mod tests;
