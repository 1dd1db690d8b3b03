//! How the values reach the function: a socket, a file, or the environment of the command that follows.
//!
//! Everything takes an [`Approved`], which only a decision makes.

pub mod changes;
mod directory;
pub mod exec;
mod file;
pub mod format;
pub mod message;
pub mod run_dir;
mod socket;
pub mod take;
mod value_files;
pub mod wrapper;

use crate::decide::Approved;
use crate::declare::{Declared, Delivery, Settings};
use crate::error::Refusal;
use crate::log::Log;
use changes::Changes;
use file::Written;
use run_dir::RunDir;
use socket::Server;
use value_files::ValueFiles;

/// Removes what an earlier attempt left, and refuses what is not safe to use, without making anything.
///
/// Lambda starts a failed INIT over in the same sandbox: called early, nothing old is left even when the new
/// attempt is refused.
pub fn prepare(declared: &Declared) -> Result<(), Refusal> {
    let settings = &declared.settings;
    match declared.delivery {
        Delivery::Socket | Delivery::Verdict => run_dir::sweep(&settings.run_dir, |_| Ok(()))?,
        Delivery::File => run_dir::sweep(&settings.run_dir, |claimed| {
            // What lies in the run directory is ours; elsewhere, only what an earlier attempt noted in there.
            file::sweep(&settings.file, |found| lies_within(settings) || claimed == Some(found))
        })?,
        Delivery::Exec | Delivery::None => {}
    }
    Ok(())
}

/// Whether the file lies in the run directory.
fn lies_within(settings: &Settings) -> bool {
    settings.file.parent() == Some(settings.run_dir.as_path())
}

/// Puts the values where the function will find them, and nobody else.
///
/// Has to be called within a tokio runtime.
pub fn deliver(approved: &Approved) -> Result<Delivered, Refusal> {
    let declared = approved.declared();
    prepare(declared)?;
    let settings = &declared.settings;
    let mut delivered = Delivered::default();
    match declared.delivery {
        Delivery::Socket | Delivery::Verdict => {
            let changes = Changes::of(approved)?;
            let message = message::encode(&changes)?;
            let (directory, run_dir) = run_dir::make(&settings.run_dir)?;
            delivered.run_dir = Some(run_dir);
            delivered.files = value_files::write(approved)?;
            delivered.socket = Some(Server::bind(directory, message, settings.socket_readers)?);
        }
        Delivery::File => {
            let changes = Changes::of(approved)?;
            let bytes = format::render(settings.file_format, &changes)?;
            let (directory, run_dir) = run_dir::make(&settings.run_dir)?;
            delivered.run_dir = Some(run_dir);
            delivered.files = value_files::write(approved)?;
            let elsewhere = (!lies_within(settings)).then_some(directory);
            let (file, claim) = file::write(&settings.file, &bytes, elsewhere)?;
            (delivered.file, delivered.claim) = (Some(file), claim);
        }
        Delivery::Exec | Delivery::None => {}
    }
    Ok(delivered)
}

/// What was delivered and has to go again: removed and wiped by [`remove`](Self::remove), or when dropped.
#[derive(Default)]
pub struct Delivered {
    // Dropped in this order: a directory goes when it is empty.
    socket: Option<Server>,
    file: Option<Written>,
    claim: Option<Written>,
    files: Option<ValueFiles>,
    run_dir: Option<RunDir>,
}

impl Delivered {
    /// Serves the socket until the expected readers have taken the message, then removes it and wipes the values.
    ///
    /// Without a socket there is nothing to wait for, and it returns at once. Dropped half-way, it goes on where
    /// it was when called again.
    pub async fn hand_over(&mut self, log: &Log) {
        if let Some(server) = &mut self.socket {
            server.serve(log).await;
            self.socket = None;
        }
    }

    /// Removes every file, socket and directory and wipes the values. Calling it again does nothing.
    pub fn remove(&mut self) {
        self.socket = None;
        self.file = None;
        self.claim = None;
        self.files = None;
        self.run_dir = None;
    }
}

#[cfg(test)]
mod tests;
