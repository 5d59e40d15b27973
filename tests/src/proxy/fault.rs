//! What the proxy does to a request instead of passing it on in peace.

use std::time::Duration;

use super::http::Head;

/// What happens to a matching request.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// The connection ends before the server hears of it.
    CutBefore,
    /// The connection ends when this many body bytes were handed on.
    CutAfterBytes(u64),
    /// The server works, its answer is lost.
    DropAnswer,
    /// A request whose body is longer is answered 413 with a page, as web servers in front do.
    LimitBody(u64),
    /// It waits first.
    Delay(Duration),
    /// Its body goes on at this pace.
    Throttle {
        /// Bytes a second.
        bytes_per_sec: u32,
    },
    /// It waits until [`super::Proxy::release`].
    Hold,
    /// Nothing moves any more when this many body bytes were handed on, until the server has ended or
    /// [`super::Proxy::release`]; then the connection ends.
    StallAfterBytes(u64),
    /// The server works; its answer moves no further, in the same way.
    StallAnswer,
}

/// An action, for whom, how often.
pub struct Fault {
    matches: Box<dyn Fn(&Head) -> bool + Send>,
    times: u32,
    action: Action,
}

impl Fault {
    /// For requests whose `METHOD path` begins like this.
    pub fn on(what: &str, times: u32, action: Action) -> Fault {
        let what = what.to_owned();
        Fault::matching(
            move |head| format!("{} {}", head.method(), head.path()).starts_with(&what),
            times,
            action,
        )
    }

    /// For requests chosen by their head.
    pub fn matching(
        matches: impl Fn(&Head) -> bool + Send + 'static,
        times: u32,
        action: Action,
    ) -> Fault {
        Fault {
            matches: Box::new(matches),
            times,
            action,
        }
    }
}

/// The first one that matches, used up once.
pub(super) fn take(faults: &mut Vec<Fault>, head: &Head) -> Option<Action> {
    let at = faults.iter().position(|fault| (fault.matches)(head))?;
    let fault = &mut faults[at];
    fault.times = fault.times.saturating_sub(1);
    let action = fault.action;
    if fault.times == 0 {
        faults.remove(at);
    }
    Some(action)
}
