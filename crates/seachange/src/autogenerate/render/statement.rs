//! Statements: variables, calls, and blocks under a condition.

use sea_orm::DbBackend;

use super::call::{altered, create_index, create_table, create_type, drop_type, new, new_value, table_name};
use super::layout::{LineBudget, columns, expression, right_hand_side};
use super::rust::{RustExpr, Statement, array, call, has_to_be_escaped, string, word};
use super::variable::variable;
use crate::autogenerate::code::{CodeNode, SchemaCall};

/// The width of a line, and the indentation of a method body.
const WIDTH: usize = 100;
const BODY: usize = 8;
/// A longer literal gets a variable, because rustfmt does not format a chain that contains it.
const LONG: usize = 60;

/// Converts code into statements. The last statement is the value of the method.
pub(super) fn statements(code: &[CodeNode]) -> Vec<Statement> {
    let mut statements = block(code);
    match statements.pop() {
        Some(Statement::Run(last)) if is_result(code.last()) => statements.push(Statement::Value(last.into_result())),
        last => {
            statements.extend(last);
            statements.push(Statement::Value(call("Ok", vec![word("()")])));
        }
    }
    statements
}

/// Says whether the last call returns the result of the method.
fn is_result(last: Option<&CodeNode>) -> bool {
    matches!(last, Some(CodeNode::Call(last)) if !matches!(last, SchemaCall::Alter { .. } | SchemaCall::Sql(_)))
}

fn block(code: &[CodeNode]) -> Vec<Statement> {
    let is_sql = |code: &CodeNode| matches!(code, CodeNode::Call(SchemaCall::Sql(_)));
    code.chunk_by(|left, right| is_sql(left) && is_sql(right)).flat_map(pieces).collect()
}

fn pieces(code: &[CodeNode]) -> Vec<Statement> {
    let several: Vec<_> = code
        .iter()
        .filter_map(|piece| match piece {
            CodeNode::Call(SchemaCall::Sql(sql)) => Some(string(sql)),
            _ => None,
        })
        .collect();
    if several.len() < 2 {
        return code.iter().flat_map(piece).collect();
    }
    let all = Statement::Let { name: "statements".to_owned(), value: array(several) };
    let each = Statement::Block { head: "for sql in statements".to_owned(), body: vec![execute(word("sql"))] };
    vec![all, each]
}

fn piece(code: &CodeNode) -> Vec<Statement> {
    match code {
        CodeNode::Note(text) => vec![Statement::Comment(text.clone())],
        CodeNode::Call(call) => call_statements(call),
        CodeNode::Only { databases, lacking, code } => vec![only(databases, lacking, code)],
        CodeNode::Where { database, code } => {
            let head = format!("if manager.get_database_backend() == {}", database_name(*database));
            vec![Statement::Block { head, body: block(code) }]
        }
    }
}

fn only(databases: &[DbBackend], lacking: &str, code: &[CodeNode]) -> Statement {
    let databases: Vec<_> = databases.iter().map(|database| database_name(*database)).collect();
    let arm = Statement::Block { head: format!("{} =>", databases.join(" | ")), body: block(code) };
    let error = Statement::Error { lacking: lacking.to_owned() };
    let otherwise = Statement::Block { head: "other =>".to_owned(), body: vec![error] };
    Statement::Block { head: "match manager.get_database_backend()".to_owned(), body: vec![arm, otherwise] }
}

fn database_name(database: DbBackend) -> &'static str {
    match database {
        DbBackend::Postgres => "sea_orm::DbBackend::Postgres",
        DbBackend::MySql => "sea_orm::DbBackend::MySql",
        _ => "sea_orm::DbBackend::Sqlite",
    }
}

fn call_statements(call: &SchemaCall) -> Vec<Statement> {
    match call {
        SchemaCall::CreateTable(table) => {
            bound(variable(&table.name.name, "table"), create_table(table), "create_table")
        }
        SchemaCall::DropTable(name) => direct(new("Table::drop").method("table", vec![table_name(name)]), "drop_table"),
        SchemaCall::RenameTable { from, to } => {
            direct(new("Table::rename").method("table", vec![table_name(from), table_name(to)]), "rename_table")
        }
        SchemaCall::Alter { table, changes } => {
            let start = self::call("alter", vec![word("manager"), table_name(table)]);
            let all = changes.iter().fold(start, |all, change| altered(all, table, change));
            vec![Statement::Run(all.method("apply", Vec::new()).awaited())]
        }
        SchemaCall::CreateIndex { table, index } => {
            bound("index".to_owned(), create_index(table, index), "create_index")
        }
        SchemaCall::DropIndex { table, name } => {
            let statement = new("Index::drop").method("name", vec![string(name)]);
            direct(statement.method("table", vec![table_name(table)]), "drop_index")
        }
        SchemaCall::CreateType { name, values } => {
            bound(variable(&name.name, "type"), create_type(name, values), "create_type")
        }
        SchemaCall::DropType(name) => vec![manager("drop_type", drop_type(name))],
        SchemaCall::AddValue { name, value, place } => vec![manager("alter_type", new_value(name, value, place))],
        SchemaCall::Sql(sql) => sql_statements(sql),
    }
}

fn sql_statements(sql: &str) -> Vec<Statement> {
    let literal = string(sql);
    let is_long = matches!(&literal, RustExpr::Word(text) if columns(text) > LONG || text.contains('\n'));
    let mut statements = Vec::new();
    let argument = if is_long {
        statements.push(Statement::Let { name: "sql".to_owned(), value: literal });
        word("sql")
    } else {
        literal
    };
    statements.push(execute(argument));
    statements
}

fn execute(sql: RustExpr) -> Statement {
    let connection = word("manager").method("get_connection", Vec::new());
    Statement::Run(connection.method("execute_unprepared", vec![sql]).awaited())
}

/// Binds a statement to a variable, and calls the manager with the variable.
fn bound(name: String, value: RustExpr, method: &str) -> Vec<Statement> {
    let run = manager(method, word(name.clone()));
    vec![Statement::Let { name, value }, run]
}

fn direct(statement: RustExpr, method: &str) -> Vec<Statement> {
    vec![manager(method, statement.method("to_owned", Vec::new()))]
}

fn manager(method: &str, argument: RustExpr) -> Statement {
    Statement::Run(word("manager").method(method, vec![argument]).awaited())
}

/// Writes statements, with a line break after each.
pub(super) fn text(statements: &[Statement]) -> String {
    lines(statements, BODY)
}

fn lines(statements: &[Statement], indent: usize) -> String {
    statements.iter().map(|statement| self::statement(statement, indent)).collect()
}

fn statement(statement: &Statement, indent: usize) -> String {
    let margin = " ".repeat(indent);
    match statement {
        Statement::Comment(text) => comment(text, &margin),
        Statement::Let { name, value } => {
            let start = format!("let {name} =");
            let value = widening(|edge| right_hand_side(value, columns(&start), indent, edge));
            format!("{margin}{start}{value};\n")
        }
        Statement::Run(run) => {
            let text = widening(|edge| expression(run, LineBudget::line(indent, edge).less(1)?));
            format!("{margin}{text};\n")
        }
        Statement::Value(value) => {
            let text = widening(|edge| expression(value, LineBudget::line(indent, edge)));
            format!("{margin}{text}\n")
        }
        Statement::Block { head, body } => {
            format!("{margin}{head} {{\n{}{margin}}}\n", lines(body, indent + 4))
        }
        Statement::Error { lacking } => {
            let literal = proc_macro2::Literal::string(lacking);
            format!(
                "{margin}return Err(DbErr::BackendNotSupported {{\n{margin}    db: other.as_str(),\n\
                 {margin}    ctx: {literal},\n{margin}}});\n"
            )
        }
    }
}

/// Lays code out within the width of a line. rustfmt does not change code that cannot fit, so the width grows until the
/// code fits.
fn widening(layout: impl Fn(usize) -> Option<String>) -> String {
    let mut edge = WIDTH;
    loop {
        match layout(edge) {
            Some(text) => return text,
            None => edge += edge / 4,
        }
    }
}

/// A character as it is written in a comment. Names in comments come from a database, so some characters are escaped.
/// White space is kept, because it separates words.
fn shown(character: char) -> String {
    match character {
        character if character.is_whitespace() || !has_to_be_escaped(character) => character.to_string(),
        character => character.escape_default().to_string(),
    }
}

/// Breaks a comment into lines.
fn comment(text: &str, margin: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let printable: String = text.chars().map(shown).collect();
    for word in printable.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= WIDTH => *line += &format!(" {word}"),
            _ => lines.push(format!("{margin}// {word}")),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
