//! Drawings as SVG, from numbers to coordinates. They repeat what the text beside them says, so readers of text lose
//! nothing.

use maud::{Markup, html};

use crate::{clock::UnixNanos, report::job_report::Step, terminal::words};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Lines of the grid above the ground.
const LINES: u32 = 4;

/// A point of time where this machine is, without a zone: `2026-11-28 07:10:33`.
pub(super) fn local_time(at_ns: UnixNanos) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at_ns)).unwrap_or_default();
    let local = at.to_zoned_datetime(jiff::tz::TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn clock(at_ns: UnixNanos) -> String {
    local_time(at_ns)
        .split(' ')
        .next_back()
        .unwrap_or_default()
        .to_owned()
}

/// A round number at or above `value`: 1, 2, 2.5 or 5 times a power of 1024 or of ten below it.
pub(super) fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let unit = 1024_f64.powf(value.log(1024.0).floor());
    let in_unit = value / unit;
    let ten = 10_f64.powf(in_unit.log10().floor());
    let steps = [1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 10.0];
    let step = steps.iter().find(|step| *step * ten >= in_unit * 0.999_999);
    step.copied().unwrap_or(10.0) * ten * unit
}

/// Bytes a second over time: columns, because each stands for one step; steps in which nothing ran are shaded.
pub(super) fn throughput(steps: &[Step]) -> Markup {
    let rate = |step: &Step| step.size_bytes as f64 / step.secs.max(1e-9);
    let highest = round_up(steps.iter().map(rate).fold(0.0, f64::max));
    let width = WIDTH / steps.len().max(1) as f64;
    let gap = if width > 6.0 { 2.0 } else { 0.5 };
    let (first, last) = (steps.first(), steps.last());
    html! {
        figure.chart {
            div.plot {
                div.scale aria-hidden="true" {
                    @for line in (0..=LINES).rev() {
                        span { (words::rate(highest * f64::from(line) / f64::from(LINES))) }
                    }
                }
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                    @for line in 0..=LINES {
                        @let y = HEIGHT - HEIGHT * f64::from(line) / f64::from(LINES);
                        line.grid x1="0" x2=(WIDTH) y1=(y) y2=(y) {}
                    }
                    @for (at, step) in steps.iter().enumerate() {
                        @let x = at as f64 * width;
                        @if !step.is_working {
                            rect.pause x=(px(x)) y="0" width=(px(width)) height=(HEIGHT) {}
                        }
                        @let height = HEIGHT * rate(step) / highest;
                        @if height > 0.0 {
                            rect.column x=(px(x + gap / 2.0)) y=(px(HEIGHT - height)) width=(px(width - gap)) height=(px(height)) {}
                        }
                    }
                }
            }
            div.times aria-hidden="true" {
                @if let (Some(first), Some(last)) = (first, last) {
                    span { (clock(first.at_ns)) }
                    span { (clock(last.at_ns.saturating_add((last.secs * 1e9) as i64))) }
                }
            }
        }
    }
}

/// The same numbers as rows, few enough to be read.
pub(super) fn throughput_table(steps: &[Step]) -> Markup {
    let each = steps.len().div_ceil(20).max(1);
    html! {
        table {
            caption { "Bytes written, step by step" }
            thead { tr { th scope="col" { "From" } th.number scope="col" { "Written" } th.number scope="col" { "Pace" } } }
            tbody {
                @for chunk in steps.chunks(each) {
                    @let bytes = chunk.iter().map(|step| step.size_bytes).sum::<u64>();
                    @let secs = chunk.iter().map(|step| step.secs).sum::<f64>();
                    tr {
                        th scope="row" { (chunk.first().map(|step| clock(step.at_ns)).unwrap_or_default()) }
                        td.number { (words::bytes(bytes)) }
                        td.number {
                            @if chunk.iter().any(|step| step.is_working) { (words::rate(bytes as f64 / secs.max(1e-9))) }
                            @else { "nothing ran" }
                        }
                    }
                }
            }
        }
    }
}

/// Coordinates with the precision that screens have.
fn px(value: f64) -> String {
    format!("{value:.2}")
}

/// A share as a CSS width, at least a hair where it is not nothing.
pub(super) fn width(part: u64, of: u64) -> String {
    if part == 0 || of == 0 {
        return "width:0".to_owned();
    }
    let percent = 100.0 * part as f64 / of as f64;
    format!("width:{:.3}%", percent.max(0.4))
}

/// A share in words: `12.3 %`, and never 0 for something nor 100 for less than all.
pub(super) fn percent(part: u64, of: u64) -> String {
    if part == 0 || of == 0 {
        return "0 %".to_owned();
    }
    if part == of {
        return "100 %".to_owned();
    }
    let percent = 100.0 * part as f64 / of as f64;
    match percent {
        percent if percent < 0.1 => "< 0.1 %".to_owned(),
        percent if percent > 99.9 => "> 99.9 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

/// Best to worst as a bar, what it took as a mark, on a scale of ratios.
pub(super) fn estimate(best: f64, worst: f64, actual: f64) -> Markup {
    let (low, high) = (best.min(actual) / 1.5, worst.max(actual) * 1.5);
    let place = |secs: f64| 100.0 * (secs / low).ln() / (high / low).ln();
    let (from, to, at) = (place(best), place(worst), place(actual));
    html! {
        div.range aria-hidden="true" {
            div.said style=(format!("left:{from:.2}%;width:{:.2}%", to - from)) {}
            div.took style=(format!("left:{at:.2}%")) {}
        }
    }
}
