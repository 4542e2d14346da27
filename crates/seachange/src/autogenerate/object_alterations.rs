//! Domains and sequences of PostgreSQL in another form: they are altered, because columns use them, and a sequence that
//! is created again would forget where it is.

use std::collections::BTreeMap;

use crate::schema::{DatabaseObject, ObjectKind};
use crate::sql::{SqlDialect, Token, joined, tokens};

/// The statements that turn one object into another of the same name. `None` means that no statement does: the kind or
/// the type below a domain is another one.
pub(super) fn alterations(old: &DatabaseObject, new: &DatabaseObject) -> Option<Vec<String>> {
    let (old_text, new_text) = (old.create.first()?, new.create.first()?);
    let definition = match new.name.kind {
        _ if old_text == new_text => Vec::new(),
        ObjectKind::Sequence => {
            let options = new_text.strip_prefix("CREATE SEQUENCE ")?;
            let cycle = if options.ends_with(" CYCLE") { "" } else { " NO CYCLE" };
            vec![format!("ALTER SEQUENCE {options}{cycle}")]
        }
        ObjectKind::Domain => Domain::parse(old_text)?.alterations(&Domain::parse(new_text)?)?,
        _ => return None,
    };
    let is_altered = matches!(new.name.kind, ObjectKind::Sequence | ObjectKind::Domain);
    let removed = removed_comments(&old.create[1..], &new.create[1..]).filter(|_| is_altered)?;
    Some(definition.into_iter().chain(removed).chain(new.create[1..].iter().cloned()).collect())
}

/// The statements that remove the comments that an object no longer has. `None` means that it loses something else.
fn removed_comments(old: &[String], new: &[String]) -> Option<Vec<String>> {
    let subject = |property: &String| Some(property.strip_prefix("COMMENT ON ")?.split_once(" IS ")?.0.to_owned());
    let mut removed = Vec::new();
    for property in old.iter().filter(|property| !new.contains(property)) {
        let subject_of_old = subject(property)?;
        if !new.iter().any(|own| subject(own).as_ref() == Some(&subject_of_old)) {
            removed.push(format!("COMMENT ON {subject_of_old} IS NULL"));
        }
    }
    Some(removed)
}

/// The parts of a domain, in the words of the catalogue.
#[derive(Debug, Default, PartialEq, Eq)]
struct Domain {
    name: String,
    /// The type, with its collation.
    base: String,
    default: Option<String>,
    is_required: bool,
    /// The definitions of the checks, by their quoted names.
    checks: BTreeMap<String, String>,
}

/// Where a clause begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClauseStart {
    Default,
    NotNull,
    Constraint,
}

impl Domain {
    /// Reads `CREATE DOMAIN name AS type COLLATE … DEFAULT … NOT NULL CONSTRAINT name CHECK (…)`, as the inspection
    /// writes it.
    fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text.strip_prefix("CREATE DOMAIN ")?, SqlDialect::Postgres);
        let start = tokens.iter().position(|token| token.is_word("AS"))?;
        let (name, rest) = (joined(&tokens[..start]).trim().to_owned(), &tokens[start + 1..]);
        let mut domain = Self { name, ..Self::default() };
        let starts = clause_starts(rest);
        let end = starts.first().map_or(rest.len(), |(at, _)| *at);
        domain.base = joined(&rest[..end]).trim().to_owned();
        for (number, (at, clause)) in starts.iter().enumerate() {
            let end = starts.get(number + 1).map_or(rest.len(), |(next, _)| *next);
            let body = &rest[at + 1..end];
            match clause {
                ClauseStart::Default => domain.default = Some(joined(body).trim().to_owned()),
                ClauseStart::NotNull => domain.is_required = true,
                ClauseStart::Constraint => {
                    let check = body.iter().position(|token| token.is_word("CHECK"))?;
                    let (name, definition) = body.split_at(check);
                    domain.checks.insert(joined(name).trim().to_owned(), joined(definition).trim().to_owned());
                }
            }
        }
        Some(domain)
    }

    /// The statements that lead to another definition, unless the type is another one. What forbids values comes last.
    fn alterations(&self, new: &Self) -> Option<Vec<String>> {
        let mut clauses = Vec::new();
        let gone = self.checks.iter().filter(|(name, check)| new.checks.get(*name) != Some(check));
        clauses.extend(gone.map(|(name, _)| format!("DROP CONSTRAINT {name}")));
        match &new.default {
            default if *default == self.default => {}
            None => clauses.push("DROP DEFAULT".to_owned()),
            Some(default) => clauses.push(format!("SET DEFAULT {default}")),
        }
        match (self.is_required, new.is_required) {
            (true, false) => clauses.push("DROP NOT NULL".to_owned()),
            (false, true) => clauses.push("SET NOT NULL".to_owned()),
            _ => {}
        }
        let added = new.checks.iter().filter(|(name, check)| self.checks.get(*name) != Some(check));
        clauses.extend(added.map(|(name, check)| format!("ADD CONSTRAINT {name} {check}")));
        let alter = |clause: String| format!("ALTER DOMAIN {} {clause}", new.name);
        (self.base == new.base).then(|| clauses.into_iter().map(alter).collect())
    }
}

/// The places outside of parentheses where clauses begin.
fn clause_starts(tokens: &[Token<'_>]) -> Vec<(usize, ClauseStart)> {
    let (mut depth, mut starts) = (0_usize, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is_word("DEFAULT") => starts.push((at, ClauseStart::Default)),
            _ if token.is_word("NOT") && next_word(&tokens[at + 1..]).is_some_and(|next| next.is_word("NULL")) => {
                starts.push((at, ClauseStart::NotNull));
            }
            _ if token.is_word("CONSTRAINT") => starts.push((at, ClauseStart::Constraint)),
            _ => {}
        }
    }
    starts
}

fn next_word<'t>(tokens: &'t [Token<'t>]) -> Option<&'t Token<'t>> {
    tokens.iter().find(|token| !token.is_trivia())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::ObjectName;

    fn object(kind: ObjectKind, create: &[&str]) -> DatabaseObject {
        DatabaseObject {
            name: ObjectName { kind, name: "o".into(), arguments: None, owner: None },
            create: create.iter().map(|text| (*text).to_owned()).collect(),
            drop: String::new(),
            depends_on: BTreeSet::new(),
            used_by: BTreeSet::new(),
        }
    }

    fn check(kind: ObjectKind, old: &str, new: &str, expected: Option<&[&str]>) {
        let found = alterations(&object(kind, &[old]), &object(kind, &[new]));
        let expected = expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected, "{old} -> {new}");
    }

    #[test]
    fn a_domain_is_altered_clause_by_clause() {
        let domain = |rest: &str| format!("CREATE DOMAIN \"AS x\" AS character varying(20){rest}");
        let of = |old: &str, new: &str, expected: &[&str]| {
            let expected: Vec<_> = expected.iter().map(|clause| format!("ALTER DOMAIN \"AS x\" {clause}")).collect();
            let expected: Vec<_> = expected.iter().map(String::as_str).collect();
            check(ObjectKind::Domain, &domain(old), &domain(new), Some(&expected));
        };
        of("", " DEFAULT 'NOT NULL'::text", &["SET DEFAULT 'NOT NULL'::text"]);
        of(" DEFAULT (1 IS NOT NULL)", " NOT NULL", &["DROP DEFAULT", "SET NOT NULL"]);
        of(" DEFAULT 1 NOT NULL", " DEFAULT 1", &["DROP NOT NULL"]);
        of(
            " CONSTRAINT \"a CHECK\" CHECK ((VALUE <> ''::text)) CONSTRAINT b CHECK (true)",
            " CONSTRAINT b CHECK (false) NOT VALID",
            &["DROP CONSTRAINT \"a CHECK\"", "DROP CONSTRAINT b", "ADD CONSTRAINT b CHECK (false) NOT VALID"],
        );
        of(" COLLATE pg_catalog.\"C\" NOT NULL", " COLLATE pg_catalog.\"C\"", &["DROP NOT NULL"]);
        check(ObjectKind::Domain, "CREATE DOMAIN d AS text", "CREATE DOMAIN d AS integer", None);
        check(ObjectKind::Domain, "CREATE DOMAIN d AS text", "CREATE DOMAIN d AS text COLLATE pg_catalog.\"C\"", None);
    }

    #[test]
    fn a_sequence_goes_on_from_where_it_is() {
        let (old, new) = ("CREATE SEQUENCE s AS bigint CACHE 1 CYCLE", "CREATE SEQUENCE s AS bigint CACHE 5");
        check(ObjectKind::Sequence, old, new, Some(&["ALTER SEQUENCE s AS bigint CACHE 5 NO CYCLE"]));
        check(ObjectKind::Sequence, new, old, Some(&["ALTER SEQUENCE s AS bigint CACHE 1 CYCLE"]));
    }

    #[test]
    fn properties_follow_and_other_kinds_are_not_altered() {
        let (domain, comment) = ("CREATE DOMAIN d AS text", "COMMENT ON DOMAIN d IS 'x'");
        let (old, new) = (object(ObjectKind::Domain, &[domain]), object(ObjectKind::Domain, &[domain, comment]));
        assert_eq!(alterations(&old, &new), Some(vec![comment.to_owned()]));
        assert_eq!(alterations(&new, &old), Some(vec!["COMMENT ON DOMAIN d IS NULL".to_owned()]));
        let granted = object(ObjectKind::Domain, &[domain, "GRANT USAGE ON DOMAIN d TO PUBLIC"]);
        assert_eq!(alterations(&granted, &old), None);
        check(ObjectKind::View, "CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2", None);
    }
}
