//! `usage-server export reports`: what was accepted, to standard output, a file, or for Parquet a folder.
//! Reads in small steps, so it may run beside a busy server.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use usage_store::report;
use usage_store::{Store, Writing};

use super::{Failure, counted, io, organization, say};
use crate::cli::{ExportReports, Format, Kind};
use crate::export::{
    Found, Organizations, Parquet, Text, TextFormat, Unfinished, Walk, Which, window,
};
use crate::progress::Progress;

/// Writes the reports.
pub(crate) fn reports(options: &ExportReports) -> Result<(), Failure> {
    let window = window(options.from.as_deref(), options.to.as_deref());
    let (from, until) =
        window.map_err(|(which, wrong)| Failure::Usage(format!("--{which} {wrong}")))?;
    let output = options.output.as_deref();
    if options.resume && output.is_none() {
        return Err(Failure::Usage(
            "--resume goes on with a file or a folder; say which with --output".to_owned(),
        ));
    }
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let (name, id) = (options.organization.as_deref(), options.organization_id);
    let which = Which {
        product: options.product.clone(),
        kind: options.kind.map(wanted),
        organization: organization::known(&store, name, id)?.map(|known| known.id),
        from,
        until,
    };
    if let Some(begins) = store.journal_begins()?
        && from.is_none_or(|from| from < begins.start())
    {
        say(&format!(
            "reports of days before {begins} are not kept any more, or not all of them: see retention-days"
        ))?;
    }
    let format = match (options.format, output) {
        (Format::Parquet, None) => {
            return Err(Failure::Usage(
                "Parquet is a folder of files; say which with --output".to_owned(),
            ));
        }
        (Format::Parquet, Some(folder)) => return parquet(&store, which, folder, options.resume),
        (Format::Jsonl, _) => TextFormat::Jsonl,
        (Format::Csv, _) => TextFormat::Csv,
        (Format::LineProtocol, _) => TextFormat::LineProtocol,
    };
    match output {
        None => match write(&store, which, format, &mut std::io::stdout().lock()) {
            // Whoever read it has had enough.
            Err(Stopped::Io(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(Failure::from),
        },
        Some(path) => {
            let written = match is_special(path) {
                true => fs::OpenOptions::new()
                    .write(true)
                    .open(path)
                    .map_err(Stopped::Io)
                    .and_then(|mut file| write(&store, which, format, &mut file)),
                false => into_file(&store, which, format, path, options.resume),
            };
            written.map_err(|stopped| match stopped {
                Stopped::Store(e) => e.into(),
                Stopped::Io(e) => Failure::Failed(format!("{}: {e}", path.display())),
            })
        }
    }
}

/// A pipe or a device, which has no place to go back to.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|known| !known.is_file())
}

/// Why writing stopped early.
enum Stopped {
    Store(usage_store::Error),
    Io(std::io::Error),
}

impl From<usage_store::Error> for Stopped {
    fn from(e: usage_store::Error) -> Self {
        Stopped::Store(e)
    }
}

impl From<std::io::Error> for Stopped {
    fn from(e: std::io::Error) -> Self {
        Stopped::Io(e)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Store(e) => e.into(),
            Stopped::Io(e) => io("writing the export")(e),
        }
    }
}

/// A writer, after looking for the names that it needs.
fn writer(store: &Store, walk: &Walk, format: TextFormat, shows: bool) -> Result<Text, Stopped> {
    let mut found = Found::default();
    if format.has_columns() {
        let progress = shows.then(|| Progress::start("Looking for columns", "reports", walk.end()));
        let mut looking = walk.clone();
        while found.step(store, &mut looking)? {
            if let Some(progress) = &progress {
                progress.at(looking.next());
            }
        }
        if let Some(progress) = progress {
            progress.clear();
        }
    }
    Ok(format.with(&found))
}

/// To what can't be gone back in.
fn write(
    store: &Store,
    which: Which,
    format: TextFormat,
    out: &mut impl Write,
) -> Result<(), Stopped> {
    let mut walk = Walk::new(store, which)?;
    let text = writer(store, &walk, format, false)?;
    let mut organizations = Organizations::default();
    let mut lines = Vec::new();
    text.head(&mut lines)?;
    while let Some(reports) = walk.step(store)? {
        for report in &reports {
            let organization = organizations.name(store, report.organization)?;
            text.write(&mut lines, report, organization.as_deref())?;
        }
        out.write_all(&lines)?;
        lines.clear();
    }
    out.write_all(&lines)?;
    Ok(out.flush()?)
}

/// Into a file that gets its name when it is whole.
fn into_file(
    store: &Store,
    which: Which,
    format: TextFormat,
    path: &Path,
    resumes: bool,
) -> Result<(), Stopped> {
    let asked = format!("{which:?} as {format:?}");
    let left = match resumes {
        true => Unfinished::resume(path, &asked)?,
        false => None,
    };
    let mut unfinished = match left {
        Some(left) => left,
        None => {
            let walk = Walk::new(store, which.clone())?;
            let text = writer(store, &walk, format, true)?;
            Unfinished::begin(path, asked, text, walk.end())?
        }
    };
    let (text, (next, end)) = (unfinished.text(), unfinished.places());
    let progress = Progress::start("Exporting", "reports", end);
    let mut walk = Walk::between(which, next, end);
    let mut organizations = Organizations::default();
    let mut lines = Vec::new();
    while let Some(reports) = walk.step(store)? {
        for report in &reports {
            let organization = organizations.name(store, report.organization)?;
            text.write(&mut lines, report, organization.as_deref())?;
        }
        unfinished.write(&lines, walk.next())?;
        lines.clear();
        progress.at(walk.next());
    }
    unfinished.finish()?;
    progress.done();
    Ok(())
}

/// Into a folder, a file for each product and day.
fn parquet(store: &Store, which: Which, folder: &Path, resumes: bool) -> Result<(), Failure> {
    let named = |e| Failure::Failed(format!("{}: {e}", folder.display()));
    let mut walk = Walk::new(store, which)?;
    let mut export = Parquet::begin(folder, resumes).map_err(named)?;
    let progress = Progress::start("Sorting by day", "reports", walk.end());
    while let Some(reports) = walk.step(store)? {
        export.take(&reports).map_err(named)?;
        progress.at(walk.next());
    }
    progress.clear();
    let progress = Progress::start("Exporting", "days", export.parts());
    let saved = export
        .finish(store, |done| progress.at(done))
        .map_err(named)?;
    progress.done();
    let kept = match saved.kept {
        0 => String::new(),
        n => format!(
            "; {} of days that were there already",
            counted(n, "report", "reports")
        ),
    };
    say(&format!(
        "{} in {}{kept}",
        counted(saved.rows, "row", "rows"),
        counted(saved.files, "file", "files")
    ))
}

fn wanted(kind: Kind) -> report::Kind {
    match kind {
        Kind::Servers => report::Kind::Servers,
        Kind::Stats => report::Kind::Stats,
        Kind::Usage => report::Kind::Usage,
    }
}
