//! A command as the user typed it. Hints show it with a change, so that the user can type it again.

use seachange_graph::Target;

/// A command that writes a revision file.
#[derive(Debug)]
pub struct CommandLine {
    /// Its name, such as `revision`.
    pub command: &'static str,
    /// The option in front of each parent, such as `--head`, if there is one.
    pub option: Option<&'static str>,
    /// The parents that were typed.
    pub parents: Vec<String>,
    /// All other arguments.
    pub rest: Vec<String>,
}

impl CommandLine {
    /// The command with additional words.
    pub fn adding(&self, words: &[&str]) -> String {
        self.line(&self.parents, words)
    }

    /// The command with other parents.
    pub fn after<S: AsRef<str>>(&self, parents: &[S]) -> String {
        self.line(parents, &[])
    }

    /// The command with another value of an option whose current value is `target`.
    pub fn replacing(&self, option: &str, target: &Target, value: &str) -> String {
        let is_target = |word: &str| word.parse().is_ok_and(|parsed: Target| parsed == *target);
        let mut is_value = false;
        let rest = self.rest.iter().map(|word| {
            let is_meant = std::mem::replace(&mut is_value, word == option) && is_target(word);
            if is_meant { value.to_owned() } else { word.clone() }
        });
        Self { rest: rest.collect(), parents: self.parents.clone(), ..*self }.adding(&[])
    }

    fn line<S: AsRef<str>>(&self, parents: &[S], added: &[&str]) -> String {
        let mut words = vec![self.command];
        for parent in parents {
            words.extend(self.option);
            words.push(parent.as_ref());
        }
        words.extend(added);
        words.extend(self.rest.iter().map(String::as_str));
        format!("`{}`", shell_words::join(words))
    }
}

#[cfg(test)]
mod tests {
    use seachange_graph::Target;

    use super::CommandLine;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let typed = CommandLine {
            command: "revision",
            option: Some("--head"),
            parents: vec!["ae10".to_owned()],
            rest: ["-m", "it's \"new\""].map(str::to_owned).to_vec(),
        };
        assert_eq!(typed.adding(&["--splice"]), r#"`revision --head ae10 --splice -m 'it'\''s "new"'`"#);
        assert_eq!(typed.after(&["b", "c"]), r#"`revision --head b --head c -m 'it'\''s "new"'`"#);
        let merge = CommandLine { command: "merge", option: None, parents: Vec::new(), rest: Vec::new() };
        assert_eq!(merge.after(&["heads"]), "`merge heads`");
    }

    #[test]
    fn one_value_of_an_option_is_replaced() {
        let typed = CommandLine {
            command: "revision",
            option: Some("--head"),
            parents: vec!["head".to_owned()],
            rest: ["--depends-on", "a", "--depends-on", "head", "-m", "head"].map(str::to_owned).to_vec(),
        };
        let replaced = typed.replacing("--depends-on", &Target::HEAD, "b");
        assert_eq!(replaced, "`revision --head head --depends-on a --depends-on b -m head`");
    }
}
