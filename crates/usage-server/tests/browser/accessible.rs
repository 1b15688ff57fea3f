//! What keeps people from using a page, as axe-core finds it. It is put into the page past its
//! policy, as nothing of it is ours to ship.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::programs::permitted;

/// Where `.ci/run` installs it.
const AXE: &str = "../../target/axe/node_modules/axe-core/axe.min.js";

const RUN: &str =
    "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)";

/// What axe-core finds in the page as it is shown now; nothing where it isn't installed, which
/// is then said.
pub(crate) fn violations(browser: &mut Browser) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    if !permitted(
        path.is_file(),
        "axe-core is not installed (.ci/run does it)",
    ) {
        return Vec::new();
    }
    if browser.driver.evaluate("typeof axe") != json!("object") {
        let source = std::fs::read_to_string(path).unwrap();
        browser.driver.evaluate(&format!("{source}; true"));
    }
    let found = browser.driver.evaluate(RUN);
    found.as_array().unwrap().iter().map(told).collect()
}

/// A violation for those who read the test's output: what, why, and where.
fn told(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().unwrap().iter();
    let places: Vec<String> = nodes
        .map(|node| format!("  {}: {}", node["html"], node["failureSummary"]))
        .collect();
    let (id, help) = (&violation["id"], &violation["help"]);
    format!("{id}: {help}\n{}", places.join("\n"))
}
