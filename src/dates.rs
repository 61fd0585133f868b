//! Text to instants.
