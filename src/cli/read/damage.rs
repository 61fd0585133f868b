//! Rows that cannot be read: each costs itself, is named, and the rest is printed.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::text::{counted, one_line};
use crate::store::Reader;

/// How many rows could not be read as they should be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Damage {
    n_left_out: usize,
    n_replaced: usize,
}

impl Damage {
    /// Names the damaged rows that the reader has met since this was called last to `tell`.
    pub(crate) fn name(&mut self, reader: &Reader, mut tell: impl FnMut(String)) {
        for row in reader.take_damage() {
            tell(format!("newswire: {}", one_line(&row.to_string())));
            if row.is_left_out {
                self.n_left_out += 1;
            } else {
                self.n_replaced += 1;
            }
        }
    }

    /// How many rows are missing from the answer.
    pub(crate) fn n_left_out(self) -> usize {
        self.n_left_out
    }

    /// The failure of a command that has met such rows.
    pub(crate) fn outcome(self) -> Result<(), Failure> {
        let rows = |n: usize| counted(n, "damaged row");
        match self {
            Damage { n_left_out: 0, n_replaced: 0 } => Ok(()),
            Damage { n_left_out: 0, n_replaced } => {
                Err(Failure::Partly(format!("{}, shown as far as that can be read", rows(n_replaced))))
            }
            Damage { n_left_out, .. } => Err(Failure::Partly(format!("{} left out", rows(n_left_out)))),
        }
    }
}

/// Names the damaged rows that a command has met, and fails with exit code 3 if there were any.
pub(crate) fn report(context: &mut Context, reader: &Reader) -> Result<(), Failure> {
    let mut damage = Damage::default();
    damage.name(reader, |told| context.output.note(told));
    damage.outcome()
}
