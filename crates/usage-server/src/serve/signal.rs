//! How a supervisor or a person stops the server.

use std::future::Future;
use std::io;

/// Ready when the process is told to stop: SIGTERM or SIGINT, on Windows Ctrl-C or Ctrl-Break.
/// From this call on the signals no longer end the process by themselves.
#[cfg(unix)]
pub(crate) fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("told to stop by SIGTERM"),
            _ = interrupt.recv() => tracing::info!("told to stop by SIGINT"),
        }
    })
}

/// Ready when the process is told to stop: SIGTERM or SIGINT, on Windows Ctrl-C or Ctrl-Break.
/// From this call on the signals no longer end the process by themselves.
#[cfg(windows)]
pub(crate) fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let mut interrupt = ctrl_c()?;
    let mut terminate = ctrl_break()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("told to stop by Ctrl-C"),
            _ = terminate.recv() => tracing::info!("told to stop by Ctrl-Break"),
        }
    })
}
