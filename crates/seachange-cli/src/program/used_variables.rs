//! The variables of the environment that the code and the build scripts of a program read while it is built.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Message;

/// What the messages of a build tell about variables.
#[derive(Debug, Default)]
pub(super) struct UsedVariables {
    /// The outputs of build scripts.
    outputs: BTreeSet<PathBuf>,
    /// The crates of the project, and those in folders, as their files are called.
    crates: BTreeSet<String>,
}

impl UsedVariables {
    /// Reads a message. A crate that was not compiled again has its messages too.
    pub(super) fn add(&mut self, message: &Message) {
        match message {
            Message::BuildScriptExecuted(script) => {
                self.outputs.extend(script.out_dir.as_std_path().parent().map(|folder| folder.join("output")));
            }
            // Other code does not change, so that its variables are those of cargo.
            Message::CompilerArtifact(artifact) if artifact.package_id.repr.starts_with("path+") => {
                self.crates.insert(artifact.target.name.replace('-', "_"));
            }
            _ => {}
        }
    }

    /// The names of the variables; the dep-info of rustc is beside the program.
    pub(super) fn names(&self, executable: &Path) -> BTreeSet<String> {
        let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        let of_scripts = self.outputs.iter().flat_map(|path| of_build_script(&text(path)));
        of_scripts.chain(self.dep_info(executable).iter().flat_map(|path| of_code(&text(path)))).collect()
    }

    /// The dep-info files of the crates. A crate has several if it was built in several ways.
    fn dep_info(&self, executable: &Path) -> Vec<PathBuf> {
        let folder = executable.parent().map(|folder| folder.join("deps"));
        let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        let is_of_crate = |path: &PathBuf| {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.rsplit_once('-'));
            path.extension().is_some_and(|extension| extension == "d")
                && stem.is_some_and(|(name, _)| self.crates.contains(name))
        };
        entries.map(|entry| entry.path()).filter(is_of_crate).collect()
    }
}

/// The variables that a build script names in its output.
fn of_build_script(output: &str) -> Vec<String> {
    let name = |line: &str| {
        let instruction = line.strip_prefix("cargo:").map(|rest| rest.strip_prefix(':').unwrap_or(rest))?;
        instruction.strip_prefix("rerun-if-env-changed=").map(|name| name.trim().to_owned())
    };
    output.lines().filter_map(name).collect()
}

/// The variables that code reads by `env!` and `option_env!`, of a dep-info file of rustc. Cargo sets some itself.
fn of_code(dep_info: &str) -> Vec<String> {
    let names = dep_info.lines().filter_map(|line| line.strip_prefix("# env-dep:"));
    let names = names.map(|line| line.split('=').next().unwrap_or_default());
    let is_of_cargo = |name: &str| name.starts_with("CARGO") || name == "OUT_DIR";
    names.filter(|name| !is_of_cargo(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{of_build_script, of_code};

    #[test]
    fn variables_are_named_in_outputs_and_dep_info() {
        let output =
            "cargo:rerun-if-changed=a\ncargo:rerun-if-env-changed=ONE\nnote\ncargo::rerun-if-env-changed=TWO\n";
        assert_eq!(of_build_script(output), ["ONE", "TWO"]);
        let dep_info = "/t/m: src/lib.rs\n\n# env-dep:APP_VERSION\n# env-dep:CARGO_PKG_NAME=m\n# env-dep:SET=a=b\n";
        assert_eq!(of_code(dep_info), ["APP_VERSION", "SET"]);
    }
}
