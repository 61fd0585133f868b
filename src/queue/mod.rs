//! Who may ask which hosts, where several machines fetch, and how work goes to them and comes back.
//!
//! Publishers are parted into shards, and a worker asks the hosts of those shards alone that it has a lease of.
//!
//! * `shard`: which shard a publisher is in. `lease`: the lease of a shard. Pure.
//! * `dispatch`: the writer's side, with `hosts`, what it knows of them. `permission`: how long a worker may ask hosts by its word.
//! * `holdings`: the leases of a worker. `turns`: what workers lend each other. `allowed`: what a worker may ask by all of these.
//! * `supervisor`: whether the tasks still go on that all of this is done by, and may.
//! * `line`: what other machines say of themselves, for people. `seldom`: what they have the log say, once a minute.
//! * `question`: what is asked and reported. `bus`: how it goes between the writer and the workers, by `nats` or by the `memory` of a process.
//! * [`wire`]: the messages, as bytes.

mod allowed;

mod bus;

mod clock;

mod dispatch;

mod holdings;

mod hosts;

mod lease;

mod line;

mod memory;

mod nats;

mod permission;

mod question;

mod seldom;

mod shard;

mod supervisor;

mod turns;

pub mod wire;

pub use allowed::Allowed;
pub use bus::{Bus, Shared};
pub use clock::Clock;
pub use dispatch::{ALLOWED_FOR, Dispatcher, Done, Kind, Lost, QueueFigures, Rules, Settling, WorkerSeen};
pub use holdings::{Holding, Holdings, InUse};
pub use lease::{Entry, Lease, Outcome, Record, Step, Terms, Write};
pub use line::line_of;
pub use memory::{MemoryBus, MemoryDesk, MemoryShared};
pub use nats::{BusState, Change, ChangesEnd, NatsBus};
pub use permission::{AskedAt, Permission};
pub use question::{BusError, Committed, Delivery, Question, Receipt};
pub use shard::{N_SHARDS, shard_of};
pub use supervisor::{Fault, Supervisor};
pub use turns::Turns;
