//! A library inside other people's programs brings few crates along, and none of those that bring a C
//! library or a second TLS.

use std::collections::BTreeSet;
use std::process::Command;

/// The names in the normal dependency tree on Linux, without this crate; nothing where cargo can't tell,
/// as on a machine without a registry.
fn tree(features: &[&str]) -> Option<BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "-p",
            "usage-client",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--target", "x86_64-unknown-linux-gnu", "--format", "{p}"])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    if !output.status.success() {
        assert!(
            std::env::var_os("REQUIRE_SERVICES").is_none(),
            "cargo tree failed"
        );
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let names = text.lines().filter_map(|line| line.split(' ').next());
    Some(
        names
            .filter(|name| !name.is_empty() && *name != "usage-client")
            .map(Into::into)
            .collect(),
    )
}

#[test]
fn the_core_has_14_at_most_and_the_default_50() {
    for (features, most) in [(&["--no-default-features"][..], 14), (&[], 50)] {
        let Some(crates) = tree(features) else { return };
        println!("{features:?}: {} crates", crates.len());
        assert!(!crates.is_empty() && crates.len() <= most, "{crates:?}");
        has_none_of(&crates, &["url", "idna", "tokio"]);
        has_one_tls(&crates);
    }
}

#[test]
fn no_feature_brings_a_second_tls() {
    for features in [
        &["--no-default-features", "--features", "async"][..],
        &["--all-features"],
    ] {
        let Some(crates) = tree(features) else { return };
        println!("{features:?}: {} crates", crates.len());
        has_one_tls(&crates);
    }
}

fn has_one_tls(crates: &BTreeSet<String>) {
    has_none_of(
        crates,
        &[
            "openssl",
            "openssl-sys",
            "native-tls",
            "aws-lc-rs",
            "aws-lc-sys",
        ],
    );
}

fn has_none_of(crates: &BTreeSet<String>, unwanted: &[&str]) {
    for name in unwanted {
        assert!(!crates.contains(*name), "{name}");
    }
}
