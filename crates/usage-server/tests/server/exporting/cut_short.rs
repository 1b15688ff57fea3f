//! Exports that don't get to their end: killed, not read on, too large to be held.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{exported, fleet, imported};
use crate::folder::Folder;
use crate::patience::until;
use crate::process::Process;

/// A data folder with more than an export makes sure at once.
fn large(reports: usize, bytes: usize) -> Folder {
    let folder = Folder::new();
    let text: String = (0..bytes)
        .map(|at| char::from(b'a' + (at * at / 7 % 26) as u8))
        .collect();
    let mut lines = String::new();
    for n in 0..reports {
        let (end, begin) = text.split_at(n * 13 % bytes);
        let text = format!("{begin}{end}");
        let body = json!([{"tags": {"text": text}, "values": {"cluster_id": "c", "n": n}}]);
        let line = json!({"kind": "usage", "product": "p", "received_at": "2025-03-01T00:00:00Z", "body": body});
        lines += &line.to_string();
        lines.push('\n');
    }
    imported(&folder, &lines);
    folder
}

#[test]
fn a_killed_export_goes_on_where_it_was() {
    let folder = large(600, 16_000);
    for format in ["jsonl", "csv"] {
        let whole = exported(&folder, "whole", &["--format", format]);
        let path = folder.beside("reports");
        let (part, state) = (
            folder.beside("reports.part"),
            folder.beside("reports.part.json"),
        );
        let args = [
            "export",
            "reports",
            "--format",
            format,
            "--output",
            path.to_str().unwrap(),
        ];
        let mut export = Process::start(&mut folder.command(&args), b"");
        until("an export of which something is sure", || {
            (state.exists() || export.has_ended()).then_some(())
        });
        export.kill();
        if !path.exists() {
            assert!(part.exists());
            let other = ["--kind", "stats", "--resume"];
            let refused = folder.run(&[&args[..], &other].concat()).refused(1);
            assert!(refused.contains("something else"), "{refused}");
            folder.run(&[&args[..], &["--resume"]].concat()).well();
        }
        assert!(
            std::fs::read(&path).unwrap() == std::fs::read(whole).unwrap(),
            "{format}"
        );
        assert!(!part.exists() && !state.exists());
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn whoever_has_read_enough_may_go() {
    let folder = fleet(3_000);
    for format in ["jsonl", "csv", "line-protocol"] {
        let mut command: Command = folder.command(&["export", "reports", "--format", format]);
        let mut export = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut some = [0; 100];
        export.stdout.take().unwrap().read_exact(&mut some).unwrap();
        let ended = export.wait_with_output().unwrap();
        assert!(ended.status.success(), "{format}: {ended:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{format}");
    }
}

/// The most that an export held in memory, in MiB.
fn most_held(folder: &Folder, format: &str) -> usize {
    let path = folder.beside(format);
    let args = [
        "export",
        "reports",
        "--format",
        format,
        "--output",
        path.to_str().unwrap(),
    ];
    let mut export = Process::start(&mut folder.command(&args), b"");
    let mut most = 0;
    until("the end of an export", || {
        most = most.max(export.resident_bytes().unwrap_or_default());
        export.has_ended().then_some(())
    });
    export.ended().well();
    most >> 20
}

#[test]
fn no_export_holds_all_that_it_writes() {
    let folder = large(1_200, 60_000);
    for format in ["jsonl", "csv"] {
        let most = most_held(&folder, format);
        assert!(most < 60, "{format}: {most} MiB of 72 MB");
    }
    let folder = large(3_600, 60_000);
    let most = most_held(&folder, "parquet");
    assert!(most < 150, "{most} MiB of 216 MB");
}
