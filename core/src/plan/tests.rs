//! The plan against its definition, at its edges, and for every size.

use proptest::prelude::*;

use super::*;

fn params(min: u32, max: u32, seed: u64) -> PlanParams {
    PlanParams::new(min * GRAIN_BYTES, max * GRAIN_BYTES, seed.to_be_bytes()).unwrap()
}

#[test]
fn sizes_that_no_plan_may_have_are_refused() {
    let refused = |min, max| PlanParams::new(min, max, [0; 8]) == Err(PlanError::BadRange);
    assert!(refused(0, 65_536));
    assert!(refused(65_537, 131_072));
    assert!(refused(65_536, 131_073));
    assert!(refused(131_072, 65_536));
    assert!(refused(65_536, MAX_PART_BYTES + GRAIN_BYTES));
    assert!(!refused(MAX_PART_BYTES, MAX_PART_BYTES));
    assert!(!refused(65_536, MAX_PART_BYTES));
}

#[test]
fn the_profiles_are_plans_and_their_sealed_parts_fit_a_message() {
    for profile in PROFILES {
        let made = profile.with_seed([7; 8]);
        assert_eq!(
            PlanParams::new(made.min_bytes(), made.max_bytes(), made.seed()),
            Ok(made)
        );
        assert_eq!(Profile::by_name(profile.name), Some(profile));
    }
    const { assert!(MAX_PART_BYTES + 28 <= crate::wire::MAX_PART_BODY_BYTES) };
    assert_eq!(Profile::by_name("fast"), None);
}

#[test]
fn an_empty_file_has_one_empty_part() {
    let plan = Plan::new(params(1, 3, 9), 0).unwrap();
    let only = PartSpan {
        number: 1,
        offset_bytes: 0,
        len_bytes: 0,
    };
    assert_eq!(plan.iter().collect::<Vec<_>>(), [only]);
}

#[test]
fn draws_are_the_first_bytes_of_blake3_over_seed_and_number() {
    let params = params(1, 100, 0x0102_0304_0506_0708);
    for number in [1, 2, 77, 1_000_000] {
        let mut input = vec![1, 2, 3, 4, 5, 6, 7, 8];
        input.extend_from_slice(&u32::to_be_bytes(number));
        let hash = blake3::hash(&input);
        let draw = u32::from_be_bytes(hash.as_bytes()[..4].try_into().unwrap());
        assert_eq!(params.full_len_bytes(number), 65_536 * (1 + draw % 100));
    }
}

#[test]
fn edges_of_a_part_and_of_the_part_count() {
    let params = params(1, 1, 0);
    let count = |size| Plan::new(params, size).map(|plan| plan.part_count());
    assert_eq!(count(1), Ok(1));
    assert_eq!(count(65_535), Ok(1));
    assert_eq!(count(65_536), Ok(1));
    assert_eq!(count(65_537), Ok(2));
    assert_eq!(count(65_536 * 1_000_000), Ok(1_000_000));
    assert_eq!(count(65_536 * 1_000_000 + 1), Err(PlanError::TooManyParts));
    assert_eq!(count(u64::MAX), Err(PlanError::TooManyParts));
}

#[test]
fn random_sizes_may_need_too_many_parts_as_well() {
    let params = params(1, 2, 5);
    let most = u64::from(MAX_PARTS) * 131_072;
    assert_eq!(Plan::new(params, most), Err(PlanError::TooManyParts));
}

#[test]
fn parts_outside_of_the_plan_are_none() {
    let plan = Plan::new(params(1, 1, 0), 100_000).unwrap();
    assert!(plan.part(0).is_none());
    assert!(plan.part(2).is_some());
    assert!(plan.part(3).is_none());
    assert!(plan.part(u32::MAX).is_none());
}

#[test]
fn fifty_gigabytes_are_cut_completely() {
    let plan = Plan::new(SLOW.with_seed([3; 8]), 50_000_000_000).unwrap();
    assert_eq!(
        plan.part(plan.part_count()).unwrap().end_bytes(),
        50_000_000_000
    );
    let sizes: std::collections::HashSet<u32> = plan.iter().map(|part| part.len_bytes).collect();
    assert!(sizes.len() >= 17, "drawn sizes must differ");
}

proptest! {
    #[test]
    fn parts_lie_side_by_side_and_cover_the_file(
        min in 1u32..4, more in 0u32..4, seed in any::<u64>(), size in 0u64..40_000_000,
    ) {
        let params = params(min, min + more, seed);
        let plan = Plan::new(params, size).unwrap();
        let mut end = 0;
        for part in plan.iter() {
            prop_assert_eq!(part.offset_bytes, end);
            prop_assert_eq!(plan.part(part.number), Some(part));
            if part.number < plan.part_count() {
                prop_assert_eq!(part.len_bytes, params.full_len_bytes(part.number));
            } else {
                prop_assert!(part.len_bytes <= params.full_len_bytes(part.number));
                prop_assert!(part.len_bytes > 0 || size == 0);
            }
            end = part.end_bytes();
        }
        prop_assert_eq!(end, size);
    }

    #[test]
    fn a_file_that_grew_keeps_its_first_parts(seed in any::<u64>(), size in 0u64..20_000_000, grown in 1u64..20_000_000) {
        let params = params(1, 5, seed);
        let before = Plan::new(params, size).unwrap();
        let after = Plan::new(params, size + grown).unwrap();
        prop_assert!(after.part_count() >= before.part_count());
        for number in 1..before.part_count() {
            prop_assert_eq!(after.part(number), before.part(number));
        }
    }
}

#[test]
fn parts_fit_the_line_and_what_the_server_offers() {
    let rate = |kib: u64| Some(kib << 10);
    let of = |offered: Profile, size: u64, rate| offered.for_line(size, rate).max_bytes;
    assert_eq!(of(DISK, 20 << 20, None), DISK.max_bytes, "nothing is known");
    assert_eq!(of(DISK, 20 << 20, rate(8)), 256 << 10);
    assert_eq!(of(DISK, 200 << 30, rate(8)), 512 << 10, "too many parts");
    assert_eq!(of(DISK, 20 << 20, rate(40)), 512 << 10);
    assert_eq!(of(DISK, 20 << 20, rate(80)), 1 << 20);
    assert_eq!(of(DISK, 20 << 20, rate(600)), SLOW.max_bytes);
    assert_eq!(of(DISK, 20 << 20, rate(5_000)), DISK.max_bytes);
    assert_eq!(of(TELEGRAM, 20 << 20, rate(80)), 1 << 20);
    assert_eq!(of(SLOW, 20 << 20, rate(600)), SLOW.max_bytes);
    let small = Profile {
        name: "custom",
        min_bytes: 65_536,
        max_bytes: 131_072,
    };
    assert_eq!(
        of(small, 20 << 20, rate(80)),
        small.max_bytes,
        "never larger than offered"
    );
}

#[test]
fn a_large_file_on_a_poor_line_still_has_a_plan() {
    let line = Some(10 << 10);
    for size_bytes in [400_u64 << 30, 900 << 30, 3 << 40, 6 << 40] {
        let chosen = DISK.for_line(size_bytes, line);
        let params = PlanParams::new(chosen.min_bytes, chosen.max_bytes, [0; 8]).unwrap();
        assert!(
            size_bytes <= u64::from(params.min_bytes()) * u64::from(MAX_PARTS),
            "{size_bytes} bytes in parts of {} and more",
            params.min_bytes()
        );
    }
}
