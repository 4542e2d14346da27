//! Revisions in files of SQL, as `seachange revision --sql-files` writes them: for end-to-end tests of such revisions.

seachange::include_revisions!();
