//! Who may ask which hosts, where several machines fetch, and how work goes to them and comes back.
//!
//! Publishers are parted into shards, and a worker asks the hosts of those shards alone that it has a lease of.
//!
//! * `lease`: the lease of a shard. Pure.
//! * `question`: what is asked and reported. `bus`: how it goes between the writer and the workers, by `nats` or by the `memory` of a process.
//! * [`wire`]: the messages, as bytes.

mod bus;

mod lease;

mod memory;

mod nats;

mod question;

pub mod wire;

pub use bus::{Bus, Shared};
pub use lease::{Entry, Lease, Outcome, Record, Step, Terms, Write};
pub use memory::{MemoryBus, MemoryDesk, MemoryShared};
pub use nats::NatsBus;
pub use question::{BusError, Committed, Delivery, Question, Receipt};
