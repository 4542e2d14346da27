//! A small library of authors and books, whose revisions run into trouble when `TROUBLE` says so: for end-to-end tests
//! of what a user sees then.

mod trouble;

seachange::include_revisions!();
