//! That it is still at it, for a person who waits.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::super::print::over;
use crate::resolve::Stores;

/// Before that nobody wonders.
const STEP: Duration = Duration::from_millis(300);

/// Shows how many calls were made while `work` runs, on a terminal alone.
pub(super) async fn shown<T>(stores: &Stores, references: usize, work: impl Future<Output = T>) -> T {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let ticks = async {
        loop {
            tokio::time::sleep(STEP).await;
            let calls = stores.calls();
            let made = calls.ssm + calls.secretsmanager + calls.sts;
            over(&format!("\r\x1b[Kasking the stores for {references} references: {made} calls so far"));
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = ticks => unreachable!("it ticks for ever"),
    };
    over("\r\x1b[K");
    done
}
