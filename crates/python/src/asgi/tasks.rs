//! The tasks of the application that have not ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use pyo3::intern;
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::origin::Origin;
use crate::turn;

/// Whoever a task was started for.
pub(super) trait Owner: Send + Sync {
    /// What it is about.
    fn origin(&self) -> &Origin;

    /// Whether it is cut when the drain time is over; otherwise it hears of the end in another way.
    fn is_cut_at_the_end(&self) -> bool;
}

/// Running tasks and their owners, by identity. asyncio itself only refers weakly to its tasks.
#[derive(Default)]
pub(super) struct Tasks {
    table: Mutex<Table>,
    /// Signalled when the last one has ended.
    settled: Notify,
}

type Table = HashMap<usize, (Py<PyAny>, Arc<dyn Owner>)>;

/// A task in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaskId(usize);

impl Tasks {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a task until it has ended.
    pub(super) fn keep(&self, task: &Bound<'_, PyAny>, owner: Arc<dyn Owner>) -> TaskId {
        let id = TaskId(task.as_ptr() as usize);
        let before = self.table().insert(id.0, (task.clone().unbind(), owner));
        drop(before);
        id
    }

    /// A task has ended.
    pub(super) fn release(&self, id: TaskId) {
        let (released, is_last) = {
            let mut table = self.table();
            (table.remove(&id.0), table.is_empty())
        };
        drop(released);
        if is_last {
            self.settled.notify_waiters();
        }
    }

    /// Waits until none runs.
    pub(super) async fn settled(&self) {
        loop {
            let settled = self.settled.notified();
            if self.table().is_empty() {
                return;
            }
            settled.await;
        }
    }

    /// Cancels a task that has not ended. What the application does about it is its own affair.
    pub(super) fn cancel(&self, py: Python<'_>, id: TaskId) {
        let task = self.table().get(&id.0).map(|(task, _)| task.clone_ref(py));
        if let Some(task) = task {
            cancel(task.bind(py));
        }
    }

    /// Cancels those that do not end by themselves, or all. Returns what they are about.
    pub(super) fn cut(&self, py: Python<'_>, all: bool) -> Vec<String> {
        let cut: Vec<_> = {
            let table = self.table();
            let stubborn = table.values().filter(|(_, owner)| all || owner.is_cut_at_the_end());
            stubborn.map(|(task, owner)| (task.clone_ref(py), owner.origin().to_string())).collect()
        };
        let cut = cut.into_iter().map(|(task, about)| {
            cancel(task.bind(py));
            about
        });
        cut.collect()
    }

    /// What they are about, some of them by name.
    pub(super) fn list(&self, most: usize) -> String {
        let table = self.table();
        let named = table.values().take(most).map(|(_, owner)| owner.origin().to_string());
        let mut names: Vec<String> = named.collect();
        match table.len() {
            0 => names.push("no requests".to_owned()),
            count if count > most => names.push(format!("{} more", count - most)),
            _ => {}
        }
        names.join(", ")
    }

    /// What a task is about.
    pub(super) fn describe(&self, task: &Bound<'_, PyAny>) -> Option<String> {
        let table = self.table();
        let (_, owner) = table.get(&(task.as_ptr() as usize))?;
        Some(owner.origin().to_string())
    }
}

fn cancel(task: &Bound<'_, PyAny>) {
    if let Err(error) = task.call_method0(intern!(task.py(), "cancel")) {
        error.write_unraisable(task.py(), Some(task));
    }
    turn::interrupt();
}
