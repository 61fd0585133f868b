//! How the queue of the workers is, as figures. Where the daemon works without one there are none.

use std::sync::atomic::Ordering;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::model::QueueState;

/// A figure without labels, which is told only where it is known.
type Known<M> = Family<[(&'static str, &'static str); 0], M>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

/// The figures.
#[derive(Debug, Default)]
pub(super) struct QueueFigures {
    is_up: Known<Gauge>,
    workers: Family<StateLabel, Gauge>,
    shards: Family<StateLabel, Gauge>,
    pieces: Family<StateLabel, Gauge>,
    reports_waiting: Known<Gauge>,
    reports: Known<Counter>,
    lost: Known<Counter>,
    stale: Known<Counter>,
}

impl QueueFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("queue_up", "1 where the queue of the workers can be reached, or else 0", self.is_up.clone());
        registry.register(
            "queue_workers",
            "Workers that were heard of lately: they work, or are refused since they are of another version or have other settings",
            self.workers.clone(),
        );
        registry.register(
            "queue_shards",
            "Parts of the hosts that a worker looks after (held), and those that nobody does (free)",
            self.shards.clone(),
        );
        registry.register(
            "queue_pieces",
            "Pieces of work that wait for a worker, and those that are out with one",
            self.pieces.clone(),
        );
        registry.register(
            "queue_reports_waiting",
            "Messages with reports that the queue has still; absent where that is not known",
            self.reports_waiting.clone(),
        );
        registry.register("queue_reports", "Pieces of work that came back", self.reports.clone());
        registry.register(
            "queue_lost",
            "Pieces of work that were lost with their worker, and are done again",
            self.lost.clone(),
        );
        registry.register(
            "queue_stale",
            "Reports that came too late, of work that was given to another",
            self.stale.clone(),
        );
    }

    /// Takes over how it was at the last heartbeat.
    pub(super) fn set(&self, state: Option<&QueueState>) {
        let Some(state) = state else { return };
        let set = |family: &Family<StateLabel, Gauge>, state, number: u64| {
            family.get_or_create(&StateLabel { state }).set(gauged(number));
        };
        let count = |family: &Known<Counter>, number: u64| {
            // It is counted elsewhere, since the start as these are.
            family.get_or_create(&[]).inner().store(number, Ordering::Relaxed);
        };
        self.is_up.get_or_create(&[]).set(i64::from(!state.is_away));
        set(&self.workers, "works", state.n_workers);
        set(&self.workers, "refused", state.n_refused);
        set(&self.shards, "held", state.n_shards_held);
        set(&self.shards, "free", state.n_shards.saturating_sub(state.n_shards_held));
        set(&self.pieces, "waiting", state.n_in_stock);
        set(&self.pieces, "out", state.n_out);
        match state.n_reports_waiting {
            Some(number) => _ = self.reports_waiting.get_or_create(&[]).set(gauged(number)),
            None => self.reports_waiting.clear(),
        }
        count(&self.reports, state.n_reported);
        count(&self.lost, state.n_lost);
        count(&self.stale, state.n_stale);
    }
}

fn gauged(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn figures_are_told_where_there_is_a_queue_and_as_far_as_they_are_known() {
        let (figures, mut registry) = (QueueFigures::default(), Registry::with_prefix("newswire"));
        figures.register(&mut registry);
        let told = || {
            let mut told = String::new();
            text::encode(&mut told, &registry).unwrap();
            let is_sample = |line: &&str| !line.starts_with('#');
            told.lines().filter(is_sample).map(|line| line.trim_start_matches("newswire_queue_").to_owned()).collect()
        };
        figures.set(None);
        assert_eq!(told(), Vec::<String>::new());
        let state = QueueState {
            n_workers: 3,
            n_refused: 1,
            n_shards_held: 255,
            n_in_stock: 7,
            n_out: 9,
            n_reported: 40,
            n_lost: 2,
            n_stale: 1,
            n_reports_waiting: Some(5),
            ..QueueState::of_tests()
        };
        figures.set(Some(&state));
        let mut expected = vec![
            "up 1",
            "workers{state=\"works\"} 3",
            "workers{state=\"refused\"} 1",
            "shards{state=\"held\"} 255",
            "shards{state=\"free\"} 1",
            "pieces{state=\"waiting\"} 7",
            "pieces{state=\"out\"} 9",
            "reports_waiting 5",
            "reports_total 40",
            "lost_total 2",
            "stale_total 1",
        ];
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        expected.sort_unstable();
        assert_eq!(sorted(told()), expected);
        figures.set(Some(&QueueState { is_away: true, n_reports_waiting: None, n_reported: 41, ..state }));
        let told = told();
        assert!(told.contains(&"up 0".to_owned()) && told.contains(&"reports_total 41".to_owned()), "{told:?}");
        assert!(!told.iter().any(|line| line.starts_with("reports_waiting")), "{told:?}");
    }
}
