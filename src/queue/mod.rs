//! Who may ask which hosts, where several machines fetch, and how work goes to them and comes back.
//!
//! Publishers are parted into shards, and a worker asks the hosts of those shards alone that it has a lease of.
//!
//! * `lease`: the lease of a shard. Pure.
//! * `bus`: what goes between the writer and the workers; `nats`: by what.

mod bus;

mod lease;

mod nats;

pub use bus::{Bus, BusError, Delivery, MemoryBus, MemoryDesk, MemoryShared, Question, Receipt, Shared};
pub use lease::{Entry, Lease, Outcome, Record, Step, Terms, Write};
pub use nats::NatsBus;
