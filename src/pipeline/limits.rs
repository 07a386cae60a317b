//! Beyond a limit: the rest of the input is read and left alone, and no STATE passes it by, so that the next sync
//! goes on there.

use std::io::Write;

use super::policy_decision::ContactLimit;
use super::sync_loop::Pipeline;
use crate::delivery::Transport;
use crate::intake::Event;
use crate::ledger::Ledger;
use crate::protocol::Level;

impl<C: Transport + 'static, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A record that was counted as received is left alone; its STATE waits for ever. Who was gathered goes out now: the
    /// rest of the input may take its time.
    pub(super) fn leave_record(&mut self, limit: ContactLimit) {
        self.stats.left += 1;
        if self.limit.is_none() {
            self.limit = Some(limit);
            self.flush();
        }
    }

    /// What is read beyond a limit.
    pub(super) fn leave_event(&mut self, event: Event) {
        match event {
            Event::Contact(_) | Event::Refused { .. } | Event::Listed(_) => {
                self.stats.received += 1;
                self.stats.left += 1;
            }
            Event::State(..) => {}
            Event::Stream { index, name, warnings, variables: _ } => self.announced(index, &name, &warnings),
            Event::Complete(stream) => {
                self.incomplete.remove(&stream);
            }
        }
    }

    /// What a limit left for the next sync.
    pub(super) fn log_left_records(&mut self) {
        let Some(limit) = self.limit else { return };
        let (setting, n_left) = (limit.setting(), self.stats.left);
        self.log(Level::Warn, &format!(
            "{setting} is reached: {n_left} records were left alone, and no STATE that passes them by went back; the next sync goes on with them"
        ));
        let n_again = self.checkpoints.n_without_state();
        if n_again > 0 && !self.task.ledger.remembers() {
            self.log(Level::Warn, &format!(
                "{n_again} of the records that were sent have no STATE behind them, so that the next sync brings them again, and without a ledger it calls them again: choose one under `ledger`"
            ));
        }
    }
}
