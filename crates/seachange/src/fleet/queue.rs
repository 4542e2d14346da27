//! Which target a worker takes next.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The targets of a wave by server, so that no server has more than its share at once.
pub(super) struct TargetQueue {
    state: Mutex<QueueState>,
    /// Told when a server has a free place.
    freed: Notify,
    per_server: Option<NonZeroUsize>,
}

#[derive(Default)]
struct QueueState {
    servers: BTreeMap<String, ServerQueue>,
    /// Where the next search begins, so that servers take turns.
    turn: usize,
}

#[derive(Default)]
struct ServerQueue {
    waiting: VecDeque<usize>,
    running: usize,
}

impl TargetQueue {
    /// The targets, each with its server, in the order in which they are begun.
    pub(super) fn new(targets: impl IntoIterator<Item = (usize, String)>, per_server: Option<NonZeroUsize>) -> Self {
        let mut state = QueueState::default();
        for (place, server) in targets {
            state.servers.entry(server).or_default().waiting.push_back(place);
        }
        Self { state: Mutex::new(state), freed: Notify::new(), per_server }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next target with its server; waits while the servers that have targets left are busy. `None` when no target is
    /// left.
    pub(super) async fn next(&self) -> Option<(usize, String)> {
        loop {
            let freed = self.freed.notified();
            match self.try_next() {
                Some(found) => return found,
                None => freed.await,
            }
        }
    }

    /// `Some(None)` when no target is left, `None` when all servers with targets are busy.
    fn try_next(&self) -> Option<Option<(usize, String)>> {
        let mut state = self.state();
        let count = state.servers.len();
        let turn = state.turn;
        let mut is_left = false;
        let order: Vec<String> = state.servers.keys().cycle().skip(turn % count.max(1)).take(count).cloned().collect();
        for (server, step) in order.into_iter().zip(1..) {
            let Some(queue) = state.servers.get_mut(&server) else { continue };
            is_left |= !queue.waiting.is_empty();
            if self.per_server.is_some_and(|most| queue.running >= most.get()) {
                continue;
            }
            if let Some(place) = queue.waiting.pop_front() {
                queue.running += 1;
                state.turn = turn + step;
                return Some(Some((place, server)));
            }
        }
        (!is_left).then_some(None)
    }

    /// Says that a target of a server has ended.
    pub(super) fn end(&self, server: &str) {
        if let Some(queue) = self.state().servers.get_mut(server) {
            queue.running = queue.running.saturating_sub(1);
        }
        self.freed.notify_waiters();
    }

    /// Empties the queue, and returns what was left, in the order of the positions.
    pub(super) fn drain(&self) -> Vec<usize> {
        let mut left: Vec<usize> =
            self.state().servers.values_mut().flat_map(|queue| queue.waiting.drain(..)).collect();
        left.sort_unstable();
        self.freed.notify_waiters();
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(targets: &[(usize, &str)], per_server: usize) -> TargetQueue {
        let targets = targets.iter().map(|(place, server)| (*place, (*server).to_owned()));
        TargetQueue::new(targets, NonZeroUsize::new(per_server))
    }

    fn next(queue: &TargetQueue) -> Option<Option<usize>> {
        queue.try_next().map(|next| next.map(|(place, _)| place))
    }

    #[test]
    fn servers_take_turns() {
        let queue = queue(&[(0, "a"), (1, "a"), (2, "b"), (3, "a")], 0);
        assert_eq!([0, 2, 1, 3].map(|place| next(&queue) == Some(Some(place))), [true; 4]);
        assert_eq!(next(&queue), Some(None));
    }

    #[test]
    fn a_busy_server_waits() {
        let queue = queue(&[(0, "a"), (1, "a"), (2, "b")], 1);
        assert_eq!(next(&queue), Some(Some(0)));
        assert_eq!(next(&queue), Some(Some(2)));
        assert_eq!(next(&queue), None, "both servers are busy, and a target is left");
        queue.end("a");
        assert_eq!(next(&queue), Some(Some(1)));
        assert_eq!(next(&queue), Some(None));
    }

    #[test]
    fn what_is_left_can_be_taken_back() {
        let queue = queue(&[(0, "a"), (1, "b"), (2, "a")], 1);
        assert_eq!(next(&queue), Some(Some(0)));
        assert_eq!(queue.drain(), [1, 2]);
        assert_eq!(next(&queue), Some(None));
    }
}
