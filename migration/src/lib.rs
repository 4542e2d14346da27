//! The revisions of the database: every file in `src/versions` is one.

seachange::include_revisions!();
