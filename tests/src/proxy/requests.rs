//! Splits what a program sends into requests.

use crate::Backend;

/// PostgreSQL: asks for encryption, before the message that starts a session.
const ASKS_FOR_ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];

/// PostgreSQL: parse, bind, describe, execute and close wait for a sync.
const UNFINISHED: &[u8] = b"PBDEC";

/// MySQL: `COM_QUIT`, `COM_STMT_SEND_LONG_DATA` and `COM_STMT_CLOSE` have no answer.
const UNANSWERED: [u8; 3] = [0x01, 0x18, 0x19];

/// A piece of input that is forwarded to the server at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// Whether the server executes it and answers; otherwise it belongs to the login, or to the end of the session.
    pub(super) is_request: bool,
}

/// The input from a program so far.
pub(super) struct RequestSplitter {
    backend: Backend,
    /// PostgreSQL: whether messages begin with their type.
    has_started: bool,
    /// Bytes of a message that is not complete.
    rest: Vec<u8>,
    /// Messages of a request that is not complete.
    group: Vec<u8>,
}

impl RequestSplitter {
    pub(super) const fn new(backend: Backend) -> Self {
        Self { backend, has_started: false, rest: Vec::new(), group: Vec::new() }
    }

    /// Takes bytes, and returns the chunks that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Chunk> {
        self.rest.extend_from_slice(bytes);
        let mut parts = Vec::new();
        while let Some(message) = self.message() {
            let kind = self.kind(&message);
            self.group.extend(message);
            if kind != Kind::Unfinished {
                let bytes = std::mem::take(&mut self.group);
                parts.push(Chunk { bytes, is_request: kind == Kind::Request });
            }
        }
        parts
    }

    fn message(&mut self) -> Option<Vec<u8>> {
        let length = match self.backend {
            Backend::MariaDb | Backend::MySql => mysql_length(&self.rest)?,
            _ if self.has_started => typed_length(&self.rest)?,
            _ => number(&self.rest)? as usize,
        };
        (self.rest.len() >= length).then(|| self.rest.drain(..length).collect())
    }

    fn kind(&mut self, message: &[u8]) -> Kind {
        if self.backend.is_like_mysql() {
            let is_command = message.get(3) == Some(&0);
            let is_answered = message.get(4).is_some_and(|command| !UNANSWERED.contains(command));
            return if is_command && is_answered { Kind::Request } else { Kind::Other };
        }
        if !self.has_started {
            let code = message.get(4..).and_then(number);
            self.has_started = code.is_some_and(|code| !ASKS_FOR_ENCRYPTION.contains(&code));
            return Kind::Other;
        }
        match message[0] {
            b'S' | b'Q' => Kind::Request,
            letter if UNFINISHED.contains(&letter) => Kind::Unfinished,
            _ => Kind::Other,
        }
    }
}

#[derive(PartialEq, Eq)]
enum Kind {
    Request,
    Unfinished,
    Other,
}

/// The length of PostgreSQL's next message: a letter, and a length that counts itself.
pub(super) fn typed_length(bytes: &[u8]) -> Option<usize> {
    Some(1 + number(bytes.get(1..)?)? as usize)
}

/// The length of MySQL's next message: three bytes of length, a sequence number, and the counted bytes.
pub(super) fn mysql_length(bytes: &[u8]) -> Option<usize> {
    let &[low, middle, high, _] = bytes.first_chunk()?;
    Some(4 + u32::from_le_bytes([low, middle, high, 0]) as usize)
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes byte by byte, and returns the chunks as `(length, is_request)`.
    fn check(backend: Backend, bytes: &[u8], expected: &[(usize, bool)]) {
        let mut requests = RequestSplitter::new(backend);
        let parts: Vec<Chunk> = bytes.iter().flat_map(|byte| requests.push(&[*byte])).collect();
        let found: Vec<_> = parts.iter().map(|part| (part.bytes.len(), part.is_request)).collect();
        assert_eq!(found, expected);
        assert_eq!(parts.into_iter().flat_map(|part| part.bytes).collect::<Vec<_>>(), bytes);
    }

    fn postgres(messages: &[u8]) -> Vec<u8> {
        let mut bytes = [8, 80_877_103, 8, 196_608].map(u32::to_be_bytes).concat();
        for letter in messages {
            bytes.extend([*letter, 0, 0, 0, 5, b'x']);
        }
        bytes
    }

    #[test]
    fn postgres_waits_for_the_sync() {
        check(Backend::Postgres, &postgres(b"p"), &[(8, false), (8, false), (6, false)]);
        let session = postgres(b"PDSBESQX");
        let expected = [(8, false), (8, false), (18, true), (18, true), (6, true), (6, false)];
        check(Backend::Postgres, &session, &expected);
    }

    #[test]
    fn mysql_counts_what_is_answered() {
        let login = [2, 0, 0, 1, 7, 7];
        let (query, close) = ([2, 0, 0, 0, 3, b'x'], [1, 0, 0, 0, 0x19]);
        let session = [&login[..], &query, &close, &query].concat();
        check(Backend::MySql, &session, &[(6, false), (6, true), (5, false), (6, true)]);
    }
}
