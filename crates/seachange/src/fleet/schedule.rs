//! In which order, and how many at once.

use std::num::NonZeroUsize;

use super::{FleetError, FleetTarget, selection};

/// How many targets run at once where nothing is said.
const JOBS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);

/// In which order the targets of a fleet run, and how many at once.
///
/// ```
/// use std::num::NonZeroUsize;
///
/// use seachange::fleet::{Canaries, FleetSchedule};
///
/// let schedule = FleetSchedule::new().canaries(Canaries::First(2)).jobs(NonZeroUsize::MIN).max_failures(5);
/// assert_ne!(schedule, FleetSchedule::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct FleetSchedule {
    canaries: Canaries,
    waves: Vec<NonZeroUsize>,
    pub(super) jobs: NonZeroUsize,
    pub(super) is_jobs_given: bool,
    pub(super) jobs_per_server: Option<NonZeroUsize>,
    pub(super) max_failures: usize,
}

/// The targets that run before all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Canaries {
    /// None.
    #[default]
    None,
    /// The first ones, in the order of the fleet.
    First(usize),
    /// Those with this tag.
    Tagged(String),
    /// Those whose names match the pattern.
    Named(String),
}

impl Default for FleetSchedule {
    fn default() -> Self {
        Self::new()
    }
}

impl FleetSchedule {
    /// All targets in one wave, eight at once; the first failure ends the run.
    pub fn new() -> Self {
        Self {
            canaries: Canaries::None,
            waves: Vec::new(),
            jobs: JOBS,
            is_jobs_given: false,
            jobs_per_server: None,
            max_failures: 0,
        }
    }

    /// The targets that run first; the others begin when all of these have succeeded.
    pub fn canaries(self, canaries: Canaries) -> Self {
        Self { canaries, ..self }
    }

    /// The numbers of targets in the waves after the canaries; the last number holds for all further waves. A wave begins
    /// when the one before has ended. Without numbers there is one wave.
    pub fn waves(self, waves: impl IntoIterator<Item = NonZeroUsize>) -> Self {
        Self { waves: waves.into_iter().collect(), ..self }
    }

    /// How many targets run at once, at most.
    pub fn jobs(self, jobs: NonZeroUsize) -> Self {
        Self { jobs, is_jobs_given: true, ..self }
    }

    /// How many targets of one server run at once, at most.
    pub fn jobs_per_server(self, jobs: NonZeroUsize) -> Self {
        Self { jobs_per_server: Some(jobs), ..self }
    }

    /// How many targets may fail before no other is begun. Targets that are locked, unreachable, ahead of the program or
    /// diverged from it are no failures: they are reported, and the run continues.
    pub fn max_failures(self, failures: usize) -> Self {
        Self { max_failures: failures, ..self }
    }

    /// Whether some targets run before all others.
    pub(super) fn has_canaries(&self) -> bool {
        self.canaries != Canaries::None
    }

    /// Divides targets into waves, each a list of positions in `targets`. The canaries are a wave of their own.
    ///
    /// # Errors
    ///
    /// [`FleetError::NoMatch`] and [`FleetError::Pattern`] for canaries that no target is.
    pub(super) fn waves_of(&self, targets: &[FleetTarget]) -> Result<Vec<Vec<usize>>, FleetError> {
        let canaries = self.find_canaries(targets)?;
        let mut rest = (0..targets.len()).filter(|place| !canaries.contains(place)).collect::<Vec<_>>();
        let mut waves = if canaries.is_empty() { Vec::new() } else { vec![canaries] };
        let mut sizes = self.waves.iter();
        let mut size = None;
        while !rest.is_empty() {
            size = sizes.next().or(size);
            let length = size.map_or(rest.len(), |size| size.get().min(rest.len()));
            let later = rest.split_off(length);
            waves.push(std::mem::replace(&mut rest, later));
        }
        Ok(waves)
    }

    fn find_canaries(&self, targets: &[FleetTarget]) -> Result<Vec<usize>, FleetError> {
        let places = |is_one: &dyn Fn(&FleetTarget) -> bool| -> Vec<usize> {
            targets.iter().enumerate().filter(|(_, target)| is_one(target)).map(|(place, _)| place).collect()
        };
        let (found, missing) = match &self.canaries {
            Canaries::None => return Ok(Vec::new()),
            Canaries::First(count) => return Ok((0..targets.len().min(*count)).collect()),
            Canaries::Tagged(tag) => {
                (places(&|target| target.tags.contains(tag)), FleetError::NoTag { tag: tag.clone() })
            }
            Canaries::Named(name) => {
                let pattern = selection::pattern(name)?;
                let missing = FleetError::NoMatch { what: "target", pattern: name.clone(), place: String::new() };
                (places(&|target| pattern.matches(&target.name)), missing)
            }
        };
        if found.is_empty() { Err(missing) } else { Ok(found) }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn fleet(count: usize) -> Vec<FleetTarget> {
        let target = |number| FleetTarget::new(format!("t{number}"), format!("sqlite:t{number}.db").parse().unwrap());
        (0..count).map(target).collect()
    }

    fn waves(schedule: &FleetSchedule, targets: &[FleetTarget]) -> Vec<Vec<usize>> {
        schedule.waves_of(targets).unwrap()
    }

    #[test]
    fn waves_have_the_given_sizes_and_the_last_one_repeats() {
        let size = |size| NonZeroUsize::new(size).unwrap();
        let targets = fleet(6);
        assert_eq!(waves(&FleetSchedule::new(), &targets), [[0, 1, 2, 3, 4, 5]]);
        let schedule = FleetSchedule::new().waves([size(1), size(2)]);
        assert_eq!(waves(&schedule, &targets), [vec![0], vec![1, 2], vec![3, 4], vec![5]]);
        assert!(waves(&schedule, &[]).is_empty());
    }

    #[test]
    fn canaries_come_first() {
        let mut targets = fleet(4);
        targets[2].tags.push("canary".to_owned());
        let with = |canaries| FleetSchedule::new().canaries(canaries);
        assert_eq!(waves(&with(Canaries::First(1)), &targets), [vec![0], vec![1, 2, 3]]);
        assert_eq!(waves(&with(Canaries::Tagged("canary".to_owned())), &targets), [vec![2], vec![0, 1, 3]]);
        assert_eq!(waves(&with(Canaries::Named("t[13]".to_owned())), &targets), [vec![1, 3], vec![0, 2]]);
        assert_eq!(waves(&with(Canaries::First(9)), &targets), [[0, 1, 2, 3]]);
        let none = with(Canaries::Named("x*".to_owned())).waves_of(&targets);
        assert_eq!(none.unwrap_err().to_string(), "no target matches `x*`");
    }
}
