//! The files of a commit, read by the program `git`.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::printable;

/// What a place in a repository begins with, as in `git:main`.
const SCHEME: &str = "git:";

/// A commit of the repository that contains a folder. Paths are relative to that folder.
#[derive(Debug)]
pub struct Commit {
    folder: PathBuf,
    /// As the user wrote it, without the scheme.
    name: String,
    hash: String,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// The path, relative to the folder.
    pub path: PathBuf,
    /// The content; bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl Commit {
    /// Finds the commit of a place such as `git:main` or `git:v1.4.0`; `option` is what the user named it for.
    ///
    /// # Errors
    ///
    /// The place has another form, there is no `git`, the folder is in no repository, or this has no such commit.
    pub fn find(folder: &Path, place: &str, option: &str) -> Result<Self, Diagnostic> {
        let Some(name) = place.strip_prefix(SCHEME).filter(|name| !name.is_empty()) else {
            let message = format!("`{option}` cannot read `{}`", printable::name(place));
            return Err(Diagnostic::usage(message).hint("name a commit, a branch or a tag, such as `git:main`"));
        };
        let wanted = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted].map(OsStr::new);
        let output = git(folder, &arguments, &[])?;
        let hash = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !hash.is_empty() {
            return Ok(Self { folder: folder.to_owned(), name: name.to_owned(), hash });
        }
        let problem = Diagnostic::usage(format!("git has no commit `{}`", printable::name(name)));
        let said = String::from_utf8_lossy(&output.stderr);
        Err(match said.lines().next() {
            Some(line) => problem.detail(printable::name(line).into_owned()),
            None => problem.hint("a shallow clone has the last commit only: `git fetch` brings the others"),
        })
    }

    /// As the user named it, such as `main`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The files below some paths, which need not exist in the commit; without paths all files. Links and submodules
    /// are left out.
    ///
    /// # Errors
    ///
    /// git cannot read the commit.
    pub fn files(&self, below: &[&Path]) -> Result<Vec<CommittedFile>, Diagnostic> {
        self.files_where(below, &|_| true)
    }

    /// The same files, without those whose paths are not wanted.
    ///
    /// # Errors
    ///
    /// git cannot read the commit.
    pub fn files_where(
        &self,
        below: &[&Path],
        is_wanted: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<CommittedFile>, Diagnostic> {
        let mut arguments: Vec<&OsStr> = ["ls-tree", "-r", "-z", &self.hash].map(OsStr::new).to_vec();
        arguments.extend(below.iter().map(|path| path.as_os_str()));
        let listed = self.run(&arguments, &[])?;
        let files: Vec<(&str, &str)> =
            listed.split('\0').filter_map(entry).filter(|(_, path)| is_wanted(Path::new(path))).collect();
        let hashes: String = files.iter().map(|(hash, _)| format!("{hash}\n")).collect();
        let batch = git(&self.folder, &["cat-file", "--batch"].map(OsStr::new), hashes.as_bytes())?;
        let batch = self.answer(batch)?;
        let mut rest = batch.as_slice();
        let mut found = Vec::new();
        for (_, path) in files {
            let (text, after) = content(rest).ok_or_else(|| self.unreadable("an object is missing"))?;
            found.push(CommittedFile { path: PathBuf::from(path), text });
            rest = after;
        }
        Ok(found)
    }

    fn run(&self, arguments: &[&OsStr], input: &[u8]) -> Result<String, Diagnostic> {
        let output = self.answer(git(&self.folder, arguments, input)?)?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    fn answer(&self, output: Output) -> Result<Vec<u8>, Diagnostic> {
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(self.unreadable(said.lines().next().unwrap_or("git failed")))
    }

    fn unreadable(&self, reason: &str) -> Diagnostic {
        let message = format!("git cannot read the commit `{}`", printable::name(&self.name));
        Diagnostic::new(Exit::Failure, message).detail(printable::name(reason).into_owned())
    }
}

/// The hash and the path in a line of `git ls-tree`, if it is a file: `100644 blob HASH<tab>PATH`.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split(' ');
    let (mode, _, hash) = (facts.next()?, facts.next()?, facts.next()?);
    mode.starts_with("100").then_some((hash, path))
}

/// The first content in the output of `git cat-file --batch`, and the rest: `HASH blob SIZE<newline>CONTENT<newline>`.
fn content(output: &[u8]) -> Option<(String, &[u8])> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let size: usize = str::from_utf8(&output[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let text = output.get(end + 1..end + 1 + size)?;
    Some((String::from_utf8_lossy(text).into_owned(), output.get(end + size + 2..)?))
}

fn git(folder: &Path, arguments: &[&OsStr], input: &[u8]) -> Result<Output, Diagnostic> {
    run(folder, arguments, input).map_err(|error| {
        Diagnostic::new(Exit::Failure, format!("cannot run `git`: {}", reason(&error)))
            .hint("install git, or put it into `PATH`")
    })
}

fn run(folder: &Path, arguments: &[&OsStr], input: &[u8]) -> io::Result<Output> {
    let mut command = Command::new("git");
    // An empty path means the working directory, which git would not find.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    command.args(arguments).current_dir(folder).env("LC_ALL", "C");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let writer = child.stdin.take();
    thread::scope(|scope| {
        // git answers while it reads: who writes everything first waits for ever. A git that has ended says why itself.
        scope.spawn(move || writer.map(|mut writer| writer.write_all(input)));
        child.wait_with_output()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::Commit;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn git(folder: &Path, arguments: &[&str]) -> TestResult {
        let settings = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").args(settings).args(arguments).current_dir(folder).output()?;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    #[test]
    fn files_are_those_of_the_commit() -> TestResult {
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        git(root, &["init", "--quiet"])?;
        let source = root.join("crate/src");
        fs::create_dir_all(&source)?;
        fs::write(source.join("a.rs"), "first")?;
        fs::write(source.join("b ü.rs"), "")?;
        fs::write(root.join("other.rs"), "other\n\n")?;
        git(root, &["add", "."])?;
        git(root, &["commit", "--quiet", "-m", "one"])?;
        git(root, &["tag", "v1"])?;
        fs::write(source.join("a.rs"), "second")?;
        fs::write(source.join("c.rs"), "new")?;
        let read = |folder: &Path, below: &[&str]| -> Result<Vec<(String, String)>, String> {
            let below: Vec<&Path> = below.iter().map(Path::new).collect();
            let files = Commit::find(folder, "git:v1", "--since").and_then(|commit| commit.files(&below));
            let files = files.map_err(|problem| problem.message)?;
            Ok(files.iter().map(|file| (file.path.display().to_string(), file.text.clone())).collect())
        };
        let expected =
            [("src/a.rs", "first"), ("src/b ü.rs", "")].map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(read(&root.join("crate"), &["src"])?, expected);
        assert_eq!(read(root, &["other.rs"])?, [("other.rs".to_owned(), "other\n\n".to_owned())]);
        assert_eq!(read(root, &["absent"])?, []);
        assert_eq!(read(root, &[])?.len(), 3);
        Ok(())
    }

    #[test]
    fn what_is_no_commit_is_named() -> TestResult {
        let folder = tempfile::tempdir()?;
        let refused = |place: &str| match Commit::find(folder.path(), place, "--since") {
            Ok(commit) => format!("found {}", commit.name()),
            Err(problem) => problem.message,
        };
        assert!(refused("main").contains("`--since` cannot read `main`"), "{}", refused("main"));
        assert!(refused("git:").contains("cannot read `git:`"));
        git(folder.path(), &["init", "--quiet"])?;
        assert!(refused("git:--all").contains("git has no commit `--all`"), "{}", refused("git:--all"));
        Ok(())
    }
}
