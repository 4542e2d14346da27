//! The workspace's binaries, built once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::{ProgramError, cargo};

/// Returns the path of a binary of this workspace. The first call builds all of them.
pub(super) fn executable(name: &str) -> Result<&'static Path, ProgramError> {
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(build).as_ref().map_err(|output| ProgramError::Build { output: output.clone() })?;
    let path = built.get(name).ok_or_else(|| ProgramError::Unknown { name: name.to_owned() })?;
    Ok(path)
}

/// Builds all binaries of the workspace. The end-to-end tests are named too, although they are compiled already: with
/// them, dependencies have the features with which the test command compiled them.
fn build() -> Result<BTreeMap<String, PathBuf>, String> {
    let output = cargo()
        .args(["build", "--workspace", "--bins", "--test", "e2e", "--locked"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages.lines().filter_map(binary).collect())
}

/// Returns the name and path of a binary, if a line of cargo's output contains them.
fn binary(line: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_read_from_cargos_messages() {
        let line = r#"{"target":{"name":"app"},"executable":"/target/debug/app"}"#;
        let expected = ("app".to_owned(), PathBuf::from("/target/debug/app"));
        assert_eq!(binary(line), Some(expected));
        assert_eq!(binary(r#"{"target":{"name":"entity"},"executable":null}"#), None);
        assert_eq!(binary("not json"), None);
    }
}
