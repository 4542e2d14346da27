//! The commands that need no database, or of it only which revisions are applied; one per file.

pub mod branches;
pub mod completions;
pub mod edit;
pub mod graph;
pub mod heads;
pub mod history;
pub mod list;
pub mod merge;
pub mod revision;
pub mod show;
