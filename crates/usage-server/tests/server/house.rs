//! Habits that decay without a check: what every file of this repository owes its reader.

use std::path::{Path, PathBuf};

/// Past this a file probably holds two things.
const LINES_MAX: usize = 500;

/// Names that say nothing, where things gather that belong nowhere.
const NAMELESS: [&str; 5] = ["utils", "util", "helpers", "common", "misc"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match entry.file_type().unwrap().is_dir() {
            true if path.file_name().is_some_and(|name| name == "target") => {}
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

fn with_extension(extension: &str) -> Vec<(PathBuf, String)> {
    let found: Vec<_> = files(&crates())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    assert!(
        found.len() > 20,
        "looks in the wrong place for .{extension}"
    );
    found
}

#[test]
fn every_source_file_says_what_lives_in_it() {
    for (path, text) in with_extension("rs") {
        assert!(
            text.starts_with("//! "),
            "{} doesn't open with //!",
            path.display()
        );
    }
}

#[test]
fn no_source_file_is_too_long() {
    for (path, text) in with_extension("rs") {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
}

#[test]
fn no_file_or_folder_has_a_name_that_says_nothing() {
    for path in files(&crates()) {
        let inside = path.strip_prefix(crates()).unwrap();
        for part in inside.with_extension("").components() {
            let name = part.as_os_str().to_string_lossy().into_owned();
            assert!(!NAMELESS.contains(&name.as_str()), "{}", path.display());
        }
    }
}

#[test]
fn every_query_says_what_it_answers_and_is_used() {
    let folder = crates().join("usage-store/sql/sqlite");
    let sources: String = with_extension("rs")
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .concat();
    for (path, text) in with_extension("sql") {
        let name = path.strip_prefix(&folder).unwrap().with_extension("");
        assert!(
            text.starts_with("-- "),
            "{} doesn't open with a comment",
            path.display()
        );
        let used = format!("sql!(\"{}\")", name.display());
        assert!(sources.contains(&used), "nothing uses {}", path.display());
    }
}

/// What of the store's questions pages may ask it themselves: names, numbers of names, how fresh all is and whether days
/// that are over changed; and a body to the byte, which no table has.
const ASKED_BY_PAGES: [&str; 7] = [
    "days_changed_before",
    "freshness",
    "listed_product",
    "listed_products",
    "newest_reports",
    "product_named",
    "product_names",
];

/// One source: what a page shows a program can have, too, from the query API.
#[test]
fn pages_ask_the_api_and_not_the_store() {
    let sources = with_extension("rs");
    let within = |folder: &str| {
        let folder = crates().join(folder);
        sources
            .iter()
            .filter(move |(path, _)| path.starts_with(&folder))
    };
    let mut questions = Vec::new();
    for (_, text) in within("usage-store/src/query") {
        let verbs = text.split("    pub fn ").skip(1);
        questions.extend(verbs.filter_map(|rest| rest.split(['(', '<']).next()));
    }
    questions.extend(["quarantine_groups", "quarantined_alike"]);
    questions.retain(|verb| !ASKED_BY_PAGES.contains(verb));
    for known in [
        "active",
        "dimensions",
        "glances",
        "server_days",
        "quarantined",
    ] {
        assert!(
            questions.contains(&known),
            "{known} is not among {questions:?}"
        );
    }
    for (path, text) in within("usage-server/src/pages") {
        let is_test = path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
        // An organization's members have no API.
        let is_own = path.iter().any(|part| part == "organization");
        let page = text.split("#[cfg(test)]").next().unwrap_or_default();
        let page: String = page.split_whitespace().collect();
        let asked = questions
            .iter()
            .find(|verb| page.contains(&format!("store.{verb}(")));
        assert!(
            is_test || is_own || asked.is_none(),
            "{} asks {asked:?}",
            path.display()
        );
    }
}
