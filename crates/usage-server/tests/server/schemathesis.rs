//! A stranger who knows nothing but the API's document: schemathesis sends what the document allows
//! and what it doesn't, and compares the answers with it.

use std::process::Command;

use crate::folder::Folder;
use crate::process::Process;
use crate::programs::program;

/// Cases for each operation, beside those that cover each edge of its schema.
const EXAMPLES: &str = "40";

const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/schemathesis");

#[test]
fn a_stranger_with_the_document_finds_nothing_that_contradicts_it() {
    let install = "python3-venv, and in an environment pip install -r requirements.txt";
    let Some(schemathesis) = program("schemathesis", install) else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let work = tempfile::tempdir().unwrap();
    let mut command = Command::new(schemathesis);
    command
        .current_dir(&work)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", HOOKS)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUNBUFFERED", "1")
        .env("NO_PROXY", "127.0.0.1")
        .args(["--config-file", &format!("{HOOKS}/schemathesis.toml")])
        .args(["run", &format!("{}/api/v1/openapi.json", server.url())])
        .args(["--url", &server.url()])
        .args(["--checks", "all", "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing"])
        // The same cases every time.
        .arg("--generation-deterministic")
        .args(["--workers", "1", "--warnings", "off", "--no-color"])
        .args(["--continue-on-failure", "--request-timeout", "60"])
        // A busy machine is no failure.
        .args(["--suppress-health-check", "all"]);
    let mut process = Process::start(&mut command, b"");
    for phase in ["Examples (in", "Coverage (in", "Fuzzing (in"] {
        process.line(phase, |line| line.contains(phase).then_some(()));
    }
    let ended = process.ended();
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let cases = ended
        .stdout
        .lines()
        .find_map(|line| line.trim().split_once(" generated"));
    let cases: usize = cases.unwrap().0.parse().unwrap();
    assert!(cases > 300, "only {cases} cases");
    let kept = folder.export().len();
    assert!(
        kept > 50,
        "of {cases} cases only {kept} reports were accepted"
    );
    server.stop();
}
