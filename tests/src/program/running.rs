//! A process of ours, and what it writes.

use std::{
    io::{self, Read, Write},
    process::{Child, ExitStatus},
    thread,
};

use super::Output;

/// A program that runs, with threads that read what it writes.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Option<thread::JoinHandle<String>>,
    stderr: Option<thread::JoinHandle<String>>,
}

impl Running {
    pub(super) fn new(mut child: Child, input: String) -> Self {
        if let Some(mut stdin) = child.stdin.take() {
            // The program may end without reading it.
            thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        Self { stdout: child.stdout.take().map(read), stderr: child.stderr.take().map(read), child }
    }

    pub(crate) const fn child(&self) -> &Child {
        &self.child
    }

    pub(crate) fn exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Collects what the program wrote, after it has ended.
    pub(crate) fn output(&mut self, status: ExitStatus) -> Output {
        Output { stdout: finish(self.stdout.take()), stderr: finish(self.stderr.take()), code: status.code() }
    }

    /// Ends the program and returns what it wrote.
    pub(crate) fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        finish(self.stdout.take()) + &finish(self.stderr.take())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn finish(reader: Option<thread::JoinHandle<String>>) -> String {
    reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}
