//! Tests that fail for a known reason. The summary names them; one that passes fails the run.

use seachange_tests::harness::KnownFailure;

/// Each with its database and its reason.
pub(crate) const KNOWN_FAILURES: &[KnownFailure] = &[
    ("mysql::matrix::default_with_quotes", "MySQL tells a default as an expression with escapes of its own"),
    (
        "mysql::matrix::rename_a_column_that_another_is_computed_from",
        "MySQL does not rename a column that a generated column reads",
    ),
];
