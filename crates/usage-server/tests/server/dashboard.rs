//! What we hand to those who watch, the Grafana dashboard and the page about the metrics, speaks
//! of metrics that exist, and of all of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::folder::Folder;
use crate::patience::until;
use crate::process::Process;
use crate::programs::program;
use crate::scrape::Scrape;
use crate::watching::watched;

fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

fn dashboard() -> Value {
    serde_json::from_str(&repository("deploy/grafana-dashboard.json")).unwrap()
}

/// A dashboard's panels without the titles between them.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let all = dashboard["panels"].as_array().unwrap();
    all.iter().filter(|panel| panel["type"] != "row").collect()
}

/// Every question that the dashboard asks of Prometheus.
fn questions(dashboard: &Value) -> Vec<&str> {
    let targets = panels(dashboard)
        .into_iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|one| one["expr"].as_str().unwrap()).collect()
}

/// The names of metrics in a text; those of the process are there on Linux only.
fn names(text: &str) -> BTreeSet<String> {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !inside(c))
        .filter(|word| {
            word.starts_with("usage_") || cfg!(target_os = "linux") && word.starts_with("process_")
        })
        .map(str::to_owned)
        .collect()
}

/// What a server tells once everything that has a label has occurred.
fn everything() -> Scrape {
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &[]);
    let mut sender = server.connect();
    assert_eq!(sender.post("/api/v1/usage/p", &[], "[]").status(), 200);
    assert_eq!(sender.post("/api/v1/usage/p", &[], "{").status(), 422);
    let scrape = until("the read model to be up to date", || {
        let scrape = Scrape::of(metrics);
        let behind = scrape.number("usage_read_model_behind_reports");
        (behind == 0.0).then_some(scrape)
    });
    server.stop();
    scrape
}

#[test]
fn dashboard_and_page_speak_of_metrics_that_exist() {
    let scrape = everything();
    let exists = |name: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().any(|ending| {
            let base = name.strip_suffix(ending).unwrap_or_default();
            scrape
                .kinds
                .get(base)
                .is_some_and(|kind| kind == "histogram")
        });
        of_histogram || scrape.kinds.contains_key(name)
    };
    let dashboard = dashboard();
    let shown = names(&questions(&dashboard).join("\n"));
    for name in &shown {
        assert!(
            exists(name),
            "the dashboard asks for {name}, which is nowhere"
        );
    }
    for name in scrape.kinds.keys() {
        let seen = shown.iter().any(|shown| shown.starts_with(name.as_str()));
        assert!(seen, "the dashboard doesn't show {name}");
    }
    let page = repository("docs/metrics.md");
    let documented = names(&page);
    for name in &documented {
        assert!(
            exists(name),
            "docs/metrics.md speaks of {name}, which is nowhere"
        );
    }
    for (name, kind) in &scrape.kinds {
        let row = page
            .lines()
            .find(|line| line.starts_with('|') && names(line).contains(name));
        let row = row.unwrap_or_else(|| panic!("docs/metrics.md doesn't speak of {name}"));
        assert!(
            row.contains(&format!("| {kind} |")),
            "{name} is a {kind}: {row}"
        );
    }
}

#[test]
fn the_page_explains_every_reason() {
    let page = repository("docs/metrics.md");
    let source = repository("crates/usage-server/src/ingest/refusal.rs");
    let reasons: Vec<&str> = source
        .lines()
        .filter(|line| line.contains("Refusal::"))
        .filter_map(|line| line.split("=> \"").nth(1)?.split('"').next())
        .collect();
    assert!(reasons.len() >= 9, "{reasons:?}");
    for reason in reasons {
        let row = format!("\n| `{reason}` | ");
        assert!(
            page.contains(&row),
            "docs/metrics.md doesn't explain {reason}"
        );
    }
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard = dashboard();
    let source = serde_json::json!({"type": "prometheus", "uid": "${datasource}"});
    let variables = &dashboard["templating"]["list"];
    assert_eq!(variables[0]["type"], "datasource");
    assert_eq!(variables[0]["name"], "datasource");
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 41);
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(
            ids.insert(panel["id"].as_u64().unwrap()),
            "{title}: the id is taken"
        );
        let at = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{title} is too wide");
        for cell in (at("x")..at("x") + at("w"))
            .flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
        {
            assert!(taken.insert(cell), "{title} lies over another");
        }
    }
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().unwrap();
        let said = panel["description"].as_str().unwrap();
        assert!(said.ends_with('.'), "{title} isn't explained");
        assert_eq!(panel["datasource"], source, "{title}");
        assert!(
            panel["fieldConfig"]["defaults"]["unit"].is_string(),
            "{title} has no unit"
        );
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"], source, "{title}");
        }
    }
}

#[test]
fn prometheus_understands_every_question_and_alert() {
    let Some(promtool) = program("promtool", "prometheus") else {
        return;
    };
    let folder = Folder::new();
    let check = |name: &str, rules: &str| {
        let file = folder.beside(name);
        std::fs::write(&file, rules).unwrap();
        let mut check = Command::new(&promtool);
        let checked = Process::start(check.args(["check", "rules"]).arg(&file), b"").ended();
        checked.well()
    };
    let dashboard = dashboard();
    let mut rules = "groups:\n- name: dashboard\n  rules:\n".to_owned();
    for (n, question) in questions(&dashboard).into_iter().enumerate() {
        // What Grafana puts in before it asks.
        let asked = question
            .replace("$__rate_interval", "1m")
            .replace('\'', "''");
        rules += &format!("  - record: question_{n}\n    expr: '{asked}'\n");
    }
    let said = check("dashboard.yml", &rules);
    assert!(
        said.contains(&format!("{} rules found", questions(&dashboard).len())),
        "{said}"
    );

    let page = repository("docs/metrics.md");
    let alerts = page
        .split("```yaml\n")
        .find(|block| block.starts_with("groups:"))
        .and_then(|block| block.split("```").next())
        .unwrap();
    let said = check("alerts.yml", alerts);
    assert!(said.contains("4 rules found"), "{said}");
}
