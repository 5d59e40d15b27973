//! The vectors about the server's list and the bodies it hands out: refused before anything is decrypted.

use ferry_core::wire::Compression;

use super::{
    Named,
    format::{Expect, FileCase},
    whole::{case, fault, small, upload},
};

/// All vectors about lists and bodies.
pub(super) fn all() -> Vec<Named> {
    [lists(), rows(), bodies()].into_iter().flatten().collect()
}

/// Four parts; the bodies stay away, because no reader may come to fetch them.
fn long() -> FileCase {
    let mut case = case(upload(&[9; 3 * 65_536 + 10], "long"));
    case.parts.iter_mut().for_each(|part| part.body = None);
    case
}

fn lists() -> Vec<Named> {
    let listed =
        |name, about, change: fn(&mut FileCase)| fault(name, about, Expect::List, long(), change);
    vec![
        listed(
            "list_last_part_dropped",
            "the last part is missing",
            |case| drop(case.parts.pop()),
        ),
        listed("list_middle_part_dropped", "part 2 is missing", |case| {
            drop(case.parts.remove(1))
        }),
        listed(
            "list_parts_swapped",
            "parts 1 and 2 changed places",
            |case| case.parts.swap(0, 1),
        ),
        listed(
            "list_part_repeated",
            "part 1 in the place of part 2",
            |case| case.parts[1] = case.parts[0].clone(),
        ),
        listed("list_part_appended", "part 4 twice", |case| {
            case.parts.push(case.parts[3].clone())
        }),
        listed("list_empty", "no parts at all", |case| case.parts.clear()),
        listed(
            "list_part_of_another_file",
            "part 2 of an equal file",
            |case| {
                let mut other = self::case(upload(&[9; 3 * 65_536 + 10], "equal content"));
                other.parts[1].body = None;
                case.parts[1] = other.parts[1].clone();
            },
        ),
    ]
}

fn rows() -> Vec<Named> {
    let row =
        |name, about, change: fn(&mut FileCase)| fault(name, about, Expect::List, small(), change);
    vec![
        row("list_iv_changed", "another IV in the list", |case| {
            case.parts[0].iv.0[0] ^= 1
        }),
        row("list_tag_changed", "another tag in the list", |case| {
            case.parts[0].tag.0[15] ^= 1
        }),
        row(
            "list_length_changed",
            "another length in the list",
            |case| case.parts[0].stored_len += 1,
        ),
        row("list_compression_changed", "listed as compressed", |case| {
            case.parts[0].compression = Compression::DeflateRaw;
        }),
        row("list_mac_changed", "another MAC in the list", |case| {
            case.parts[0].part_mac.0[31] ^= 1
        }),
    ]
}

fn body(case: &mut FileCase) -> &mut Vec<u8> {
    &mut case.parts[0].body.as_mut().unwrap().0
}

fn bodies() -> Vec<Named> {
    let changed =
        |name, about, change: fn(&mut FileCase)| fault(name, about, Expect::Body, small(), change);
    vec![
        changed("body_missing", "no body", |case| case.parts[0].body = None),
        changed("body_empty", "a body of nothing", |case| body(case).clear()),
        changed("body_truncated", "the last byte is missing", |case| {
            body(case).truncate(94);
        }),
        changed("body_extended", "a zero after the tag", |case| {
            body(case).push(0)
        }),
        changed("body_iv_flipped", "one bit of the IV", |case| {
            body(case)[0] ^= 1
        }),
        changed("body_tag_flipped", "one bit of the tag", |case| {
            *body(case).last_mut().unwrap() ^= 1
        }),
    ]
}
