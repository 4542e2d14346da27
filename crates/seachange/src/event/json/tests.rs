//! The lines of JSON for events and reports.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use insta::assert_snapshot;
use seachange_graph::{Direction, Step};

use crate::event::{Blocker, Event, StatementProgress, json};
use crate::report::{Report, WaitReason, WaitingRevision, Warnings};
use crate::runner::FailureCause;
use crate::store::Holder;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 9, 3, 11).unwrap()
}

fn step(direction: Direction) -> Step {
    Step { direction, revision: "ae10".to_owned(), down_revision: vec!["376e".to_owned()], records_only: false }
}

fn line(event: &Event<'_>) -> String {
    json::line(event, now()).unwrap()
}

#[test]
fn waiting_names_the_holder() {
    let at = Some((Direction::Upgrade, "ae10".to_owned()));
    let holder = Holder {
        origin: String::new(),
        host: "web-3".to_owned(),
        process: 4711,
        program: "migration 0.1.0".to_owned(),
        since: now(),
        steps: Vec::new(),
        at,
    };
    let waited = Duration::from_micros(1_500);
    assert_snapshot!(line(&Event::Waiting { holder: Some(&holder), waited }), @r#"{"event":"waiting","holder":{"host":"web-3","process":4711,"program":"migration 0.1.0","since":"2026-11-21T09:03:11.000Z","at":{"direction":"upgrade","revision":"ae10"}},"waited_ms":1.5,"time":"2026-11-21T09:03:11.000Z"}"#);
    assert_snapshot!(line(&Event::Waiting { holder: None, waited }), @r#"{"event":"waiting","holder":null,"waited_ms":1.5,"time":"2026-11-21T09:03:11.000Z"}"#);
}

#[test]
fn a_revision_is_told_from_start_to_end() {
    let (step, message) = (&step(Direction::Upgrade), "add \"content\"");
    let cause = &FailureCause::Panic("no\nway".to_owned());
    let elapsed = Duration::from_micros(2_345);
    let (user, state) = (Some("shop".to_owned()), Some("idle in transaction".to_owned()));
    let transaction = Some(Duration::from_secs(90));
    let blocker = Blocker { session: 4711, user, state, transaction, ..Blocker::default() };
    let progress = &StatementProgress {
        phase: "copy to tmp table".to_owned(),
        stage: Some((1, 2)),
        unit: Some("percent"),
        done: 40,
        total: 100,
    };
    let remaining = Some(Duration::from_secs(3));
    let events = [
        Event::Planned { steps: std::slice::from_ref(step) },
        Event::Started { step, message, number: 1, of: 2, rolls_back: true },
        Event::Statement { sql: "INSERT INTO a VALUES (?)", elapsed, failed: false },
        Event::Blocked { step, message, by: &[blocker], waited: elapsed },
        Event::StatementProgress { step, message, progress, remaining, elapsed },
        Event::Retrying { step, message, attempt: 1, of: Some(3), cause },
        Event::Finished { step, message, elapsed },
        Event::Overtaken { step, message },
        Event::Failed { step, message },
        Event::Stopped { left: std::slice::from_ref(step) },
    ];
    let lines: Vec<String> = events.iter().map(line).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    assert_snapshot!(lines.join("\n"), @r#"
{"event":"planned","steps":[{"direction":"upgrade","revision":"ae10"}],"time":"2026-11-21T09:03:11.000Z"}
{"event":"started","direction":"upgrade","revision":"ae10","message":"add \"content\"","number":1,"of":2,"rolls_back":true,"time":"2026-11-21T09:03:11.000Z"}
{"event":"statement","sql":"INSERT INTO a VALUES (?)","duration_ms":2.345,"failed":false,"time":"2026-11-21T09:03:11.000Z"}
{"event":"blocked","direction":"upgrade","revision":"ae10","message":"add \"content\"","by":[{"session":4711,"prepared":null,"user":"shop","program":null,"state":"idle in transaction","transaction_ms":90000.0,"statement":null,"restricted":false}],"waited_ms":2.345,"time":"2026-11-21T09:03:11.000Z"}
{"event":"statement_progress","direction":"upgrade","revision":"ae10","message":"add \"content\"","phase":"copy to tmp table","stage":1,"stages":2,"unit":"percent","done":40,"total":100,"remaining_ms":3000.0,"elapsed_ms":2.345,"time":"2026-11-21T09:03:11.000Z"}
{"event":"retrying","direction":"upgrade","revision":"ae10","message":"add \"content\"","attempt":1,"of":3,"cause":"the code panicked: no\nway","time":"2026-11-21T09:03:11.000Z"}
{"event":"finished","direction":"upgrade","revision":"ae10","message":"add \"content\"","duration_ms":2.345,"time":"2026-11-21T09:03:11.000Z"}
{"event":"overtaken","direction":"upgrade","revision":"ae10","message":"add \"content\"","time":"2026-11-21T09:03:11.000Z"}
{"event":"failed","direction":"upgrade","revision":"ae10","message":"add \"content\"","time":"2026-11-21T09:03:11.000Z"}
{"event":"stopped","left":[{"direction":"upgrade","revision":"ae10"}],"time":"2026-11-21T09:03:11.000Z"}
"#);
}

#[test]
fn a_report_says_where_the_database_stands() {
    let report = Report {
        done: vec![(step(Direction::Downgrade), Duration::from_millis(12))],
        left: vec![step(Direction::Upgrade)],
        waiting: vec![WaitingRevision::new(step(Direction::Upgrade), vec![WaitReason::Revision("376e".to_owned())])],
        current: vec!["376e".to_owned()],
        waited: Duration::from_secs(2),
        notices: Warnings { unknown: vec!["ffff".to_owned()], edited: Vec::new() },
        program: "migration 0.1.0".to_owned(),
    };
    assert_snapshot!(json::report(&report, now()).unwrap(), @r#"{"event":"report","done":[{"direction":"downgrade","revision":"ae10","duration_ms":12.0}],"left":[{"direction":"upgrade","revision":"ae10"}],"waiting":["ae10"],"current":["376e"],"unknown":["ffff"],"edited":[],"elapsed_ms":12.0,"waited_ms":2000.0,"program":"migration 0.1.0","time":"2026-11-21T09:03:11.000Z"}"#);
}
