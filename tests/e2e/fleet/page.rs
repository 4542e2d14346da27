//! The report as a page, opened in a browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase};
use serde_json::Value;

use super::tenants::{Kind, Tenants};

pub(super) fn trials() -> Vec<Case> {
    vec![Case::on(Backend::Sqlite, "fleet::the_page_can_be_searched_and_sorted", the_page_can_be_searched_and_sorted)]
}

/// What a reader does with the page, as a script that ends by writing what the page showed.
const READER: &str = r#"<script>
const state = () => ({
  rows: document.querySelectorAll("tbody tr").length,
  first: document.querySelector("tbody tr td")?.firstChild.textContent,
  said: document.getElementById("shown").textContent,
});
const type = (text) => {
  const field = document.getElementById("search");
  field.value = text;
  field.dispatchEvent(new Event("input"));
};
const press = (text) => [...document.querySelectorAll("button")].find((own) => own.textContent.includes(text)).click();
const seen = { start: state() };
press("Show more"); seen.more = state();
type("t9876.db"); seen.searched = state();
type("no such target"); seen.nothing = state();
type("<b>"); seen.markup = { ...state(), bold: document.querySelectorAll("tbody b").length };
type(""); press("1 failed"); seen.failed = state();
press("1 failed"); press("Time"); press("Time"); seen.slowest = state();
seen.wide = document.documentElement.scrollWidth <= innerWidth;
seen.ground = getComputedStyle(document.body).backgroundColor;
const out = document.createElement("pre");
out.id = "seen";
out.textContent = JSON.stringify(seen);
document.body.append(out);
</script></body>"#;

/// What the browser shows at a width, in light or dark colours.
fn look(page: &Path, width: u32, is_dark: bool) -> Result<Value, Box<dyn std::error::Error>> {
    let profile = tempfile::tempdir()?;
    let mut browser = Command::new("chromium");
    browser
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},900"));
    if is_dark {
        browser.arg("--blink-settings=preferredColorScheme=0");
    }
    let missing =
        |error| format!("this test opens a page in `chromium`, which tests/run.sh installs on Debian: {error}");
    let output = browser.arg(format!("file://{}", page.display())).output().map_err(missing)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = text.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (seen, _) = seen.ok_or_else(|| format!("the page did not run: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(serde_json::from_str(&seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))?)
}

/// The report of a real run, with the targets of ten thousand in the place of its own.
fn the_page_can_be_searched_and_sorted(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Files, 2)?;
    tenants.run("up -o up.html")?.succeeded()?;
    tenants.run("up -o up.json")?.succeeded()?;
    let mut report: Value = serde_json::from_str(&fs::read_to_string(database.folder().join("up.json"))?)?;
    let sample = report["targets"][0].clone();
    let targets: Vec<Value> = (1..=10_000)
        .map(|number| {
            let mut own = sample.clone();
            own["target"] = format!("data/t{number}.db").into();
            own["elapsed_ms"] = (number % 977).into();
            if number == 5000 {
                own["outcome"] = "failed".into();
                own["error"] = "</script><b>no</b>".into();
                own["elapsed_ms"] = 60_000.into();
            }
            own
        })
        .collect();
    report["targets"] = targets.into();
    report["counts"] = serde_json::json!({"unchanged": 9999, "failed": 1});
    let page = fs::read_to_string(database.folder().join("up.html"))?;
    let (start, rest) = page.split_once("const report = ").ok_or("no data")?;
    let (_, end) = rest.split_once(";\n").ok_or("no end of the data")?;
    let data = report.to_string().replace('<', "\\u003c");
    let page = format!("{start}const report = {data};\n{end}").replace("</body>", READER);
    let path = database.folder().join("page.html");
    fs::write(&path, page)?;
    for (width, is_dark) in [(1200, false), (1200, true), (390, false), (390, true)] {
        let seen = look(&path, width, is_dark)?;
        assert_eq!((&seen["start"]["rows"], &seen["more"]["rows"]), (&200.into(), &400.into()), "{seen}");
        assert_eq!(seen["start"]["said"], "200 of 10000 targets shown", "{seen}");
        assert_eq!(
            (&seen["searched"]["rows"], &seen["searched"]["first"]),
            (&1.into(), &"data/t9876.db".into()),
            "{seen}"
        );
        assert_eq!(seen["nothing"]["rows"], 0, "{seen}");
        assert_eq!((&seen["markup"]["rows"], &seen["markup"]["bold"]), (&1.into(), &0.into()), "{seen}");
        assert_eq!((&seen["failed"]["rows"], &seen["failed"]["first"]), (&1.into(), &"data/t5000.db".into()), "{seen}");
        assert_eq!(seen["slowest"]["first"], "data/t5000.db", "{seen}");
        assert_eq!(seen["wide"], true, "the page is wider than {width}: {seen}");
        let ground = if is_dark { "rgb(20, 24, 29)" } else { "rgb(255, 255, 255)" };
        assert_eq!(seen["ground"], ground, "{seen}");
    }
    Ok(())
}
