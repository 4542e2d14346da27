//! Tests that fail for a known reason. The summary names them; one that passes fails the run.

use seachange_tests::harness::KnownFailure;

/// Each with its database and its reason.
pub(crate) const KNOWN_FAILURES: &[KnownFailure] = &[];
