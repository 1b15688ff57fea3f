//! `usage-server import`: reports out of files, into a folder that no server is using. Appending is
//! one process's business; a running server has a page for it.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use usage_store::{Error, Store, Writing};

use super::{Failure, counted, organization, say};
use crate::cli::Import;
use crate::import::{Attribution, Importer};
use crate::limits::IMPORT_PIECE_BYTES;
use crate::progress::Progress;

/// Imports the files, one after the other.
pub(crate) fn run(options: &Import) -> Result<(), Failure> {
    let (name, id) = (options.organization.as_deref(), options.organization_id);
    organization::check(name)?;
    let mut files = Vec::new();
    for path in &options.files {
        files.push((path, open(path)?));
    }
    let store = match Store::open(&options.data.data_dir, Writing::Alone) {
        Err(Error::Locked(path)) => {
            return Err(Failure::Failed(format!(
                "{} is in use by a running usage-server: import on its page /import, or stop it first",
                path.display()
            )));
        }
        opened => Arc::new(opened?),
    };
    let now = Timestamp::now();
    let attribution = match organization::named_or_new(&store, name, id, now)? {
        Some(id) => Attribution::Organization(id),
        None if options.keep_organizations => Attribution::AsWritten,
        None => Attribution::Nobody,
    };
    let mut importer = Importer::new(store, attribution, "command line".to_owned(), now);
    for (path, file) in files {
        import(&mut importer, path, file)?;
    }
    let tally = importer.tally();
    say(&format!(
        "imported {}; {} here before",
        counted(tally.taken, "report", "reports"),
        counted(tally.repeated, "was", "were")
    ))?;
    match tally.refused {
        0 => Ok(()),
        refused => Err(Failure::Failed(format!(
            "{} refused, see the quarantine; the others were taken",
            counted(refused, "line was", "lines were")
        ))),
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))
}

fn import(importer: &mut Importer, path: &Path, mut file: File) -> Result<(), Failure> {
    let named = |e: std::io::Error| Failure::Failed(format!("{}: {e}", path.display()));
    let all = file.metadata().map_err(named)?.len();
    let progress = Progress::start("Importing", "bytes", all);
    let mut piece = vec![0; IMPORT_PIECE_BYTES];
    let mut done = 0;
    loop {
        let read = file.read(&mut piece).map_err(named)?;
        if read == 0 {
            break;
        }
        importer.take(&piece[..read])?;
        tell(importer, path)?;
        done += read as u64;
        progress.at(done);
    }
    importer.end_of_file()?;
    tell(importer, path)?;
    progress.done();
    Ok(())
}

fn tell(importer: &mut Importer, path: &Path) -> Result<(), Failure> {
    for refusal in importer.refusals() {
        say(&format!(
            "{}: line {}: {}",
            path.display(),
            refusal.line,
            refusal.why
        ))?;
    }
    Ok(())
}
