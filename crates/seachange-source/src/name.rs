//! Names of crates.

use syn::Ident;

/// Names that cargo or rustc do not accept as the name of a library.
const TAKEN: [&str; 10] =
    ["core", "alloc", "std", "test", "proc_macro", "seachange", "build", "deps", "examples", "incremental"];

/// Whether a name can be the name of a new crate: letters, digits, `-` and `_`, with a letter in front, and neither a
/// keyword nor a name that cargo reserves.
pub fn is_crate_name(name: &str) -> bool {
    let library = name.replace('-', "_");
    let is_legal = name.is_ascii() && name.starts_with(|first: char| first.is_ascii_alphabetic());
    is_legal && !TAKEN.contains(&library.as_str()) && syn::parse_str::<Ident>(&library).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_crate_name;

    #[test]
    fn a_crate_has_a_name_that_cargo_takes() {
        for name in ["migration", "my-app_migration2"] {
            assert!(is_crate_name(name), "{name}");
        }
        for name in ["", "2d", "-a", "_a", "a b", "a/b", "größe", "fn", "std", "seachange", "a\"b", "a\nb"] {
            assert!(!is_crate_name(name), "{name:?}");
        }
    }
}
