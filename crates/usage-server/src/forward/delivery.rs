//! A batch to its target, whole. Of what the target refuses the lines are found by halves, and left out:
//! one line that it won't have must not hold up all that come after it. What was taken of a refused post is
//! sent again with its half; it is the same points.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;
use super::batch::Batch;
use super::target::{Answer, Target};

/// What became of a batch that the target has now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Delivered {
    /// Lines that it refused.
    pub(super) refused: u64,
    /// The place of the first one's report, and why.
    pub(super) first: Option<(u64, String)>,
}

/// A body of which every target takes all there is: nothing. What it refuses now is not a line's fault.
const NOTHING: &[u8] = b"# usage-server: does this target take anything?\n";

/// Posts a batch; `None` where it was stopped in between.
///
/// # Errors
///
/// Where the target takes nothing at all for now.
pub(super) fn deliver(
    target: &Target,
    batch: &Batch,
    stopping: &AtomicBool,
) -> Result<Option<Delivered>, Failure> {
    let mut delivered = Delivered::default();
    // The next one last.
    let mut left: Vec<Range<usize>> = batch.posts();
    left.reverse();
    while let Some(lines) = left.pop() {
        if stopping.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match target.post(batch.text(&lines)) {
            Answer::Taken => {}
            Answer::Failed(failure) => return Err(failure),
            Answer::Refused(_) if lines.len() > 1 => {
                let middle = lines.start + lines.len() / 2;
                left.push(middle..lines.end);
                left.push(lines.start..middle);
            }
            Answer::Refused(why) => {
                if delivered.first.is_none() {
                    takes_anything(target, &why)?;
                    delivered.first = Some((batch.place(lines.start), why));
                }
                delivered.refused += 1;
            }
        }
    }
    Ok(Some(delivered))
}

/// A database that isn't named is refused in the words of a wrong line: then nothing is to be left out.
fn takes_anything(target: &Target, why: &str) -> Result<(), Failure> {
    match target.post(NOTHING) {
        Answer::Taken => Ok(()),
        Answer::Failed(failure) => Err(failure),
        Answer::Refused(_) => Err(Failure {
            cause: format!("{why}; it refuses whatever it is sent: see --forward-url"),
            retry_after: None,
        }),
    }
}
