//! Connections that are open or being opened, by target.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::connect::{Connection, Connector};
use super::{HttpFault, Target};
use crate::resolve::progress::{Progress, Waiting};

#[derive(Debug)]
pub struct Pool {
    connector: Arc<Connector>,
    places: Mutex<BTreeMap<Target, Place>>,
}

#[derive(Debug, Default)]
struct Place {
    idle: Vec<Connection>,
    opening: VecDeque<Opening>,
}

/// A connection that is being opened in the background; not taken, it is given up.
#[derive(Debug)]
struct Opening {
    task: JoinHandle<Result<Connection, HttpFault>>,
    progress: Progress,
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Pool {
    pub fn new(connector: Connector) -> Self {
        Self { connector: Arc::new(connector), places: Mutex::default() }
    }

    /// Begins to open this many connections.
    pub fn preconnect(&self, target: &Target, count: usize) {
        for _ in 0..count {
            let (connector, target_of_task, progress) =
                (Arc::clone(&self.connector), target.clone(), Progress::default());
            let progress_of_task = progress.clone();
            let task =
                tokio::spawn(Box::pin(
                    async move { connector.open(&target_of_task, &progress_of_task).await },
                ));
            self.place(target, |place| place.opening.push_back(Opening { task, progress }));
        }
    }

    /// A connection to the target, and whether it waited for us: one that did may have died meanwhile.
    pub async fn take(&self, target: &Target, progress: &Progress) -> Result<(Connection, bool), HttpFault> {
        while let Some(mut idle) = self.place(target, |place| place.idle.pop()) {
            if idle.ready().await.is_ok() {
                return Ok((idle, true));
            }
        }
        if let Some(mut opening) = self.place(target, |place| place.opening.pop_front()) {
            progress.waits_for(Waiting::Opening(opening.progress.clone()));
            if let Ok(opened) = (&mut opening.task).await {
                return opened.map(|connection| (connection, true));
            }
        }
        Ok((self.open(target, progress).await?, false))
    }

    pub async fn open(&self, target: &Target, progress: &Progress) -> Result<Connection, HttpFault> {
        self.connector.open(target, progress).await
    }

    pub fn give_back(&self, target: &Target, connection: Connection) {
        if !connection.is_closed() {
            self.place(target, |place| place.idle.push(connection));
        }
    }

    fn place<T>(&self, target: &Target, f: impl FnOnce(&mut Place) -> T) -> T {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        f(places.entry(target.clone()).or_default())
    }
}
