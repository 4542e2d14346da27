//! Prints the public items of crates, from what rustdoc writes about them as JSON:
//! `target/debug/public-api target/doc/seachange.json ...`, which `tests/public-api.sh` calls.
//!
//! Exits with 3 when rustdoc writes another format than the one that is understood here.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fs};

use public_api::Builder;
use serde_json::Value;

/// The number of the format, which changes with versions of Rust.
const FORMAT: u64 = 57;

fn main() -> ExitCode {
    match print(env::args().skip(1)) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(files: impl Iterator<Item = String>) -> Result<ExitCode, Box<dyn Error>> {
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
        let written: Value = serde_json::from_str(&text)?;
        if written["format_version"] != FORMAT {
            writeln!(
                io::stderr(),
                "rustdoc writes format {}, and format {FORMAT} is understood",
                written["format_version"]
            )?;
            return Ok(ExitCode::from(3));
        }
        let api = Builder::from_rustdoc_json(&file)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()?;
        write!(io::stdout(), "{api}")?;
    }
    Ok(ExitCode::SUCCESS)
}
