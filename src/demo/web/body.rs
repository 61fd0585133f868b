//! The bytes of an answer on their way to the connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

use super::stats::Visit;

/// Time in which the beginning of a body that is cut off leaves for the client; hyper forgets what it has not written
/// when a body fails.
const CUT_OFF_PAUSE: Duration = Duration::from_millis(20);

/// A body, and the visit that ends with it.
pub(super) struct AnswerBody {
    flow: Flow,
    visit: Option<Visit>,
}

enum Flow {
    Done,
    Whole(Bytes),
    Drip { rest: Bytes, piece_bytes: usize, pause: Duration, sleep: Option<Pin<Box<Sleep>>> },
    CutOff { beginning: Option<Bytes>, announced: Option<u64>, sleep: Pin<Box<Sleep>> },
    Endless { beginning: Option<Bytes>, piece: Bytes },
}

impl AnswerBody {
    /// All at once.
    pub(super) fn whole(bytes: Bytes, visit: Option<Visit>) -> AnswerBody {
        AnswerBody::of(if bytes.is_empty() { Flow::Done } else { Flow::Whole(bytes) }, visit)
    }

    /// In pieces with pauses between them.
    pub(super) fn drip(bytes: Bytes, piece_bytes: usize, pause: Duration, visit: Visit) -> AnswerBody {
        if bytes.is_empty() {
            return AnswerBody::whole(bytes, Some(visit));
        }
        AnswerBody::of(Flow::Drip { rest: bytes, piece_bytes: piece_bytes.max(1), pause, sleep: None }, Some(visit))
    }

    /// Only the beginning, announced with the full length or in chunks.
    pub(super) fn cut_off(bytes: &Bytes, after_bytes: usize, is_chunked: bool, visit: Visit) -> AnswerBody {
        let beginning = Some(bytes.slice(..after_bytes.min(bytes.len())));
        let announced = (!is_chunked).then_some(bytes.len() as u64);
        let sleep = Box::pin(tokio::time::sleep(CUT_OFF_PAUSE));
        AnswerBody::of(Flow::CutOff { beginning, announced, sleep }, Some(visit))
    }

    /// The bytes, then a piece over and over.
    pub(super) fn endless(bytes: Bytes, piece: Bytes, visit: Visit) -> AnswerBody {
        AnswerBody::of(Flow::Endless { beginning: Some(bytes), piece }, Some(visit))
    }

    fn of(flow: Flow, visit: Option<Visit>) -> AnswerBody {
        let mut body = AnswerBody { flow, visit };
        body.note_end();
        body
    }

    /// Ends the visit with the last frame, before the client can see it: it may ask again at once.
    fn note_end(&mut self) {
        if let (Flow::Done, Some(visit)) = (&self.flow, &mut self.visit) {
            visit.end();
        }
    }

    fn next_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.flow {
            Flow::Done => Poll::Ready(None),
            Flow::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.flow = Flow::Done;
                Poll::Ready(Some(Ok(bytes)))
            }
            Flow::Drip { rest, piece_bytes, pause, sleep } => {
                if let Some(sleep) = sleep {
                    ready!(sleep.as_mut().poll(context));
                }
                let piece = rest.split_to((*piece_bytes).min(rest.len()));
                *sleep = Some(Box::pin(tokio::time::sleep(*pause)));
                if rest.is_empty() {
                    self.flow = Flow::Done;
                }
                Poll::Ready(Some(Ok(piece)))
            }
            Flow::CutOff { beginning, sleep, .. } => {
                if let Some(beginning) = beginning.take().filter(|beginning| !beginning.is_empty()) {
                    sleep.as_mut().reset(tokio::time::Instant::now() + CUT_OFF_PAUSE);
                    return Poll::Ready(Some(Ok(beginning)));
                }
                ready!(sleep.as_mut().poll(context));
                self.flow = Flow::Done;
                Poll::Ready(Some(Err(io::Error::other("cut off as asked"))))
            }
            Flow::Endless { beginning, piece } => {
                Poll::Ready(Some(Ok(beginning.take().filter(|bytes| !bytes.is_empty()).unwrap_or(piece.clone()))))
            }
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = ready!(self.next_piece(context));
        self.note_end();
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.flow, Flow::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.flow {
            Flow::Done => SizeHint::with_exact(0),
            Flow::Whole(bytes) | Flow::Drip { rest: bytes, .. } => SizeHint::with_exact(bytes.len() as u64),
            Flow::CutOff { announced: Some(length), .. } => SizeHint::with_exact(*length),
            Flow::CutOff { announced: None, .. } | Flow::Endless { .. } => SizeHint::default(),
        }
    }
}
