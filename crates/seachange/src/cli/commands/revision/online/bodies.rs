//! The code of the revisions of a change in two halves.

use seachange_source::{MethodBody, RevisionBody, RevisionStep, StepCode, literal, slug, step_body};

use crate::autogenerate::online::{SideColumn, SideValue, SynchronisedColumns};
use crate::autogenerate::{Comparison, SchemaOperation};
use crate::impact::online::{OnlineCode, OnlineRevision, Swap, UNLOCK_TABLES, lock_tables};
use crate::schema::TableName;

/// Rustfmt's maximum width of a line.
const LINE_WIDTH: usize = 100;

/// Writes the code of revisions.
#[derive(Clone, Copy)]
pub(super) struct Bodies<'a> {
    pub(super) comparison: &'a Comparison,
    /// The path of the only system on which the revisions do something, where the program knows several.
    pub(super) only: Option<&'static str>,
}

impl Bodies<'_> {
    pub(super) fn body(self, revision: &OnlineRevision, remarks: Vec<String>) -> RevisionBody {
        let (up, down) = (self.method(&revision.up, true), self.method(&revision.down, false));
        // Both methods may call the same functions.
        let others = down.items.iter().filter(|item| !up.items.contains(item));
        let items: Vec<&str> = up.items.iter().chain(others).map(String::as_str).collect();
        RevisionBody {
            up: up.body,
            down: down.body,
            remarks,
            items: items.join("\n"),
            outside_transaction: revision.outside_transaction,
        }
    }

    /// The whole change, on the database systems for which the other revisions do nothing.
    pub(super) fn elsewhere(self, operations: &[SchemaOperation]) -> RevisionBody {
        let RevisionBody { up, down, .. } = self.comparison.bodies(operations);
        let remarks = vec!["The whole change at once, where the revisions below do nothing.".to_owned()];
        let [up, down] = [up, down].map(|body| self.guarded(body, "=="));
        RevisionBody { up, down, remarks, ..RevisionBody::default() }
    }

    fn method(self, code: &OnlineCode, is_up: bool) -> Method {
        let (columns, names): (&[SynchronisedColumns], &[&str]) = match code {
            OnlineCode::Nothing => (&[], &[]),
            OnlineCode::Operations(operations) => {
                let body = self.guarded(self.comparison.bodies(operations).up, "!=");
                return Method { body, items: Vec::new() };
            }
            OnlineCode::Statements(statements) => return self.statements(statements, is_up),
            OnlineCode::Synchronise(columns) => (columns, &["create()"]),
            OnlineCode::Revive(columns) => (columns, &["create()", "backfill_old().run()"]),
            OnlineCode::Fill(columns) => (columns, &["backfill().run()"]),
            OnlineCode::EndSynchronising(columns) => (columns, &["drop()"]),
            OnlineCode::Swap(swap) => return self.swap(swap, is_up),
        };
        let body = MethodBody { text: calls(columns, names), uses_manager: !columns.is_empty() };
        Method {
            body: if columns.is_empty() { body } else { self.guarded(body, "!=") },
            items: named(columns).map(|(name, own)| function(&name, own)).collect(),
        }
    }

    /// What a swap does, one after the other.
    fn swap(self, swap: &Swap, is_up: bool) -> Method {
        let inner = Bodies { only: None, ..self };
        let statement = |text: &str| {
            let line = format!("        manager.get_connection().execute_unprepared({}).await?;\n", literal(text));
            if line.len() <= LINE_WIDTH + 1 {
                return line;
            }
            let call = format!("            .execute_unprepared({})\n", literal(text));
            format!("        manager\n            .get_connection()\n{call}            .await?;\n")
        };
        let mut items = Vec::new();
        let calls = calls(&swap.columns, &[if swap.begins { "create()" } else { "drop()" }]);
        let mut text = String::new();
        if !swap.locked.is_empty() {
            text += "        // A write in between would be lost.\n";
            text += &statement(&lock_tables(&swap.locked));
        }
        for part in &swap.parts {
            if let OnlineCode::Statements(StepCode::Statements(texts)) = part {
                text.extend(texts.iter().map(|own| statement(own)));
                continue;
            }
            let method = inner.method(part, is_up);
            items.extend(method.items);
            // The values that it drops are in the new columns.
            let lines = without_result(&method.body.text);
            text.extend(lines.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("// The values of")));
        }
        text += &without_result(&calls);
        if !swap.locked.is_empty() {
            text += &statement(UNLOCK_TABLES);
        }
        let functions = named(&swap.columns).map(|(name, own)| function(&name, own));
        Method {
            body: self.guarded(MethodBody { text: text + RESULT, uses_manager: true }, "!="),
            items: items.into_iter().chain(functions).collect(),
        }
    }

    fn statements(self, code: &StepCode, is_up: bool) -> Method {
        let nothing = || StepCode::Statements(Vec::new());
        let (up, down) = if is_up { (code.clone(), nothing()) } else { (nothing(), code.clone()) };
        let step = RevisionStep { up, down, outside_transaction: false };
        let RevisionBody { up, down, items, .. } = step_body(&step, self.only, Vec::new());
        let items = if items.is_empty() { Vec::new() } else { vec![items] };
        Method { body: if is_up { up } else { down }, items }
    }

    /// A body that returns at once on a system for which the comparison is true.
    fn guarded(self, body: MethodBody, comparison: &str) -> MethodBody {
        let Some(backend) = self.only else { return body };
        let guard = format!(
            "        if manager.get_database_backend() {comparison} {backend} {{\n            return Ok(());\n        }}\n"
        );
        MethodBody { text: guard + &body.text, uses_manager: true }
    }
}

/// The result of a method, as its last line.
const RESULT: &str = "        Ok(())\n";

/// The lines of a method without its result, so that others can follow.
fn without_result(text: &str) -> String {
    match (text.strip_suffix(RESULT), text.strip_suffix(".await\n")) {
        (Some(lines), _) => lines.to_owned(),
        (None, Some(lines)) => format!("{lines}.await?;\n"),
        (None, None) => text.to_owned(),
    }
}

/// A method of a revision, with the items that it needs.
struct Method {
    body: MethodBody,
    items: Vec<String>,
}

/// The columns, each with the name of its function.
fn named(columns: &[SynchronisedColumns]) -> impl Iterator<Item = (String, &SynchronisedColumns)> {
    let name = |own: &SynchronisedColumns| {
        let first = own.new.first().map_or_else(String::new, |own| slug(&own.column.name));
        format!("synchronised_{first}")
    };
    columns.iter().enumerate().map(move |(number, own)| {
        let is_taken = columns[..number].iter().any(|other| name(other) == name(own));
        (if is_taken { format!("{}_{}", name(own), number + 1) } else { name(own) }, own)
    })
}

/// The calls for each column, and the result.
fn calls(columns: &[SynchronisedColumns], calls: &[&str]) -> String {
    let lines = named(columns).flat_map(|(name, _)| {
        let call = move |call: &&str| format!("        {name}(manager).{call}.await?;\n");
        calls.iter().map(call)
    });
    lines.chain([RESULT.to_owned()]).collect()
}

/// The function that names columns, and says how each side is computed from the other one.
fn function(name: &str, own: &SynchronisedColumns) -> String {
    let SynchronisedColumns { table, old, new, .. } = own;
    let columns = match (old.as_slice(), new.as_slice()) {
        ([_], [SideColumn { value: SideValue::Column(from), column }]) if !own.follows => {
            format!("        .pair({}, {})\n", literal(from), literal(&column.name))
        }
        _ => {
            let old = old.iter().filter(|_| !own.follows).map(|own| side_call("old", own));
            old.chain(new.iter().map(|own| side_call("new_column", own))).collect()
        }
    };
    let path = "seachange::synchronise";
    let result = format!("{path}::Synchronised<'m, 'c>");
    let line = format!("fn {name}<'m, 'c>(manager: &'m SchemaManager<'c>) -> {result} {{\n");
    let signature = match line.len() <= LINE_WIDTH + 1 {
        true => line,
        false => format!("fn {name}<'m, 'c>(\n    manager: &'m SchemaManager<'c>,\n) -> {result} {{\n"),
    };
    let table = match table {
        TableName { schema: Some(schema), name } => format!("({}, {})", literal(schema), literal(name)),
        TableName { schema: None, name } => literal(name),
    };
    let remark = match (old.len() + new.len(), own.follows) {
        (2, true) => "The new column takes the place of the old one; it is computed from this one.",
        (2, false) => "The new column takes the place of the old one; each is computed from the other.",
        _ => "New columns take the place of old ones; each side is computed from the other.",
    };
    format!(
        "/// {remark}\n\
         {signature}    {path}::synchronise(manager, {table})\n{columns}}}\n"
    )
}

/// The call that names a column and its value.
fn side_call(method: &str, own: &SideColumn) -> String {
    let column = literal(&own.column.name);
    let value = match &own.value {
        SideValue::Column(from) => format!("Expr::col({})", literal(from)),
        SideValue::Cast { column: from, to } => format!("Expr::col({}).cast_as({})", literal(from), literal(to)),
        SideValue::Expression(text) => format!("Expr::cust({})", literal(text)),
    };
    let line = format!("        .{method}({column}, {value})\n");
    if line.len() <= LINE_WIDTH {
        line
    } else {
        format!("        .{method}(\n            {column},\n            {value},\n        )\n")
    }
}
