//! A proxy before a server that can stop and cut connections at a chosen request.
//!
//! A [`Proxy`] stands between a program and its server, forwards their messages, and counts the *requests*: the
//! messages that a program sends before it waits for an answer. At one of them it can [stop](StopAt), before the server
//! gets the request, or after the server has answered and before the program gets the answer. A test then kills the
//! program, or [cuts](Proxy::cut) its connections.
//!
//! The proxy knows only the parts of the protocols that it needs to find the ends of messages, and no encryption.

mod answer;
mod connection;
mod gate;
mod requests;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use crate::{Backend, ProgramError, program::Running};
use gate::RequestGate;

/// Where a proxy stops. Requests are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopAt {
    /// The server does not get this request.
    Before(usize),
    /// The server has answered this request; the program does not get the answer.
    After(usize),
}

/// A port of this machine that forwards to a server. Dropping the proxy cuts all connections.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    gate: Arc<RequestGate>,
    closing: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Forwards to the server at `address`, which speaks the protocol of `backend`, and stops at the given request.
    ///
    /// # Errors
    ///
    /// When no port is available.
    pub fn start(backend: Backend, address: SocketAddr, hold: Option<StopAt>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (gate, closing) = (Arc::new(RequestGate::new(hold)), Arc::new(AtomicBool::new(false)));
        let (gate_of_thread, closing_of_thread) = (Arc::clone(&gate), Arc::clone(&closing));
        let listening = thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if closing_of_thread.load(Ordering::Acquire) {
                    return;
                }
                // A missing server would refuse the program, too.
                if let Ok(server) = TcpStream::connect(address) {
                    let _ = connection::pass(backend, &client, &server, &gate_of_thread);
                }
            }
        });
        Ok(Self { port, gate, closing, listening: Some(listening) })
    }

    /// The port that forwards to the server.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The number of requests so far, over all connections.
    pub fn requests(&self) -> usize {
        self.gate.requests()
    }

    /// Waits until the proxy has stopped at the request (true), or the program has ended (false).
    ///
    /// # Errors
    ///
    /// [`ProgramError::Endless`] when neither happens within the limit.
    pub fn wait_until_held(&self, running: &mut Running) -> Result<bool, ProgramError> {
        while !self.gate.is_holding() {
            if running.has_ended()? {
                return Ok(false);
            }
            running.pause()?;
        }
        Ok(true)
    }

    /// Forwards the held bytes, and does not stop again.
    pub fn release(&self) {
        self.gate.release();
    }

    /// Ends all existing connections; the held bytes never arrive. Later connections are forwarded.
    pub fn cut(&self) {
        self.gate.cut();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        self.cut();
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}
