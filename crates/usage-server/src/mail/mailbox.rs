//! For tests: a mail server that hands letters on to who asked.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::{Carrier, Letter};

struct Mailbox(Sender<Letter>);

impl Carrier for Mailbox {
    fn carry(&self, letter: &Letter) -> Result<(), String> {
        self.0.send(letter.clone()).map_err(|e| e.to_string())
    }
}

/// The server, and where its letters arrive.
pub(crate) fn mailbox() -> (Box<dyn Carrier>, Receiver<Letter>) {
    let (carrier, letters) = channel();
    (Box::new(Mailbox(carrier)), letters)
}
