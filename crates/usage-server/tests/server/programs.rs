//! Real programs that tests use where they are installed. CI sets `REQUIRE_SERVICES=1`: there,
//! a missing one is a failure.

use std::path::{Path, PathBuf};

/// A program in the search path; without it the test is skipped, and says so.
pub(crate) fn program(name: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian's path of ordinary users leaves out where servers are.
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|at| at.is_file());
    present(found, name, package)
}

/// A folder that a package installs; without it the test is skipped, and says so.
pub(crate) fn folder(path: &str, package: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    present(
        path.is_dir().then(|| path.to_owned()),
        &path.display().to_string(),
        package,
    )
}

/// What the system may permit or not: as with a program that is missing.
pub(crate) fn permitted(is: bool, what_not: &str) -> bool {
    if !is {
        let required = std::env::var("REQUIRE_SERVICES").is_ok_and(|set| set == "1");
        assert!(!required, "{what_not}");
        println!("skipped: {what_not}");
    }
    is
}

fn present(found: Option<PathBuf>, name: &str, package: &str) -> Option<PathBuf> {
    let missing = format!("{name} is not installed (Debian: {package})");
    permitted(found.is_some(), &missing);
    found
}
