//! The revision files of [seachange](https://crates.io/crates/seachange): scanned, checked, registered and written.
//!
//! A revision is one Rust module in a folder. Its first doc line is the message, its `REVISION` constant holds its
//! place in the graph, and its file name is only for readers. In reading order:
//!
//! - `message`, `slug`, `id`, `name`: the names of a revision, for people and for programs;
//! - `tokens`, `constant`, [`mod@hash`], `include`, [`mod@parse`]: one file, from its text to values;
//! - [`error`]: the errors in a file;
//! - [`mod@scan`]: folders of files;
//! - [`mod@check`]: the graph of the files, or its problems by file and revision;
//! - `folders`: the folders that a build script names;
//! - `registry`: the text that registers the files;
//! - [`build`]: the build-script entry point, which does all of the above;
//! - [`sources`]: the files of a crate and their graph, for the command line;
//! - [`placement`]: the place of a new revision, from the user's request;
//! - [`mod@render`], [`mod@write`]: a new revision as text, and as a file;
//! - [`mod@models`]: the models of an entity crate, for a test that none is missing;
//! - [`columns`]: the columns that entities use, for the question whether they work on a schema.
//!
//! The crate depends on no database, not on SeaORM, and on no command line. The build script of every migration crate
//! compiles it, so it has few dependencies.
//!
//! What a build script does:
//!
//! ```no_run
//! seachange_source::build::revisions("src/versions");
//! ```
//!
//! What the command line does for a new revision:
//!
//! ```
//! use seachange_source::{NewRevision, check, new_id, scan, write_new};
//!
//! # let folder = tempfile::tempdir()?;
//! # let dir = folder.path();
//! let new = NewRevision {
//!     id: new_id(),
//!     message: "create posts table".to_owned(),
//!     created: "2026-11-21T09:03:11Z".to_owned(),
//!     ..NewRevision::default()
//! };
//! let path = write_new(dir, &new)?;
//! assert!(path.ends_with("m20261121_create_posts_table.rs"));
//!
//! let folder = scan(dir);
//! assert_eq!(folder.files[0].message, "create posts table");
//! assert_eq!(check(&folder).unwrap().heads().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod id;
mod message;
mod name;
mod slug;

mod constant;
pub mod error;
pub mod hash;
mod include;
pub mod parse;
mod tokens;

pub mod build;
pub mod check;
mod folders;
mod registry;
pub mod scan;

pub mod columns;
pub mod models;
pub mod placement;
pub mod render;
pub mod sources;
pub mod squash;
pub mod steps;
pub mod write;

pub use check::{SourceDiagnostic, check};
pub use error::{FileError, FileErrorKind};
pub use folders::declared_folders;
pub use id::new_id;
pub use message::{from_module as message_of_module, normalise};
pub use models::{Model, models};
pub use name::is_crate_name;
pub use parse::{RevisionFile, SourceHash, parse, parse_place};
pub use placement::{Placement, PlacementError, PlacementRequest};
pub use render::{MethodBody, NewRevision, RevisionBody, SqlFileSystem, TEMPLATE, render};
pub use scan::{ScannedFolders, scan, scan_all};
pub use slug::{MAX_SLUG_LENGTH, slug};
pub use sources::{RevisionFiles, RevisionFilesError};
pub use squash::{SquashBody, SquashStage, literal, squash_body};
pub use steps::{RevisionStep, StepCode, step_body, with_constant, with_step};
pub use write::{WriteError, write_new, write_new_in};
