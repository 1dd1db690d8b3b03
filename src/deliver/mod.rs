//! How the values reach the function: a socket, a file, or the environment of the command that follows.
//!
//! Values are handed over for an [`Approved`] alone, which only a decision makes.

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
use crate::declare::{Delivery, Settings};
use crate::error::Refusal;
use crate::log::Log;
use changes::Changes;
use directory::Directory;
use file::Written;
use run_dir::RunDir;
use socket::{Listener, Server};
use value_files::ValueFiles;

/// Removes what an earlier attempt left, and refuses what is not safe to use, without making anything.
///
/// Lambda starts a failed INIT over in the same sandbox: called early, nothing old is left even when the new
/// attempt is refused.
pub fn sweep(settings: &Settings, delivery: Delivery) -> Result<(), Refusal> {
    match delivery {
        Delivery::Socket | Delivery::Verdict => run_dir::sweep(&settings.run_dir)?,
        Delivery::File => {
            run_dir::sweep(&settings.run_dir)?;
            file::sweep(&settings.file, lies_within(settings))?;
        }
        Delivery::Exec | Delivery::None => {}
    }
    Ok(())
}

/// Whether the file lies in the run directory.
fn lies_within(settings: &Settings) -> bool {
    settings.file.parent() == Some(settings.run_dir.as_path())
}

/// Where the values will be, as yet without any: the run directory, and the socket where it is one. It is made
/// while the policy makes its last decision. Dropped, it is gone.
pub struct Prepared {
    // Dropped in this order: a directory goes when it is empty.
    place: Place,
    run_dir: Option<RunDir>,
}

enum Place {
    Socket(Listener),
    File(Directory),
    Nowhere,
}

impl Prepared {
    /// Has to be called within a tokio runtime.
    pub fn make(settings: &Settings, delivery: Delivery) -> Result<Self, Refusal> {
        sweep(settings, delivery)?;
        if matches!(delivery, Delivery::Exec | Delivery::None) {
            return Ok(Self { place: Place::Nowhere, run_dir: None });
        }
        let (directory, run_dir) = run_dir::make(&settings.run_dir)?;
        let place = match delivery {
            Delivery::File => Place::File(directory),
            _ => Place::Socket(Listener::bind(directory)?),
        };
        Ok(Self { place, run_dir: Some(run_dir) })
    }
}

/// Puts the values where the function will find them, and nobody else.
pub fn deliver(approved: &Approved, prepared: Prepared) -> Result<Delivered, Refusal> {
    let settings = &approved.declared().settings;
    let Prepared { place, run_dir } = prepared;
    let mut delivered = Delivered { run_dir, ..Delivered::default() };
    match place {
        Place::Socket(listener) => {
            let message = message::encode(&Changes::of(approved)?)?;
            delivered.files = value_files::write(approved)?;
            delivered.socket = Some(Server::new(listener, message, settings.socket_readers));
        }
        Place::File(directory) => {
            let bytes = format::render(settings.file_format, &Changes::of(approved)?)?;
            delivered.files = value_files::write(approved)?;
            let elsewhere = (!lies_within(settings)).then_some(directory);
            let (file, claim) = file::write(&settings.file, &bytes, elsewhere)?;
            (delivered.file, delivered.claim) = (Some(file), claim);
        }
        Place::Nowhere => {}
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
