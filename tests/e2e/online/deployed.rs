//! The example service in three versions, as the book changes it in the chapter "Online changes": two of them serve one
//! database at the same time, while it is expanded, filled and contracted.
//!
//! The chapter is the script: its diffs are the changes of the service, and its commands are run in their order.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{App, Backend, Output, Program, TestDatabase, cargo, workspace};
use serde_json::{Value, json};

use super::load::{Load, LoadReport};
use crate::book::use_features_of_the_workspace;
use crate::guarantees::script::Outcome;
use crate::new_crate::target;
use crate::readme::checkout::copy_folder;
use crate::readme::transcript::{Block, Redaction, Step, blocks};

/// The section of the chapter.
const HEADING: &str = "\n## The example service, changed twice\n";

/// How many posts there are before the first change.
const FIRST_POSTS: usize = 3000;

/// The crates of the example service.
const CRATES: [&str; 3] = ["entity", "migration", "app"];

pub(crate) fn trials() -> Vec<Case> {
    let is_everywhere = std::env::var("SERVICE_VERSIONS").is_ok_and(|value| value == "all");
    let backends = if is_everywhere { Backend::ALL.to_vec() } else { vec![Backend::Sqlite, Backend::Postgres] };
    let case = |backend| Case::on(backend, "online::versions_of_the_example_service", versions_of_the_service);
    backends.into_iter().map(case).collect()
}

/// How a version names the fields of a post.
#[derive(Debug, Clone, Copy)]
struct Version {
    title: &'static str,
    published: &'static str,
    /// Whether it is a number instead of `true` or `false`.
    is_number: bool,
}

const VERSIONS: [Version; 3] = [
    Version { title: "title", published: "published", is_number: false },
    Version { title: "headline", published: "published", is_number: false },
    Version { title: "headline", published: "status", is_number: true },
];

impl Version {
    fn published(self, is_published: bool) -> Value {
        if self.is_number { json!(u8::from(is_published)) } else { json!(is_published) }
    }

    fn fields(self, title: &str, is_published: bool) -> Value {
        json!({ self.title: title, self.published: self.published(is_published) })
    }
}

/// A version of the service that serves requests.
struct Deployed {
    version: Version,
    app: App,
    clients: Option<Load>,
}

impl Deployed {
    fn new(version: Version, app: App) -> Self {
        Self { version, app, clients: None }
    }

    fn begin_requests(&mut self) {
        self.clients.get_or_insert_with(|| start_clients(self.version, self.app.base_url()));
    }

    fn wait_for(&self, rounds: usize) -> Outcome<()> {
        self.clients.as_ref().map_or(Ok(()), |clients| clients.wait_for(rounds))
    }

    /// Ends the requests, none of which has failed, and prints how many there were.
    fn end_requests(&mut self) -> Outcome<()> {
        let report = self.clients.take().ok_or("no requests were made")?.stop()?;
        println!("{:?}: {} rounds of requests, the longest {:?}", self.version, report.rounds, report.longest);
        assert!(report.rounds > 10, "{report:?}");
        Ok(())
    }

    /// Ends the service.
    fn stop(self) -> Outcome<()> {
        let output = self.app.stop()?;
        assert_eq!(output.code, Some(0), "{output}");
        Ok(())
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome<(u16, Value)> {
        request(&format!("{}{path}", self.app.base_url()), method, body)
    }

    fn create(&self, post: Value) -> Outcome<u64> {
        created(&self.app.base_url(), post)
    }

    /// A post has these values.
    fn shows(&self, id: u64, title: &str, is_published: bool) -> Outcome<()> {
        shows(&self.app.base_url(), self.version, id, title, is_published)
    }
}

/// Sends a request, and returns the status and the body.
fn request(url: &str, method: &str, body: Option<&Value>) -> Outcome<(u16, Value)> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = match (method, body) {
        ("POST", Some(body)) => agent.post(url).send_json(body)?,
        ("PATCH", Some(body)) => agent.patch(url).send_json(body)?,
        ("DELETE", _) => agent.delete(url).call()?,
        _ => agent.get(url).call()?,
    };
    let text = response.body_mut().read_to_string()?;
    Ok((response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
}

/// Sends a request, which has to be answered with this status.
fn expect(status: u16, url: &str, method: &str, body: Option<&Value>) -> Outcome<Value> {
    match request(url, method, body)? {
        (found, answer) if found == status => Ok(answer),
        (found, answer) => Err(format!("{method} {url} {body:?}: {found} {answer}").into()),
    }
}

/// Creates a post with these fields, and returns its id.
fn created(base_url: &str, fields: Value) -> Outcome<u64> {
    let mut post = json!({ "content": "Text", "owner_id": 1 });
    post.as_object_mut().ok_or("an object")?.extend(fields.as_object().cloned().unwrap_or_default());
    let answer = expect(201, &format!("{base_url}/posts"), "POST", Some(&post))?;
    Ok(answer["id"].as_u64().ok_or("an id")?)
}

fn shows(base_url: &str, version: Version, id: u64, title: &str, is_published: bool) -> Outcome<()> {
    let post = expect(200, &format!("{base_url}/posts/{id}"), "GET", None)?;
    let expected = (&json!(title), &version.published(is_published));
    if (&post[version.title], &post[version.published]) == expected {
        return Ok(());
    }
    Err(format!("{version:?}: {post} instead of {expected:?}").into())
}

/// Makes requests to one version until they are stopped. None may fail.
fn start_clients(version: Version, base_url: String) -> Load {
    Load::start(move |stop, rounds| make_requests(version, &base_url, stop, rounds).map_err(|error| error.to_string()))
}

fn make_requests(version: Version, url: &str, stop: &AtomicBool, rounds: &AtomicUsize) -> Outcome<LoadReport> {
    let mut report = LoadReport::new();
    while !stop.load(Ordering::Relaxed) {
        let (begun, is_published) = (Instant::now(), report.rounds.is_multiple_of(2));
        let title = format!("{} {}", version.title, report.rounds);
        let id = created(url, version.fields(&title, is_published))?;
        shows(url, version, id, &title, is_published)?;
        let (post, again) = (format!("{url}/posts/{id}"), format!("{title} again"));
        expect(200, &post, "PATCH", Some(&version.fields(&again, !is_published)))?;
        shows(url, version, id, &again, !is_published)?;
        expect(200, &format!("{url}/posts?limit=5"), "GET", None)?;
        if report.rounds.is_multiple_of(3) {
            expect(204, &post, "DELETE", None)?;
        }
        report.longest = report.longest.max(begun.elapsed());
        report.rounds += 1;
        rounds.store(report.rounds, Ordering::Relaxed);
    }
    Ok(report)
}

/// What one version writes, the other one reads, in both directions; also values that are defaults.
fn see_each_other(one: &Deployed, other: &Deployed) -> Outcome<()> {
    for (writer, reader) in [(one, other), (other, one)] {
        let id = writer.create(writer.version.fields("A draft", false))?;
        reader.shows(id, "A draft", false)?;
        let change = reader.version.fields("Ready", true);
        let path = format!("/posts/{id}");
        assert_eq!(reader.request("PATCH", &path, Some(&change))?.0, 200);
        writer.shows(id, "Ready", true)?;
        // One field alone, and none of them.
        let change = json!({ writer.version.published: writer.version.published(false) });
        assert_eq!(writer.request("PATCH", &path, Some(&change))?.0, 200);
        reader.shows(id, "Ready", false)?;
        let id = writer.create(json!({ writer.version.title: "Published at once" }))?;
        reader.shows(id, "Published at once", true)?;
        assert_eq!(writer.request("DELETE", &format!("/posts/{id}"), None)?.0, 204);
        assert_eq!(reader.request("GET", &format!("/posts/{id}"), None)?.0, 404);
    }
    keep_what_the_old_one_cannot_say(one, other)
}

/// A status that the old version reads as published stays what it is where that version changes something else.
fn keep_what_the_old_one_cannot_say(old: &Deployed, new: &Deployed) -> Outcome<()> {
    if old.version.is_number || !new.version.is_number {
        return Ok(());
    }
    let id = new.create(json!({ new.version.title: "Archived", new.version.published: 2 }))?;
    old.shows(id, "Archived", true)?;
    let path = format!("/posts/{id}");
    assert_eq!(old.request("PATCH", &path, Some(&json!({ old.version.title: "Still archived" })))?.0, 200);
    let (_, post) = new.request("GET", &path, None)?;
    assert_eq!((&post[new.version.title], &post[new.version.published]), (&json!("Still archived"), &json!(2)));
    Ok(())
}

/// A copy of the example service, which becomes its next version. Its programs have names of their own, because all
/// tests compile into one folder.
struct NextVersion {
    folder: PathBuf,
    name: &'static str,
}

impl NextVersion {
    fn copy(name: &'static str) -> Outcome<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("next-version-{name}"));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for krate in CRATES {
            copy_folder(&workspace().join(krate), &folder.join(krate))?;
        }
        fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let manifest = fs::read_to_string(workspace().join("Cargo.toml"))?;
        let inherited = manifest.find("[workspace.package]").and_then(|at| manifest.get(at..)).ok_or("a package")?;
        let engine = format!("path = \"{}/crates/", workspace().canonicalize()?.display());
        // Of another version, so that nothing of the crates of this workspace is replaced.
        let version = format!("version = \"0.1.1-{name}\"");
        let inherited = inherited.replacen("version = \"0.1.0\"", &version, 1).replace("path = \"crates/", &engine);
        let members = format!("[workspace]\nresolver = \"3\"\nmembers = {CRATES:?}\n");
        fs::write(folder.join("Cargo.toml"), format!("{members}\n{inherited}"))?;
        let next = Self { folder, name };
        next.rename("migration", "default-run = \"migration\"\n", "")?;
        next.rename("migration", "name = \"migration\"\nrequired", &format!("{}required", next.binary("migration")))?;
        next.rename("app", "[dependencies]\n", &format!("[[bin]]\n{}\n[dependencies]\n", next.binary("app")))?;
        for krate in ["migration", "app"] {
            use_features_of_the_workspace(&next.folder.join(krate).join("Cargo.toml"))?;
        }
        Ok(next)
    }

    fn binary(&self, krate: &str) -> String {
        format!("name = \"{krate}-{}\"\npath = \"src/main.rs\"\n", self.name)
    }

    fn rename(&self, krate: &str, from: &str, to: &str) -> Outcome<()> {
        let manifest = self.folder.join(krate).join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        assert!(text.contains(from), "{text}");
        Ok(fs::write(manifest, text.replacen(from, to, 1))?)
    }

    /// Makes the changes of a diff.
    fn change(&self, diff: &[String]) -> Outcome<()> {
        let mut file = PathBuf::new();
        let is_header = |line: &String| ["--- a/", "+++ b/", "@@ "].iter().any(|start| line.starts_with(start));
        for part in diff.chunk_by(|one, other| is_header(one) == is_header(other)) {
            match part.iter().find_map(|line| line.strip_prefix("+++ b/")) {
                Some(path) => file = self.folder.join(path),
                None if part.iter().any(is_header) => {}
                None => replace(&file, part)?,
            }
        }
        Ok(())
    }

    fn build(&self, packages: &[&str]) -> Outcome<()> {
        let mut command = cargo();
        command.args(["build", "-q", "--offline", "--color", "never"]).env("CARGO_TARGET_DIR", target());
        command.args(packages.iter().flat_map(|package| ["-p", *package])).current_dir(&self.folder);
        let output = command.output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn program(&self, krate: &str) -> PathBuf {
        target().join(format!("debug/{krate}-{}", self.name))
    }
}

/// Makes a change of a diff in a file, which has its old lines once.
fn replace(file: &Path, hunk: &[String]) -> Outcome<()> {
    let side = |left_out: char| -> String {
        let kept = hunk.iter().filter(|line| !line.starts_with(left_out));
        kept.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
    };
    let text = fs::read_to_string(file)?;
    assert_eq!(text.matches(&side('+')).count(), 1, "{}: {hunk:#?}", file.display());
    Ok(fs::write(file, text.replace(&side('+'), &side('-')))?)
}

/// The versions that run, while the commands of the chapter are followed.
struct Rollout<'a> {
    database: &'a TestDatabase,
    next: NextVersion,
    /// The number of the version that is being deployed.
    number: usize,
    old: Option<Deployed>,
    new: Option<Deployed>,
    redaction: Redaction,
}

impl Rollout<'_> {
    fn follow(&mut self, step: &Step) -> Outcome<()> {
        let arguments = step.command.strip_prefix("cargo run -p ").ok_or("a command of the chapter runs a program")?;
        match arguments.split_once(" -- ") {
            Some(("app", arguments)) => return self.deploy(arguments),
            Some(("migration", arguments)) if arguments.starts_with("revision ") => {
                self.next.build(&["migration"])?;
                let output = self.migration(arguments)?;
                self.compare(step, &output);
                return self.next.build(&["migration", "app"]);
            }
            Some(("migration", arguments)) => {
                let is_end = arguments.starts_with("up contract@head");
                if is_end {
                    self.stop_the_old_one()?
                } else {
                    self.begin_requests()?
                }
                let output = self.migration(arguments)?;
                self.compare(step, &output);
                if is_end {
                    self.goes_on_alone()?
                }
            }
            _ => return Err(format!("`{}` is no command that the test knows", step.command).into()),
        }
        Ok(())
    }

    fn migration(&self, arguments: &str) -> Outcome<Output> {
        // In the order of a terminal.
        let script = format!("{} {arguments} 2>&1", self.next.program("migration").display());
        let program = Program::at("sh").args(["-c", &script]).database(self.database).folder(&self.next.folder);
        Ok(program.limit(Duration::from_secs(120)).run()?.succeeded()?)
    }

    /// The chapter shows the outputs on PostgreSQL.
    fn compare(&self, step: &Step, output: &Output) {
        if self.database.backend() == Backend::Postgres && !step.output.is_empty() {
            let (found, expected) = (self.redaction.apply(&output.stdout), self.redaction.apply(&step.output));
            assert_eq!(found, expected, "after `{}`", step.command);
        }
    }

    /// Starts the new version beside the old one, on a free port.
    fn deploy(&mut self, arguments: &str) -> Outcome<()> {
        // The program of the next change takes the place of this one.
        let kept = self.database.folder().join(format!("app-{}", self.number));
        fs::copy(self.next.program("app"), &kept)?;
        let arguments: Vec<&str> = arguments.split(" --port ").take(1).flat_map(|kept| kept.split(' ')).collect();
        let app = App::start_program(Program::at(&kept), self.database, &arguments)?;
        let mut new = Deployed::new(VERSIONS[self.number], app);
        let old = self.old.as_ref().ok_or("an old version")?;
        assert_eq!(new.request("GET", "/health/ready", None)?.0, 503);
        assert_eq!(old.request("GET", "/health/ready", None)?.0, 200);
        new.begin_requests();
        see_each_other(old, &new)?;
        // A post that was there before.
        new.shows(7, "first 7", true)?;
        new.wait_for(10)?;
        old.wait_for(10)?;
        self.new = Some(new);
        Ok(())
    }

    /// The old version gets requests before its schema is expanded.
    fn begin_requests(&mut self) -> Outcome<()> {
        let old = self.old.as_mut().ok_or("an old version")?;
        old.begin_requests();
        old.wait_for(10)
    }

    fn stop_the_old_one(&mut self) -> Outcome<()> {
        let mut old = self.old.take().ok_or("an old version")?;
        old.end_requests()?;
        old.stop()
    }

    /// The new version is the only one, and has the schema of its entities.
    fn goes_on_alone(&mut self) -> Outcome<()> {
        let mut new = self.new.take().ok_or("a new version")?;
        new.wait_for(10)?;
        new.end_requests()?;
        assert_eq!(new.request("GET", "/health/ready", None)?.0, 200);
        new.shows(7, "first 7", true)?;
        self.migration("check")?;
        self.old = Some(new);
        self.number += 1;
        Ok(())
    }
}

fn versions_of_the_service(database: &TestDatabase) -> TestResult {
    let name = database.backend().name();
    let chapter = fs::read_to_string(workspace().join("docs/src/online-changes.md"))?;
    let first = Deployed::new(VERSIONS[0], App::start(database, &[])?);
    let user = json!({ "email": "ada@example.org", "password": "long enough" });
    assert_eq!(first.request("POST", "/users", Some(&user))?.0, 201);
    let rows: Vec<String> = (1..=FIRST_POSTS).map(|number| format!("('first {number}', 'Text', 1)")).collect();
    database.execute(&format!("INSERT INTO posts (title, content, owner_id) VALUES {}", rows.join(", ")))?;
    let next = NextVersion::copy(name)?;
    let redaction = Redaction::default();
    let mut rollout = Rollout { database, next, number: 1, old: Some(first), new: None, redaction };
    for block in blocks(&chapter, HEADING) {
        match block {
            Block::Console(steps) => steps.iter().try_for_each(|step| rollout.follow(step))?,
            Block::Diff(lines) => rollout.next.change(&lines)?,
            Block::Rust(_) => {}
        }
    }
    assert_eq!(rollout.number, VERSIONS.len(), "all versions were deployed");
    rollout.old.take().ok_or("the last version")?.stop()?;
    // The clients deleted only posts of their own.
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM posts WHERE headline LIKE 'first %'")?, 3000);
    Ok(())
}
