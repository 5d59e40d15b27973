//! What the machine promises and the driver of the tests holds it to, at every step.

use ferry_core::progress::Phase;
use ferry_core::transfer::Ticket;
use ferry_core::transfer::upload::Request;

use super::Driver;

impl Driver {
    pub(super) fn check_bounds(&mut self) {
        let sends = self
            .under_way
            .values()
            .filter(|request| matches!(request, Request::Send { .. }))
            .count();
        self.most_sends = self.most_sends.max(sends);
        assert!(
            sends <= usize::try_from(self.limits.max_sends).unwrap(),
            "{sends} sends at once"
        );
        let waiting = self.under_way.values().map(|request| match request {
            Request::Read { part, purpose }
                if *purpose != ferry_core::transfer::upload::Purpose::Probe =>
            {
                (u64::from(part.len_bytes), 1)
            }
            Request::Send { part, .. } => (u64::from(part.len_bytes), 1),
            _ => (0, 0),
        });
        let is_kept = |ticket: &Ticket| !self.under_way.contains_key(ticket);
        let kept = self
            .buffers
            .iter()
            .filter(|(ticket, _)| is_kept(ticket))
            .map(|(_, content)| (u64::from(content.len_bytes), 1));
        let (bytes, parts) = waiting
            .chain(kept)
            .fold((0, 0), |(b, p), (bytes, parts)| (b + bytes, p + parts));
        assert!(
            bytes <= self.limits.buffer_bytes || parts <= 1,
            "{bytes} bytes in {parts} parts are in memory"
        );
    }

    /// Never more than everything, never less than before without saying so.
    pub(super) fn watch_progress(&mut self, is_new_file: bool) {
        let seen = self.machine.progress(self.now_ms);
        assert!(seen.done_bytes <= seen.size_bytes, "{seen:?}");
        assert!(seen.stored_bytes <= seen.done_bytes, "{seen:?}");
        assert!(seen.stored_before_bytes <= seen.stored_bytes, "{seen:?}");
        assert!(seen.compared_bytes <= seen.size_bytes, "{seen:?}");
        assert!(seen.parts_stored <= seen.parts_total, "{seen:?}");
        assert_eq!(
            seen.hundredths_of_percent() == 10_000,
            seen.phase == Phase::Done
        );
        if let Some(before) = self.progress.last().filter(|_| !is_new_file) {
            let fall = before.done_bytes.saturating_sub(seen.done_bytes);
            let said = seen.set_back_bytes - before.set_back_bytes;
            // A full store keeps nothing of a part that had begun: then what is stored is shown.
            let is_full = self.store_was_full && seen.done_bytes == seen.stored_bytes;
            assert!(
                fall <= said || is_full,
                "it fell by {fall}, and said {said}: {before:?} -> {seen:?}"
            );
        }
        self.progress.push(seen);
    }
}
