//! Lists and ranges of part numbers. Pure.

/// Closed ranges of 1..=total that `present` (rising) leaves out.
pub(super) fn missing_ranges(present: &[u32], total: u32) -> Vec<[u32; 2]> {
    let mut ranges = Vec::new();
    let mut next = 1;
    for &number in present {
        if number > next {
            ranges.push([next, number - 1]);
        }
        next = number.saturating_add(1);
    }
    if next <= total {
        ranges.push([next, total]);
    }
    ranges
}

/// The numbers in closed ranges.
pub(super) fn expand(ranges: &[[u32; 2]]) -> impl Iterator<Item = u32> + '_ {
    ranges.iter().flat_map(|&[first, last]| first..=last)
}

/// How many numbers closed ranges hold.
pub(super) fn count(ranges: &[[u32; 2]]) -> u64 {
    ranges
        .iter()
        .map(|&[first, last]| u64::from(last.saturating_sub(first)) + 1)
        .sum()
}

/// `part` of `whole` in per cent, rounded down to two places; an empty file is all there once its one part is.
pub(super) fn percent(part_bytes: u64, whole_bytes: u64, is_all_there: bool) -> f64 {
    if is_all_there {
        return 100.0;
    }
    if whole_bytes == 0 {
        return 0.0;
    }
    let hundredths = u128::from(part_bytes) * 10_000 / u128::from(whole_bytes);
    // Below the last part nothing is 100 %, however small that part is.
    let hundredths = u16::try_from(hundredths).unwrap_or(u16::MAX).min(9_999);
    f64::from(hundredths) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_what_is_left_out() {
        assert_eq!(missing_ranges(&[], 3), [[1, 3]]);
        assert_eq!(missing_ranges(&[1, 2, 3], 3), Vec::<[u32; 2]>::new());
        assert_eq!(missing_ranges(&[2, 3, 6], 8), [[1, 1], [4, 5], [7, 8]]);
        let ranges = missing_ranges(&[2, 3, 6], 8);
        assert_eq!(expand(&ranges).collect::<Vec<_>>(), [1, 4, 5, 7, 8]);
        assert_eq!(count(&ranges), 5);
    }

    #[test]
    fn per_cent_never_rounds_up() {
        assert_eq!(percent(1, 3, false), 33.33);
        assert_eq!(percent(0, 0, false), 0.0);
        assert_eq!(percent(0, 0, true), 100.0);
        assert_eq!(percent(u64::MAX, u64::MAX, true), 100.0);
        assert_eq!(percent(999_999_999, 1_000_000_000, false), 99.99);
    }
}
