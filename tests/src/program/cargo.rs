//! Cargo, called from a test that Cargo runs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Variables that Cargo sets for the test and that build scripts of dependencies watch (`ring`'s does). With them, the
/// inner Cargo would recompile those dependencies and their dependants, and the outer Cargo would do so again.
const OF_THE_TEST: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR"];

/// Returns a command for the Cargo that runs this test, without the variables that it set for the test, and without
/// input.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if OF_THE_TEST.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Returns the target folder of this workspace.
pub fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(named)
}
