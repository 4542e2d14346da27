//! A service has users with a name and a score. Its next version calls the name `full_name`, and has a score with decimals,
//! `rating`. Both versions run on one database while it changes: the revisions expand the table, fill the new columns, and
//! contract it when no old version runs any more.

mod columns;

seachange::include_revisions!();
