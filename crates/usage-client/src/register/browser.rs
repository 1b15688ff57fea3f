//! Opens an address in the person's browser.

use std::io::{self, ErrorKind};
use std::process::{Command, Stdio};

/// Asks the system to open `url` in the browser, and doesn't wait for it. Show the address as well: that the
/// system was asked doesn't mean that a browser came.
///
/// # Errors
///
/// Where this is no `http` or `https` URL, or the system has no program for it.
pub fn open_browser(url: &str) -> io::Result<()> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut child = command()
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Whoever starts a program has to see to its end.
    std::thread::Builder::new().spawn(move || child.wait())?;
    Ok(())
}

#[cfg(windows)]
fn command() -> Command {
    // Not `cmd /c start`, for which an & in the address begins another command.
    let mut command = Command::new("rundll32");
    command.arg("url.dll,FileProtocolHandler");
    command
}

#[cfg(target_vendor = "apple")]
fn command() -> Command {
    Command::new("open")
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn command() -> Command {
    Command::new("xdg-open")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        for url in [
            "",
            "file:///etc/passwd",
            "--help",
            "javascript:1",
            "http://h/\n",
            "http://h/ -x",
        ] {
            let error = open_browser(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url:?}");
        }
    }
}
