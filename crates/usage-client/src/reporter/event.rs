//! What a reporter's thread is told, by the product and by the exchanges it began.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Instant;

use super::Forgetting;
use crate::core::{Report, Request};
use crate::{Error, Reply};

pub(super) enum Event {
    /// Queue this.
    Save(Report),
    /// An exchange came to its end.
    Landed(u64, Result<Reply, Error>),
    /// Send what waits; tell how many still do.
    Flush(Instant, Sender<Result<usize, Error>>),
    /// Show what would be sent.
    Preview(Sender<Result<Vec<Request>, Error>>),
    /// Write what waits to this file; tell how many.
    Export(PathBuf, Sender<Result<usize, Error>>),
    /// A person said yes or no.
    Answer(bool, Sender<Result<(), Error>>),
    /// Have this install forgotten; tell how far it got by then.
    Forget(Instant, Sender<Result<Forgetting, Error>>),
    /// Something may have changed: the token, the configuration.
    Wake,
    /// Come to an end by then.
    Shutdown(Instant),
}
