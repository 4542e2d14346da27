//! The week of a team: two branches that each add a revision, the merge, the downgrade across it, a labelled branch
//! that is migrated on its own, and a revision inserted below an applied one.

use std::error::Error;

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
    snapshot,
};

use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    vec![Case::on(Backend::Sqlite, "team_story::from_two_branches_to_one", from_two_branches_to_one)]
}

/// The commands and their outputs, as a terminal would show them.
struct Story<'a> {
    new: NewCrate,
    database: &'a TestDatabase,
    transcript: String,
}

fn from_two_branches_to_one(database: &TestDatabase) -> TestResult {
    let mut story = Story { new: NewCrate::init("team")?, database, transcript: String::new() };
    story.one_revision()?;
    story.two_branches()?;
    story.merge()?;
    story.down_across_the_merge()?;
    story.a_labelled_branch()?;
    story.a_revision_put_in_below()?;
    let versions = story.new.versions().display().to_string();
    let transcript = story.transcript.replace(&format!("{versions}/"), "");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("team_story", transcript));
    Ok(())
}

impl Story<'_> {
    fn one_revision(&mut self) -> TestResult {
        self.tell("One revision, applied.");
        self.build()?;
        self.revise("1a00", "create accounts")?;
        self.fill("1a00", "CREATE TABLE accounts (id integer PRIMARY KEY)", "DROP TABLE accounts")?;
        self.build()?;
        self.run("up")
    }

    fn two_branches(&mut self) -> TestResult {
        self.tell("Ada and Bob each add a revision on a branch of theirs; git merges both without a conflict.");
        self.revise("2ada", "add email")?;
        self.fill("2ada", "ALTER TABLE accounts ADD email text", "ALTER TABLE accounts DROP COLUMN email")?;
        let (name, of_ada) = self.new.holding("\"2ada\"")?;
        self.new.remove(&name)?;
        self.revise("2b0b", "add phone")?;
        self.fill("2b0b", "ALTER TABLE accounts ADD phone text", "ALTER TABLE accounts DROP COLUMN phone")?;
        self.new.write(&name, &of_ada)?;
        self.build()?;
        self.run("heads")?;
        self.run("branches")?;
        self.run("branches -v")?;
        self.run("up head")?;
        self.run("revision -m another")
    }

    fn merge(&mut self) -> TestResult {
        self.tell("A teammate joins them.");
        self.run("merge heads -m \"join email and phone\" --rev-id 3fee")?;
        self.build()?;
        self.run("up --dry-run")?;
        self.run("up")?;
        self.run("current --check-heads")?;
        self.run("history --graph")?;
        self.columns(&["id", "phone", "email"])
    }

    fn down_across_the_merge(&mut self) -> TestResult {
        self.tell("The way down across the merge, and up again.");
        self.run("down")?;
        self.run("down")?;
        self.run("down 2ada@-1")?;
        self.columns(&["id", "phone"])?;
        self.run("down 1")?;
        self.columns(&["id"])?;
        self.run("current -c")?;
        self.run("up 2ada 2b0b")?;
        self.run("up head")?;
        self.run("history -r 2ada: -i")
    }

    fn a_labelled_branch(&mut self) -> TestResult {
        self.tell("Billing lives on a branch of its own, with a label.");
        self.run("revision -m \"create invoices\" --head base --branch-label billing --rev-id b111")?;
        self.fill("b111", "CREATE TABLE invoices (id integer PRIMARY KEY)", "DROP TABLE invoices")?;
        self.run("revision -m \"add due date\" --head billing@head --depends-on 3fee --rev-id b222")?;
        self.fill("b222", "ALTER TABLE invoices ADD due text", "ALTER TABLE invoices DROP COLUMN due")?;
        self.build()?;
        self.run("heads")?;
        self.run("heads --resolve-dependencies")?;
        self.run("up billing@+1")?;
        self.run("up billing@head")?;
        self.run("down billing@-1")?;
        self.run("down billing@base")?;
        self.run("current")?;
        self.run("history -r billing@base:")
    }

    fn a_revision_put_in_below(&mut self) -> TestResult {
        self.tell("A revision is put in below one that is applied.");
        self.run("up heads")?;
        self.run("revision -m \"add country\" --head 1a00 --rev-id 1c0")?;
        self.run("revision -m \"add country\" --head 1a00 --splice --rev-id 1c0")?;
        self.fill("1c0", "ALTER TABLE accounts ADD country text", "ALTER TABLE accounts DROP COLUMN country")?;
        let (name, text) = self.new.holding("\"2ada\"")?;
        self.new.write(&name, &text.replace("&[\"1a00\"]", "&[\"1c0\"]"))?;
        self.build()?;
        self.run("up")?;
        self.run("down billing@-1")?;
        self.run("up --include-missing --dry-run")?;
        self.run("up --include-missing")?;
        self.run("current -c")?;
        self.columns(&["id", "country", "phone", "email"])
    }

    fn tell(&mut self, what: &str) {
        self.transcript += &format!("\n# {what}\n\n");
    }

    fn revise(&mut self, id: &str, message: &str) -> TestResult {
        self.run(&format!("revision -m \"{message}\" --rev-id {id}"))
    }

    /// Builds, and records the messages.
    fn build(&mut self) -> TestResult {
        self.transcript += "$ cargo build\n";
        for line in self.new.build()? {
            self.transcript += &format!("{line}\n");
        }
        Ok(())
    }

    /// Runs a command, and records its output and exit code.
    fn run(&mut self, command: &str) -> TestResult {
        let words = shell_words::split(command)?;
        let output = self.new.program(self.database)?.env("LANG", "C.UTF-8").args(&words).run()?;
        self.transcript += &format!("$ team {command}\n{}{}", output.stdout, output.stderr);
        if let Some(code @ 1..) = output.code {
            self.transcript += &format!("(exit code {code})\n");
        }
        Ok(())
    }

    /// Writes the code of a revision into its file, as a person would.
    fn fill(&self, id: &str, up: &str, down: &str) -> Result<(), Box<dyn Error>> {
        let (name, text) = self.new.holding(&format!("\"{id}\""))?;
        let statement =
            |sql: &str| format!("manager.get_connection().execute_unprepared(\"{sql}\").await?;\n        Ok(())");
        let filled = text.replacen("Ok(())", &format!("{}@", statement(up)), 1);
        let (head, tail) = filled.split_once("Ok(())@").ok_or("a body to fill")?;
        let filled = format!("{head}Ok(()){}", tail.replacen("Ok(())", &statement(down), 1));
        Ok(self.new.write(&name, &filled)?)
    }

    /// Checks the columns that the table really has.
    fn columns(&self, expected: &[&str]) -> TestResult {
        let mut found = self.database.values::<String>("SELECT name FROM pragma_table_info('accounts')")?;
        let mut expected: Vec<String> = expected.iter().map(|&name| name.to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        Ok(())
    }
}
