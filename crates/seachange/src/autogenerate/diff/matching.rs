//! Finds for everything in one list what stands for it in another.

/// What has no counterpart, in the order of the lists.
#[derive(Debug)]
pub(super) struct Unmatched<'o, 'n, O, N> {
    pub(super) old: Vec<&'o O>,
    pub(super) new: Vec<&'n N>,
}

/// Pairs what is alike: first what `fits` with a name as well, then what `is_alike` under any name it may have.
pub(super) fn pair<'o, 'n, O, N>(
    old: impl IntoIterator<Item = &'o O>,
    new: impl IntoIterator<Item = &'n N>,
    fits: impl Fn(&O, &N) -> bool,
    is_alike: impl Fn(&O, &N) -> bool,
) -> Unmatched<'o, 'n, O, N> {
    let mut unpaired = Unmatched { old: old.into_iter().collect(), new: new.into_iter().collect() };
    unpaired.strike_out(fits);
    unpaired.strike_out(is_alike);
    unpaired
}

impl<O, N> Unmatched<'_, '_, O, N> {
    /// Leaves out what has a counterpart.
    pub(super) fn strike_out(&mut self, matches: impl Fn(&O, &N) -> bool) {
        let old = &mut self.old;
        self.new.retain(|new| match old.iter().position(|old| matches(old, new)) {
            Some(at) => {
                old.remove(at);
                false
            }
            None => true,
        });
    }
}
