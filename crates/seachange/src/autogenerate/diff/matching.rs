//! Matches the objects of two lists.

/// The objects without a counterpart, in the order of the lists.
#[derive(Debug)]
pub(super) struct Unmatched<'o, 'n, O, N> {
    pub(super) old: Vec<&'o O>,
    pub(super) new: Vec<&'n N>,
}

/// Matches equal objects: first by `is_same`, which compares names too, and then by `is_equivalent`, which may ignore
/// names.
pub(super) fn pair<'o, 'n, O, N>(
    old: impl IntoIterator<Item = &'o O>,
    new: impl IntoIterator<Item = &'n N>,
    is_same: impl Fn(&O, &N) -> bool,
    is_equivalent: impl Fn(&O, &N) -> bool,
) -> Unmatched<'o, 'n, O, N> {
    let mut unpaired = Unmatched { old: old.into_iter().collect(), new: new.into_iter().collect() };
    unpaired.strike_out(is_same);
    unpaired.strike_out(is_equivalent);
    unpaired
}

impl<O, N> Unmatched<'_, '_, O, N> {
    /// Removes the objects that have a counterpart.
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
