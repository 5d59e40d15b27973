//! Progress on stderr: a bar that is drawn over itself ten times a second, or a line now and then where nobody looks.
//! Neither has colours.

use std::{
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Broken, Progress};
use crate::phases::Event;

/// Between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Ten drawings a second.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// Drawn as `[#######---]`; letters that every terminal has.
const TEMPLATE: &str = "[{bar:24.}] {wide_msg}";

#[derive(Debug)]
enum Form {
    Nothing,
    Bar(ProgressBar),
    Lines,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    drawn_at: Option<Instant>,
}

/// What stands on stderr while a command runs.
#[derive(Debug)]
pub(super) struct Drawing {
    form: Form,
    began: Instant,
    state: Mutex<State>,
}

impl Drawing {
    fn new(form: Form) -> Self {
        let state = State {
            progress: Progress::default(),
            drawn_at: None,
        };
        Self {
            form,
            began: Instant::now(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn nothing() -> Self {
        Self::new(Form::Nothing)
    }

    pub(super) fn lines() -> Self {
        Self::new(Form::Lines)
    }

    pub(super) fn bar() -> Self {
        let bar = ProgressBar::with_draw_target(Some(10_000), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("#>-"));
        }
        Self::new(Form::Bar(bar))
    }

    /// Takes an event and draws when it is time.
    pub(super) fn take(&self, event: &Event) -> Result<(), Broken> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.began.elapsed();
        let kept = state.progress.take(event, at);
        let is_turn = matches!(event, Event::PhaseChanged { .. });
        match &self.form {
            Form::Nothing => {}
            Form::Bar(bar) => draw_bar(bar, &mut state, at, event, is_turn),
            Form::Lines => {
                let is_due = state
                    .drawn_at
                    .is_none_or(|drawn| drawn.elapsed() >= LINE_EVERY);
                let is_begun = !matches!(event, Event::Started { .. } | Event::Finished { .. });
                if is_begun && (is_due || is_turn) {
                    state.drawn_at = Some(Instant::now());
                    // stderr that is closed is no reason to stop
                    let _ = writeln!(std::io::stderr().lock(), "{}", state.progress.line(at));
                }
            }
        }
        kept
    }

    /// Where it is now, in one line.
    pub(super) fn line(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.progress.line(self.began.elapsed())
    }

    /// Prints something else without tearing the bar.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.form {
            Form::Bar(bar) => bar.suspend(print),
            _ => print(),
        }
    }
}

fn draw_bar(bar: &ProgressBar, state: &mut State, at: Duration, event: &Event, is_turn: bool) {
    match event {
        Event::Started { .. } => bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10)),
        Event::Finished { .. } => return bar.finish_and_clear(),
        _ => {}
    }
    let is_due = state
        .drawn_at
        .is_none_or(|drawn| drawn.elapsed() >= DRAW_EVERY);
    if is_due || is_turn {
        state.drawn_at = Some(Instant::now());
        bar.set_position(u64::from(state.progress.hundredths_of_percent()));
        bar.set_message(state.progress.line(at));
    }
}
