//! Forms that are sent (WHATWG: URL, section 5).

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, header};
use url::form_urlencoded;

use super::miss::Miss;

/// Time for a form to come in.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a form, which has so many bytes at most.
pub(super) async fn fields(request: Request<Incoming>, bytes_max: usize) -> Result<Vec<(String, String)>, Miss> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(FORM_TYPE) {
        return Err(Miss::Wrong(format!("what is sent here comes as {FORM_TYPE}")));
    }
    let body = Box::pin(Limited::new(request.into_body(), bytes_max).collect());
    let lost = || Miss::Wrong(format!("a form comes in {BODY_TIME_MAX:?} and in {bytes_max} bytes at most"));
    let body = tokio::time::timeout(BODY_TIME_MAX, body).await.map_err(|_| lost())?.map_err(|_| lost())?;
    Ok(form_urlencoded::parse(&body.to_bytes()).into_owned().collect())
}
