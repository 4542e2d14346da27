//! A file of actions for the program `scripted-migration`, and functions to run it.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sea_orm::DbErr;
use seachange_tests::{Output, Program, TestDatabase};
use serde_json::{Map, Value, json};

/// How long a run may take. A hang is one of the faults that these tests detect.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The result of a step of a test.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The actions of the scripted revisions, on one database.
#[derive(Clone)]
pub(crate) struct Script<'d> {
    pub(crate) database: &'d TestDatabase,
    entries: Map<String, Value>,
}

impl<'d> Script<'d> {
    pub(crate) fn new(database: &'d TestDatabase) -> Self {
        Self { database, entries: Map::new() }
    }

    /// Makes a script from an existing plan.
    pub(crate) fn of(database: &'d TestDatabase, plan: &Value) -> Self {
        Self { database, entries: plan.as_object().cloned().unwrap_or_default() }
    }

    /// Sets the upgrade of a revision, which runs in a transaction where the database can. A text among the actions is
    /// a statement.
    #[must_use]
    pub(crate) fn up(self, id: &str, actions: Value) -> Self {
        self.set(id, "up", spelled(actions))
    }

    /// Sets the upgrade of a revision whose `use_transaction` is false.
    #[must_use]
    pub(crate) fn outside(self, id: &str, actions: Value) -> Self {
        self.set(id, "use_transaction", json!(false)).up(id, actions)
    }

    /// Sets the downgrade of a revision.
    #[must_use]
    pub(crate) fn down(self, id: &str, actions: Value) -> Self {
        self.set(id, "down", spelled(actions))
    }

    fn set(mut self, id: &str, field: &str, value: Value) -> Self {
        let entry = self.entries.entry(id).or_insert_with(|| json!({}));
        entry[field] = value;
        self
    }

    /// The same actions on another database.
    pub(crate) fn on<'o>(&self, database: &'o TestDatabase) -> Script<'o> {
        Script { database, entries: self.entries.clone() }
    }

    /// The program with these actions.
    pub(crate) fn program(&self, arguments: &str) -> Outcome<Program> {
        Ok(self.given("scripted-migration")?.args(arguments.split(' ')))
    }

    /// The service, which lends its pool to the engine.
    pub(crate) fn service(&self, arguments: &str) -> Outcome<Program> {
        Ok(self.given("scripted-embedded")?.args(arguments.split(' ')))
    }

    /// Runs this number of next revisions with sea-orm-migration's own runner.
    pub(crate) fn with_sea_orm_migration(&self, count: &str) -> Outcome<Program> {
        Ok(self.given("scripted-seaql")?.arg(count))
    }

    fn given(&self, program: &str) -> Outcome<Program> {
        let path = self.path("actions.json");
        fs::write(&path, Value::Object(self.entries.clone()).to_string())?;
        let program = Program::named(program).database(self.database).limit(LIMIT);
        Ok(program.env("SCRIPTED_ACTIONS", path).env("SCRIPTED_OUTPUT", self.path("output")))
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &str) -> Outcome<Output> {
        Ok(self.program(arguments)?.run()?)
    }

    /// Runs the program, which has to succeed.
    pub(crate) fn succeed(&self, arguments: &str) -> Outcome<Output> {
        Ok(self.run(arguments)?.succeeded()?)
    }

    /// Runs `up`, during which the process has to kill itself.
    pub(crate) fn killed(&self) -> Outcome<()> {
        let output = self.run("up")?;
        if output.code.is_some() {
            return Err(format!("it was not killed: {output}").into());
        }
        Ok(())
    }

    /// The lines that the actions have printed.
    pub(crate) fn printed(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("output")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// A file in the folder of the test, which is the working directory of the program.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.database.folder().join(name)
    }

    /// The record: `l1 applied`, and so on.
    pub(crate) fn record(&self) -> Outcome<Vec<String>> {
        Ok(record(self.database)?)
    }

    /// Whether the record says that a revision is applied.
    pub(crate) fn is_applied(&self, id: &str) -> Outcome<bool> {
        Ok(self.record()?.contains(&format!("{id} applied")))
    }

    /// Resumes after a kill, in the way that the program offers.
    pub(crate) fn go_on(&self) -> Outcome<Ending> {
        self.go_on_with(|program| program)
    }

    /// As [`go_on`](Self::go_on), with programs that are changed so.
    pub(crate) fn go_on_with(&self, changed: impl Fn(Program) -> Program) -> Outcome<Ending> {
        let up = changed(self.program("up")?).run()?;
        if up.success() {
            return Ok(Ending::Applied);
        }
        let resumed = changed(self.program("repair --resume")?).run()?;
        if !resumed.success() {
            return Ok(Ending::Refused(resumed));
        }
        changed(self.program("up")?).run()?.succeeded()?;
        Ok(Ending::Applied)
    }
}

/// The end of a disturbed run.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The run ended at the head.
    Applied,
    /// The run ended before the head, and the program says why.
    Refused(Output),
}

/// The record of a database; empty where the table does not exist.
pub(crate) fn record(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    if !database.tables()?.iter().any(|table| table == "seachange_revision") {
        return Ok(Vec::new());
    }
    database.values("SELECT revision || ' ' || state FROM seachange_revision ORDER BY revision")
}

/// Fails unless a text contains each of some words, in any case.
pub(crate) fn check_says(output: &Output, words: &[&str]) -> Outcome<()> {
    let text = output.to_string().to_lowercase();
    match words.iter().find(|word| !text.contains(&word.to_lowercase())) {
        Some(word) => Err(format!("no `{word}` in {output}").into()),
        None => Ok(()),
    }
}

/// Whether a message says that nothing is left of what failed.
pub(crate) fn says_nothing_is_left(output: &Output) -> bool {
    ["nothing is left", "nothing of it is left", "was rolled back"].iter().any(|words| output.stderr.contains(words))
}

/// The actions as the program reads them: a text is a statement, unless it is one of the words for an action.
fn spelled(actions: Value) -> Value {
    const WORDS: [&str; 4] = ["commit", "rollback", "drop", "kill"];
    const LISTS: [&str; 5] = ["actions", "then", "else", "swallow", "thread"];
    const LISTS_OF_LISTS: [&str; 3] = ["together", "spawn", "detach"];
    match actions {
        Value::String(text) if !WORDS.contains(&text.as_str()) => json!({ "text": text }),
        Value::Array(actions) => actions.into_iter().map(spelled).collect(),
        Value::Object(fields) => {
            let spell = |(name, value): (String, Value)| {
                let is_list = LISTS.contains(&name.as_str()) || LISTS_OF_LISTS.contains(&name.as_str());
                let holds_list = ["each", "while_rows", "repeat", "if", "timeout", "backfill"].contains(&name.as_str());
                let value = if is_list || holds_list { spelled(value) } else { value };
                (name, value)
            };
            // Other fields of an action beside a list of actions stay unchanged: SQL, and names.
            let is_argument = fields.contains_key("actions") || fields.contains_key("then");
            let inner = |(name, value): (String, Value)| {
                let value = if LISTS.contains(&name.as_str()) { spelled(value) } else { value };
                (name, value)
            };
            Value::Object(if is_argument {
                fields.into_iter().map(inner).collect()
            } else {
                fields.into_iter().map(spell).collect()
            })
        }
        other => other,
    }
}
