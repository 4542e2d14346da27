//! Detects when a server has answered.

use super::requests::{mysql_length, typed_length};
use crate::Backend;

/// The bytes that a server has sent since a request.
pub(super) struct ResponseTracker {
    backend: Backend,
    bytes: Vec<u8>,
}

impl ResponseTracker {
    pub(super) const fn new(backend: Backend) -> Self {
        Self { backend, bytes: Vec::new() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether the server has finished the request. MySQL's server sends its first message then, PostgreSQL's server
    /// says that it is ready for the next request; notices may come before.
    pub(super) fn is_complete(&self) -> bool {
        if self.backend.is_like_mysql() {
            return mysql_length(&self.bytes).is_some_and(|length| self.bytes.len() >= length);
        }
        let mut rest = &self.bytes[..];
        while let Some(length) = typed_length(rest).filter(|length| rest.len() >= *length) {
            if rest[0] == b'Z' {
                return true;
            }
            rest = &rest[length..];
        }
        false
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_ready_after_a_notice() {
        let mut answer = ResponseTracker::new(Backend::Postgres);
        for byte in [b'N', 0, 0, 0, 6, b'h', b'i', b'Z', 0, 0, 0, 5] {
            answer.push(&[byte]);
            assert!(!answer.is_complete());
        }
        answer.push(b"I");
        assert!(answer.is_complete());
    }

    #[test]
    fn mysql_is_done_with_its_first_packet() {
        let mut answer = ResponseTracker::new(Backend::MySql);
        answer.push(&[2, 0, 0, 1, 0]);
        assert!(!answer.is_complete());
        answer.push(&[0]);
        assert!(answer.is_complete());
    }
}
