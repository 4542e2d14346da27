//! The policy for a database that is ahead, as the value of an argument: `refuse`, `allow` or `rollback`.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::migrator::AheadPolicy;

impl ValueEnum for AheadPolicy {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Refuse, Self::Allow, Self::Rollback]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Refuse => PossibleValue::new("refuse").help("Stop without any change"),
            Self::Allow => PossibleValue::new("allow").help("Ignore unknown revisions, and continue with the others"),
            Self::Rollback => PossibleValue::new("rollback")
                .help("Revert unknown revisions by their stored downgrades, then continue"),
        })
    }
}
