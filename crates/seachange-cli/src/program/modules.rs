//! The modules that a file of Rust code declares, and their files.

use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenTree};
use syn::LitStr;

/// A file of Rust code, as tokens.
#[derive(Debug, Clone)]
pub(super) struct RustFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) tokens: Vec<TokenTree>,
}

impl RustFile {
    /// Reads tokens; the error is the line of what is not Rust, counted from 1.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, usize> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let stream: proc_macro2::TokenStream =
            text.parse().map_err(|error: proc_macro2::LexError| error.span().start().line.max(1))?;
        Ok(Self { path: path.to_owned(), text: text.to_owned(), tokens: stream.into_iter().collect() })
    }
}

/// `mod name;` or `mod name { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) name: String,
    /// Whether its text is in a file of its own.
    pub(super) has_file: bool,
    /// The value of `#[path = "…"]`.
    pub(super) path: Option<String>,
    /// The bytes of the item, from its first attribute.
    pub(super) range: Range<usize>,
    /// Where `mod` stands.
    pub(super) keyword: usize,
    /// Whether code outside of the parent sees it.
    pub(super) is_visible: bool,
    /// Whether it is `pub` without a restriction.
    pub(super) is_public: bool,
    /// Whether `#[cfg(…)]` can remove it.
    pub(super) is_conditional: bool,
}

impl Module {
    /// The modules that the tokens declare at the top level.
    pub(super) fn all(tokens: &[TokenTree]) -> Vec<Self> {
        (0..tokens.len()).filter_map(|at| Self::at(tokens, at)).collect()
    }

    fn at(tokens: &[TokenTree], at: usize) -> Option<Self> {
        let [keyword, TokenTree::Ident(name), end, ..] = &tokens[at..] else { return None };
        let has_file = match end {
            TokenTree::Punct(end) if end.as_char() == ';' => true,
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => false,
            _ => return None,
        };
        if !is(keyword, "mod") {
            return None;
        }
        let visibility = visibility_before(tokens, at);
        let first = attributes_before(tokens, visibility);
        Some(Self {
            name: name.to_string(),
            has_file,
            path: tokens[first..visibility].iter().find_map(path_of),
            range: range_of(&tokens[first..at + 3]),
            keyword: range(keyword).start,
            is_visible: visibility < at,
            is_public: visibility + 1 == at,
            is_conditional: tokens[first..visibility].iter().any(is_condition),
        })
    }

    /// What stands in the braces of a module whose text is not in a file of its own.
    pub(super) fn body(&self, tokens: &[TokenTree]) -> Option<Vec<TokenTree>> {
        let keyword = tokens.iter().position(|token| range(token).start == self.keyword)?;
        inside(tokens.get(keyword + 2)?, Delimiter::Brace)
    }

    /// For a module whose text is in `parent`, a path to which the files of its modules are relative.
    pub(super) fn folder(&self, parent: &Path) -> Option<PathBuf> {
        Some(folder_of_modules(parent)?.join(self.file_name()).join("mod.rs"))
    }

    /// The name of its file or folder.
    fn file_name(&self) -> &str {
        self.name.strip_prefix("r#").unwrap_or(&self.name)
    }

    /// The file of the module, if it has one that exists; `parent` is the file that declares it.
    pub(super) fn file(&self, parent: &Path) -> Option<PathBuf> {
        self.file_in(parent.parent()?, &folder_of_modules(parent)?)
    }

    /// The file of the module, in the folder of the modules of its parent; `beside` is the folder of the parent's file.
    fn file_in(&self, beside: &Path, folder: &Path) -> Option<PathBuf> {
        if let Some(path) = &self.path {
            return Some(beside.join(path)).filter(|file| file.is_file());
        }
        let name = self.file_name();
        let candidates = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
        candidates.into_iter().find(|file| file.is_file())
    }
}

/// The folder with the files of the modules that a file declares.
fn folder_of_modules(file: &Path) -> Option<PathBuf> {
    let folder = file.parent()?;
    Some(match file.file_stem()?.to_str()? {
        "lib" | "main" | "mod" => folder.to_owned(),
        stem => folder.join(stem),
    })
}

/// Whether a token is `[cfg(…)]`.
fn is_condition(token: &TokenTree) -> bool {
    inside(token, Delimiter::Bracket).is_some_and(|tokens| tokens.first().is_some_and(|name| is(name, "cfg")))
}

/// The bytes of a token; of a group with its brackets.
pub(super) fn range(token: &TokenTree) -> Range<usize> {
    token.span().byte_range()
}

/// The bytes from the first to the last of these tokens; an empty range without tokens.
pub(super) fn range_of(tokens: &[TokenTree]) -> Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => range(first).start..range(last).end,
        _ => 0..0,
    }
}

/// The file that a path of modules leads to from a file, through modules in braces as well; `None` if a module is not
/// found, or the last one has no file of its own.
pub(super) fn file_of(file: &RustFile, modules: &[String]) -> Option<PathBuf> {
    let (mut tokens, mut beside, mut folder) =
        (file.tokens.clone(), file.path.parent()?.to_owned(), folder_of_modules(&file.path)?);
    let mut found = None;
    for name in modules {
        let module = Module::all(&tokens).into_iter().find(|module| module.name == *name)?;
        if !module.has_file {
            let braces = tokens.iter().find(|token| range(token).end == module.range.end)?;
            tokens = inside(braces, Delimiter::Brace)?;
            folder = folder.join(name);
            beside.clone_from(&folder);
            found = None;
            continue;
        }
        let path = module.file_in(&beside, &folder)?;
        tokens = RustFile::parse(&path, &std::fs::read_to_string(&path).ok()?).ok()?.tokens;
        (beside, folder) = (path.parent()?.to_owned(), folder_of_modules(&path)?);
        found = Some(path);
    }
    found
}

/// The path that a name stands for by a `use` of the file, without `self` and `crate` in front.
pub(super) fn imported(tokens: &[TokenTree], name: &str) -> Option<Vec<String>> {
    let starts = (0..tokens.len()).filter(|at| is(&tokens[*at], "use"));
    starts.into_iter().find_map(|at| {
        let tree = tokens[at + 1..].split(|token| is_punct(token, ';')).next()?;
        in_tree(tree, Vec::new(), name)
    })
}

/// Looks for a name in a tree of imports such as `a::{b as c, d::e}`.
fn in_tree(tree: &[TokenTree], mut path: Vec<String>, name: &str) -> Option<Vec<String>> {
    let mut rest = tree;
    loop {
        match rest {
            [TokenTree::Ident(segment), one, two, after @ ..] if is_punct(one, ':') && is_punct(two, ':') => {
                if segment != "self" && segment != "crate" {
                    path.push(segment.to_string());
                }
                rest = after;
            }
            [TokenTree::Ident(last), alias @ ..] => {
                let alias = match alias {
                    [keyword, TokenTree::Ident(alias)] if is(keyword, "as") => alias.to_string(),
                    _ => last.to_string(),
                };
                path.push(last.to_string());
                return (alias == name).then_some(path);
            }
            [group] => {
                let trees = inside(group, Delimiter::Brace)?;
                let mut trees = trees.split(|token| is_punct(token, ','));
                return trees.find_map(|tree| in_tree(tree, path.clone(), name));
            }
            _ => return None,
        }
    }
}

/// The position of the first token of a visibility (`pub`, `pub(crate)`) before an item, or the item's.
pub(super) fn visibility_before(tokens: &[TokenTree], at: usize) -> usize {
    let is_pub = |at: usize| tokens.get(at).is_some_and(|token| is(token, "pub"));
    let is_scope =
        |at: usize| matches!(&tokens[at], TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    match at {
        1.. if is_pub(at - 1) => at - 1,
        2.. if is_scope(at - 1) && is_pub(at - 2) => at - 2,
        _ => at,
    }
}

/// The position of the first attribute before an item.
pub(super) fn attributes_before(tokens: &[TokenTree], at: usize) -> usize {
    let mut first = at;
    while first >= 2
        && matches!(&tokens[first - 1], TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
        && is_punct(&tokens[first - 2], '#')
    {
        first -= 2;
    }
    first
}

/// The text of `[path = "…"]`.
fn path_of(token: &TokenTree) -> Option<String> {
    let TokenTree::Group(group) = token else { return None };
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let [name, equals, TokenTree::Literal(value)] = inner.as_slice() else { return None };
    if !is(name, "path") || !is_punct(equals, '=') {
        return None;
    }
    string(value)
}

/// The value of a literal, if it is a string.
pub(super) fn string(literal: &proc_macro2::Literal) -> Option<String> {
    syn::parse_str::<LitStr>(&literal.to_string()).ok().map(|literal| literal.value())
}

/// Whether a token is this identifier or keyword.
pub(super) fn is(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

/// Whether a token is this punctuation.
pub(super) fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The tokens in a group with these brackets.
pub(super) fn inside(token: &TokenTree, delimiter: Delimiter) -> Option<Vec<TokenTree>> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

/// The line that a token starts on, counted from 1.
pub(super) fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// The tokens at all depths, each group before its content.
pub(super) fn flat(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut all = Vec::new();
    let mut open: Vec<TokenTree> = tokens.iter().rev().cloned().collect();
    while let Some(token) = open.pop() {
        if let TokenTree::Group(group) = &token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            open.extend(inner.into_iter().rev());
        }
        all.push(token);
    }
    all
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::{Module, RustFile, file_of, imported};

    #[test]
    fn declarations_of_modules() {
        let text = "use x;\n/// One.\n#[path = \"one/here.rs\"]\npub(crate) mod one;\nmod two { mod three; }\n// mod four;\nmod r#type;\n";
        let file = RustFile::parse(Path::new("src/lib.rs"), text).unwrap();
        let found = Module::all(&file.tokens);
        let names: Vec<_> = found.iter().map(|own| (own.name.as_str(), own.has_file, own.is_visible)).collect();
        assert_eq!(names, [("one", true, true), ("two", false, false), ("r#type", true, false)]);
        assert_eq!(found[0].path.as_deref(), Some("one/here.rs"));
        assert_eq!(&text[found[0].range.clone()], "/// One.\n#[path = \"one/here.rs\"]\npub(crate) mod one;");
    }

    #[test]
    fn files_of_modules() {
        let folder = tempfile::tempdir().unwrap();
        let src = folder.path();
        std::fs::create_dir_all(src.join("a/c")).unwrap();
        for file in ["a.rs", "a/b.rs", "a/c/mod.rs"] {
            std::fs::write(src.join(file), "").unwrap();
        }
        let module = |text: &str| Module::all(&RustFile::parse(Path::new("x"), text).unwrap().tokens).remove(0);
        assert_eq!(module("mod a;").file(&src.join("lib.rs")), Some(src.join("a.rs")));
        assert_eq!(module("mod b;").file(&src.join("a.rs")), Some(src.join("a/b.rs")));
        assert_eq!(module("mod c;").file(&src.join("a.rs")), Some(src.join("a/c/mod.rs")));
        assert_eq!(module("#[path = \"a/b.rs\"] mod d;").file(&src.join("lib.rs")), Some(src.join("a/b.rs")));
        assert_eq!(module("mod e;").file(&src.join("lib.rs")), None);
    }

    #[test]
    fn paths_lead_through_modules_in_braces() {
        let folder = tempfile::tempdir().unwrap();
        let src = folder.path();
        std::fs::create_dir_all(src.join("old/deep")).unwrap();
        std::fs::write(src.join("old/a.rs"), "pub mod b;").unwrap();
        std::fs::create_dir_all(src.join("old/a")).unwrap();
        std::fs::write(src.join("old/a/b.rs"), "").unwrap();
        let library = RustFile::parse(&src.join("lib.rs"), "mod old { pub mod a; }").unwrap();
        let path = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(file_of(&library, &path(&["old", "a"])), Some(src.join("old/a.rs")));
        assert_eq!(file_of(&library, &path(&["old", "a", "b"])), Some(src.join("old/a/b.rs")));
        assert_eq!(file_of(&library, &path(&["old"])), None);
        assert_eq!(file_of(&library, &path(&["other"])), None);
    }

    #[test]
    fn names_stand_for_what_is_imported() {
        let text =
            "use x::y;\npub use self::a::{b::Migration as B, c::{self, Migration as C}};\nuse crate::d::Migration;";
        let file = RustFile::parse(Path::new("src/lib.rs"), text).unwrap();
        let found = |name: &str| imported(&file.tokens, name).map(|path| path.join("::"));
        assert_eq!(found("B").as_deref(), Some("a::b::Migration"));
        assert_eq!(found("C").as_deref(), Some("a::c::Migration"));
        assert_eq!(found("Migration").as_deref(), Some("d::Migration"));
        assert_eq!(found("D"), None);
    }
}
