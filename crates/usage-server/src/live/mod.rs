//! Reports as they come, for operators who look: one task reads what is new off the journal, twice a second
//! and only while somebody looks. Ingest knows nothing of it, so it costs ingest nothing. Bounded: so many
//! watchers, so many lines a look; whoever doesn't read fast enough is let go.

mod body;
mod limits;
mod line;

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::Bytes;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::MissedTickBehavior;
use usage_store::Seq;

use self::body::Frames;
use self::limits::{BEAT_EVERY, FRAMES_WAITING, LOOK_EVERY, WATCHERS_MAX};
use crate::account::SignedIn;
use crate::app::App;
use crate::outage::Outage;

pub(crate) use self::limits::LINES_SHOWN;
pub(crate) use self::line::{Line, newest};

/// Who looks.
pub(crate) struct Live {
    looking: Mutex<Looking>,
    frames: broadcast::Sender<Bytes>,
    over: watch::Sender<bool>,
}

#[derive(Default)]
struct Looking {
    watchers: usize,
    /// The task that reads runs.
    reads: bool,
}

/// A watcher's place, given back when it is dropped.
struct Place(Arc<App>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.live.lock().watchers -= 1;
    }
}

impl Live {
    pub(crate) fn new() -> Live {
        Live {
            looking: Mutex::default(),
            frames: broadcast::Sender::new(FRAMES_WAITING),
            over: watch::Sender::new(false),
        }
    }

    /// The server stops: everybody is let go.
    pub(crate) fn end(&self) {
        self.over.send_replace(true);
    }

    /// How many look.
    #[cfg(test)]
    pub(crate) fn watchers(&self) -> usize {
        self.lock().watchers
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Looking> {
        self.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is sent to one who looks, for as long as the session holds that these headers prove; `None` where
/// there are as many watchers as there may be.
pub(crate) fn watch(app: &Arc<App>, headers: HeaderMap) -> Option<Body> {
    let reads = {
        let mut looking = app.live.lock();
        if looking.watchers >= WATCHERS_MAX || *app.live.over.borrow() {
            return None;
        }
        looking.watchers += 1;
        std::mem::replace(&mut looking.reads, true)
    };
    let place = Place(Arc::clone(app));
    let frames = app.live.frames.subscribe();
    if !reads {
        tokio::spawn(read(Arc::clone(app)));
    }
    let (sender, body) = mpsc::channel(FRAMES_WAITING);
    tokio::spawn(pass_on(place, headers, frames, sender));
    Some(Body::new(Frames(body)))
}

/// Passes frames on to one watcher, until they are gone, don't read, or may not look any more.
async fn pass_on(
    place: Place,
    headers: HeaderMap,
    mut frames: broadcast::Receiver<Bytes>,
    to: mpsc::Sender<Bytes>,
) {
    let app = &place.0;
    let mut over = app.live.over.subscribe();
    let mut beat = tokio::time::interval(BEAT_EVERY);
    // The first is at once: the browser hears that it is connected.
    loop {
        let frame = tokio::select! {
            biased;
            _ = over.wait_for(|over| *over) => return,
            () = to.closed() => return,
            _ = beat.tick() => Bytes::from_static(b": still here\n\n"),
            frame = frames.recv() => match frame {
                Ok(frame) => frame,
                // Too slow.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            },
        };
        if !may_look(&headers, app).await || to.try_send(frame).is_err() {
            return;
        }
    }
}

/// Whether the session still holds, and is an operator's.
async fn may_look(headers: &HeaderMap, app: &Arc<App>) -> bool {
    let person = SignedIn::of(headers, app).await;
    matches!(person, Ok(Some(person)) if person.account.operator)
}

/// Reads what is new for all who look, until nobody does.
async fn read(app: Arc<App>) {
    let mut outage = Outage::of("reading reports for who looks at them");
    let mut next: Option<Seq> = None;
    let mut over = app.live.over.subscribe();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = over.wait_for(|over| *over) => return,
            _ = look.tick() => {}
        }
        {
            let mut looking = app.live.lock();
            if looking.watchers == 0 {
                looking.reads = false;
                return;
            }
        }
        let held = Arc::clone(&app);
        let found = tokio::task::spawn_blocking(move || line::since(&held.store, next)).await;
        let Ok(found) = found else { continue };
        outage.note(&found);
        if let Ok((at, frame)) = found {
            next = Some(at);
            if let Some(frame) = frame {
                // Nobody may be there any more.
                let _ = app.live.frames.send(frame);
            }
        }
    }
}
