//! What the two command lines of [seachange](https://crates.io/crates/seachange) share: the installed program
//! `seachange`, and the program of each migration crate.
//!
//! Nothing here knows a database: the commands get the revisions as a [`Project`], and the applied revisions from the
//! caller, if their arguments need them. In reading order:
//!
//! - [`exit`], [`diagnostic`]: how a command ends;
//! - [`printable`], [`terminal`], [`wrap`], [`prompt`], [`output_file`], [`json`]: what a command writes;
//! - [`arguments`], [`mod@format`], [`usage`], [`elsewhere`], [`spec`]: what a user types;
//! - [`project`], [`describe`], [`log`]: the revisions, as text and as a drawing;
//! - [`targets`], [`command_line`], [`hints`]: what is wrong with what was typed, and what to type instead;
//! - [`crate_config`]: what a crate sets for new revision files;
//! - [`git`]: the files of a commit;
//! - [`file_plan`], [`scaffold`]: a new migration crate;
//! - [`new_revision`], [`commands`]: the commands;
//! - `program`: the installed program (feature `program`).
//!
//! The library is a part of these two programs: any version may change any item.

pub mod diagnostic;
pub mod exit;

pub mod json;
pub mod output_file;
pub mod printable;
pub mod prompt;
pub mod terminal;
pub mod wrap;

pub mod arguments;
pub mod elsewhere;
pub mod format;
pub mod spec;
pub mod usage;

pub mod describe;
pub mod log;
pub mod project;

pub mod command_line;
pub mod hints;
pub mod targets;

pub mod commands;
pub mod crate_config;
pub mod file_plan;
pub mod git;
pub mod new_revision;
pub mod scaffold;

#[cfg(feature = "program")]
pub mod program;

pub use diagnostic::Diagnostic;
pub use exit::Exit;
pub use project::{ListedRevision, Project};
pub use terminal::Terminal;
