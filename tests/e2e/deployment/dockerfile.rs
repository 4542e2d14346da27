//! A Dockerfile, carried out without a container engine: each stage is a folder, in which the commands run.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seachange_tests::Program;

use crate::installed_program::with_cargo;

/// An instruction: its keyword, its options without dashes, and the rest of the line.
#[derive(Debug, PartialEq, Eq)]
struct Instruction {
    keyword: String,
    options: BTreeMap<String, String>,
    rest: String,
}

/// The folders that an image is built from: the context has no name.
pub(super) type Contexts = BTreeMap<String, PathBuf>;

/// A stage as it was built.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    /// The folder that stands for `/`.
    pub(super) root: PathBuf,
    work_dir: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) user: String,
    pub(super) stop_signal: String,
    pub(super) port: String,
    pub(super) command: Vec<String>,
}

/// What is done in the working folder of a stage before its commands run.
pub(super) type Preparation<'a> = dyn Fn(&Path) -> Result<(), Box<dyn Error>> + 'a;

/// Builds the last stage in `folder`. Commands are changed by `adapt` before they run.
pub(super) fn build(
    text: &str,
    contexts: &Contexts,
    folder: &Path,
    prepare: &Preparation<'_>,
    adapt: &dyn Fn(&str) -> String,
) -> Result<Image, Box<dyn Error>> {
    let mut stages: BTreeMap<String, Image> = BTreeMap::new();
    let mut stage = Image::default();
    let mut name = String::new();
    for instruction in instructions(text) {
        let words: Vec<&str> = instruction.rest.split_whitespace().collect();
        match instruction.keyword.as_str() {
            "FROM" => {
                stages.insert(std::mem::take(&mut name), std::mem::take(&mut stage));
                name = words.get(2).map_or("last", |name| name).to_owned();
                stage = Image { root: folder.join(&name), work_dir: PathBuf::from("/"), ..Image::default() };
                fs::create_dir_all(&stage.root)?;
            }
            "WORKDIR" => {
                stage.work_dir = PathBuf::from(&instruction.rest);
                fs::create_dir_all(stage.folder())?;
                prepare(&stage.folder())?;
            }
            "COPY" => {
                let from = instruction.options.get("from").map_or("", String::as_str);
                let source = stages.get(from).filter(|_| !from.is_empty()).map(|stage| &stage.root);
                let source = source.or_else(|| contexts.get(from)).ok_or_else(|| format!("no stage `{from}`"))?;
                stage.copy(source, &words)?;
            }
            "RUN" => stage.run(&adapt(&instruction.rest))?,
            "ENV" => {
                let (name, value) = instruction.rest.split_once('=').ok_or("NAME=VALUE")?;
                stage.environment.insert(name.to_owned(), value.to_owned());
            }
            "EXPOSE" => stage.port = instruction.rest,
            "USER" => stage.user = instruction.rest,
            "STOPSIGNAL" => stage.stop_signal = instruction.rest,
            "CMD" => stage.command = serde_json::from_str(&instruction.rest)?,
            keyword => return Err(format!("the test does not know `{keyword}`").into()),
        }
    }
    Ok(stage)
}

impl Image {
    /// The working directory.
    pub(super) fn folder(&self) -> PathBuf {
        inside(&self.root, &self.work_dir)
    }

    /// The program that a container would start, as found in the `PATH` of an image.
    pub(super) fn program(&self, command: &[String]) -> Result<Program, Box<dyn Error>> {
        let (name, arguments) = command.split_first().ok_or("a command")?;
        let path = self.root.join("usr/local/bin").join(name);
        assert!(path.is_file(), "the image has no program `{name}`");
        let program = Program::at(path).args(arguments).folder(&self.folder()).limit(Duration::from_secs(120));
        Ok(self.environment.iter().fold(program, |program, (name, value)| program.env(name, value)))
    }

    fn copy(&self, source: &Path, words: &[&str]) -> Result<(), Box<dyn Error>> {
        let (to, sources) = words.split_last().ok_or("COPY needs a target")?;
        let target = inside(&self.root, &self.work_dir.join(to));
        let ignored = fs::read_to_string(source.join(".dockerignore")).unwrap_or_default();
        for from in sources {
            let path = inside(source, Path::new(from));
            if path.is_dir() {
                copy(&path, &target, &ignored)?;
            } else {
                let target =
                    if to.ends_with('/') { target.join(path.file_name().ok_or("a file")?) } else { target.clone() };
                fs::create_dir_all(target.parent().ok_or("a folder")?)?;
                fs::copy(&path, target).map_err(|error| format!("COPY {from}: {error}"))?;
            }
        }
        Ok(())
    }

    fn run(&self, command: &str) -> Result<(), Box<dyn Error>> {
        let shell = Program::at("sh").args(["-c", command]).folder(&self.folder()).limit(Duration::from_secs(900));
        with_cargo(shell).env("CARGO_NET_OFFLINE", "true").run()?.succeeded()?;
        Ok(())
    }
}

/// A path of an image, in the folder that stands for `/`.
fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Copies what a folder contains, with new times, but for the ignored files. The patterns are names at the top, after a
/// slash, or anywhere, after `**/`.
fn copy(from: &Path, to: &Path, ignored: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ignored = ignored.lines().any(|line| line == format!("/{name}") || line == format!("**/{name}"));
        let to = to.join(&name);
        match entry.path() {
            _ if is_ignored => {}
            path if path.is_dir() => {
                let below: String =
                    ignored.lines().filter(|line| line.starts_with("**")).map(|line| format!("{line}\n")).collect();
                copy(&path, &to, &below)?;
            }
            path => {
                fs::copy(&path, &to)?;
            }
        }
    }
    Ok(())
}

/// The instructions, with continued lines joined.
fn instructions(text: &str) -> Vec<Instruction> {
    let lines: String =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect();
    lines.replace("\\\n", "").lines().filter_map(instruction).collect()
}

fn instruction(line: &str) -> Option<Instruction> {
    let (keyword, mut rest) = line.trim().split_once(' ')?;
    let mut options = BTreeMap::new();
    while let Some((option, after)) = rest.strip_prefix("--").and_then(|option| option.split_once(' ')) {
        let (name, value) = option.split_once('=')?;
        options.insert(name.to_owned(), value.to_owned());
        rest = after.trim_start();
    }
    Some(Instruction { keyword: keyword.to_owned(), options, rest: rest.trim().to_owned() })
}
