//! Parquet: a file for each product and day, `product=influxdb/day=2026-11-20/part-0.parquet`, as DuckDB,
//! Spark and their kin read a folder. The day is the one that a report counts on, in UTC.
//!
//! Reports don't come in the order of their days: some are late. So they are first sorted into a file for
//! each product and day, compressed, in a folder beside (`spool.rs`), and then each becomes a Parquet
//! file, a row group at a time (`table.rs`). A file has its name when it is whole.

mod spool;
mod table;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use usage_store::{Day, Store, StoredReport};

use self::spool::Spool;
pub(super) use self::table::Table;
use super::limits::{COLUMNS_MAX, FOLDER_NAME_MAX_BYTES, GROUP_MAX_BYTES};
use super::{Found, Organizations, rows};

/// What a folder's name keeps as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// What is not yet whole, within the folder.
const UNFINISHED: &str = ".unfinished";

/// A product's day.
type Part = (Arc<str>, Day);

/// An export into a folder.
pub(crate) struct Parquet {
    folder: PathBuf,
    /// Days that are there are left as they are.
    resumes: bool,
    spool: Spool,
    kept: u64,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Files of a product's day.
    pub(crate) files: u64,
    pub(crate) rows: u64,
    /// Reports of days that were there already.
    pub(crate) kept: u64,
}

impl Parquet {
    /// Begins one. What an earlier one left unfinished is removed.
    pub(crate) fn begin(folder: &Path, resumes: bool) -> io::Result<Parquet> {
        Ok(Parquet {
            spool: Spool::begin(&folder.join(UNFINISHED))?,
            folder: folder.to_owned(),
            resumes,
            kept: 0,
        })
    }

    /// Takes the next reports.
    pub(crate) fn take(&mut self, reports: &[StoredReport]) -> io::Result<()> {
        for report in reports {
            let part = (Arc::clone(&report.product), report.day());
            let known = self.spool.knows(&part);
            if self.resumes && !known && self.file(&part).exists() {
                self.kept += 1;
                continue;
            }
            self.spool.add(part, report)?;
        }
        Ok(())
    }

    /// How many files there will be.
    pub(crate) fn parts(&self) -> u64 {
        self.spool.parts().len() as u64
    }

    /// Writes them; `progress` hears how many are done.
    pub(crate) fn finish(
        mut self,
        store: &Store,
        mut progress: impl FnMut(u64),
    ) -> io::Result<Saved> {
        self.spool.flush()?;
        let mut organizations = Organizations::default();
        let mut saved = Saved {
            kept: self.kept,
            ..Saved::default()
        };
        for part in self.spool.parts() {
            let mut found = Found::default();
            self.spool.read(&part, &mut |report| {
                rows(report, None).iter().for_each(|row| found.see(row));
                Ok(())
            })?;
            let unfinished = self.folder.join(UNFINISHED).join("part.parquet");
            let columns = found.columns(COLUMNS_MAX);
            let file = File::create(&unfinished)?;
            let mut table = Table::begin(file, columns, GROUP_MAX_BYTES)?;
            self.spool.read(&part, &mut |report| {
                let organization = organizations.name(store, report.organization);
                let organization = organization.map_err(io::Error::other)?;
                for row in rows(report, organization.as_deref()) {
                    table.add(&row)?;
                    saved.rows += 1;
                }
                Ok(())
            })?;
            table.finish()?.sync_all()?;
            let file = self.file(&part);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::rename(unfinished, file)?;
            self.spool.remove(&part)?;
            saved.files += 1;
            progress(saved.files);
        }
        self.spool.end()?;
        Ok(saved)
    }

    fn file(&self, (product, day): &Part) -> PathBuf {
        self.folder
            .join(format!("product={}", folder_name(product)))
            .join(format!("day={day}"))
            .join("part-0.parquet")
    }
}

/// A product as a folder's name, percent-encoded as Hive has it. One that is too long for a folder is cut,
/// and told from others by a digest; the column has it whole.
fn folder_name(product: &str) -> String {
    let name = utf8_percent_encode(product, PLAIN).to_string();
    if name.len() <= FOLDER_NAME_MAX_BYTES {
        return name;
    }
    let digest = Sha256::digest(product.as_bytes());
    let digest = data_encoding::HEXLOWER.encode(&digest[..8]);
    let cut = FOLDER_NAME_MAX_BYTES - digest.len() - 1;
    // Never within an escape, which has three characters.
    let cut = name[..cut]
        .rfind('%')
        .filter(|at| at + 3 > cut)
        .unwrap_or(cut);
    format!("{}~{digest}", &name[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_product_is_a_folder_of_its_own() {
        assert_eq!(folder_name("influxdb"), "influxdb");
        assert_eq!(folder_name("a/../b c"), "a%2F..%2Fb%20c");
        for n in 0..9 {
            let long = format!("{}{}", "x".repeat(n), "é".repeat(400));
            let name = folder_name(&long);
            assert!(name.len() <= FOLDER_NAME_MAX_BYTES, "{name}");
            let (cut, _) = name.rsplit_once('~').unwrap();
            let read = percent_encoding::percent_decode_str(cut).collect::<Vec<u8>>();
            assert!(long.as_bytes().starts_with(&read), "{name}");
            assert_ne!(name, folder_name(&format!("{long}é")));
        }
    }
}
