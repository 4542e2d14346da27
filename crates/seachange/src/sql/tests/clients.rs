//! Scripts that are hard to split, split by the real clients.
//!
//! `psql` and `mariadb` connect to a recorder, which implements their protocols only far enough to receive every
//! statement. So the tests see exactly what these clients send. A client that is not installed is reported and skipped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use crate::sql::SqlDialect::{self, MySql, Postgres, Sqlite};
use crate::sql::clients::client_statements;
use crate::sql::{significant, statements, tokens};

/// Scripts for each client.
fn corpus(dialect: SqlDialect) -> Vec<&'static str> {
    let mut scripts = vec![
        "SELECT 1; SELECT 2;\nSELECT 3",
        "SELECT ';' AS a; SELECT 'it''s; not' AS b;",
        "SELECT 1 /* ; SELECT 8 */; SELECT 2;",
        "SELECT 1 -- ; SELECT 8\n; SELECT 2;",
        "SELECT '-- not a comment' AS a; SELECT '/* neither' AS b; SELECT '*/' AS c;",
        "SELECT 'a\nb;\nc' AS a;\nSELECT 2;",
        ";;\n;SELECT 1;;\n",
        "-- only a comment;\n/* and ; another */",
        "SELECT 'é→;' AS \"ü;\"; SELECT 2;",
    ];
    scripts.extend(match dialect {
        Postgres => vec![
            "SELECT $$ ; $$; SELECT $a$ $$ ; $b$ ; $a$; SELECT 2;",
            "SELECT E'it\\'s; not'; SELECT 'a\\'; SELECT 2;",
            "SELECT /* a /* b ; */ ; */ 1; SELECT 2;",
            "SELECT U&'a;' , U&\"b;\"; SELECT \"c\"\";d\";",
            "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c); SELECT 2;",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 2;",
            "CREATE OR REPLACE PROCEDURE p() LANGUAGE SQL BEGIN ATOMIC SELECT 1; END; SELECT 2;",
            "DO $x$ BEGIN PERFORM 1; END; $x$; BEGIN; SELECT 1; END; SELECT 2;",
            "SELECT a$b$c; SELECT 1 AS a$b; SELECT $1;",
            "SELECT a[1:2], ARRAY['a;', 'b'] FROM c; SELECT 2;",
            "SELECT 5--3;\n; SELECT 2;",
            "SELECT B'1', X'1F', N';'; SELECT 1 # 2;",
        ],
        MySql => vec![
            "SELECT 'it\\'s; not'; SELECT \"a;\\\"b\"; SELECT `c;d`;",
            "SELECT `a\\`; SELECT 2;",
            "SELECT 5--3; SELECT 2;",
            "SELECT 1 # ; SELECT 8\n; SELECT 2;",
            "/*!40101 SET NAMES utf8 */; SELECT /*! 1, */ 2;",
            "/*M!100100 SET @a = 1 */; SELECT 2;",
            "SELECT 1 /*! ; */; SELECT 2;",
            "SELECT 1 --\t; SELECT 8\n; SELECT 2;",
            "SELECT /* a ' ; */ 1; SELECT 'x'; SELECT 2;",
        ],
        Sqlite => vec![
            "SELECT 'a\\'; SELECT `b;c` FROM (SELECT 1 AS `b;c`); SELECT [d;e] FROM (SELECT 1 AS [d;e]);",
            "CREATE TABLE a (b);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM a; END;\nSELECT 2;",
            "CREATE TABLE a (b); CREATE TEMP TRIGGER IF NOT EXISTS t AFTER INSERT ON a BEGIN\nDELETE FROM a;\nEND; SELECT 2;",
            "SELECT 1 /* ; /* */; SELECT 2;",
            "SELECT 5--3;\n; SELECT 2;",
            "BEGIN; SELECT 1; END; SELECT 2;",
            "SELECT x'3b', ';'; SELECT 2;",
        ],
    });
    scripts
}

/// Scripts that a client splits differently from its server.
fn differences(dialect: SqlDialect) -> Vec<&'static str> {
    match dialect {
        // Only the server reads the second string as a continuation of the first, with backslash escapes.
        Postgres => vec!["SELECT E'a'\n'b\\';c'; SELECT 2;", "CREATE FUNCTION f() RETURNS int AS 'x' BEGIN; SELECT 2;"],
        MySql => vec![
            "DELIMITER //\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; SET @b = '//'; END\n//\nDELIMITER ;\nSELECT 2;",
            "delimiter $$\nSELECT 1; SELECT 2$$\ndelimiter ;\nSELECT 3;",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END; SELECT 2;",
        ],
        Sqlite => vec!["SELECT 1\n/\nSELECT 2\ngo\n# SELECT 8;\n.print x\nSELECT 3;"],
    }
}

/// A text without comments, with single spaces, and without the semicolon that `psql` also sends.
fn plain(text: &str, dialect: SqlDialect) -> String {
    let text = significant(&tokens(text, dialect)).iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
    text.trim_end_matches([' ', ';']).to_owned()
}

/// Compares what the client sends with the expected statements, and with the server's split of the script.
fn check(dialect: SqlDialect, sent: impl Fn(&str) -> Option<Vec<String>>) {
    let shown = |texts: Vec<String>| -> Vec<String> { texts.iter().map(|text| plain(text, dialect)).collect() };
    let same = corpus(dialect).into_iter().map(|script| (script, true));
    let other = differences(dialect).into_iter().map(|script| (script, false));
    for (script, is_same) in same.chain(other) {
        let Some(sent) = sent(script) else { return };
        let sent: Vec<String> = shown(sent).into_iter().filter(|text| !text.is_empty()).collect();
        assert_eq!(shown(client_statements(script, dialect)), sent, "{dialect:?} as the client: {script}");
        let own = shown(statements(script, dialect).iter().map(|statement| statement.text.to_owned()).collect());
        assert_eq!(own == sent, is_same, "{dialect:?} as the server: {script}\n{own:?}");
    }
}

/// Runs a client with a script. Returns nothing if the client is not installed.
#[expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test says what it skips, and stops at the first surprise"
)]
fn run(command: &mut Command, script: &str) -> Option<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: `{program}` is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}\n{script}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Runs a client against a recorder, and returns what it sends.
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
fn recorded(
    script: &str,
    command: impl Fn(u16) -> Command,
    serve: fn(TcpStream) -> Option<Vec<String>>,
) -> Option<Vec<String>> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // If no client connects, the thread keeps waiting.
    let recorder = thread::spawn(move || serve(listener.accept().ok()?.0));
    run(&mut command(port), script)?;
    recorder.join().unwrap()
}

/// Reads some bytes.
fn bytes(stream: &mut TcpStream, count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Implements PostgreSQL's protocol, and records every query.
fn postgres(mut stream: TcpStream) -> Option<Vec<String>> {
    let length = |stream: &mut TcpStream| Some(u32::from_be_bytes(bytes(stream, 4)?.try_into().ok()?) as usize - 4);
    let startup = length(&mut stream)?;
    bytes(&mut stream, startup)?;
    let ready = b"Z\0\0\0\x05I";
    // Tells the client that authentication is done and that the server reads UTF-8.
    stream.write_all(b"R\0\0\0\x08\0\0\0\0").ok()?;
    for (name, value) in
        [("server_version", "15.0"), ("client_encoding", "UTF8"), ("standard_conforming_strings", "on")]
    {
        let body = format!("{name}\0{value}\0");
        let length = u32::try_from(body.len() + 4).ok()?.to_be_bytes();
        stream.write_all(&[b"S", &length[..], body.as_bytes()].concat()).ok()?;
    }
    stream.write_all(ready).ok()?;
    let mut sent = Vec::new();
    while let Some(kind) = bytes(&mut stream, 1) {
        let length = length(&mut stream)?;
        let body = bytes(&mut stream, length)?;
        if kind != b"Q" {
            break;
        }
        sent.push(String::from_utf8_lossy(&body).trim_end_matches('\0').to_owned());
        stream.write_all(b"C\0\0\0\x08SET\0").ok()?;
        stream.write_all(ready).ok()?;
    }
    Some(sent)
}

/// Implements MySQL's protocol, and records every query.
fn mysql(mut stream: TcpStream) -> Option<Vec<String>> {
    fn packet(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
        let head = bytes(stream, 4)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
        Some((head[3], bytes(stream, length)?))
    }
    fn answer(stream: &mut TcpStream, number: u8, body: &[u8]) -> Option<()> {
        let length = u32::try_from(body.len()).ok()?.to_le_bytes();
        stream.write_all(&[&length[..3], &[number], body].concat()).ok()
    }
    const OK: &[u8] = b"\0\0\0\x02\0\0\0";
    // Protocol 10, a version, capabilities without encryption, and authentication by the plugin that every client has.
    let mut greeting = b"\x0a10.11.0-MariaDB\0\x01\0\0\0abcdefgh\0".to_vec();
    greeting.extend(b"\x00\xa2\x21\x02\0\x08\x80\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0");
    answer(&mut stream, 0, &greeting)?;
    let (number, _) = packet(&mut stream)?;
    answer(&mut stream, number + 1, OK)?;
    let mut sent = Vec::new();
    while let Some((number, body)) = packet(&mut stream) {
        match body.split_first()? {
            (3, query) => sent.push(String::from_utf8_lossy(query).into_owned()),
            (1, _) => break,
            _ => {}
        }
        answer(&mut stream, number + 1, OK)?;
    }
    sent.retain(|query| query != "select @@version_comment limit 1");
    Some(sent)
}

#[test]
fn psql_splits_as_it_is_said() {
    let command = |port: u16| {
        let mut command = Command::new("psql");
        let url = format!("host=127.0.0.1 port={port} user=a dbname=a sslmode=disable gssencmode=disable");
        command.args(["-X", "-q", "-f", "-", &url]);
        command
    };
    check(Postgres, |script| recorded(script, command, postgres));
}

#[test]
fn mariadb_splits_as_it_is_said() {
    let command = |port: u16| {
        let mut command = Command::new("mariadb");
        let port = format!("--port={port}");
        command.args([
            "--no-defaults",
            "--protocol=tcp",
            "--host=127.0.0.1",
            &port,
            "--user=a",
            "--skip-ssl",
            "--batch",
        ]);
        command
    };
    check(MySql, |script| recorded(script, command, mysql));
}

#[test]
fn sqlite3_splits_as_it_is_said() {
    let run = |script: &str| {
        let traced = run(
            Command::new("sqlite3").args(["-batch", ":memory:"]),
            &format!(".output /dev/null\n.trace stdout\n{script}"),
        )?;
        // SQLite traces each statement with its semicolon, if it has one. The corpus contains no statements of triggers
        // that run.
        Some(statements(&traced, Sqlite).iter().map(|statement| statement.text.to_owned()).collect())
    };
    check(Sqlite, run);
}

/// A script can pass strings with each kind of line end through `sqlite3`, if it writes `\r\r\n` for `\r\n`.
#[test]
fn line_ends_arrive_through_sqlite3() {
    let script = "SELECT hex('a' || char(13, 10) || 'b'), hex('a\r\r\nb'), hex('a\rb'), hex('a\nb');";
    if let Some(read) = run(Command::new("sqlite3").args(["-batch", ":memory:"]), script) {
        assert_eq!(read.trim(), "610D0A62|610D0A62|610D62|610A62");
    }
}
