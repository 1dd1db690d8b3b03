//! SSM Parameter Store and Secrets Manager on loopback: the reads that Vestry makes, faithful to the real ones in
//! limits, selectors and errors, and with failures on demand.
//!
//! Signatures are not checked: any credentials do.

mod calls;
mod descriptions;
mod faults;
mod file;
mod model;
mod pages;
mod protocol;
mod secrets_manager;
mod ssm;
mod sts;
mod toml_reader;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

pub use calls::{Call, Calls};
pub use faults::{Failure, Fault};
pub use file::{StoreFile, StoreFileError};
pub use model::{Content, Parameter, ParameterType, ParameterVersion, Secret, SecretVersion, Store};

use super::http::{Accept, Plain, Server};
use protocol::Api;

/// Both stores behind one endpoint; dropped, it stops.
pub struct Emulator {
    api: Arc<Api>,
    server: Server,
}

impl Emulator {
    /// On a free port of 127.0.0.1.
    pub fn start(store: Store, faults: Vec<Fault>) -> io::Result<Self> {
        Self::start_on(0, Plain, store, faults)
    }

    /// On the given port, behind TLS where `accept` makes it so.
    pub fn start_on(port: u16, accept: impl Accept, store: Store, faults: Vec<Fault>) -> io::Result<Self> {
        let api = Arc::new(Api {
            store,
            faults: Mutex::new(faults::Faults::new(faults)),
            calls: Mutex::new(Vec::new()),
            started: Instant::now(),
        });
        let server = Server::start(port, accept, Arc::clone(&api))?;
        Ok(Self { api, server })
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address())
    }

    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    pub fn store(&self) -> &Store {
        &self.api.store
    }

    /// The calls so far.
    pub fn calls(&self) -> Calls {
        Calls(self.api.calls.lock().expect("no panic while calls are noted").clone())
    }
}
