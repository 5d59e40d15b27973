//! The sweep against every order of events: sends that are stored, refused, lost before and after they arrive, late or
//! abandoned by a process that dies; deletions, pruning, and several sweepers whose steps are torn apart. Told twice:
//! to a model, thousands of times, and to the real statements, which must see what the model sees.

mod chat;
mod statements;
mod steps;

use chat::{Chat, Event};
use proptest::prelude::*;

fn events(at_most: usize) -> impl Strategy<Value = Vec<Event>> {
    let of = prop_oneof![
        6 => Just(Event::Begin),
        6 => any::<u8>().prop_map(Event::Arrive),
        6 => any::<u8>().prop_map(Event::Answer),
        2 => any::<u8>().prop_map(Event::Refuse),
        3 => any::<u8>().prop_map(Event::Lose),
        1 => any::<u8>().prop_map(Event::Abandon),
        2 => any::<u8>().prop_map(Event::Delete),
        2 => any::<u8>().prop_map(Event::Wait),
        3 => any::<u8>().prop_map(Event::Look),
        3 => any::<u8>().prop_map(Event::Carry),
        1 => Just(Event::Prune),
        1 => Just(Event::BeginMark),
    ];
    prop::collection::vec(of, 1..at_most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// After each event no part's message was deleted; in the end nothing else is left.
    #[test]
    fn never_a_part_and_in_the_end_no_orphan(events in events(120), first_id in prop_oneof![Just(1_i64), 1..9_000_i64]) {
        let mut chat = Chat::new(first_id, 0);
        for event in events {
            chat.happen(event);
        }
        chat.come_to_rest();
    }
}
