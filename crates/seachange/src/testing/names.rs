//! The names of test databases.

use std::hash::{BuildHasher, RandomState};

use sha2::{Digest, Sha256};

use crate::revision::Migrations;

/// The prefix of the databases of a process. Its process id and a random number follow, and the number of the database:
/// `seachange_test_0000a4f2_1c6ef372fe94f82b_7`.
const PREFIX: &str = "seachange_test_";

/// The prefix of templates. A hash of the program and a hash of its revisions follow.
const TEMPLATE: &str = "seachange_template_";

/// A name for this process that no other process has; a lock on it shows that the process runs.
pub(super) fn of_process() -> String {
    let process = std::process::id();
    format!("{PREFIX}{process:08x}_{:016x}", RandomState::new().hash_one(process))
}

/// The name of the process that a test database belongs to; `None` for any other name.
pub(super) fn process_of(database: &str) -> Option<&str> {
    let (process, number) = database.rsplit_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && is_process(process)).then_some(process)
}

/// Whether a name has the form of those that [`of_process`] returns.
pub(super) fn is_process(name: &str) -> bool {
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
    parts.is_some_and(|(process, random)| is_hexadecimal(process, 8) && is_hexadecimal(random, 16))
}

/// The name of the template for the revisions of a program, and the prefix of all its templates.
///
/// The place of the migration crate is part of the name, so that two working copies do not replace the template of each
/// other.
pub(super) fn template(migrations: &Migrations) -> (String, String) {
    let program = digest([migrations.program(), migrations.manifest_dir().unwrap_or_default()]);
    let mut revisions: Vec<[&str; 2]> =
        migrations.scripts().iter().map(|script| [script.revision.id, script.source_hash]).collect();
    revisions.sort_unstable();
    let prefix = format!("{TEMPLATE}{}_", &program[..8]);
    (format!("{prefix}{}", &digest(revisions.into_iter().flatten())[..16]), prefix)
}

/// Whether a name is that of another template with this prefix.
pub(super) fn is_other_template(name: &str, own: &str, prefix: &str) -> bool {
    name != own && name.strip_prefix(prefix).is_some_and(|rest| is_hexadecimal(rest, 16))
}

fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_other_template, of_process, process_of};

    #[test]
    fn only_names_of_the_whole_form_are_ours() {
        let process = of_process();
        assert_eq!(process_of(&format!("{process}_12")), Some(process.as_str()));
        for name in [
            "seachange_test_ci",
            "seachange_test_0000a4f2_1c6ef372fe94f82b",
            "seachange_test_0000a4f2_1c6ef372fe94f82b_",
            "seachange_test_0000a4f2_1c6ef372fe94f82b_x",
            "seachange_test_0000A4f2_1c6ef372fe94f82b_1",
            "my_seachange_test_0000a4f2_1c6ef372fe94f82b_1",
        ] {
            assert_eq!(process_of(name), None, "{name}");
        }
        let [own, other] = ["0123456789abcdef", "fedcba9876543210"].map(|hash| format!("seachange_template_aa_{hash}"));
        assert!(is_other_template(&other, &own, "seachange_template_aa_"));
        assert!(!is_other_template(&own, &own, "seachange_template_aa_"));
        assert!(!is_other_template("seachange_template_aa_backup", &own, "seachange_template_aa_"));
    }
}
