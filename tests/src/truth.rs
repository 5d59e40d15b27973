//! Whether what the cards showed was true: every event of a card is held against what the proxy saw the server confirm.
//! It judges what [`crate::browser::Page::watch_cards`] noted; the tests say what else a card has to show.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{browser::CardEvent, proxy::Ledger};

/// The page's clock is read in milliseconds, this process's when an answer was seen.
const CLOCKS: Duration = Duration::from_millis(20);
/// Without confirmed bytes a card says within this time what is going on.
const SAYS_SO: Duration = Duration::from_secs(30);

/// No card showed more than the server had confirmed of its file, and none said "sending" for 30 s without a confirmed
/// byte and without saying so. `sizes`: bytes of each file by its name; `asleep`: how long the device slept meanwhile.
pub fn cards_were_true(
    events: &[CardEvent],
    ledger: &Ledger,
    sizes: &BTreeMap<String, u64>,
    asleep: Duration,
) -> Result<()> {
    ensure!(!events.is_empty(), "no card was seen");
    for event in events {
        let size = *sizes.get(&event.name).context("a file of nobody")?;
        let id = Some(event.file_id.as_str()).filter(|id| !id.is_empty());
        let confirmed = ledger.confirmed_bytes(id, event.at()? + CLOCKS);
        let shown = event.percent / 100.0 * size as f64;
        ensure!(
            id.is_some() || event.percent == 0.0,
            "{event:?} is of no upload"
        );
        ensure!(
            shown <= confirmed as f64 + 1.0,
            "{event:?} shows {shown:.0} bytes, and the server had confirmed {confirmed}"
        );
    }
    for name in sizes.keys() {
        let of_this = events.iter().filter(|event| event.name == *name);
        silence_was_said(of_this, SAYS_SO + asleep)?;
    }
    Ok(())
}

/// As seen by one card.
fn silence_was_said<'a>(
    events: impl Iterator<Item = &'a CardEvent>,
    within: Duration,
) -> Result<()> {
    let mut quiet: Option<&CardEvent> = None;
    for event in events {
        if let Some(first) = quiet {
            let lasted = event.at()?.saturating_duration_since(first.at()?);
            ensure!(
                lasted < within,
                "{first:?} stood for {lasted:?} and said nothing about it"
            );
        }
        let says_nothing = event.state == "sending" && event.silent_secs.is_none();
        quiet = match quiet {
            Some(first) if says_nothing && first.percent == event.percent => Some(first),
            _ => says_nothing.then_some(event),
        };
    }
    Ok(())
}

/// The percent of the title never fell.
pub fn title_never_fell(events: &[CardEvent]) -> Result<()> {
    let mut most = 0;
    for event in events {
        let number: String = event
            .title
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let Ok(percent) = number.parse::<u32>() else {
            continue;
        };
        ensure!(percent >= most, "the title fell from {most} %: {event:?}");
        most = percent;
    }
    ensure!(most > 0, "no title told a percent");
    Ok(())
}
