//! Small files that are there whole or not at all, and that nobody else may read. What is in them is known
//! elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts `bytes` at `path`, instead of what is there: after a power cut it is the old or the new, never a
/// part.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = write_beside(path, bytes)?;
    let done = fs::rename(&temporary, path).and_then(|()| sync_folder(path));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

/// Puts `bytes` at `path` unless something is there already: of two processes one wins. Tells which.
#[cfg(feature = "http")]
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let temporary = write_beside(path, bytes)?;
    // A link is refused where the name is taken, a rename is not. Not every file system has links.
    let linked = match fs::hard_link(&temporary, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(_) if path.exists() => Ok(false),
        Err(_) => fs::rename(&temporary, path).map(|()| true),
    };
    let _ = fs::remove_file(&temporary);
    if matches!(linked, Ok(true)) {
        sync_folder(path)?;
    }
    linked
}

/// The folder and those above it, for this user only.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file beside `path`, written through to the disk.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}-{count}.tmp", std::process::id()));

    let written = private_file(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(temporary)
}

/// A new file that only this user may read. On Windows files have the rights of their folder, which in a
/// user's profile are the same.
fn private_file(path: &Path) -> io::Result<File> {
    // One of the same name is what a crash left behind; its rights may be others.
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A rename is on disk when its folder is. Windows can't open folders, and orders these itself.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        return File::open(folder)?.sync_all();
    }
    let _ = path;
    Ok(())
}
