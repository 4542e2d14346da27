//! Structured logs on stderr.

use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::FromEnvError;

use crate::args::LogFormat;

/// `RUST_LOG` is malformed.
#[derive(Debug, thiserror::Error)]
#[error("malformed `RUST_LOG`: {0}")]
pub(crate) struct LoggingError(#[from] FromEnvError);

/// Writes the log to stderr from now on: the levels that `RUST_LOG` names, or everything from `info` up.
pub(crate) fn init(format: LogFormat) -> Result<(), LoggingError> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env()?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    match format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).init(),
    }
    Ok(())
}
