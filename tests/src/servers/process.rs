//! A server's process, and the guard that ends it when this process is killed.

use std::{
    fs,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Waits for a line on its input. The input ends without a line when the process at the other end was killed; then the
/// guard ends the server in its place.
const GUARD: &str = r#"
read -r done && exit 0
kill -s "$2" "$1"
turns=0
while kill -0 "$1" 2>/dev/null && [ "$turns" -lt 100 ]; do
    sleep 0.1
    turns=$((turns + 1))
done
[ -z "$3" ] || rm -rf "$3"
"#;

/// A running server. Dropping the value ends the server.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    guard: Child,
    /// The signal that ends the server at once, without preserving data.
    discard: Signal,
}

impl Process {
    /// Starts `command`. If this process is killed, the guard deletes `remove` after it has ended the server.
    pub(crate) fn spawn(command: &mut Command, discard: Signal, remove: Option<&Path>) -> io::Result<Self> {
        // They get their own process groups: Ctrl-C is for the tests, and the guard must survive it.
        let mut child = command.process_group(0).spawn()?;
        match guard(&child, discard, remove) {
            Ok(guard) => Ok(Self { child, guard, discard }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processes that it started.
    pub(crate) fn children(&self) -> Vec<Pid> {
        let processes = fs::read_dir("/proc").into_iter().flatten();
        let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| parent(*id) == Some(self.id())).filter_map(|id| Pid::from_raw(id.cast_signed())).collect()
    }

    /// The exit status of the process, if it has ended.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends `signal` and waits; a process that does not end within a minute is killed.
    pub(crate) fn end(&mut self, signal: Signal) -> io::Result<()> {
        if self.exited().is_none() {
            kill_process(Pid::from_child(&self.child), signal)?;
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.exited().is_none() {
            if Instant::now() > deadline {
                self.child.kill()?;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.dismiss_guard();
        Ok(())
    }

    /// Lets the process continue after this process has ended.
    pub(crate) fn detach(mut self) {
        self.dismiss_guard();
        std::mem::forget(self);
    }

    fn dismiss_guard(&mut self) {
        if let Some(mut input) = self.guard.stdin.take() {
            let _ = input.write_all(b"done\n");
        }
        let _ = self.guard.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.end(self.discard);
    }
}

/// The parent of a process, from `PID (NAME) STATE PARENT ...`.
fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()
}

fn guard(child: &Child, discard: Signal, remove: Option<&Path>) -> io::Result<Child> {
    let signal = if discard == Signal::QUIT { "QUIT" } else { "KILL" };
    Command::new("sh")
        .args(["-c", GUARD, "guard", &child.id().to_string(), signal])
        .arg(remove.unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
