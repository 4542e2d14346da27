//! The state that the threads of a proxy share: the count of requests, and where to stop.

use std::{
    net::{Shutdown, TcpStream},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::StopAt;

/// Counts requests, and stops at one of them.
#[derive(Debug)]
pub(super) struct RequestGate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    requests: usize,
    hold: Option<StopAt>,
    is_holding: bool,
    /// Both ends of every connection.
    streams: Vec<TcpStream>,
}

impl RequestGate {
    pub(super) fn new(hold: Option<StopAt>) -> Self {
        let state = State { requests: 0, hold, is_holding: false, streams: Vec::new() };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn requests(&self) -> usize {
        self.state().requests
    }

    pub(super) fn is_holding(&self) -> bool {
        self.state().is_holding
    }

    /// Stores the end of a connection, in order to cut it later.
    pub(super) fn keep(&self, stream: TcpStream) {
        self.state().streams.push(stream);
    }

    /// Counts a request, and returns how to stop at it.
    pub(super) fn count(&self) -> Option<StopAt> {
        let mut state = self.state();
        state.requests += 1;
        let number = state.requests;
        state.hold.filter(|hold| *hold == StopAt::Before(number) || *hold == StopAt::After(number))
    }

    /// Waits until the test has seen the stop, and has released or cut the connection.
    pub(super) fn wait(&self) {
        let mut state = self.state();
        state.is_holding = state.hold.is_some();
        while state.is_holding {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn release(&self) {
        let mut state = self.state();
        state.hold = None;
        state.is_holding = false;
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn cut(&self) {
        // Before the threads wake, so that they cannot forward the held bytes.
        for stream in self.state().streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.release();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
