//! One connection through a proxy: a thread for each direction.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{StopAt, answer::ResponseTracker, gate::RequestGate, requests::RequestSplitter};
use crate::Backend;

/// Forwards the bytes between two ends, until one of them closes, or the gate cuts.
pub(super) fn pass(
    backend: Backend,
    client: &TcpStream,
    server: &TcpStream,
    gate: &Arc<RequestGate>,
) -> io::Result<()> {
    for stream in [client, server] {
        stream.set_nodelay(true)?;
        gate.keep(stream.try_clone()?);
    }
    let withhold = Arc::new(AtomicBool::new(false));
    let withheld = Arc::clone(&withhold);
    let forth = Direction { from: client.try_clone()?, to: server.try_clone()?, gate: Arc::clone(gate) };
    let back = Direction { from: server.try_clone()?, to: client.try_clone()?, gate: Arc::clone(gate) };
    thread::spawn(move || forth.run(|direction| direction.requests(RequestSplitter::new(backend), &withhold)));
    thread::spawn(move || back.run(|direction| direction.answers(ResponseTracker::new(backend), &withheld)));
    Ok(())
}

struct Direction {
    from: TcpStream,
    to: TcpStream,
    gate: Arc<RequestGate>,
}

impl Direction {
    /// The end of one direction ends the other.
    fn run(mut self, work: impl FnOnce(&mut Self) -> io::Result<()>) {
        let _ = work(&mut self);
        let _ = self.from.shutdown(Shutdown::Both);
        let _ = self.to.shutdown(Shutdown::Both);
    }

    fn requests(&mut self, mut requests: RequestSplitter, withhold: &AtomicBool) -> io::Result<()> {
        let mut buffer = [0; 8192];
        while let length @ 1.. = self.from.read(&mut buffer)? {
            for part in requests.push(&buffer[..length]) {
                match part.is_request.then(|| self.gate.count()).flatten() {
                    Some(StopAt::Before(_)) => self.gate.wait(),
                    Some(StopAt::After(_)) => withhold.store(true, Ordering::Release),
                    None => {}
                }
                self.to.write_all(&part.bytes)?;
            }
        }
        Ok(())
    }

    fn answers(&mut self, mut answer: ResponseTracker, withhold: &AtomicBool) -> io::Result<()> {
        let mut buffer = [0; 8192];
        while let length @ 1.. = self.from.read(&mut buffer)? {
            if !withhold.load(Ordering::Acquire) {
                self.to.write_all(&buffer[..length])?;
                continue;
            }
            answer.push(&buffer[..length]);
            if answer.is_complete() {
                self.gate.wait();
                withhold.store(false, Ordering::Release);
                self.to.write_all(&answer.take())?;
            }
        }
        Ok(())
    }
}
