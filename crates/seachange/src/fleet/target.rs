//! One database of a fleet.

use std::collections::HashMap;
use std::fmt;

use super::FleetError;
use crate::settings::DatabaseSettings;

/// One database of a fleet, or one schema of a PostgreSQL database.
///
/// ```
/// use seachange::fleet::FleetTarget;
///
/// let target = FleetTarget::new("acme", "sqlite:data/acme.db".parse()?).tagged(["canary"]);
/// assert_eq!(target.to_string(), "acme");
/// # Ok::<(), seachange::settings::SettingsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FleetTarget {
    /// The name in reports, unique in the fleet.
    pub name: String,
    /// How to connect.
    pub settings: DatabaseSettings,
    /// Words by which targets are selected.
    pub tags: Vec<String>,
}

impl FleetTarget {
    /// A target without tags.
    pub fn new(name: impl Into<String>, settings: DatabaseSettings) -> Self {
        Self { name: name.into(), settings, tags: Vec::new() }
    }

    /// Adds tags.
    #[must_use]
    pub fn tagged(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// The database as a URL without its password, with the schema if there is one.
    pub fn database(&self) -> String {
        match self.settings.schema() {
            Some(schema) => format!("{}, schema `{schema}`", self.settings),
            None => self.settings.to_string(),
        }
    }
}

impl fmt::Display for FleetTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Refuses targets that cannot form a fleet: two of one name, two of one database, or several database systems.
///
/// # Errors
///
/// [`FleetError::SameName`], [`FleetError::SameDatabase`], [`FleetError::SeveralSystems`], [`FleetError::InMemory`],
/// [`FleetError::Schema`].
pub(super) fn check(targets: &[FleetTarget]) -> Result<(), FleetError> {
    let (mut names, mut databases) = (HashMap::new(), HashMap::new());
    let mut first: Option<&FleetTarget> = None;
    for target in targets {
        if target.settings.is_in_memory() {
            return Err(FleetError::InMemory { target: target.name.clone() });
        }
        check_schema(target)?;
        if names.insert(target.name.as_str(), target).is_some() {
            return Err(FleetError::SameName { name: target.name.clone() });
        }
        if let Some(other) = databases.insert(target.settings.identity(), target) {
            let (first, second) = (other.name.clone(), target.name.clone());
            return Err(FleetError::SameDatabase { first, second, database: target.database() });
        }
        let other = *first.get_or_insert(target);
        if other.settings.driver() != target.settings.driver() {
            return Err(FleetError::SeveralSystems {
                first: (other.name.clone(), other.settings.driver()),
                second: (target.name.clone(), target.settings.driver()),
            });
        }
    }
    Ok(())
}

/// Refuses a schema that PostgreSQL would take for another one. It cuts names to 63 bytes, and reads `$user` in a search path
/// as the name of the role, even in quotes.
fn check_schema(target: &FleetTarget) -> Result<(), FleetError> {
    const LONGEST: usize = 63;
    let Some(schema) = target.settings.schema() else { return Ok(()) };
    let refused = |reason| Err(FleetError::Schema { target: target.name.clone(), schema: schema.to_owned(), reason });
    match schema {
        "$user" => refused("PostgreSQL reads this name as that of the role"),
        schema if schema.len() > LONGEST => refused("PostgreSQL cuts names to 63 bytes"),
        _ => Ok(()),
    }
}
