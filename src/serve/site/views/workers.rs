//! `/workers`: how the queue is by which workers get the work of the daemon, and who works. Names are what workers say of themselves.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::forms::queue::{note_of, old_since, shards_told, state_of, value, work_told};
use crate::forms::times::rfc3339;
use crate::model::{QueueState, QueueWorker};
use crate::serve::miss::Miss;
use crate::store::Reader;

use super::view::View;
use crate::serve::site::asked::Asked;
use crate::serve::site::parts::time;

pub(super) struct Workers {
    queue: Option<QueueState>,
}

pub(super) fn read(reader: &Reader) -> Result<Workers, Miss> {
    Ok(Workers { queue: reader.queue_state()? })
}

impl View for Workers {
    fn title(&self) -> String {
        "Workers".to_owned()
    }

    fn main(&self, _: &Asked, now: Timestamp) -> Markup {
        let Some(queue) = &self.queue else {
            return html! { p.none { "None: no daemon with a queue is running, and one without does all work itself." } };
        };
        html! {
            @if let Some(at) = old_since(queue, now) {
                p.attention { "The daemon has said nothing since " (time(&rfc3339(at), now)) ": this is how it was." }
            }
            @if queue.is_away || queue.unattended_since.is_some() { p.attention { "The queue: " (queue.in_words()) } }
            dl {
                dt { "queue" }
                dd {
                    bdi { (queue.servers) } ", "
                    @if queue.is_away { "away since " } @else { "connected since " }
                    (time(&rfc3339(queue.since), now))
                    @if let Some(error) = &queue.error { ": " bdi { (error) } }
                    @if queue.is_sole { "; the daemon goes on alone" }
                }
                dt { "handed out" } dd { (work_told(queue)) }
                dt { "hosts" } dd {
                    (shards_told(queue))
                    @if let Some(since) = queue.unattended_since { "; not all since " (time(&rfc3339(since), now)) }
                }
            }
            @if queue.workers.is_empty() {
                p.none { "No worker was heard of: " code { "newswire work" } " is one." }
            } @else {
                div.wide { table {
                    thead { tr {
                        th scope="col" { "worker" } th scope="col" { "version" } th.number scope="col" { "in work" }
                        th.number scope="col" { "polls at once" } th.number scope="col" { "pages at once" }
                        th.number scope="col" { "shards" } th.number scope="col" { "epoch" }
                        th scope="col" { "heard of" } th scope="col" { "state" }
                    } }
                    tbody { @for worker in &queue.workers { (line(worker, now)) } }
                } }
            }
        }
    }

    fn json(&self) -> Value {
        self.queue.as_ref().map_or(Value::Null, value)
    }
}

fn line(worker: &QueueWorker, now: Timestamp) -> Markup {
    let works = state_of(worker) == "works";
    html! {
        tr.trouble[!works] {
            th scope="row" { bdi { (worker.machine) } }
            td { bdi { (worker.version) } }
            td.number { (worker.n_in_work) }
            td.number { (worker.n_poll_slots) }
            td.number { (worker.n_article_slots) }
            td.number { (worker.n_shards) }
            td.number { (worker.epoch) }
            td { (time(&rfc3339(worker.heard_at), now)) }
            td.error[!works] { bdi { (note_of(worker)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_workers_say_of_themselves_is_text() {
        let worker = QueueWorker {
            machine: "<script>pier</script>:7".to_owned(),
            version: "<b>0.1.0</b>".to_owned(),
            refused: Some("<img src=x onerror=alert(1)>".to_owned()),
            ..QueueWorker::of_tests()
        };
        let error = Some("<i>away</i>".to_owned());
        let queue = QueueState { is_away: true, error, workers: vec![worker], ..QueueState::of_tests() };
        let now = queue.told_at;
        let request = hyper::Request::builder().uri("/workers").body(()).unwrap();
        let asked = Asked::read(&request, &std::sync::Arc::default());
        let page = Workers { queue: Some(queue) }.main(&asked, now).into_string();
        for tag in ["<script", "<b>", "<i>", "<img"] {
            assert!(!page.contains(tag), "{page}");
        }
        assert!(
            page.contains("&lt;script&gt;pier&lt;/script&gt;:7") && page.contains("gets no work: &lt;img"),
            "{page}"
        );
        assert!(page.contains("away since") && page.contains("&lt;i&gt;away"), "{page}");
    }
}
