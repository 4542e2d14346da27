//! Finds out whether a statement ran, as a person would: by its effects.

use std::error::Error;

/// The statements that write rows, in their order, and a count that is above zero once they ran.
const TRACES: [(&str, &str); 21] = [
    ("INSERT INTO accounts VALUES (1,", "accounts WHERE id = 1"),
    ("INSERT INTO accounts VALUES (3,", "accounts WHERE id = 3"),
    ("INSERT INTO entries SELECT id, balance", "entries WHERE note = 'opening'"),
    ("SET balance = balance + 10", "accounts WHERE id = 1 AND balance = 110"),
    ("INSERT INTO entries SELECT id, 10", "entries WHERE note = 'interest'"),
    ("SET balance = balance * 2", "accounts WHERE id = 2 AND balance = 420"),
    ("SET currency = 'EUR'", "accounts WHERE currency = 'EUR'"),
    ("SET balance = balance + 7", "accounts WHERE id = 1 AND balance = 117"),
    ("INSERT INTO owners", "owners"),
    ("SET owner_id", "accounts WHERE owner_id IS NOT NULL"),
    ("SET amount = amount + 1", "entries WHERE note = 'interest' AND amount = 11"),
    ("SET balance = balance + 3", "accounts WHERE id = 1 AND balance = 120"),
    ("INSERT INTO kinds", "kinds"),
    ("SET kind = note", "entries WHERE kind IS NOT NULL"),
    ("SET uses = uses + 3", "kinds WHERE uses = 3"),
    ("SET visits = visits + 1", "owners WHERE visits = 1"),
    ("SET visits = visits * 5", "owners WHERE visits = 5"),
    ("INSERT INTO transfers SELECT id, 5", "transfers WHERE amount = 5"),
    ("SET balance = balance - 5", "accounts WHERE id = 1 AND balance = 115"),
    ("INSERT INTO transfers SELECT id, 6", "transfers WHERE amount = 6"),
    ("INSERT INTO totals", "totals"),
];

/// Like the list above, for statements that need another query.
const OTHER_TRACES: [(&str, &str); 3] = [
    (
        "MODIFY COLUMN `currency`",
        "SELECT count(*) FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND column_name = 'currency' AND is_nullable = 'NO'",
    ),
    ("DELETE FROM entries", "SELECT CASE WHEN count(*) = 0 THEN 1 ELSE 0 END FROM entries WHERE note = 'interest'"),
    ("SET total = total + 1", "SELECT count(*) FROM totals WHERE account_id = 1 AND total = 102"),
];

/// `--ran` or `--not-run`, for the statement that `question` is about; `value` is the number that a query finds.
pub(crate) fn answer(
    question: &str,
    value: impl Fn(&str) -> Result<i64, Box<dyn Error>>,
) -> Result<&'static str, Box<dyn Error>> {
    let plain = TRACES.map(|(statement, trace)| (statement, format!("SELECT count(*) FROM {trace}")));
    let other = OTHER_TRACES.map(|(statement, trace)| (statement, trace.to_owned()));
    let question = question.lines().find(|line| line.contains(" was running: ")).unwrap_or_default();
    let mut asked = plain.iter().chain(&other).filter(|(statement, _)| question.contains(statement));
    let (Some((_, trace)), None) = (asked.next(), asked.next()) else {
        return Err(format!("one statement should be in doubt: {question}").into());
    };
    Ok(if value(trace)? > 0 { "--ran" } else { "--not-run" })
}
