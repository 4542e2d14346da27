//! What a revision allows: texts `rule: reason` and `rule object: reason`, each for one finding.

use super::{Finding, Level, Levels, Rule, level, rule};
use crate::impact::measured::RevisionImpact;

/// Leaves out findings of rules whose level is `allow`, and those that the revision allows. An allowance that allows
/// nothing, or that is not a rule with a reason, is a finding itself. `is_unasked` says of a rule that nothing looked for
/// its findings.
pub(crate) fn without_allowed(
    impact: &RevisionImpact,
    found: Vec<Finding>,
    levels: &Levels,
    is_unasked: &dyn Fn(&Rule) -> bool,
) -> Vec<Finding> {
    let texts = impact.script.revision.allow;
    let allowances: Vec<_> = texts.iter().map(|text| Allowance::read(text)).collect();
    let mut open: Vec<Option<Finding>> = found.into_iter().map(Some).collect();
    let mut is_used = vec![false; texts.len()];
    let named = |own: &Allowance<'_>| own.object.is_some();
    // An allowance without an object is for what those with one leave.
    for is_turn_of_named in [true, false] {
        for (own, is_used) in allowances.iter().zip(&mut is_used) {
            let Ok(own) = own else { continue };
            if named(own) != is_turn_of_named {
                continue;
            }
            let matching: Vec<usize> = (0..open.len())
                .filter(|place| open[*place].as_ref().is_some_and(|finding| own.is_for(finding)))
                .collect();
            let objects = matching.iter().filter_map(|place| open[*place].as_ref()).map(|finding| &finding.object);
            let is_one = own.object.is_some() || objects.clone().all(|object| objects.clone().next() == Some(object));
            if let Some(place) = matching.first().filter(|_| is_one) {
                open[*place] = None;
                *is_used = true;
            }
        }
    }
    let mut kept: Vec<Finding> = open.into_iter().flatten().collect();
    let mut unused = Vec::new();
    for ((text, allowance), is_used) in texts.iter().zip(&allowances).zip(is_used) {
        let message = match allowance {
            // What the rule would say of the revision is not known.
            Ok(own) if is_used || impact.unknown.is_some() || is_unasked(own.rule) => continue,
            Ok(own) => own.unused(&kept),
            Err(reason) => format!("the allowance `{text}` {reason}"),
        };
        let help = "remove it from `allow` of the revision, or correct it";
        unused.push(Finding { help: Some(help.to_owned()), ..Finding::new("unused-allowance", None, *text, message) });
    }
    kept.retain(|finding| level(finding.rule, levels) != Level::Allow);
    unused.retain(|_| level(rule("unused-allowance"), levels) != Level::Allow);
    kept.extend(unused);
    kept
}

/// An entry of `allow`.
#[derive(Debug, PartialEq, Eq)]
struct Allowance<'a> {
    rule: &'static Rule,
    object: Option<&'a str>,
}

impl<'a> Allowance<'a> {
    fn read(text: &'a str) -> Result<Self, &'static str> {
        let (what, reason) = text.split_once(':').unwrap_or((text, ""));
        let (id, object) = what.trim().split_once(' ').unwrap_or((what.trim(), ""));
        let rule = Rule::find(id).ok_or("names no rule")?;
        if reason.trim().is_empty() {
            return Err("gives no reason; expected `rule: reason`");
        }
        Ok(Self { rule, object: Some(object.trim()).filter(|object| !object.is_empty()) })
    }

    fn is_for(&self, finding: &Finding) -> bool {
        finding.rule.id == self.rule.id && self.object.is_none_or(|object| finding.object == object)
    }

    /// Why it allows nothing. `left` are the findings that nothing allows.
    fn unused(&self, left: &[Finding]) -> String {
        let Self { rule: Rule { id, .. }, object } = self;
        let of_rule = left.iter().filter(|finding| finding.rule.id == *id);
        let forms: Vec<String> =
            of_rule.map(|finding| format!("`{}`", format!("{id} {}", finding.object).trim_end())).collect();
        match (object, forms.as_slice()) {
            (None, []) => format!("the revision allows `{id}`, and there is no such finding"),
            (None, forms) => format!("`allow` has to name one of the findings: {}", forms.join(", ")),
            (Some(object), []) => format!("the revision allows `{id} {object}`, and there is no such finding"),
            (Some(object), forms) => {
                format!("the revision allows `{id} {object}`, and the findings are {}", forms.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::{Allowance, Finding, Level, Levels, without_allowed};
    use crate::impact::measured::RevisionImpact;
    use crate::impact::test_revision::test_revision;
    use crate::revision::Revision;

    const FOUND: [(&str, &str); 5] = [
        ("drop-table", "posts"),
        ("drop-column", "users.age"),
        ("drop-column", "users.email"),
        ("rename-table", "users"),
        ("rename-table", "users"),
    ];

    /// What is left of findings, each by its rule and its object.
    fn left(found: &[(&str, &str)], allow: &'static [&'static str], levels: &Levels) -> Vec<String> {
        let script = test_revision(Revision { id: "r1", allow, ..Revision::ROOT });
        let impact =
            RevisionImpact { unknown: None, ..RevisionImpact::not_run(script, DbBackend::Sqlite, String::new()) };
        let found = found.iter().map(|(rule, object)| Finding::new(rule, Some(0), *object, String::new())).collect();
        let left = without_allowed(&impact, found, levels, &|rule| rule.id == "fails-on-rows");
        left.iter().map(|finding| format!("{} {} {}", finding.rule.id, finding.object, finding.message)).collect()
    }

    fn check(allow: &'static [&'static str], expected: &[&str]) {
        let left = left(&FOUND, allow, &Levels::new());
        assert_eq!(left.iter().map(|own| own.trim_end()).collect::<Vec<_>>(), expected, "{allow:?}");
    }

    #[test]
    fn an_allowance_is_for_one_finding() {
        let [table, age, email, users, again] = FOUND.map(|(rule, object)| format!("{rule} {object}"));
        let [table, age, email, users, again] = [&*table, &*age, &*email, &*users, &*again];
        check(&["drop-table: nothing reads it"], &[age, email, users, again]);
        check(&["drop-column users.email: nothing reads it"], &[table, age, users, again]);
        check(&["drop-column users.email: a", "drop-column: a"], &[table, users, again]);
        check(&["rename-table: there and back"], &[table, age, email, again]);
        check(&["rename-table: there and back", "rename-table users: a"], &[table, age, email]);
        check(
            &["drop-column: nothing reads it"],
            &[
                table,
                age,
                email,
                users,
                again,
                "unused-allowance drop-column: nothing reads it `allow` has to name one of the findings: \
                 `drop-column users.age`, `drop-column users.email`",
            ],
        );
    }

    #[test]
    fn levels_leave_findings_out() {
        let found = [FOUND[0], ("change-default", "users.age")];
        assert_eq!(left(&found, &[], &Levels::new()), ["drop-table posts "]);
        let levels = Levels::from([("drop-table", Level::Allow), ("change-default", Level::Warn)]);
        assert_eq!(left(&found, &[], &levels), ["change-default users.age "]);
        assert_eq!(left(&found, &["change-default: a", "drop-table: a"], &Levels::new()), Vec::<String>::new());
    }

    #[test]
    fn an_allowance_without_a_finding_or_a_reason_is_a_finding() {
        let message = |allow| left(&FOUND[..1], allow, &Levels::new()).pop().unwrap_or_default();
        assert!(message(&["drop-column: it is empty"]).ends_with("allows `drop-column`, and there is no such finding"));
        assert!(
            message(&["drop-table users: a"])
                .ends_with("allows `drop-table users`, and the findings are `drop-table posts`")
        );
        assert!(message(&["drop-table"]).ends_with("gives no reason; expected `rule: reason`"));
        assert_eq!(Allowance::read("drop-tables: a reason"), Err("names no rule"));
        assert_eq!(left(&[], &["fails-on-rows: corrected by hand"], &Levels::new()), Vec::<String>::new());
    }
}
