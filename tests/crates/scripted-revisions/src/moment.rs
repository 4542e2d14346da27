//! The moments of a process, at one of which the environment may have something happen to it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;
use std::{env, path::PathBuf};

use rustix::process::{Signal, getpid, kill_process};
use seachange::prelude::*;

use crate::custom;

/// How many moments have passed.
static PASSED: AtomicU32 = AtomicU32::new(0);

/// Counts a moment of `revision`, before the action of this name.
pub(crate) fn pass(revision: &str, action: &str) -> Result<(), DbErr> {
    if seachange::is_recorded() {
        return Ok(());
    }
    let number = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    log(&format!("{number} {revision} {action}"))?;
    let wanted = env::var("SCRIPTED_AT").unwrap_or_default();
    match wanted.strip_prefix(&format!("{number}: ")) {
        Some("kill") => kill(),
        Some("wait") => wait().map_err(custom),
        Some("fail") => Err(custom("the environment asked for an error")),
        _ => Ok(()),
    }
}

/// Ends the process with SIGKILL.
pub(crate) fn kill() -> Result<(), DbErr> {
    kill_process(getpid(), Signal::KILL).map_err(custom)?;
    // The signal may take a moment.
    sleep(Duration::from_secs(60));
    Ok(())
}

/// Appends a line to the output file, if there is one.
pub(crate) fn print(line: &str) -> Result<(), DbErr> {
    if seachange::is_recorded() {
        return Ok(());
    }
    append(env::var_os("SCRIPTED_OUTPUT").map(PathBuf::from), line)
}

/// Waits until a file is there. The thread is blocked: this is what code of a revision may do.
pub(crate) fn wait_for(path: &Path) {
    while !path.exists() {
        sleep(Duration::from_millis(2));
    }
}

fn log(line: &str) -> Result<(), DbErr> {
    append(env::var_os("SCRIPTED_LOG").map(PathBuf::from), line)
}

/// Appends a line in one write: other processes may append too.
fn append(path: Option<PathBuf>, line: &str) -> Result<(), DbErr> {
    let Some(path) = path else {
        return Ok(());
    };
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .map_err(custom)
}

fn wait() -> io::Result<()> {
    fs::write("reached", "")?;
    wait_for(Path::new("go"));
    Ok(())
}
