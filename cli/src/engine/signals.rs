//! Ctrl-C and SIGTERM: the first finishes or drops what is in hand and ends resumably, the second ends at once, which
//! is as consistent, only with more to do again. SIGUSR1 asks for a line of status.

use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGUSR1},
    iterator::Signals,
};

use super::stop::Stop;

/// Listens until the process ends. `on_first`: told once, with the signal's name. `on_status`: told at each SIGUSR1.
pub fn listen(
    stop: &Stop,
    on_first: impl Fn(&str) + Send + 'static,
    on_status: impl Fn() + Send + 'static,
) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1])?;
    let stop = stop.clone();
    std::thread::spawn(move || {
        for signal in &mut signals {
            match signal {
                SIGUSR1 => on_status(),
                _ if stop.signal().is_some() => std::process::exit(128 + signal),
                _ => {
                    stop.by_signal(signal);
                    on_first(if signal == SIGTERM {
                        "SIGTERM"
                    } else {
                        "Ctrl-C"
                    });
                }
            }
        }
    });
    Ok(())
}
