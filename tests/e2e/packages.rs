//! The published crates.

use std::path::Path;

use seachange_tests::{
    cargo,
    harness::{Case, TestResult},
};

const PUBLISHED: [&str; 4] = ["seachange-graph", "seachange-source", "seachange-cli", "seachange"];

pub(crate) fn trials() -> Vec<Case> {
    vec![Case::new("packages::cargo_accepts_them", cargo_accepts_them)]
}

/// Packaging prints no warning about missing metadata, and the package contains all required files.
fn cargo_accepts_them() -> TestResult {
    let folder = tempfile::tempdir()?;
    let output = cargo()
        .args(["package", "--no-verify", "--allow-dirty", "--offline", "--color", "never"])
        .args(PUBLISHED.map(|name| format!("--package={name}")))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env("CARGO_TARGET_DIR", folder.path())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("warning"), "{said}");
    for name in PUBLISHED {
        let package = format!("package/{name}-{}.crate", env!("CARGO_PKG_VERSION"));
        assert!(folder.path().join(&package).is_file(), "{package}");
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name);
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(sources.join(file).is_file(), "{name} has no {file}");
        }
    }
    Ok(())
}
