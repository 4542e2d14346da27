//! A way to a server that can be stopped and cut at a chosen place.
//!
//! A [`Proxy`] stands between a program and its server, passes on what they say, and counts the *requests*: what a program
//! sends before it waits for an answer. At one of them it can [hold](StopAt), before the server gets it, or after the server
//! has answered and before the program knows. A test then kills the program, or [cuts](Proxy::cut) its connections.
//!
//! Knows as much of the protocols as it takes to find the ends of messages, and no encryption.

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

/// A port of this machine that leads to a server. Dropping it cuts all connections.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    gate: Arc<RequestGate>,
    closing: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Leads to the server at `address`, which speaks the protocol of `backend`, and holds where it is told.
    ///
    /// # Errors
    ///
    /// When no port can be had.
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
                // A server that is not there refuses the program, too.
                if let Ok(server) = TcpStream::connect(address) {
                    let _ = connection::pass(backend, &client, &server, &gate_of_thread);
                }
            }
        });
        Ok(Self { port, gate, closing, listening: Some(listening) })
    }

    /// The port that leads to the server.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How many requests there were, over all connections.
    pub fn requests(&self) -> usize {
        self.gate.requests()
    }

    /// Waits until the proxy holds, which is told by true, or the program has ended.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Endless`] when neither comes.
    pub fn wait_until_held(&self, running: &mut Running) -> Result<bool, ProgramError> {
        while !self.gate.is_holding() {
            if running.has_ended()? {
                return Ok(false);
            }
            running.pause()?;
        }
        Ok(true)
    }

    /// Passes on what is held, and holds no more.
    pub fn release(&self) {
        self.gate.release();
    }

    /// Ends all connections that there are; what is held never arrives. Later connections are let through.
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
