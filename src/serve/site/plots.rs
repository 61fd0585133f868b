//! Small plots: how many of something there were at which time. What a plot shows is told in words below it too.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::time;
use crate::forms::words::counted;
use crate::store::{MemberRow, SourceHours};

/// Bars of a plot over time, and its height.
const BARS_MAX: i64 = 72;
const HEIGHT: i64 = 48;

/// Width of a bar with the room behind it.
const STEP: i64 = 6;

/// How many told a story in each hour: own reports below, copies above.
pub(super) fn story(members: &[MemberRow], now: Timestamp) -> Markup {
    let instants = members.iter().filter_map(|member| {
        let at: Timestamp = member.at.parse().ok()?;
        Some((at.as_second().div_euclid(3600), member.reason == "copy"))
    });
    let instants: Vec<(i64, bool)> = instants.collect();
    let (Some(first), Some(last)) = (instants.iter().map(|at| at.0).min(), instants.iter().map(|at| at.0).max()) else {
        return html! {};
    };
    // A story of weeks is counted by larger steps.
    let step = ((last - first) / BARS_MAX) + 1;
    let n_bars = (last - first) / step + 1;
    if n_bars < 3 {
        return html! {};
    }
    let mut bars = vec![(0_i64, 0_i64); usize::try_from(n_bars).unwrap_or(0)];
    for (hour, is_copy) in instants {
        let Some(bar) = usize::try_from((hour - first) / step).ok().and_then(|at| bars.get_mut(at)) else { continue };
        if is_copy { bar.1 += 1 } else { bar.0 += 1 }
    }
    let most = bars.iter().map(|(own, copies)| own + copies).max().unwrap_or(1).max(1);
    let height = |n: i64| n * HEIGHT / most;
    let told = if step == 1 { "articles an hour".to_owned() } else { format!("articles in {step} hours each") };
    let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap_or_default();
    html! {
        figure.plot {
            svg viewBox={ "0 0 " (n_bars * STEP) " " (HEIGHT) } role="img" aria-label=(told) preserveAspectRatio="none" {
                @for (bar, (own, copies)) in (0_i64..).zip(&bars) {
                    g {
                        title { (hour_text(at(first + bar * step))) ": " (counted(own + copies, "article")) ", " (copies) " of them copies" }
                        rect.own x=(bar * STEP) y=(HEIGHT - height(*own)) width="5" height=(height(*own)) {}
                        rect.copy x=(bar * STEP) y=(HEIGHT - height(own + copies)) width="5" height=(height(own + copies) - height(*own)) {}
                    }
                }
            }
            div.axis { (hour(at(first))) (hour(at(last))) }
            figcaption {
                (told) ", " (most) " at most; copies are pale; the last " (time(&format!("{:.0}", at(last)), now))
            }
        }
    }
}

/// An hour of a day, as it is written below a plot.
fn hour(at: Timestamp) -> Markup {
    html! { time datetime=(format!("{at:.0}")) { (hour_text(at)) } }
}

fn hour_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:00").to_string()
}

/// What a source brings at which hour of the day: what came as bars, what its rhythm expects as a line above them.
/// Nothing where neither is known.
pub(super) fn hours_of_day(hours: &SourceHours) -> Markup {
    let came = hours.came.map(|n| f64::from(n) / f64::from(hours.n_days));
    let expected = hours.expected;
    let n_came: u32 = hours.came.iter().sum();
    if expected.is_none() && n_came == 0 {
        return html! {};
    }
    let most = came.iter().chain(expected.iter().flatten()).copied().fold(0.0, f64::max).max(f64::EPSILON);
    let height = |n: f64| n / most * f64::from(DAY_HEIGHT);
    let y = |n: f64| format!("{:.1}", f64::from(DAY_HEIGHT) - height(n));
    let line = expected.map(|expected| {
        let steps =
            expected.iter().zip(0_u32..).map(|(n, at)| format!("{},{} {},{}", at * 6, y(*n), (at + 1) * 6, y(*n)));
        steps.collect::<Vec<_>>().join(" ")
    });
    let n_expected: Option<f64> = expected.map(|expected| expected.iter().sum());
    let days = if hours.n_days == 1 { "in 24 hours".to_owned() } else { format!("in {} days", hours.n_days) };
    let came_told = format!("{} {days}", counted(n_came, "article"));
    let expected_told = n_expected.map(|n| format!("{n:.0} a day"));
    let told = format!("{came_told}, {} expected", expected_told.as_deref().unwrap_or("not known how many"));
    html! {
        figure.plot.day {
            svg viewBox={ "0 0 144 " (DAY_HEIGHT) } role="img" aria-label=(told) preserveAspectRatio="none" {
                @for (at, n) in came.iter().enumerate() {
                    g {
                        title {
                            (format!("{at:02}:00")) ": " (format!("{n:.1}")) " came"
                            @if let Some(expected) = expected { (format!(", {:.1} expected", expected[at])) }
                        }
                        rect.room x=(at * 6) y="0" width="6" height=(DAY_HEIGHT) {}
                        rect.own x=(at * 6) y=(y(*n)) width="5" height=(format!("{:.1}", height(*n))) {}
                    }
                }
                @if let Some(line) = line { polyline.expected points=(line) {} }
            }
            div.axis { @for hour in ["00:00", "06:00", "12:00", "18:00", "24:00"] { span { (hour) } } }
            figcaption {
                "Items an hour by the hour of the day (UTC), " (format!("{most:.1}")) " at most. Bars: what came, " (came_told)
                @if let Some(expected) = expected_told { ". Line: what its rhythm expects, " (expected) }
            }
        }
    }
}

const DAY_HEIGHT: u32 = 48;
