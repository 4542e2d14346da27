//! Code for SeaORM 1 as code for SeaORM 2.

use proc_macro2::{Delimiter, TokenTree};

use super::edits::Edits;
use crate::program::modules::{RustFile, attributes_before, flat, inside, is, is_punct, range, visibility_before};

/// Methods of a connection that take a `Statement` under a new name.
const RAW_METHODS: [(&str, &str); 4] = [
    ("execute", "execute_raw"),
    ("query_one", "query_one_raw"),
    ("query_all", "query_all_raw"),
    ("stream", "stream_raw"),
];

/// Variants of `Value` that contained a `Box`.
const UNBOXED: [&str; 25] = [
    "String",
    "Bytes",
    "Json",
    "ChronoDate",
    "ChronoTime",
    "ChronoDateTime",
    "ChronoDateTimeUtc",
    "ChronoDateTimeLocal",
    "ChronoDateTimeWithTimeZone",
    "TimeDate",
    "TimeTime",
    "TimeDateTime",
    "TimeDateTimeWithTimeZone",
    "Uuid",
    "Decimal",
    "BigDecimal",
    "IpNetwork",
    "MacAddress",
    "Array",
    "Vector",
    "JiffDate",
    "JiffTime",
    "JiffDateTime",
    "JiffTimestamp",
    "JiffZoned",
];

/// Methods of expressions that a trait has now.
const EXPRESSION_METHODS: [&str; 24] = [
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "is_in",
    "is_not_in",
    "is_null",
    "is_not_null",
    "like",
    "not_like",
    "between",
    "and",
    "or",
    "add",
    "sub",
    "mul",
    "div",
    "cast_as",
    "binary",
    "equals",
    "not",
    "is",
];

/// What [`port`] changed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Ported {
    pub(super) text: String,
    /// One line for each kind of change, with how often it was made.
    pub(super) changes: Vec<(&'static str, usize)>,
}

/// Rewrites a file. What the rewrites do not know stays, for rustc to name.
pub(super) fn port(file: &RustFile) -> Ported {
    let all = flat(&file.tokens);
    let mut edits = Edits::default();
    let methods = raw_methods(&all, &mut edits);
    let values = boxed_values(&all, &mut edits);
    let imports = import(file, &all, &mut edits);
    let changes = [
        ("`execute`, `query_one`, `query_all` and `stream` of a statement are `execute_raw` and so on", methods),
        ("values are no longer boxed", values),
        ("`ExprTrait` is imported", imports),
    ];
    Ported { text: edits.apply(&file.text), changes: changes.into_iter().filter(|(_, count)| *count > 0).collect() }
}

fn raw_methods(all: &[TokenTree], edits: &mut Edits) -> usize {
    let mut count = 0;
    for four in all.windows(4) {
        let [receiver, dot, name, arguments] = four else { continue };
        // A `SchemaManager` has a method of this name in SeaORM 2 only.
        if is(receiver, "manager") {
            continue;
        }
        let new = RAW_METHODS.iter().find(|(old, _)| is(name, old));
        if let Some((_, new)) = new
            && is_punct(dot, '.')
            && inside(arguments, Delimiter::Parenthesis).is_some_and(|arguments| !arguments.is_empty())
        {
            edits.replace(range(name), *new);
            count += 1;
        }
    }
    count
}

/// `Value::String(Some(Box::new(x)))` as `Value::String(Some(x))`.
fn boxed_values(all: &[TokenTree], edits: &mut Edits) -> usize {
    let mut count = 0;
    for at in 0..all.len() {
        let [value, one, two, variant, outer, ..] = &all[at..] else { break };
        let is_value = is(value, "Value") && is_punct(one, ':') && is_punct(two, ':');
        if !is_value || !UNBOXED.iter().any(|name| is(variant, name)) {
            continue;
        }
        let Some(some) = inside(outer, Delimiter::Parenthesis) else { continue };
        let [some, inner] = some.as_slice() else { continue };
        let Some(boxed) = inside(inner, Delimiter::Parenthesis).filter(|_| is(some, "Some")) else { continue };
        let [name, one, two, new, content] = boxed.as_slice() else { continue };
        if is(name, "Box") && is_punct(one, ':') && is_punct(two, ':') && is(new, "new") {
            let (whole, content) = (range(name).start..range(content).end, range(content));
            edits.replace(whole.start..content.start + 1, "");
            edits.replace(content.end - 1..whole.end, "");
            count += 1;
        }
    }
    count
}

/// Imports the trait where a method of it is called on what may be an expression.
fn import(file: &RustFile, all: &[TokenTree], edits: &mut Edits) -> usize {
    let has_expression = all.iter().any(|token| ["Expr", "SimpleExpr", "Func"].iter().any(|name| is(token, name)));
    let has_method =
        all.windows(2).any(|pair| is_punct(&pair[0], '.') && EXPRESSION_METHODS.iter().any(|name| is(&pair[1], name)));
    let is_imported = all.iter().any(|token| is(token, "ExprTrait"));
    let first = file.tokens.iter().position(|token| is(token, "use"));
    match first {
        Some(first) if has_expression && has_method && !is_imported => {
            let first = attributes_before(&file.tokens, visibility_before(&file.tokens, first));
            edits.insert(range(&file.tokens[first]).start, "use sea_orm_migration::sea_query::ExprTrait as _;\n");
            1
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::port;
    use crate::program::modules::RustFile;

    #[test]
    fn the_rewrites() {
        let text = "use sea_orm_migration::prelude::*;
fn f() {
    db.execute(Statement::from_string(b, \"x\")).await?;
    db.query_one(statement).await?;
    insert.values_panic([Value::String(Some(Box::new(\"a\".to_owned()))).into(), Value::Int(Some(1)).into()]);
    manager.execute(insert).await?;
    query.and_where(Expr::col(A::B).eq(1)).execute();
}
";
        let ported = port(&RustFile::parse(Path::new("a.rs"), text).unwrap());
        insta::assert_snapshot!(ported.text, @r#"
        use sea_orm_migration::sea_query::ExprTrait as _;
        use sea_orm_migration::prelude::*;
        fn f() {
            db.execute_raw(Statement::from_string(b, "x")).await?;
            db.query_one_raw(statement).await?;
            insert.values_panic([Value::String(Some("a".to_owned())).into(), Value::Int(Some(1)).into()]);
            manager.execute(insert).await?;
            query.and_where(Expr::col(A::B).eq(1)).execute();
        }
        "#);
        let counts: Vec<usize> = ported.changes.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [2, 1, 1]);
        let again = port(&RustFile::parse(Path::new("a.rs"), &ported.text).unwrap());
        assert_eq!((again.text, again.changes), (ported.text, Vec::new()));
    }
}
