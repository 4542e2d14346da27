//! Which targets of a fleet a run concerns.

use glob::Pattern;

use super::{FleetError, FleetTarget};

/// Selects targets by their names and tags.
///
/// ```
/// use seachange::fleet::TargetSelection;
///
/// let selection = TargetSelection { only: vec!["eu/*".to_owned()], ..TargetSelection::default() };
/// assert!(!selection.is_everything());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetSelection {
    /// Patterns of names; a target has to match one of them. Empty for all.
    pub only: Vec<String>,
    /// Patterns of names that are left out.
    pub except: Vec<String>,
    /// Tags; a target has to have one of them. Empty for all.
    pub tags: Vec<String>,
}

impl TargetSelection {
    /// Whether every target is selected.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the patterns and tags against the targets that they select from.
    ///
    /// # Errors
    ///
    /// [`FleetError::NoMatch`] and [`FleetError::NoTag`] for a pattern or tag that no target has: a misspelled one would
    /// select nothing, or leave nothing out. [`FleetError::Pattern`] for a malformed pattern.
    pub(super) fn compiled(&self, targets: &[FleetTarget]) -> Result<CompiledSelection, FleetError> {
        let (only, except) = (patterns(&self.only, targets)?, patterns(&self.except, targets)?);
        for tag in &self.tags {
            if !targets.iter().any(|target| target.tags.contains(tag)) {
                return Err(FleetError::NoTag { tag: tag.clone() });
            }
        }
        Ok(CompiledSelection { only, except, tags: self.tags.clone() })
    }
}

/// A selection with compiled patterns.
#[derive(Debug, Clone, Default)]
pub(super) struct CompiledSelection {
    only: Vec<Pattern>,
    except: Vec<Pattern>,
    tags: Vec<String>,
}

impl CompiledSelection {
    /// Whether a target is selected.
    pub(super) fn selects(&self, target: &FleetTarget) -> bool {
        let matches = |pattern: &Pattern| pattern.matches(&target.name);
        (self.only.is_empty() || self.only.iter().any(matches))
            && !self.except.iter().any(matches)
            && (self.tags.is_empty() || self.tags.iter().any(|tag| target.tags.contains(tag)))
    }
}

/// A compiled pattern.
///
/// # Errors
///
/// [`FleetError::Pattern`].
pub(super) fn pattern(text: &str) -> Result<Pattern, FleetError> {
    Pattern::new(text).map_err(|source| FleetError::Pattern { pattern: text.to_owned(), source })
}

fn patterns(texts: &[String], targets: &[FleetTarget]) -> Result<Vec<Pattern>, FleetError> {
    let compiled = |text: &String| {
        let pattern = pattern(text)?;
        match targets.iter().any(|target| pattern.matches(&target.name)) {
            true => Ok(pattern),
            false => Err(FleetError::NoMatch { what: "target", pattern: text.clone(), place: String::new() }),
        }
    };
    texts.iter().map(compiled).collect()
}
