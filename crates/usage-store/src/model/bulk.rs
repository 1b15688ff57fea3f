//! The journal taken in by large steps, for a rebuild: the next stretches are read and decompressed beside,
//! while one transaction takes in as many as fit.

use std::sync::mpsc::{Receiver, SyncSender};

use super::applied::{self, Mark};
use super::chunk::Taking;
use super::limits::OBSERVATIONS_IN_BULK;
use super::{Model, begin};
use crate::Result;
use crate::journal::Seq;
use crate::journal::walk::Stretch;

/// What was read ahead.
pub(crate) struct Ahead {
    mark: Mark,
    /// Begun, and not wholly taken in.
    begun: Option<Stretch>,
    next: Receiver<Result<Stretch>>,
}

impl Ahead {
    pub(crate) fn new(mark: Mark, next: Receiver<Result<Stretch>>) -> Ahead {
        Ahead {
            mark,
            begun: None,
            next,
        }
    }

    /// `None` where all was read.
    fn stretch(&mut self) -> Result<Option<Stretch>> {
        match self.begun.take() {
            Some(begun) => Ok(Some(begun)),
            None => self.next.recv().ok().transpose(),
        }
    }
}

/// Reads on until the journal ends or nobody listens.
pub(crate) fn read_ahead(
    from: Seq,
    read: impl Fn(Seq) -> Result<Stretch>,
    send: &SyncSender<Result<Stretch>>,
) {
    let mut from = from;
    loop {
        let stretch = read(from);
        let next = stretch.as_ref().map_or(from, |stretch| stretch.next);
        let is_over = next == from;
        if send.send(stretch).is_err() || is_over {
            return;
        }
        from = next;
    }
}

/// Takes in as much as fits one transaction; whether there is more to do. There is none where somebody
/// else has taken something in meanwhile, either. `tell` hears of each stretch how far that is.
pub(crate) fn apply(
    model: &mut Model,
    ahead: &mut Ahead,
    tell: &mut impl FnMut(Seq),
) -> Result<bool> {
    let Model { db, dictionary } = model;
    let step = begin(db)?;
    if applied::read(&step)? != ahead.mark {
        return Ok(false);
    }
    let taken = (|| {
        let mut taking = Taking::new(&step, ahead.mark, OBSERVATIONS_IN_BULK)?;
        while !taking.is_full() {
            let Some(stretch) = ahead.stretch()? else {
                return Ok((taking.finish(&step)?, false));
            };
            taking.take(&step, dictionary, &stretch)?;
            tell(taking.place());
            ahead.begun = Some(stretch).filter(|_| taking.is_full());
        }
        Ok((taking.finish(&step)?, true))
    })();
    let taken = taken.and_then(|taken| Ok(step.commit().map(|()| taken)?));
    match taken {
        Ok((mark, more)) => {
            ahead.mark = mark;
            Ok(more)
        }
        Err(e) => {
            // It may remember ids that were never committed.
            dictionary.clear();
            Err(e)
        }
    }
}
