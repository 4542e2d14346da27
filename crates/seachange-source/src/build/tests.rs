#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};

use super::{CargoDirective, CargoEnv, REGISTRY, RevisionFolder, register};

/// A crate in a temporary folder, with revision files given by name and the fields of the constant.
struct Crate {
    folder: tempfile::TempDir,
    folders: Vec<RevisionFolder>,
}

impl Crate {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src/versions")).unwrap();
        let this = Self { folder, folders: vec![RevisionFolder::own(Path::new("src/versions"))] };
        for (name, fields) in files {
            let text = format!("pub const REVISION: R = R {{ {fields} }};\npub struct Migration;");
            fs::write(this.version(name), text).unwrap();
        }
        this
    }

    /// Declares a second folder, `src/billing`, with files.
    fn with_billing(mut self, files: &[(&str, &str)]) -> Self {
        self.folders.push(RevisionFolder::own(Path::new("src/billing")));
        fs::create_dir(self.version("../billing")).unwrap();
        for (name, fields) in files {
            let text = format!("pub const REVISION: R = R {{ {fields} }};\npub struct Migration;");
            fs::write(self.version("../billing").join(name), text).unwrap();
        }
        self
    }

    fn version(&self, name: &str) -> PathBuf {
        self.folder.path().join("src/versions").join(name)
    }

    fn registry(&self) -> PathBuf {
        self.folder.path().join(REGISTRY)
    }

    /// Runs the build script and returns its output, without the line that each output has: the manifest is watched by
    /// its absolute path, which is missing once the crate was moved.
    fn build(&self) -> Vec<String> {
        let root = self.folder.path().to_owned();
        let manifest = CargoDirective::RerunIfChanged(root.join("Cargo.toml"));
        let surroundings = CargoEnv { manifest_dir: root.clone(), out_dir: root };
        let mut directives = register(&self.folders, &surroundings);
        let position = directives.iter().position(|directive| *directive == manifest).unwrap();
        directives.remove(position);
        directives.iter().map(CargoDirective::to_string).collect()
    }
}

const RERUN: &str = "cargo::rerun-if-changed=src/versions";

#[test]
fn a_sound_folder_is_registered_without_a_word() {
    let krate = Crate::new(&[("m1_a.rs", "id: \"a\""), ("m2_b.rs", "id: \"b\", down_revision: &[\"a\"]")]);
    assert_eq!(krate.build(), [RERUN]);
    let registry = fs::read_to_string(krate.registry()).unwrap();
    assert!(registry.contains(&format!("{:?}", krate.version("m2_b.rs"))), "{registry}");
    assert!(registry.contains("revision: m2_b::REVISION"), "{registry}");
}

#[test]
fn another_crate_compiles_its_files() {
    let mut krate =
        Crate::new(&[("m2_b.rs", "id: \"b\", down_revision: &[\"a\"]")]).with_billing(&[("m1_a.rs", "id: \"a\"")]);
    krate.folders[1] = RevisionFolder::of_crate("old-billing", Path::new("src/billing"));
    assert_eq!(krate.build(), [RERUN, "cargo::rerun-if-changed=src/billing"]);
    let registry = fs::read_to_string(krate.registry()).unwrap();
    assert!(registry.contains("revision: ::old_billing::m1_a::REVISION"), "{registry}");
    assert!(!registry.contains("pub mod m1_a"), "{registry}");
    krate.folders.push(krate.folders[1].clone());
    krate.folders.push(RevisionFolder::of_crate("not a crate", Path::new("src/none")));
    let output = krate.build().join("\n");
    assert!(output.contains("cargo::error=the crate `old_billing` has several folders"), "{output}");
    assert!(output.contains("cargo::error=`not a crate` is not the name of a crate"), "{output}");
}

#[test]
fn the_registry_is_written_only_when_it_changes() {
    let krate = Crate::new(&[("m1_a.rs", "id: \"a\"")]);
    krate.build();
    let mut permissions = fs::metadata(krate.registry()).unwrap().permissions();
    let written = fs::metadata(krate.registry()).unwrap().modified().unwrap();
    permissions.set_readonly(true);
    fs::set_permissions(krate.registry(), permissions).unwrap();
    assert_eq!(krate.build(), [RERUN]);
    assert_eq!(fs::metadata(krate.registry()).unwrap().modified().unwrap(), written);
}

#[test]
fn an_empty_and_a_missing_folder_warn() {
    let warning = "cargo::warning=no revision files in `src/versions`: nothing to migrate (hint: `revision -m MESSAGE` \
                   writes the first)";
    let krate = Crate::new(&[]);
    assert_eq!(krate.build(), [RERUN, warning]);
    fs::remove_dir(krate.version("")).unwrap();
    assert_eq!(krate.build(), [RERUN, warning]);
    assert!(krate.registry().exists());
}

const STAY: &str = "to keep a branch, give it its own label in `branch_labels`";

#[test]
fn several_heads_warn() {
    let long = "long ".repeat(30);
    let krate = Crate::new(&[("m1_create_posts.rs", "id: \"a\""), ("m2.rs", "id: \"b\"")]);
    let text = fs::read_to_string(krate.version("m2.rs")).unwrap();
    fs::write(krate.version("m2.rs"), format!("//! {long}\n{text}")).unwrap();
    let expected = format!(
        "cargo::warning=2 heads: `a` create posts (src/versions/m1_create_posts.rs), `b` long long long long long long \
         long long long long long long … (src/versions/m2.rs) (hint: `merge heads` joins them, `revision --head a -m \
         MESSAGE` continues from one; {STAY})"
    );
    assert_eq!(krate.build(), [RERUN, expected.as_str()]);
}

#[test]
fn a_branch_with_a_label_of_its_own_may_stay() {
    let label = "branch_labels: &[\"billing\"]";
    let [trunk, root] = [("m1.rs", "id: \"a\""), ("m2.rs", &*format!("id: \"b\", {label}"))];
    assert_eq!(Crate::new(&[trunk, root]).build(), [RERUN]);
    let fork = [("m3.rs", "id: \"c\", down_revision: &[\"b\"]"), ("m4.rs", "id: \"d\", down_revision: &[\"b\"]")];
    let expected = format!(
        "cargo::warning=2 of 3 heads: `c` revision (src/versions/m3.rs, branch `billing`), `d` revision \
         (src/versions/m4.rs, branch `billing`) (hint: `merge c d` joins them, `revision --head c -m MESSAGE` continues from one; {STAY})"
    );
    assert_eq!(Crate::new(&[trunk, root, fork[0], fork[1]]).build(), [RERUN, expected.as_str()]);
}

const RERUN_BILLING: &str = "cargo::rerun-if-changed=src/billing";

#[test]
fn several_folders_make_one_graph() {
    let krate = Crate::new(&[("m1_create.rs", "id: \"a\"")]).with_billing(&[
        ("m1_create.rs", "id: \"b\", branch_labels: &[\"billing\"]"),
        ("m2_pay.rs", "id: \"c\", down_revision: &[\"b\"], depends_on: &[\"a\"]"),
    ]);
    assert_eq!(krate.build(), [RERUN, RERUN_BILLING]);
    let registry = fs::read_to_string(krate.registry()).unwrap();
    for part in ["pub mod m1_create;", "pub mod m1_create_2;", ".in_folders(&[\"src/versions\", \"src/billing\"])"] {
        assert!(registry.contains(part), "no `{part}` in {registry}");
    }
}

#[test]
fn ids_and_labels_are_unique_among_all_folders() {
    let krate = Crate::new(&[("m1.rs", "id: \"a\"")]).with_billing(&[("m1.rs", "id: \"a\""), ("m2.rs", "no: \"id\"")]);
    let output = krate.build().join("\n").replace(&format!("{}/", krate.folder.path().display()), "");
    insta::assert_snapshot!(output, @r#"
    cargo::rerun-if-changed=src/versions
    cargo::rerun-if-changed=src/billing
    cargo::error=src/billing/m2.rs:1: unknown field `no` in `REVISION`; expected `id`, `down_revision`, `depends_on`, `branch_labels`, `replaces`, `allow`, `after_backfills`, `not_before`, `lock_timeout` or `created`
    cargo::error=src/billing/m2.rs:1: no `id` in `REVISION`; expected a field such as `id: "ae1027a6acf4"`
    cargo::error=src/versions/m1.rs:1: more than one revision has the id `a`; see also src/billing/m1.rs:1 (hint: give one of the files another `id`, and correct the `down_revision` that means it)
    "#);
    assert!(!krate.registry().exists());
}

#[test]
fn one_of_several_folders_that_is_not_there_is_a_warning() {
    let krate = Crate::new(&[("m1.rs", "id: \"a\"")]).with_billing(&[]);
    assert_eq!(krate.build(), [RERUN, RERUN_BILLING]);
    fs::remove_dir(krate.version("../billing")).unwrap();
    let expected = "cargo::warning=no folder `src/billing` (hint: `revision --version-path src/billing` creates it; or \
                    remove it from `build.rs`)";
    assert_eq!(krate.build(), [RERUN, RERUN_BILLING, expected]);
}

#[test]
fn a_folder_that_is_declared_twice_is_scanned_once() {
    let mut krate = Crate::new(&[("m1.rs", "id: \"a\"")]);
    krate.folders.push(RevisionFolder::own(Path::new("src/../src/versions")));
    assert_eq!(krate.build(), [RERUN, "cargo::rerun-if-changed=src/../src/versions"]);
}

#[test]
fn all_faults_are_reported_at_once_and_nothing_is_written() {
    let krate = Crate::new(&[
        ("m1_a.rs", "id: \"a\", down_revision: &[\"a\"]"),
        ("m2_b.rs", "id: \"b\\nc\""),
        ("m3_c.rs", "id: C"),
        ("m4_d.rs", "colour: 1"),
    ]);
    let expected = [
        RERUN,
        "cargo::error=src/versions/m3_c.rs:1: `id` is not a literal; expected a string such as `\"ae1027a6acf4\"`",
        "cargo::error=src/versions/m4_d.rs:1: unknown field `colour` in `REVISION`; expected `id`, \
         `down_revision`, `depends_on`, `branch_labels`, `replaces`, `allow`, `after_backfills`, `not_before`, `lock_timeout` or `created`",
        "cargo::error=src/versions/m4_d.rs:1: no `id` in `REVISION`; expected a field such as `id: \
         \"ae1027a6acf4\"`",
        "cargo::error=src/versions/m2_b.rs:1: `b c` cannot be a revision id: it contains '\\n'; letters, digits, `_` \
         and `.` are allowed (hint: choose another `id`, such as twelve hexadecimal digits)",
        "cargo::error=src/versions/m1_a.rs:1: revision `a` points at itself (hint: remove the revision's own id from `down_revision` or `depends_on`)",
    ];
    assert_eq!(krate.build(), expected);
    assert!(!krate.registry().exists());
}

#[test]
fn a_registry_that_cannot_be_written_is_an_error() {
    let krate = Crate::new(&[("m1_a.rs", "id: \"a\"")]);
    fs::create_dir(krate.registry()).unwrap();
    let output = krate.build();
    assert!(output[1].starts_with("cargo::error=") && output[1].contains("cannot be written: "), "{output:?}");
}

#[test]
fn files_that_revisions_include_are_watched() {
    let krate = Crate::new(&[("m1_a.rs", "id: \"a\""), ("m2_b.rs", "id: \"b\", down_revision: &[\"a\"]")]);
    fs::create_dir(krate.folder.path().join("sql")).unwrap();
    fs::write(krate.folder.path().join("Cargo.toml"), "").unwrap();
    let sql = krate.folder.path().join("sql/up.sql");
    fs::write(&sql, "SELECT 1").unwrap();
    for name in ["m1_a.rs", "m2_b.rs"] {
        let text = fs::read_to_string(krate.version(name)).unwrap();
        let inclusions = "const SQL: [&str; 3] = [include_str!(\"../../sql/up.sql\"), include_str!(\"/nowhere/x.sql\"), \
                          include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/sql/up.sql\"))];";
        fs::write(krate.version(name), format!("{text}\n{inclusions}")).unwrap();
    }
    let watched =
        [RERUN, "cargo::rerun-if-changed=/nowhere/x.sql", "cargo::rerun-if-changed=sql/up.sql"].map(str::to_owned);
    assert_eq!(krate.build(), watched);
    let before = fs::read_to_string(krate.registry()).unwrap();
    fs::write(&sql, "SELECT 2").unwrap();
    assert_eq!(krate.build(), watched);
    assert_ne!(fs::read_to_string(krate.registry()).unwrap(), before);
}
