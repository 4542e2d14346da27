//! The files that a revision includes: `include_str!`, `include_bytes!` and `include!`.
//!
//! What such a file holds is part of the code, so it is part of the hash. A path is read as rustc reads it, relative to the file
//! that names it, if it is made of string literals, `concat!` and `env!("CARGO_MANIFEST_DIR")`. A path that is made otherwise, by
//! a macro of the revision's own say, is not resolved, and its file does not count. A file that cannot be read is rustc's
//! to report.

use std::fs;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use sha2::{Digest, Sha256};

use crate::hash::{canonical, documentation};
use crate::tokens::{is_punct, tokenise};

/// How deep included code may include other code; rustc ends an endless inclusion in the same way.
const DEPTH: usize = 32;

/// Before the contents of each included file: a byte that neither UTF-8 nor the end of a token has.
const START_OF_INCLUSION: u8 = 0xfe;

/// What a macro makes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InclusionKind {
    Text,
    Bytes,
    Code,
}

/// The files that a revision includes, and what they add to what is hashed.
#[derive(Debug, Default)]
pub(crate) struct Inclusions {
    /// The files, each once, in the order in which they are named, whether or not they are there.
    pub(crate) files: Vec<PathBuf>,
    /// What they add; empty without any.
    pub(crate) canonical: Vec<u8>,
}

impl Inclusions {
    /// Reads the files that the code in `file` includes. The folder of the crate is the first one above the file that holds
    /// a `Cargo.toml`.
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

/// Finds the macros in the order of the text, but for those in documentation.
fn find(tokens: &[TokenTree], found: &mut Vec<(InclusionKind, Vec<TokenTree>)>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let skipped = if is_punct(token, '#') { documentation(&tokens[at..]) } else { 0 };
        if let (0, TokenTree::Group(group)) = (skipped, token) {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            match kind(&tokens[..at]) {
                Some(kind) => found.push((kind, inner)),
                None => find(&inner, found),
            }
        }
        at += skipped.max(1);
    }
}

/// What the macro whose arguments follow these tokens includes.
fn kind(before: &[TokenTree]) -> Option<InclusionKind> {
    let [.., TokenTree::Ident(name), bang] = before else { return None };
    match name.to_string().as_str() {
        _ if !is_punct(bang, '!') => None,
        "include_str" => Some(InclusionKind::Text),
        "include_bytes" => Some(InclusionKind::Bytes),
        "include" => Some(InclusionKind::Code),
        _ => None,
    }
}

/// The file that a macro in `file` names by these arguments.
fn resolved(file: &Path, arguments: &[TokenTree]) -> Option<PathBuf> {
    let path = text(file, arguments)?;
    Some(without_detours(&file.parent()?.join(path)))
}

/// The text that an expression stands for: a literal, `concat!` or `env!("CARGO_MANIFEST_DIR")`, with a comma behind it or not.
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

/// The path without `.`, and without `..` behind a folder of the path that is no link.
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
