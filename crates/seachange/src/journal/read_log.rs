//! The reads of a revision, in order: those that are expected again, and those that are not in the journal yet.

use std::collections::VecDeque;

use super::reads::RecordedRead;

/// The reads of a revision.
#[derive(Debug, Default)]
pub(super) struct ReadLog {
    /// The reads before the next finished statement; `None` when no finished statement is left.
    expected: Option<VecDeque<RecordedRead>>,
    /// The reads since the last statement in the journal.
    pending: Vec<RecordedRead>,
    /// For each open transaction of the code: the pending reads if it and its entries were rolled back.
    transactions: Vec<Vec<RecordedRead>>,
}

impl ReadLog {
    /// Sets the reads that are expected.
    pub(super) fn expect(&mut self, reads: Option<Vec<RecordedRead>>) {
        self.expected = reads.map(VecDeque::from);
    }

    /// Whether a finished statement is still to be replayed. All reads before it are in the journal.
    pub(super) fn is_replaying(&self) -> bool {
        self.expected.is_some()
    }

    /// Whether a read is expected.
    pub(super) fn has_more(&self) -> bool {
        self.expected.as_ref().is_some_and(|expected| !expected.is_empty())
    }

    /// The read that is expected next.
    pub(super) fn next(&mut self) -> Option<RecordedRead> {
        self.expected.as_mut()?.pop_front()
    }

    /// The read that is expected last: the answer of the finished statement itself.
    pub(super) fn last(&mut self) -> Option<RecordedRead> {
        self.expected.as_mut()?.pop_back()
    }

    /// Records a read of the code.
    pub(super) fn log(&mut self, read: RecordedRead) {
        self.transactions.iter_mut().for_each(|reads| reads.push(read.clone()));
        self.pending.push(read);
    }

    /// Records the result of a statement that is about to be written to the journal.
    pub(super) fn log_answer(&mut self, read: Option<RecordedRead>) {
        self.pending.extend(read);
    }

    /// Returns the pending reads, which are about to be written to the journal.
    pub(super) fn take(&mut self) -> Vec<RecordedRead> {
        std::mem::take(&mut self.pending)
    }

    /// Records that the code begins a transaction.
    pub(super) fn begin(&mut self) {
        self.transactions.push(self.pending.clone());
    }

    /// Records that the code ends its innermost transaction.
    pub(super) fn end(&mut self, is_rolled_back: bool) {
        let reads = self.transactions.pop();
        if is_rolled_back {
            self.pending = reads.unwrap_or_default();
        }
    }

    /// Records that the entries of all open transactions are committed.
    pub(super) fn commit(&mut self) {
        let pending = self.pending.clone();
        self.transactions.iter_mut().for_each(|reads| reads.clone_from(&pending));
    }
}
