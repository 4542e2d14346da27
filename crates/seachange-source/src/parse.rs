//! One revision file: from its text to values.

use std::path::{Path, PathBuf};

use proc_macro2::TokenTree;
use seachange_graph::Revision;
use syn::Ident;

use crate::error::{FileError, FileErrorKind};
use crate::include::Inclusions;
use crate::tokens::{declarations, inner_doc_lines, is_public, is_punct, line, tokenise};
use crate::{constant, hash, message};

/// A revision file that was parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevisionFile {
    /// The file, under the folder that was scanned.
    pub path: PathBuf,
    /// The file's stem, which names the module.
    pub module: String,
    /// The first doc line; without one, the words of the file's name.
    pub message: String,
    /// The other doc lines, without empty lines at the start and the end; empty if there are no other doc lines.
    pub description: String,
    /// The id and the pointers.
    pub revision: Revision,
    /// The creation time of the revision, if the file states it. Not checked.
    pub created: Option<String>,
    /// The line of the constant, counted from 1.
    pub line: usize,
    /// The hash of the code; `None` where only the place in the graph was read, as by
    /// [`RevisionFiles`](crate::RevisionFiles).
    pub source: Option<SourceHash>,
}

/// The hash of a revision's code, and the files that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceHash {
    /// A SHA-256 of the file's tokens and of the files that it includes, as 64 lower-case hexadecimal digits; see
    /// [`hash`](mod@crate::hash).
    pub digest: String,
    /// The files that the revision includes, such as SQL by `include_str!`.
    pub included: Vec<PathBuf>,
}

/// What is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseScope {
    /// Everything.
    WithHash,
    /// Everything but the hash. The code below `pub struct Migration;` is not read, which rustc checks anyway: so a
    /// folder is read four times as fast.
    WithoutHash,
}

impl RevisionFile {
    /// Returns the name of the file, without its folder.
    pub fn file_name(&self) -> String {
        format!("{}.rs", self.module)
    }
}

/// Parses the `text` of the file at `path`. The file itself is not read, but the files that the text includes are
/// read for the hash.
///
/// Only the documentation, the constant and the sequence of tokens are read; rustc checks whether the rest compiles.
///
/// # Errors
///
/// All errors in the file.
///
/// ```
/// let text = r#"
///     //! add content column
///     pub const REVISION: Revision = Revision { id: "ae1027a6acf4", ..Revision::ROOT };
///     pub struct Migration;
/// "#;
/// let file = seachange_source::parse("versions/m20261121_add_content_column.rs".as_ref(), text)?;
/// assert_eq!(file.message, "add content column");
/// assert_eq!(file.revision.id, "ae1027a6acf4");
/// # Ok::<(), Vec<seachange_source::FileError>>(())
/// ```
pub fn parse(path: &Path, text: &str) -> Result<RevisionFile, Vec<FileError>> {
    parse_scope(path, text, ParseScope::WithHash)
}

/// Parses the documentation and the constant as [`parse`] does, without the files that the text includes: the result has
/// no hash. For texts that are not on the disk, such as those of an earlier commit.
///
/// # Errors
///
/// All errors in that part of the file.
pub fn parse_place(path: &Path, text: &str) -> Result<RevisionFile, Vec<FileError>> {
    parse_scope(path, text, ParseScope::WithoutHash)
}

/// Parses what `scope` says, as [`parse`] does.
pub(crate) fn parse_scope(path: &Path, text: &str, scope: ParseScope) -> Result<RevisionFile, Vec<FileError>> {
    if let Some(head) = head(text).filter(|_| scope == ParseScope::WithoutHash)
        && let Ok(file) = parse_text(path, head, scope)
    {
        return Ok(file);
    }
    parse_text(path, text, scope)
}

/// The text up to `pub struct Migration;` at the beginning of a line. If this is in a comment or in a string, the text
/// up to it has no such tokens, or does not end there.
fn head(text: &str) -> Option<&str> {
    const DECLARATION: &str = "\npub struct Migration;";
    Some(&text[..text.find(DECLARATION)? + DECLARATION.len()])
}

fn parse_text(path: &Path, text: &str, scope: ParseScope) -> Result<RevisionFile, Vec<FileError>> {
    let error = |(line, flaw)| FileError { file: path.to_owned(), line: Some(line), kind: flaw };
    let module = module_name(path).map_err(|error| vec![error])?;
    let stream = tokenise(text).map_err(|flaw| vec![error(flaw)])?;
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    let (constant, mut flaws) = match constant::read(&tokens) {
        Ok(constant) => (constant, Vec::new()),
        Err(flaws) => (constant::ParsedConstant::default(), flaws),
    };
    flaws.extend(check_migration(&tokens).err());
    if !flaws.is_empty() {
        return Err(flaws.into_iter().map(error).collect());
    }
    let (message, description) = documentation(&tokens, &module);
    let source = (scope == ParseScope::WithHash).then(|| {
        let inclusions = Inclusions::of(path, &stream);
        SourceHash { digest: hash::source_hash(&stream, &inclusions.canonical), included: inclusions.files }
    });
    Ok(RevisionFile {
        path: path.to_owned(),
        module,
        message,
        description,
        revision: constant.revision,
        created: constant.created,
        line: constant.line,
        source,
    })
}

/// Returns the stem of the path, if it can name a module.
fn module_name(path: &Path) -> Result<String, FileError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if syn::parse_str::<Ident>(&stem).is_ok_and(|name| name == stem.as_str()) && !stem.starts_with("r#") {
        return Ok(stem);
    }
    Err(FileError { file: path.to_owned(), line: None, kind: FileErrorKind::ModuleName { stem } })
}

/// Looks for `pub struct Migration;`.
fn check_migration(tokens: &[TokenTree]) -> Result<(), (usize, FileErrorKind)> {
    let Some(at) = declarations(tokens, "struct", "Migration").next() else {
        return Err((1, FileErrorKind::MissingMigration));
    };
    if !is_public(tokens, at) {
        return Err((line(&tokens[at]), FileErrorKind::Private { name: "Migration" }));
    }
    match tokens.get(at + 2) {
        Some(end) if is_punct(end, ';') => Ok(()),
        _ => Err((line(&tokens[at]), FileErrorKind::MissingMigration)),
    }
}

/// Splits the documentation into the message and the description.
fn documentation(tokens: &[TokenTree], module: &str) -> (String, String) {
    let lines = inner_doc_lines(tokens);
    match lines.iter().position(|line| !line.is_empty()) {
        Some(first) => (message::normalise(&lines[first]), lines[first + 1..].join("\n").trim().to_owned()),
        None => (message::from_module(module), String::new()),
    }
}

#[cfg(test)]
mod tests;
