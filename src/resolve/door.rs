//! What every request to a store waits before until the first decision permits it.

use std::sync::Arc;

use tokio::sync::SetOnce;

/// Once open, always open. Cheap to clone: all are the same door.
#[derive(Clone, Debug)]
pub struct Door(Arc<SetOnce<()>>);

impl Door {
    pub fn closed() -> Self {
        Self(Arc::default())
    }

    /// For what needs no permission.
    pub fn opened() -> Self {
        let door = Self::closed();
        door.open();
        door
    }

    pub fn open(&self) {
        let _ = self.0.set(());
    }

    pub fn is_open(&self) -> bool {
        self.0.initialized()
    }

    pub async fn passed(&self) {
        self.0.wait().await;
    }
}
