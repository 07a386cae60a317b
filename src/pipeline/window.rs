//! The window of calling, when the run reaches its end.

use std::io::Write;

use super::sync_loop::Pipeline;
use crate::delivery::Transport;
use crate::ledger::Ledger;

impl<C: Transport + 'static, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// Whoever waits is not handed over, and nobody else will be: the run ends as after any other failure. One that has
    /// read everything and only hears out what is under way needs not.
    pub(super) fn window_ended(&mut self, is_open: bool) {
        self.closes_at = None;
        if is_open
            || self.ledger_query.is_open()
            || !self.dispatcher.is_drained()
            || self.batcher.next_due().is_some()
        {
            self.stop_outside_window();
        }
    }

    /// Ends the run where the window is closed.
    pub(super) fn stop_outside_window(&mut self) {
        if let Some(closed) = self.task.run.closed() {
            self.fail(closed);
        }
    }
}
