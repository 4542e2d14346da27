//! Names of crates.

use syn::Ident;

/// Names that cargo or rustc do not accept as the name of a library, and a keyword of the edition 2024.
const TAKEN: [&str; 10] =
    ["core", "alloc", "std", "test", "proc_macro", "build", "deps", "examples", "incremental", "gen"];

/// Libraries that each migration crate depends on. A second package of such a name makes `cargo -p` ambiguous.
const DEPENDENCIES: [&str; 14] = [
    "async_trait",
    "clap",
    "sea_orm",
    "sea_orm_migration",
    "sea_query",
    "sea_schema",
    "seachange",
    "seachange_cli",
    "seachange_graph",
    "seachange_source",
    "serde",
    "sqlx",
    "tokio",
    "tracing",
];

/// Whether a name can be the name of a new crate: letters, digits, `-` and `_`, with a letter in front, and neither a
/// keyword, a name that cargo reserves, nor that of a crate that the engine brings with it.
pub fn is_crate_name(name: &str) -> bool {
    let library = name.replace('-', "_");
    let is_legal = name.is_ascii() && name.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_taken = TAKEN.iter().chain(&DEPENDENCIES).any(|taken| *taken == library);
    is_legal && !is_taken && syn::parse_str::<Ident>(&library).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_crate_name;

    #[test]
    fn a_crate_has_a_name_that_cargo_takes() {
        for name in ["migration", "my-app_migration2"] {
            assert!(is_crate_name(name), "{name}");
        }
        for name in [
            "",
            "2d",
            "-a",
            "_a",
            "a b",
            "a/b",
            "größe",
            "fn",
            "std",
            "gen",
            "seachange",
            "sea-orm",
            "tokio",
            "a\"b",
            "a\nb",
        ] {
            assert!(!is_crate_name(name), "{name:?}");
        }
    }
}
