//! A new project, and the image that its Dockerfile describes; built once for all tests.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use seachange_tests::{Program, cargo, workspace};
use tempfile::TempDir;

use super::dockerfile::{self, Contexts, Image};
use crate::book::use_compiled_dependencies;
use crate::readme::checkout::share_dependencies;

/// The image, or why there is no image.
static IMAGE: LazyLock<Result<Image, String>> = LazyLock::new(|| build().map_err(|error| error.to_string()));

/// The image of the project.
pub(super) fn image() -> Result<&'static Image, Box<dyn Error>> {
    Ok(IMAGE.as_ref().map_err(Clone::clone)?)
}

/// Writes a new project `shop` for some databases.
pub(super) fn new_project(databases: &[&str]) -> Result<TempDir, Box<dyn Error>> {
    // Outside of this workspace, of which the project would be a part otherwise.
    let place = TempDir::new()?;
    let databases = databases.iter().flat_map(|database| ["--database", database]);
    // An absolute path, for which cargo takes the crates that are compiled for this workspace.
    let engine = workspace().canonicalize()?.join("crates");
    let init = Program::named("seachange").folder(place.path()).args(["init", "shop", "--no-build"]).args(databases);
    init.arg("--engine-path").arg(engine).run()?.succeeded()?;
    Ok(place)
}

/// Where the image is built: in the same folder each time, so that it is removed by the next test run.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployment")
}

fn build() -> Result<Image, Box<dyn Error>> {
    let place = new_project(&["sqlite", "postgres", "mysql"])?;
    let project = place.path().join("shop");
    use_compiled_dependencies(&project)?;
    // The build at the end of `init` writes `Cargo.lock`.
    packages(&project)?;
    let engine = workspace().canonicalize()?;
    for ignored in ["target/debug/app", "data/app.db", ".env", "app/.env", ".git/HEAD"] {
        let file = project.join(ignored);
        fs::create_dir_all(file.parent().ok_or("a folder")?)?;
        fs::write(file, "what no image may contain")?;
    }
    if folder().exists() {
        fs::remove_dir_all(folder())?;
    }
    let contexts = Contexts::from([(String::new(), project.clone()), ("seachange".to_owned(), engine.clone())]);
    let prepare = |folder: &Path| match folder.ends_with("src/shop") {
        true => Ok(share_dependencies(&folder.join("target"))?),
        false => Ok(()),
    };
    // The commands of the file, but for the profile: the dependencies are compiled in the one of the tests.
    let adapt = |command: &str| command.replace(" --release", "").replace("target/release/", "target/debug/");
    let text = fs::read_to_string(project.join("Dockerfile"))?;
    let image = dockerfile::build(&text, &contexts, &folder(), &prepare, &adapt)?;
    let built = folder().join("build/src/shop");
    for ignored in ["target/debug/app", "data/app.db", ".env", "app/.env", ".git"] {
        let is_copied = fs::read_to_string(built.join(ignored)).is_ok_and(|text| text.starts_with("what no image"));
        assert!(!is_copied, "`{ignored}` is part of the image");
    }
    the_copied_engine_is_enough(&built, &engine)?;
    Ok(image)
}

/// The build above used the crates of this workspace; those that the image copies have to be complete as well.
fn the_copied_engine_is_enough(built: &Path, engine: &Path) -> Result<(), Box<dyn Error>> {
    let copied = folder().join("build").join(engine.strip_prefix("/")?);
    let manifest = built.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let (original, copy) = (engine.to_string_lossy(), copied.to_string_lossy());
    assert!(text.contains(&*original), "{text}");
    fs::write(&manifest, text.replace(&*original, &copy))?;
    let packages = packages(built);
    fs::write(&manifest, text)?;
    assert!(packages?.contains(&*copied.join("crates/seachange").to_string_lossy()));
    Ok(())
}

/// The packages that cargo compiles for a project here, with their folders. Those of other platforms need not be on this
/// machine.
fn packages(project: &Path) -> Result<String, Box<dyn Error>> {
    let mut tree = cargo();
    let output = tree.args(["tree", "--offline", "--workspace"]).current_dir(project).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
