//! The way to the disk: handlers put reports into a bounded queue, one thread takes all that
//! waits, appends it in one commit, and wakes the handlers with one message a batch. Nothing
//! is answered before it is on disk; one wake a request would cost a quarter of the throughput.
//!
//! A commit costs the same whether it holds one report or hundreds, so it must not begin with the first
//! that comes. It begins when the event loop has nothing more to read, or when half as many wait
//! as the last commit had: then one half of the senders is committed while the other half is
//! read.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{Notify, mpsc, oneshot};
use usage_store::{NewReport, Outcome};

use super::Refusal;
use crate::limits::{QUEUE_MAX_BYTES, QUEUE_MAX_REPORTS};

/// What became of a report; `None` where it was not stored.
type Answer = Option<Outcome>;

/// A batch on its way back to the handlers. The reports go with the answers, as memory is given back the
/// cheapest where it was taken.
struct Done {
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
    reports: Vec<NewReport>,
}

/// The queue and its thread.
pub(crate) struct Committer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Enough has come for a commit.
    ready: Condvar,
    /// The first has come.
    first: Notify,
}

#[derive(Default)]
struct Waiting {
    reports: Vec<NewReport>,
    handlers: Vec<oneshot::Sender<Answer>>,
    bytes: usize,
    /// As many are committed without looking for more.
    enough: usize,
    /// The event loop has nothing more to read.
    all_read: bool,
    closed: bool,
}

impl Waiting {
    fn are_ready(&self) -> bool {
        !self.reports.is_empty() && (self.all_read || self.reports.len() >= self.enough)
    }
}

impl Committer {
    /// Starts the thread; `append` is one commit. Must be called within a tokio runtime, whose
    /// tasks it will wake.
    pub(crate) fn start(
        append: impl FnMut(&[NewReport]) -> usage_store::Result<Vec<Outcome>> + Send + 'static,
    ) -> std::io::Result<Committer> {
        let queue = Arc::new(Queue::default());
        let (done, mut batches) = mpsc::unbounded_channel::<Done>();
        tokio::spawn({
            let queue = Arc::clone(&queue);
            async move {
                while let Some(Done { answers, reports }) = batches.recv().await {
                    for (handler, answer) in answers {
                        // The sender may have hung up; its report is stored even so.
                        let _ = handler.send(answer);
                    }
                    drop(reports);
                    queue.look_for_more();
                }
            }
        });
        tokio::spawn(gather(Arc::clone(&queue)));
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn({
                let queue = Arc::clone(&queue);
                move || commit_all(&queue, append, &done)
            })?;
        Ok(Committer {
            queue,
            thread: Some(thread),
        })
    }

    /// Stores a report: returns when it is on disk.
    pub(crate) async fn append(&self, report: NewReport) -> Result<Outcome, Refusal> {
        let (handler, answer) = oneshot::channel();
        self.queue.push(report, handler)?;
        match answer.await {
            Ok(Some(outcome)) => Ok(outcome),
            Ok(None) | Err(_) => Err(Refusal::NotStored),
        }
    }

    /// What waits: reports, and bytes of their bodies.
    pub(crate) fn queued(&self) -> (usize, usize) {
        let waiting = self.queue.lock();
        (waiting.reports.len(), waiting.bytes)
    }

    /// Whether reports are taken.
    pub(crate) fn is_open(&self) -> bool {
        !self.queue.lock().closed
    }
}

impl Drop for Committer {
    /// Takes no more reports, and returns when all that were taken are on disk.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed the queue, and the panic is in the log.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, report: NewReport, handler: oneshot::Sender<Answer>) -> Result<(), Refusal> {
        let mut waiting = self.lock();
        let bytes = waiting.bytes + report.body.len();
        if waiting.closed {
            return Err(Refusal::NotReady);
        }
        if waiting.reports.len() >= QUEUE_MAX_REPORTS || bytes > QUEUE_MAX_BYTES {
            return Err(Refusal::Overloaded);
        }
        waiting.bytes = bytes;
        waiting.reports.push(report);
        waiting.handlers.push(handler);
        if waiting.reports.len() == 1 {
            self.first.notify_one();
        }
        if waiting.reports.len() == waiting.enough {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Answers are about to be sent, and many of their senders will send again: what waits may wait for
    /// those. Once they are sent, [`Queue::look_for_more`].
    fn more_will_come(&self) {
        self.lock().all_read = false;
    }

    fn look_for_more(&self) {
        self.first.notify_one();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_one();
    }

    /// All that waits; waits for it. `None` when nothing will come any more.
    fn take(&self) -> Option<(Vec<NewReport>, Vec<oneshot::Sender<Answer>>)> {
        let mut waiting = self
            .ready
            .wait_while(self.lock(), |waiting| {
                !waiting.are_ready() && !waiting.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.reports.is_empty() {
            return None;
        }
        waiting.bytes = 0;
        waiting.all_read = false;
        waiting.enough = waiting.reports.len() / 2;
        Some((
            std::mem::take(&mut waiting.reports),
            std::mem::take(&mut waiting.handlers),
        ))
    }
}

/// Says when the event loop has nothing more to read: when all of its tasks had their turn, and
/// nothing came.
async fn gather(queue: Arc<Queue>) {
    loop {
        queue.first.notified().await;
        let mut before = 0;
        loop {
            tokio::task::yield_now().await;
            let mut waiting = queue.lock();
            match waiting.reports.len() {
                // The committer has them already.
                0 => break,
                count if count > before => before = count,
                _ => {
                    waiting.all_read = true;
                    queue.ready.notify_one();
                    break;
                }
            }
        }
    }
}

fn commit_all(
    queue: &Queue,
    mut append: impl FnMut(&[NewReport]) -> usage_store::Result<Vec<Outcome>>,
    done: &mpsc::UnboundedSender<Done>,
) {
    // Should a commit panic, what is stored is uncertain: take no more reports rather than
    // let handlers wait for a thread that is gone.
    let _close_at_the_end = CloseOnDrop(queue);
    while let Some((reports, handlers)) = queue.take() {
        let answers = match append(&reports) {
            Ok(outcomes) => handlers
                .into_iter()
                .zip(outcomes.into_iter().map(Some))
                .collect(),
            Err(cause) => {
                // An outage is said once, by `storing`.
                tracing::debug!(%cause, reports = reports.len(), "a batch could not be stored");
                handlers
                    .into_iter()
                    .map(|handler| (handler, None))
                    .collect()
            }
        };
        queue.more_will_come();
        // Without a runtime to listen there is nobody left to answer.
        let _ = done.send(Done { answers, reports });
    }
}

struct CloseOnDrop<'a>(&'a Queue);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
        // Handlers that still wait get their answer from this: "not stored".
        self.0.lock().handlers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use usage_store::report::Kind;

    fn report(body: &[u8]) -> NewReport {
        NewReport {
            kind: Kind::Usage,
            product: "p".into(),
            sender: Default::default(),
            received_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            reported_at: None,
            idempotency: None,
            install_key: None,
            body: body.to_vec(),
        }
    }

    #[tokio::test]
    async fn what_waits_goes_into_one_commit() {
        let (gate, opened) = std::sync::mpsc::channel::<()>();
        let (tell, sizes) = std::sync::mpsc::channel();
        let mut next = 0;
        let committer = Arc::new(
            Committer::start(move |reports: &[NewReport]| {
                opened.recv().unwrap();
                tell.send(reports.len()).unwrap();
                Ok(reports
                    .iter()
                    .map(|_| {
                        next += 1;
                        Outcome::Accepted(next)
                    })
                    .collect())
            })
            .unwrap(),
        );
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let committer = Arc::clone(&committer);
                tokio::spawn(async move { committer.append(report(b"[]")).await.unwrap() })
            })
            .collect();
        while committer.queue.lock().reports.len() < 4 {
            tokio::task::yield_now().await;
        }
        drop((0..5).map(|_| gate.send(())).collect::<Vec<_>>());
        let mut answered = Vec::new();
        for task in tasks {
            let Outcome::Accepted(seq) = task.await.unwrap() else {
                panic!()
            };
            answered.push(seq);
        }
        answered.sort_unstable();
        assert_eq!(answered, [1, 2, 3, 4, 5], "each its own answer");
        let sizes: Vec<usize> = sizes.try_iter().collect();
        assert!(
            sizes.len() <= 2 && sizes.iter().sum::<usize>() == 5,
            "{sizes:?}"
        );
    }

    #[tokio::test]
    async fn a_failed_commit_fails_its_reports_only() {
        let mut calls = 0;
        let committer = Committer::start(move |reports: &[NewReport]| {
            calls += 1;
            match calls {
                1 => Err(usage_store::Error::NoDatabase(PathBuf::from("gone"))),
                _ => Ok(vec![Outcome::Repeated; reports.len()]),
            }
        })
        .unwrap();
        assert!(matches!(
            committer.append(report(b"[]")).await,
            Err(Refusal::NotStored)
        ));
        assert_eq!(
            committer.append(report(b"[]")).await.unwrap(),
            Outcome::Repeated
        );
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let (gate, opened) = std::sync::mpsc::channel::<()>();
        let committer = Arc::new(
            Committer::start(move |reports: &[NewReport]| {
                let _ = opened.recv();
                Ok(vec![Outcome::Repeated; reports.len()])
            })
            .unwrap(),
        );
        let large = vec![b' '; QUEUE_MAX_BYTES / 2];
        let mut waiting = Vec::new();
        let refused = loop {
            let (handler, answer) = oneshot::channel();
            match committer.queue.push(report(&large), handler) {
                Ok(()) => waiting.push(answer),
                Err(refusal) => break refusal,
            }
        };
        assert!(matches!(refused, Refusal::Overloaded));
        drop(gate);
        for answer in waiting {
            assert_eq!(answer.await.unwrap(), Some(Outcome::Repeated));
        }
    }

    #[tokio::test]
    async fn closing_commits_what_was_taken() {
        let (tell, stored) = std::sync::mpsc::channel();
        let committer = Arc::new(
            Committer::start(move |reports: &[NewReport]| {
                tell.send(reports.len()).unwrap();
                Ok(vec![Outcome::Repeated; reports.len()])
            })
            .unwrap(),
        );
        let (handler, answer) = oneshot::channel();
        committer.queue.push(report(b"[]"), handler).unwrap();
        assert!(committer.is_open());
        drop(committer);
        assert_eq!(stored.try_iter().sum::<usize>(), 1);
        assert_eq!(answer.await.unwrap(), Some(Outcome::Repeated));
    }

    #[tokio::test]
    async fn a_panic_takes_no_more_reports() {
        let committer = Committer::start(|_: &[NewReport]| panic!("a bug")).unwrap();
        assert!(matches!(
            committer.append(report(b"[]")).await,
            Err(Refusal::NotStored)
        ));
        while committer.is_open() {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            committer.append(report(b"[]")).await,
            Err(Refusal::NotReady)
        ));
    }
}
