//! One exchange on a thread of its own: whatever the network does, the reporter's thread goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::event::Event;
use crate::core::Request;
use crate::transport::carry;
use crate::{Error, Transport, TransportError};

/// Sends `request`. What came of it arrives as [`Event::Landed`].
pub(super) fn launch(
    flight: u64,
    transport: Arc<dyn Transport>,
    request: Request,
    timeout: Duration,
    tell: Sender<Event>,
) {
    let told = tell.clone();
    let fly = move || {
        let carried = catch_unwind(AssertUnwindSafe(|| carry(&*transport, request, timeout)));
        let outcome = carried.unwrap_or_else(|_| Err(failed("the transport panicked")));
        // Nobody listens after a shutdown.
        let _ = tell.send(Event::Landed(flight, outcome));
    };
    let thread = std::thread::Builder::new()
        .name("usage-send".into())
        .spawn(fly);
    if let Err(error) = thread {
        let outcome = Err(failed(format!("no thread to send on: {error}")));
        let _ = told.send(Event::Landed(flight, outcome));
    }
}

fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Transport(TransportError::new(why))
}
