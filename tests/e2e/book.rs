//! The book: its tutorial run from nothing, with the program as `cargo install` installs it; and its reference of the
//! command line, which is written from the program.

mod reference;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Program, cargo, workspace};

use tempfile::TempDir;

use crate::new_crate::{SHARED, SHARED_IN_BUILDS};
use crate::readme::checkout::share_dependencies;
use crate::readme::transcript::{Block, Redaction, Step, blocks_of};

pub(crate) fn trials() -> Vec<Case> {
    vec![
        Case::new("book::the_tutorial_is_true", the_tutorial_is_true),
        Case::new("book::the_command_line_is_that_of_the_program", reference::is_that_of_the_program),
    ]
}

/// The id in the book in place of that of the project's first revision, and of the one that the reader writes.
const SAMPLES: [&str; 2] = ["fed321fed321", "0123456789ab"];

/// Options that the book leaves out. All databases are compiled in, and nothing is built at once, so that the compiled
/// dependencies of this workspace are used.
const FOR_THE_TEST: &str = "--no-build --database sqlite --database postgres --database mysql";

/// The reader's place.
struct Reader {
    /// Removed at the end.
    _place: TempDir,
    target: TempDir,
    /// Where programs are installed.
    programs: PathBuf,
    /// The working directory.
    folder: PathBuf,
    service: Option<Service>,
    redaction: Redaction,
    commands: usize,
}

/// The service, which runs beside the commands.
struct Service {
    running: seachange_tests::Running,
    address: String,
}

fn the_tutorial_is_true() -> TestResult {
    let tutorial = fs::read_to_string(workspace().join("docs/src/tutorial.md"))?;
    let mut reader = Reader::new()?;
    for block in blocks_of(&tutorial) {
        match block {
            Block::Console(steps) => steps.iter().try_for_each(|step| reader.follow(step))?,
            Block::Diff(lines) => crate::readme::edit(&reader.folder.join("entity/src/post.rs"), &lines)?,
            Block::Rust(code) => {
                let written = fs::read_to_string(reader.newest()?)?;
                assert_eq!(reader.redaction.apply(&written), reader.redaction.apply(&code));
            }
        }
    }
    reader.stop_service();
    assert!(reader.commands >= 15, "the commands of the tutorial are found: {}", reader.commands);
    // The tests of the project, which the tutorial calls in a block without outputs.
    let mut tests = cargo();
    tests.args(["test", "-q", "--workspace", "--offline"]).current_dir(&reader.folder);
    let output = tests.env("CARGO_TARGET_DIR", reader.target.path()).env("TMPDIR", &reader.folder).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    Ok(())
}

impl Reader {
    /// Installs the program, and clones the repository beside the working directory.
    fn new() -> Result<Self, Box<dyn Error>> {
        // Outside of this workspace, of which the project would be a part otherwise.
        let place = TempDir::new()?;
        let root = place.path().canonicalize()?;
        let folder = root.join("projects");
        fs::create_dir_all(&folder)?;
        std::os::unix::fs::symlink(workspace().canonicalize()?, root.join("seachange"))?;
        // A target folder of its own: the programs are called as those of this workspace.
        let target = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
        share_dependencies(target.path())?;
        let mut install = cargo();
        install.args(["install", "--debug", "--locked", "--offline", "--quiet", "--path", "crates/seachange-cli"]);
        install.arg("--root").arg(root.join("installed")).current_dir(workspace());
        let output = install.env("CARGO_TARGET_DIR", target.path()).output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let programs = root.join("installed/bin");
        Ok(Self {
            _place: place,
            target,
            programs,
            folder,
            service: None,
            redaction: Redaction::default(),
            commands: 0,
        })
    }

    /// Runs a command, and compares what a terminal would show.
    fn follow(&mut self, step: &Step) -> TestResult {
        self.commands += 1;
        let words: Vec<&str> = step.command.split_whitespace().collect();
        let shown = match words.as_slice() {
            ["cd", folder] => {
                self.folder = self.folder.join(folder);
                String::new()
            }
            ["cargo", "run", "-p", "app"] => {
                self.start_service()?;
                return Ok(());
            }
            ["curl", url, ..] => self.ask(url, &step.command)?,
            ["seachange", ..] => self.seachange(&step.command)?,
            _ => return Err(format!("`{}` is no command that the test knows", step.command).into()),
        };
        let shown: String = shown.lines().filter(|line| !is_of_cargo(line)).map(|line| format!("{line}\n")).collect();
        if step.command.starts_with("seachange init") {
            use_compiled_dependencies(&self.folder.join("shop"))?;
        }
        if ["seachange init", "seachange revision"].iter().any(|start| step.command.starts_with(start)) {
            let sample = SAMPLES[usize::from(!step.command.starts_with("seachange init"))];
            self.redaction.replace(&self.newest_id()?, sample);
        }
        // The service applied the last revision: the tutorial does not show it.
        let (found, expected) = (self.redaction.apply(&shown), self.redaction.apply(&step.output));
        assert_eq!(found, expected, "after `{}`", step.command);
        Ok(())
    }

    fn seachange(&mut self, command: &str) -> Result<String, Box<dyn Error>> {
        if command.contains(" down") {
            self.stop_service();
        }
        let command = command.replacen("seachange init", &format!("seachange init {FOR_THE_TEST}"), 1);
        let command =
            command.replace("../seachange/", &format!("{}/seachange/", self.programs.join("../..").display()));
        let script =
            format!("{} 2>&1", command.replacen("seachange", &self.programs.join("seachange").to_string_lossy(), 1));
        let program = Program::at("sh").args(["-c", &script]).folder(&self.folder).limit(Duration::from_secs(300));
        let program = program.env("CARGO_TARGET_DIR", self.target.path()).env("CARGO_NET_OFFLINE", "true");
        let output = crate::installed_program::with_cargo(program).run()?;
        assert!(matches!(output.code, Some(0 | 8)), "{output}");
        Ok(output.stdout)
    }

    fn start_service(&mut self) -> Result<(), Box<dyn Error>> {
        let mut build = cargo();
        build.args(["build", "-q", "-p", "app", "--offline"]).current_dir(&self.folder);
        let output = build.env("CARGO_TARGET_DIR", self.target.path()).output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.run_service()
    }

    fn run_service(&mut self) -> Result<(), Box<dyn Error>> {
        let program = self.target.path().join("debug/app");
        let service = Program::at(program).folder(&self.folder).env("APP_ADDRESS", "127.0.0.1:0");
        let mut running = service.limit(Duration::from_secs(600)).start()?;
        let line = running.wait_for_line("listening on http://")?;
        let address = line.trim_start_matches("listening on http://").trim().to_owned();
        self.service = Some(Service { running, address });
        Ok(())
    }

    fn stop_service(&mut self) {
        if let Some(mut service) = self.service.take() {
            service.running.kill();
        }
    }

    /// What the service answers to a command of `curl`.
    fn ask(&mut self, url: &str, command: &str) -> Result<String, Box<dyn Error>> {
        if self.service.is_none() {
            // The reader starts it again.
            self.start_service()?;
        }
        let service = self.service.as_ref().ok_or("the service runs")?;
        let path = url.trim_start_matches("http://127.0.0.1:8000");
        let url = format!("http://{}{path}", service.address);
        let data = command.split(" -d '").nth(1).map(|data| data.trim_end_matches('\''));
        let mut answer = match data {
            Some(data) => ureq::post(&url).header("content-type", "application/json").send(data)?,
            None => ureq::get(&url).call()?,
        };
        Ok(answer.body_mut().read_to_string()? + "\n")
    }

    /// The newest revision file.
    fn newest(&self) -> Result<PathBuf, Box<dyn Error>> {
        let versions =
            [self.folder.join("shop"), self.folder.clone()].map(|folder| folder.join("migration/src/versions"));
        let versions = versions.into_iter().find(|folder| folder.is_dir()).ok_or("a folder of revisions")?;
        let mut files: Vec<PathBuf> = fs::read_dir(versions)?.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
        files.sort_by_key(|file| fs::metadata(file).and_then(|metadata| metadata.modified()).ok());
        Ok(files.pop().ok_or("a revision")?)
    }

    fn newest_id(&self) -> Result<String, Box<dyn Error>> {
        let text = fs::read_to_string(self.newest()?)?;
        let id = text.split("id: \"").nth(1).and_then(|rest| rest.split('"').next());
        Ok(id.ok_or("an id")?.to_owned())
    }
}

/// Gives a new project, for all databases, the versions and features of the compiled dependencies.
pub(crate) fn use_compiled_dependencies(project: &Path) -> Result<(), Box<dyn Error>> {
    fs::copy(workspace().join("Cargo.lock"), project.join("Cargo.lock"))?;
    for krate in ["migration", "app"] {
        use_features_of_the_workspace(&project.join(krate).join("Cargo.toml"))?;
    }
    let root = project.join("Cargo.toml");
    let text = fs::read_to_string(&root)?;
    let workspace = fs::read_to_string(workspace().join("Cargo.toml"))?;
    let profiles = workspace.find("[profile.dev]").and_then(|at| workspace.get(at..)).ok_or("a profile")?;
    let own = text.find("[profile.dev]").and_then(|at| text.get(..at)).ok_or("a profile")?;
    fs::write(&root, format!("{own}{profiles}"))?;
    Ok(())
}

/// Adds the dependencies of [`SHARED`] to a manifest that does not name them.
pub(crate) fn use_features_of_the_workspace(manifest: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(manifest)?;
    let shared = SHARED.lines().filter(|line| !text.lines().any(|own| name(own) == name(line)));
    let shared = shared.filter(|line| !line.starts_with('[')).collect::<Vec<_>>().join("\n");
    let text = text.replace("\n[dependencies]\n", &format!("\n[dependencies]\n{shared}\n"));
    fs::write(manifest, text.replace("\n[build-dependencies]\n", SHARED_IN_BUILDS))?;
    Ok(())
}

/// The name of the dependency in a line of a manifest.
fn name(line: &str) -> &str {
    line.split(['.', ' ', '=']).next().unwrap_or_default()
}

/// Whether cargo wrote a line, which the book omits.
fn is_of_cargo(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    line.starts_with(' ') && ["Compiling", "Finished", "Blocking", "Updating", "Locking", "Adding"].contains(&first)
}
