//! Who is connected. There is always room for one more: where all slots are taken, those connections
//! are closed on which nothing has happened for the longest. So a flood of idle or slow ones locks
//! nobody out, and needs no count per address, which behind a proxy would be the proxy's.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::connection::Activity;
use crate::limits::CONNECTIONS_CLOSED_AT_ONCE;

pub(super) struct Slots {
    max: usize,
    open: Mutex<Open>,
    emptied: Notify,
}

#[derive(Default)]
struct Open {
    connections: HashMap<u64, Connection>,
    next: u64,
}

struct Connection {
    activity: Arc<Activity>,
    task: Option<AbortHandle>,
}

/// A connection's place, given back when it is dropped.
pub(super) struct Slot {
    id: u64,
    slots: Arc<Slots>,
}

impl Slots {
    pub(super) fn new(max: usize) -> Arc<Slots> {
        Arc::new(Slots {
            max: max.max(1),
            open: Mutex::default(),
            emptied: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next connection needs another's slot.
    pub(super) fn are_taken(&self) -> bool {
        self.lock().connections.len() >= self.max
    }

    /// A slot for a connection.
    pub(super) fn take(self: &Arc<Slots>, activity: &Arc<Activity>) -> Slot {
        let mut open = self.lock();
        let id = open.next;
        open.next += 1;
        let activity = Arc::clone(activity);
        let task = None;
        open.connections.insert(id, Connection { activity, task });
        let slots = Arc::clone(self);
        Slot { id, slots }
    }

    /// Which task serves it, so that it can be closed.
    pub(super) fn served_by(&self, id: u64, task: AbortHandle) {
        if let Some(connection) = self.lock().connections.get_mut(&id) {
            connection.task = Some(task);
        }
    }

    /// Closes some of those on which nothing has happened for the longest; how many. Their
    /// sockets are gone once their tasks had a turn.
    pub(super) fn close_some(&self) -> usize {
        let mut open = self.lock();
        let mut all: Vec<(Reverse<Duration>, u64)> = open
            .connections
            .iter()
            .map(|(id, one)| (Reverse(one.activity.idleness()), *id))
            .collect();
        let some = (all.len() / CONNECTIONS_CLOSED_AT_ONCE)
            .max(1)
            .min(all.len());
        if some == 0 {
            return 0;
        }
        all.select_nth_unstable(some - 1);
        for (_, id) in &all[..some] {
            if let Some(Connection {
                task: Some(task), ..
            }) = open.connections.remove(id)
            {
                task.abort();
            }
        }
        some
    }

    /// Ready once nobody is connected.
    pub(super) async fn all_left(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().connections.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

impl Slot {
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        open.connections.remove(&self.id);
        if open.connections.is_empty() {
            self.slots.emptied.notify_waiters();
        }
    }
}
