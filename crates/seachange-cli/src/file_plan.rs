//! Changes of files that are planned first, and made together.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::output_file;
use crate::project::shown;
use crate::terminal::Terminal;

/// New files, edits of existing ones, and removals.
#[derive(Debug, Default)]
pub struct FilePlan {
    new: Vec<(PathBuf, String)>,
    edits: Vec<FileEdit>,
    /// Files that are removed, each with its text.
    removals: Vec<(PathBuf, String)>,
    /// Files that exist already and differ from what would be written.
    conflicts: Vec<PathBuf>,
}

/// An edit of a file that exists.
#[derive(Debug)]
struct FileEdit {
    path: PathBuf,
    before: String,
    after: String,
}

impl FilePlan {
    /// Plans a new file. A file that exists with this text stays; with another text, it is a conflict.
    ///
    /// # Errors
    ///
    /// An existing file that cannot be read.
    pub fn create(&mut self, path: PathBuf, text: String) -> Result<(), Diagnostic> {
        match fs::read(&path) {
            Ok(present) if present == text.as_bytes() => {}
            Ok(_) => self.conflicts.push(path),
            Err(error) if error.kind() == ErrorKind::NotFound => self.new.push((path, text)),
            Err(error) => return Err(failed("cannot be read", &path, &error)),
        }
        Ok(())
    }

    /// Plans a new file, unless there is a file of this name, whatever it contains.
    pub fn create_if_missing(&mut self, path: PathBuf, text: String) {
        if fs::symlink_metadata(&path).is_err() {
            self.new.push((path, text));
        }
    }

    /// Plans an edit of a file whose text was read as `before`. A second edit of a file replaces the first. The line
    /// ends and the byte order mark stay as they are.
    pub fn edit(&mut self, path: PathBuf, before: String, after: String) {
        self.edits.retain(|edit| edit.path != path);
        let after = encoded_like(&before, after);
        if before != after {
            self.edits.push(FileEdit { path, before, after });
        }
    }

    /// Plans the removal of a file whose text was read as `before`.
    pub fn remove(&mut self, path: PathBuf, before: String) {
        self.removals.push((path, before));
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.edits.is_empty() && self.removals.is_empty()
    }

    /// The existing files that are edited or removed.
    pub fn edited(&self) -> impl Iterator<Item = &Path> {
        let removed = self.removals.iter().map(|(path, _)| path.as_path());
        self.edits.iter().map(|edit| edit.path.as_path()).chain(removed)
    }

    /// Makes the changes in a copy of a project: those of files below `root` in the same places below `copy`. They are
    /// not undone after an error.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write_copy(&self, root: &Path, copy: &Path) -> Result<(), Diagnostic> {
        let place = |path: &Path| copy.join(path.strip_prefix(root).unwrap_or(path));
        let write = |path: &Path, text: &str| {
            let path = place(path);
            let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
            folder.and_then(|()| fs::write(&path, text)).map_err(|error| failed("cannot be written", &path, &error))
        };
        self.new.iter().try_for_each(|(path, text)| write(path, text))?;
        self.edits.iter().try_for_each(|edit| write(&edit.path, &edit.after))?;
        self.removals
            .iter()
            .map(|(path, _)| place(path))
            .try_for_each(|path| fs::remove_file(&path).map_err(|error| failed("cannot be removed", &path, &error)))
    }

    /// Rejects a plan that would overwrite a file.
    ///
    /// # Errors
    ///
    /// The files that exist with another text.
    pub fn check(&self) -> Result<(), Diagnostic> {
        if self.conflicts.is_empty() {
            return Ok(());
        }
        let message = "files are in the way; nothing was written";
        Err(self.conflicts.iter().fold(Diagnostic::usage(message), |problem, path| problem.detail(shown(path))))
    }

    /// Rejects a plan that would write through a link to a place outside of a folder.
    ///
    /// # Errors
    ///
    /// The first such path.
    pub fn check_within(&self, root: &Path) -> Result<(), Diagnostic> {
        let mut paths = self.new.iter().map(|(path, _)| path.as_path()).chain(self.edited());
        match paths.find(|path| !is_within(path, root)) {
            Some(path) => Err(Diagnostic::usage(format!(
                "`{}` is not in `{}`: a link leads out of it; nothing was written",
                shown(path),
                root.display()
            ))),
            None => Ok(()),
        }
    }

    /// Prints what would be done.
    pub fn print(&self, terminal: Terminal) {
        for (path, _) in &self.new {
            terminal.print(format!("would write {}", shown(path)));
        }
        for FileEdit { path, before, after } in &self.edits {
            terminal.print(format!("would change {}", shown(path)));
            added_lines(before, after).for_each(|line| terminal.print(format!("  + {line}")));
        }
        for (path, _) in &self.removals {
            terminal.print(format!("would remove {}", shown(path)));
        }
    }

    /// Writes everything, and prints the paths. After an error, what was written before is undone.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that has changed since it was read.
    pub fn apply(&self, terminal: Terminal) -> Result<(), Diagnostic> {
        self.check()?;
        let mut undo = Undo::default();
        if let Err(problem) = self.write(&mut undo) {
            return Err(undo.run(problem));
        }
        for path in self.new.iter().map(|(path, _)| path).chain(self.edits.iter().map(|edit| &edit.path)) {
            terminal.print(shown(path));
        }
        Ok(())
    }

    fn write<'a>(&'a self, undo: &mut Undo<'a>) -> Result<(), Diagnostic> {
        // The manifest of a crate comes last: without it, a call after an interrupted one writes what is missing.
        let (manifests, others): (Vec<_>, Vec<_>) = self.new.iter().partition(|(path, _)| path.ends_with("Cargo.toml"));
        for (path, text) in others.into_iter().chain(manifests) {
            create(path, text, undo).map_err(|error| failed("cannot be written", path, &error))?;
        }
        for edit in &self.edits {
            check_unchanged(&edit.path, &edit.before)?;
            output_file::write(&edit.path, &edit.after)?;
            undo.edits.push((&edit.path, &edit.before));
        }
        for (path, before) in &self.removals {
            check_unchanged(path, before)?;
            fs::remove_file(path).map_err(|error| failed("cannot be removed", path, &error))?;
            undo.edits.push((path, before));
        }
        Ok(())
    }
}

/// What was done, to be undone after an error.
#[derive(Debug, Default)]
struct Undo<'a> {
    /// Files and folders, each after the folder that it is in.
    made: Vec<PathBuf>,
    /// Files that were edited or removed, each with its text before.
    edits: Vec<(&'a Path, &'a str)>,
}

impl Undo<'_> {
    fn run(self, problem: Diagnostic) -> Diagnostic {
        let lost = self.edits.iter().filter(|(path, before)| output_file::write(path, before).is_err());
        let mut left: Vec<&Path> = lost.map(|(path, _)| *path).collect();
        for path in self.made.iter().rev() {
            let removed = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
            if removed.is_err() {
                left.push(path);
            }
        }
        if left.is_empty() {
            return problem.detail("everything else was undone: the project is as it was");
        }
        left.iter().fold(problem, |problem, path| problem.detail(format!("this is left: `{}`", shown(path))))
    }
}

/// Whether a path, which need not exist, leads to a place in a folder when links are followed.
pub fn is_within(path: &Path, folder: &Path) -> bool {
    let present = path.ancestors().find_map(|path| fs::canonicalize(path).ok());
    present.zip(fs::canonicalize(folder).ok()).is_none_or(|(path, folder)| path.starts_with(folder))
}

/// A text with the line ends and the byte order mark of another one.
fn encoded_like(before: &str, after: String) -> String {
    let lines = before.matches('\n').count();
    let has_crlf = lines > 0 && before.matches("\r\n").count() == lines;
    let after = if has_crlf { after.replace("\r\n", "\n").replace('\n', "\r\n") } else { after };
    match before.starts_with('\u{feff}') && !after.starts_with('\u{feff}') {
        true => format!("\u{feff}{after}"),
        false => after,
    }
}

/// Rejects a file that has changed since it was read.
fn check_unchanged(path: &Path, before: &str) -> Result<(), Diagnostic> {
    let present = fs::read_to_string(path).map_err(|error| failed("cannot be read", path, &error))?;
    if present.strip_prefix('\u{feff}').unwrap_or(&present) == before.strip_prefix('\u{feff}').unwrap_or(before) {
        return Ok(());
    }
    Err(Diagnostic::new(Exit::Failure, format!("`{}` changed in the meantime", shown(path))))
}

fn create<'a>(path: &'a Path, text: &str, undo: &mut Undo<'a>) -> io::Result<()> {
    let missing: Vec<&Path> =
        path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        undo.made.push(folder.to_owned());
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    undo.made.push(path.to_owned());
    file.write_all(text.as_bytes())
}

/// The lines of `after` that `before` does not have.
fn added_lines<'a>(before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    let mut known: Vec<&str> = before.lines().collect();
    after.lines().filter(move |line| match known.iter().position(|old| old == line) {
        Some(at) => {
            known.swap_remove(at);
            false
        }
        None => !line.is_empty(),
    })
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}` {what}: {}", shown(path), reason(error)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;
    use std::path::Path;

    use super::FilePlan;
    use crate::terminal::Terminal;

    const QUIET: Terminal = Terminal { quiet: true, verbose: false, json: false };

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_there_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let plan = || {
            let mut plan = FilePlan::default();
            plan.create(root.join("a/b/new.rs"), "new".to_owned()).unwrap();
            plan.create_if_missing(root.join(".env.example"), "ours".to_owned());
            plan.edit(root.join("Cargo.toml"), "one\n".to_owned(), "one\ntwo\n".to_owned());
            plan
        };
        fs::write(root.join("Cargo.toml"), "one\n").unwrap();
        fs::write(root.join(".env.example"), "theirs").unwrap();
        plan().apply(QUIET).unwrap();
        assert_eq!(fs::read_to_string(root.join("a/b/new.rs")).unwrap(), "new");
        assert_eq!(fs::read_to_string(root.join("Cargo.toml")).unwrap(), "one\ntwo\n");
        assert_eq!(fs::read_to_string(root.join(".env.example")).unwrap(), "theirs");
        let mut again = plan();
        again.edit(root.join("Cargo.toml"), "one\ntwo\n".to_owned(), "one\ntwo\n".to_owned());
        assert!(again.is_empty());
    }

    #[test]
    fn line_ends_and_byte_order_marks_stay() {
        let check = |before: &str, after: &str, expected: &str| {
            assert_eq!(super::encoded_like(before, after.to_owned()), expected);
        };
        check("a\r\nb\r\n", "a\nb\r\nc\n", "a\r\nb\r\nc\r\n");
        check("a\nb\r\n", "a\nc\n", "a\nc\n");
        check("a", "a\nb\n", "a\nb\n");
        check("\u{feff}a\n", "b\n", "\u{feff}b\n");
    }

    #[test]
    #[cfg(unix)]
    fn links_do_not_lead_out_of_a_folder() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let [root, outside] = ["shop", "outside"].map(|name| folder.path().join(name));
        fs::create_dir_all(root.join("inside")).unwrap();
        fs::create_dir(&outside).unwrap();
        symlink(&outside, root.join("migration")).unwrap();
        symlink(root.join("inside"), root.join("other")).unwrap();
        let check = |file: &str| {
            let mut plan = FilePlan::default();
            plan.create(root.join(file), String::new()).unwrap();
            plan.check_within(&root).map_err(|problem| problem.message.contains("a link leads out of it"))
        };
        assert_eq!(check("new/Cargo.toml"), Ok(()));
        assert_eq!(check("other/Cargo.toml"), Ok(()));
        assert_eq!(check("migration/src/lib.rs"), Err(true));
    }

    #[test]
    fn nothing_is_overwritten_and_a_failure_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("b.rs"), "mine").unwrap();
        let mut plan = FilePlan::default();
        plan.create(root.join("new/a.rs"), "a".to_owned()).unwrap();
        plan.create(root.join("b.rs"), "b".to_owned()).unwrap();
        let problem = plan.apply(QUIET).unwrap_err();
        assert_eq!(problem.message, "files are in the way; nothing was written");
        assert_eq!(names(root), ["b.rs"]);

        // The file appears, or changes, between the plan and its execution.
        let mut plan = FilePlan::default();
        plan.create(root.join("new/a.rs"), "a".to_owned()).unwrap();
        plan.create(root.join("c.rs"), "c".to_owned()).unwrap();
        plan.edit(root.join("b.rs"), "other".to_owned(), "b".to_owned());
        let problem = plan.apply(QUIET).unwrap_err();
        assert!(problem.message.ends_with("b.rs` changed in the meantime"), "{}", problem.message);
        assert_eq!(problem.details, ["everything else was undone: the project is as it was"]);
        assert_eq!(names(root), ["b.rs"]);
    }
}
