//! What is wrong with what was typed, or with the files, and what to do about it.

pub mod graph;
pub mod place;
mod source;
